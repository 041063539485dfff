//! A cluster in a directory of its own, stopped and removed at the end of the test.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use localpg::{Config, LocalPg};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

const WAIT_MAX: Duration = Duration::from_mins(1);

/// A data root that the server's user may pass through.
pub(crate) struct Root {
    dir: TempDir,
}

impl Root {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("localpg-").tempdir_in("/tmp").unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
        Self { dir }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn config(&self) -> Config {
        let settings = [("shared_buffers", "16MB"), ("max_connections", "20")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Config {
            data_root: Some(self.path().to_path_buf()),
            settings: settings.to_vec(),
            ..Config::default()
        }
    }

    pub(crate) async fn start(&self) -> LocalPg {
        LocalPg::start(self.config()).await.unwrap()
    }
}

impl Drop for Root {
    /// A test that fails half-way leaves a server: it is asked to stop before its files go.
    fn drop(&mut self) {
        for major in fs::read_dir(self.path()).into_iter().flatten().flatten() {
            if let Some(pid) = recorded_pid(&major.path().join("data")) {
                send(pid, Signal::INT);
                wait_until("the server has gone", || !lives(pid));
            }
        }
    }
}

pub(crate) fn recorded_pid(data: &Path) -> Option<u32> {
    let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    text.lines().next()?.trim().parse().ok()
}

pub(crate) fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    // A process that has gone meanwhile needs no signal.
    let _gone = kill_process(pid, signal);
}

/// Whether a process runs; a zombie does not.
pub(crate) fn lives(pid: u32) -> bool {
    let known = Pid::from_raw(i32::try_from(pid).unwrap());
    let _reaped = rustix::process::waitpid(known, rustix::process::WaitOptions::NOHANG);
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(") ").unwrap().1.starts_with('Z'))
}

pub(crate) fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let asked = Instant::now();
    while !condition() {
        assert!(asked.elapsed() < WAIT_MAX, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) async fn show(pg: &LocalPg, setting: &str) -> String {
    let mut connection = PgConnection::connect_with(&pg.connect_options("postgres")).await.unwrap();
    let value = sqlx::query_scalar("select current_setting($1)")
        .bind(setting)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    value
}

pub(crate) async fn run(pg: &LocalPg, sql: &'static str) {
    let mut connection = PgConnection::connect_with(&pg.connect_options("postgres")).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

pub(crate) async fn count(pg: &LocalPg, sql: &'static str) -> i64 {
    let mut connection = PgConnection::connect_with(&pg.connect_options("postgres")).await.unwrap();
    let count = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    count
}

/// Starts the cluster's server by hand, with settings that localpg would never use.
pub(crate) fn start_by_hand(pg: &LocalPg, settings: &[&str]) -> Child {
    let data = fs::metadata(pg.data_dir()).unwrap();
    let mut command = Command::new(installed().join("postgres"));
    command.arg("-D").arg(pg.data_dir()).arg("-k").arg(pg.socket_dir());
    command.args(["-c", "listen_addresses="]);
    for setting in settings {
        command.args(["-c", setting]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    if rustix::process::geteuid().is_root() {
        command.gid(data.gid()).uid(data.uid());
    }
    let server = command.process_group(0).spawn().unwrap();
    wait_until("the server has taken the directory", || {
        recorded_pid(pg.data_dir()) == Some(server.id())
    });
    server
}

/// Where the Postgres is that these tests use.
pub(crate) fn installed() -> PathBuf {
    localpg::binaries::candidates(&Config::default(), Path::new("/")).remove(0)
}

/// Another process that uses the cluster: this test binary, started again (see `holder`).
pub(crate) struct Holder {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    pub(crate) server: u32,
}

impl Holder {
    pub(crate) fn start(root: &Root) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "holder::holds_a_cluster", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "{}", root.path().display()).unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut holder = Self { child, lines, server: 0 };
        holder.server = holder.answer("holds ");
        holder
    }

    /// Has it make sure of its server.
    pub(crate) fn ensure_running(&mut self) -> u32 {
        writeln!(self.child.stdin.as_mut().unwrap(), "ensure").unwrap();
        self.answer("ensured ")
    }

    fn answer(&mut self, prefix: &str) -> u32 {
        loop {
            let mut line = String::new();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "the holder has ended");
            if let Some((_, pid)) = line.split_once(prefix) {
                return pid.trim().parse().unwrap();
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        send(self.child.id(), signal);
    }

    /// As Ctrl-C in a terminal: to the whole process group.
    pub(crate) fn interrupt_group(&self) {
        let group = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        rustix::process::kill_process_group(group, Signal::INT).unwrap();
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.wait();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.kill();
    }
}
