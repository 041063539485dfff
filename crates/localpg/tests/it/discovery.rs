//! Where Postgres is looked for, and what is taken.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use localpg::binaries::candidates;
use localpg::{Config, Error, LocalPg};

use crate::support::{Root, show};

/// Programs that only answer `--version`.
fn fake(bindir: &Path, major: u32) -> PathBuf {
    fs::create_dir_all(bindir).unwrap();
    program(&bindir.join("initdb"), "exit 1");
    program(&bindir.join("postgres"), &format!("echo 'postgres (PostgreSQL) {major}.1 (Fake)'"));
    bindir.to_path_buf()
}

fn program(path: &Path, line: &str) {
    fs::write(path, format!("#!/bin/sh\n{line}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn pg_config_comes_first_then_the_path_then_the_highest_major_then_homebrew_then_the_cache() {
    let root = Root::new();
    let at = |path: &str| root.path().join(path);
    let configured = fake(&at("configured"), 15);
    let linked = fake(&at("opt/real"), 15);
    fs::create_dir_all(at("path")).unwrap();
    program(&at("path/pg_config"), &format!("echo {}", configured.display()));
    symlink(linked.join("postgres"), at("path/postgres")).unwrap();
    let nine = fake(&at("usr/lib/postgresql/9/bin"), 9);
    let ten = fake(&at("usr/lib/postgresql/17/bin"), 17);
    let homebrew = fake(&at("opt/homebrew/opt/postgresql@16/bin"), 16);
    let unpacked = fake(&at("cache/daftar/postgres/bin"), 15);
    fs::create_dir_all(at("usr/lib/postgresql/99/bin")).unwrap();

    let config = Config {
        path: Some(at("path").into()),
        xdg_cache_home: Some(at("cache")),
        ..Config::default()
    };

    let expected = [configured, linked, ten, nine, homebrew, unpacked];
    assert_eq!(candidates(&config, root.path()), expected);
}

#[tokio::test]
async fn a_named_directory_is_the_only_one_looked_at() {
    let root = Root::new();
    let empty = root.path().join("empty");
    let config = Config { bindir: Some(empty.clone()), ..root.config() };

    let refused = LocalPg::start(config).await.unwrap_err();

    assert!(matches!(&refused, Error::BadBindir { bindir, .. } if *bindir == empty), "{refused}");
    assert!(refused.to_string().contains("DAFTAR_PG_BINDIR"), "{refused}");
}

#[tokio::test]
async fn a_postgres_older_than_15_is_not_used() {
    let root = Root::new();
    let config = Config { bindir: Some(fake(&root.path().join("old"), 14)), ..root.config() };

    let refused = LocalPg::start(config).await.unwrap_err();

    assert!(refused.to_string().contains("it is Postgres 14"), "{refused}");
}

#[tokio::test]
async fn a_cluster_of_another_major_is_refused_and_left_as_it_is() {
    let root = Root::new();
    let data = root.path().join("14/data");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "14\n").unwrap();

    let refused = LocalPg::start(root.config()).await.unwrap_err();

    assert!(matches!(refused, Error::OtherMajor { stored: 14, .. }), "{refused}");
    let there: Vec<_> = fs::read_dir(root.path()).unwrap().collect();
    assert_eq!(there.len(), 1, "no empty cluster was made beside it");
}

#[tokio::test]
async fn a_directory_that_lies_about_its_major_is_refused() {
    let root = Root::new();
    let pg = root.start().await;
    let data = pg.data_dir().to_path_buf();
    pg.stop().await.unwrap();
    let stored = fs::read_to_string(data.join("PG_VERSION")).unwrap();
    fs::write(data.join("PG_VERSION"), "9\n").unwrap();

    let refused = LocalPg::start(root.config()).await.unwrap_err();

    assert!(matches!(refused, Error::OtherMajor { stored: 9, .. }), "{refused}");
    fs::write(data.join("PG_VERSION"), stored).unwrap();
    root.start().await.stop().await.unwrap();
}

#[tokio::test]
async fn of_two_installed_majors_the_one_that_there_is_data_of_is_used() {
    let root = Root::new();
    root.start().await.stop().await.unwrap();
    let newer = root.path().join("newer");
    fake(&newer, 99);

    let config = Config { path: Some(newer.into()), ..root.config() };
    let pg = LocalPg::start(config).await.unwrap();

    assert_ne!(show(&pg, "server_version").await, "99.1");
    pg.stop().await.unwrap();
}
