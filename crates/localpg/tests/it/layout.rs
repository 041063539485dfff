//! What a cluster looks like: private, without root's rights, whole.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use localpg::{Config, Error, LocalPg};
use sqlx::{Connection as _, PgConnection};

use crate::support::{Root, count, installed, run, show};

#[tokio::test]
async fn the_server_never_runs_as_root() {
    let root = Root::new();
    let pg = root.start().await;

    let server = fs::metadata(format!("/proc/{}", pg.pid())).unwrap();
    let data = fs::metadata(pg.data_dir()).unwrap();

    assert_ne!(server.uid(), 0);
    assert_eq!(server.uid(), data.uid());
    let status = fs::read_to_string(format!("/proc/{}/status", pg.pid())).unwrap();
    let groups = status.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap();
    if rustix::process::geteuid().is_root() {
        assert_eq!(groups.trim(), "", "root's groups are given up");
    }
    pg.stop().await.unwrap();
}

#[tokio::test]
async fn only_the_owner_can_reach_data_and_socket_and_no_port_is_open() {
    let root = Root::new();
    let pg = root.start().await;

    for dir in [pg.data_dir(), pg.socket_dir()] {
        assert_eq!(fs::metadata(dir).unwrap().permissions().mode() & 0o777, 0o700);
    }
    assert_eq!(show(&pg, "listen_addresses").await, "");
    assert_eq!(show(&pg, "unix_socket_permissions").await, "0700");
    pg.stop().await.unwrap();
}

#[tokio::test]
async fn a_cluster_has_utf8_the_c_locale_and_checksums() {
    let root = Root::new();
    let pg = root.start().await;

    assert_eq!(show(&pg, "server_encoding").await, "UTF8");
    assert_eq!(show(&pg, "lc_collate").await, "C");
    assert_eq!(show(&pg, "data_checksums").await, "on");
    assert!(pg.data_dir().parent().unwrap().ends_with(major(&show(&pg, "server_version").await)));
    pg.stop().await.unwrap();
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap()
}

#[tokio::test]
async fn what_a_cut_short_initdb_left_is_removed_and_made_anew() {
    let root = Root::new();
    let pg = root.start().await;
    let dir = pg.data_dir().parent().unwrap().to_path_buf();
    pg.stop().await.unwrap();
    // As after a power cut: some files are there, the last step is not.
    fs::rename(dir.join("data"), dir.join("data.partial")).unwrap();
    fs::remove_file(dir.join("data.partial/global/pg_control")).unwrap();

    let pg = root.start().await;

    assert_eq!(count(&pg, "select count(*) from pg_database").await, 3);
    assert!(!dir.join("data.partial").exists());
    pg.stop().await.unwrap();
}

#[tokio::test]
async fn what_was_written_is_there_after_a_stop_and_a_start() {
    let root = Root::new();
    let pg = root.start().await;
    run(&pg, "create table kept as select 1 as one").await;
    pg.stop().await.unwrap();

    let pg = root.start().await;

    assert_eq!(count(&pg, "select count(*) from kept").await, 1);
    pg.stop().await.unwrap();
}

#[tokio::test]
async fn a_long_path_gets_its_socket_in_a_short_private_one() {
    let root = Root::new();
    let deep = root.path().join("a-directory-with-a-long-name".repeat(4)).join("and another");
    let config = Config { data_root: Some(deep), ..root.config() };
    let pg = LocalPg::start(config).await.unwrap();

    assert!(pg.socket_dir().starts_with("/tmp"));
    assert_eq!(fs::metadata(pg.socket_dir()).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(count(&pg, "select count(*) from pg_database").await, 3);
    pg.stop().await.unwrap();
    fs::remove_dir_all(pg.socket_dir()).unwrap();
}

#[tokio::test]
async fn a_socket_directory_that_others_may_enter_is_refused() {
    let root = Root::new();
    let pg = root.start().await;
    pg.stop().await.unwrap();
    fs::set_permissions(pg.socket_dir(), fs::Permissions::from_mode(0o755)).unwrap();

    let refused = LocalPg::start(root.config()).await.unwrap_err();

    assert!(matches!(refused, Error::NotPrivate { .. }), "{refused}");
}

#[tokio::test]
async fn a_directory_that_the_servers_user_cannot_enter_is_named() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let root = Root::new();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o700)).unwrap();

    let refused = LocalPg::start(root.config()).await.unwrap_err();

    assert!(
        matches!(&refused, Error::Unreachable { path, .. } if path == root.path()),
        "{refused}"
    );
}

#[tokio::test]
async fn the_url_is_understood_by_sqlx_and_by_psql() {
    let root = Root::new();
    let config = Config { data_root: Some(root.path().join("with space&sign")), ..root.config() };
    let pg = LocalPg::start(config).await.unwrap();
    pg.ensure_database("ledger of 50%").await.unwrap();
    pg.ensure_database("ledger of 50%").await.unwrap();
    let url = pg.url("ledger of 50%");

    let mut connection = PgConnection::connect(&url).await.unwrap();
    let name: String =
        sqlx::query_scalar("select current_database()").fetch_one(&mut connection).await.unwrap();
    let psql = std::process::Command::new(installed().join("psql"))
        .args([&url, "-XAtc", "select current_database()"])
        .output()
        .unwrap();

    assert_eq!(name, "ledger of 50%");
    assert_eq!(String::from_utf8_lossy(&psql.stdout).trim(), "ledger of 50%", "{psql:?}");
    connection.close().await.unwrap();
    pg.stop().await.unwrap();
}
