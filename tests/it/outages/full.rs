//! The disk is full.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sqlx::PgConnection;

use super::Trial;
use super::cluster::{Cluster, as_server};
use crate::daftar::Installation;

const ROOM: &str = "256m";
const PIECE: usize = 64 * 1024;
/// How much a file may still grow.
const MARGIN: u64 = 16 * 1024;

/// A small file system, for as long as it lives.
#[derive(Default)]
struct SmallDisk(Option<PathBuf>);

impl SmallDisk {
    /// False where nothing may be mounted.
    fn mount(&mut self, at: &Path) -> bool {
        fs::create_dir(at).expect("the place is ours");
        let options = format!("size={ROOM},mode=0711");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(at).stderr(Stdio::null());
        let is_mounted = command.status().is_ok_and(|status| status.success());
        self.0 = is_mounted.then(|| at.to_owned());
        is_mounted
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let Some(at) = self.0.take() else { return };
        Command::new("umount").arg("-l").arg(&at).status().ok();
        // The installation could not remove what was mounted.
        if let Some(root) = at.parent().filter(|_| !std::thread::panicking()) {
            fs::remove_dir_all(root).ok();
        }
    }
}

/// Takes all the room that is left.
fn fill(ballast: &Path) {
    let mut file = File::options().create(true).append(true).open(ballast).expect("it is ours");
    for size in [PIECE, 1] {
        loop {
            match file.write_all(&vec![b' '; size]) {
                Ok(()) => {}
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
                    break;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_and_the_service_is_back_once_there_is_room() {
    // Unmounted after the installation's Postgres has ended.
    let mut disk = SmallDisk::default();
    let installation = Installation::new("full");
    if !disk.mount(&installation.data()) {
        println!(
            "nothing can be mounted here: a limit on the size of files stands for a full disk"
        );
        return;
    }
    println!("the database lies on a file system of {ROOM}");
    let ballast = installation.data().join("ballast");
    let service = installation.serve();
    let mut log = installation.postgres().connect("daftar").await;
    let mut trial = Trial::open(installation, service, &mut log).await;
    let load = trial.load();
    load.is_back().await;

    fill(&ballast);
    trial.is_shed().await;
    // What is there can still be read.
    trial.is_readable().await;
    fs::remove_file(&ballast).expect("it is ours");
    load.is_back().await;

    // Now Postgres itself dies of it: it can write no more of its own log.
    let before = trial.installation.postgres();
    fill(&ballast);
    while sqlx::raw_sql(
        "select pg_switch_wal(); create temporary table filler (); drop table filler",
    )
    .execute(&mut log)
    .await
    .is_ok()
    {}
    trial.is_shed().await;
    fs::remove_file(&ballast).expect("it is ours");
    load.is_back().await;
    let after = trial.installation.postgres();
    println!("Postgres was {:?} and is {:?}", before.pid(), after.pid());
    let sent = trial.end(load, &mut after.connect("daftar").await).await;
    println!("{sent} commands");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_may_not_grow_are_said_and_the_service_is_back_once_they_may() {
    // A segment of the server's own log is smaller than what stops its tables.
    let cluster = Cluster::start_with("limit", &["--wal-segsize=1"], &["autovacuum=off"]).await;
    let installation = Installation::at("limit", cluster.url());
    let service = installation.serve();
    let mut log = cluster.connect().await;
    let mut trial = Trial::open(installation, service, &mut log).await;
    lengthen(&mut log).await;
    let load = trial.load();
    let most = largest_file(&cluster.data()) + MARGIN;
    println!("no file of the database may grow beyond {most} bytes");
    limit_files(&cluster, Some(most));
    trial.is_shed().await;
    trial.is_readable().await;
    limit_files(&cluster, None);
    load.is_back().await;
    let sent = trial.end(load, &mut log).await;
    println!("{sent} commands");
}

/// Makes the file of what was decided longer than a segment of the server's log, by rows that nobody
/// will see. Nothing that is written later finds room in it.
async fn lengthen(log: &mut PgConnection) {
    let statements = "begin;
        alter table commands set (fillfactor = 10);
        commit;
        begin;
        set local role daftar_writer;
        insert into commands
        select (jsonb_populate_record(one, jsonb_build_object('command_id', gen_random_uuid()))).*
          from (select one from commands one limit 1) sample(one), generate_series(1, 300);
        rollback";
    sqlx::raw_sql(statements).execute(log).await.expect("it is a superuser");
}

/// The first process comes first: whatever it begins from then on has the limit as well. What ends
/// meanwhile writes nothing.
fn limit_files(cluster: &Cluster, most: Option<u64>) {
    let limit = most.map_or_else(|| "unlimited".to_owned(), |most| most.to_string());
    let limit = format!("--fsize={limit}:");
    let limited = cluster.processes().into_iter().map(|process| {
        let process = process.as_raw_nonzero().to_string();
        // Also root may do that only as whom it is done to, in a container.
        let mut command = as_server(Path::new("prlimit"));
        command.args(["--pid", &process, &limit]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    });
    let limited: Vec<bool> = limited.collect();
    assert_eq!(limited.first(), Some(&true), "the limit is set");
}

/// How long the longest file in a folder is, at any depth.
fn largest_file(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => largest_file(&entry.path()),
        Ok(found) => found.len(),
        // It was there a moment ago.
        Err(_) => 0,
    });
    sizes.max().unwrap_or_default()
}
