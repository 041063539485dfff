//! A Postgres that a test stops, starts, fills and copies as it likes.

use std::fs::{self, DirBuilder, File};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Whom root hands a server to.
const USER: &str = "postgres";
pub(crate) const DATABASE: &str = "daftar";
const READY_WITHIN: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(10);

/// A cluster in a place of its own, which listens on the loopback.
#[derive(Debug)]
pub(crate) struct Cluster {
    root: PathBuf,
    port: u16,
    settings: Vec<String>,
    server: Option<Child>,
}

impl Cluster {
    /// A new one that runs, with an empty database.
    pub(crate) async fn start(name: &str, settings: &[&str]) -> Self {
        Self::start_with(name, &[], settings).await
    }

    /// The same, made another way.
    pub(crate) async fn start_with(name: &str, initdb: &[&str], settings: &[&str]) -> Self {
        let mut cluster = Self::place(name, settings);
        let data = cluster.data();
        let data = data.to_str().expect("the path is text");
        let made = [&["-D", data, "-U", "daftar", "-A", "trust", "-E", "UTF8"], initdb].concat();
        run("initdb", &[&made[..], &["--locale=C", "--no-instructions"]].concat());
        cluster.up().await;
        let mut conn = PgConnection::connect_with(&cluster.options("postgres"))
            .await
            .expect("it takes connections");
        let create = format!("create database {DATABASE}");
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut conn).await.expect("it is new");
        cluster
    }

    /// A place for one that is still to be put there.
    pub(crate) fn place(name: &str, settings: &[&str]) -> Self {
        let root = PathBuf::from(format!("/tmp/daftar-pg-{name}-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&root).expect("the name is ours alone");
        give(&root);
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        Self { root, port: free_port(), settings, server: None }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// A folder of its own beside the data, that the server may write.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let folder = self.root.join(name);
        DirBuilder::new().mode(0o700).create(&folder).expect("the name is free");
        give(&folder);
        folder
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        url(self.port)
    }

    /// Starts the server and waits for nothing.
    pub(crate) fn spawn(&mut self) {
        assert!(self.server.is_none(), "it runs");
        let log = File::options().create(true).append(true).open(self.log()).expect("it is ours");
        let mut command = as_server(&binaries().join("postgres"));
        command.arg("-D").arg(self.data()).arg("-k").arg(&self.root);
        command.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let errors = log.try_clone().expect("a file can be had twice");
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        self.server = Some(command.spawn().expect("the server can be started"));
    }

    /// Starts the server and waits until it takes connections.
    pub(crate) async fn up(&mut self) {
        self.spawn();
        let begun = Instant::now();
        while PgConnection::connect_with(&self.options("postgres")).await.is_err() {
            let waited = begun.elapsed();
            assert!(waited < READY_WITHIN, "the server does not start:\n{}", self.said());
            tokio::time::sleep(POLL).await;
        }
    }

    /// An orderly end that waits for no client.
    pub(crate) fn stop(&mut self) {
        self.end(Signal::INT);
    }

    /// `kill -9` of every process of it, all at once: the machine is gone.
    pub(crate) fn vanish(&mut self) {
        let workers = self.workers();
        self.end(Signal::KILL);
        for worker in workers {
            kill_process(worker, Signal::KILL).ok();
        }
    }

    fn end(&mut self, signal: Signal) {
        let mut server = self.server.take().expect("it runs");
        kill_process(Pid::from_child(&server), signal).expect("it is ours");
        server.wait().expect("it is ours");
    }

    /// Every process of the server, the first one first.
    pub(crate) fn processes(&self) -> Vec<Pid> {
        let server = self.server.as_ref().map(Pid::from_child);
        server.into_iter().chain(self.workers()).collect()
    }

    fn workers(&self) -> Vec<Pid> {
        let Some(server) = &self.server else { return Vec::new() };
        let children = format!("/proc/{0}/task/{0}/children", server.id());
        let children = fs::read_to_string(children).unwrap_or_default();
        let pids = children.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?));
        pids.collect()
    }

    pub(crate) fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username("daftar")
            .database(database)
            .options([("search_path", "daftar,public")])
    }

    /// A connection past everything that daftar guards, as the superuser.
    pub(crate) async fn connect(&self) -> PgConnection {
        let options = self.options(DATABASE);
        PgConnection::connect_with(&options).await.expect("the server takes connections")
    }

    fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// What the server wrote to its log.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            kill_process(Pid::from_child(&server), Signal::QUIT).ok();
            server.wait().ok();
        }
        // A test that failed leaves its files to be looked at.
        if !std::thread::panicking() {
            fs::remove_dir_all(&self.root).ok();
        }
    }
}

/// The database of a server, or of what stands between, at this port.
pub(crate) fn url(port: u16) -> String {
    format!("postgres://daftar@127.0.0.1:{port}/{DATABASE}")
}

/// Free now; whoever takes it meanwhile makes the test fail, which says so.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it listens").port()
}

/// Where the programs of Postgres are.
pub(crate) fn binaries() -> PathBuf {
    let found = localpg::binaries::candidates(&localpg::Config::default(), Path::new("/"));
    found.into_iter().next().expect("a Postgres is installed")
}

/// A program, run as the server's user: Postgres refuses to be root.
pub(super) fn as_server(program: &Path) -> Command {
    let mut command = if geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={USER}"), &format!("--regid={USER}")]);
        command.args(["--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/").env("LC_ALL", "C").env_remove("PGDATA").env_remove("PGPORT");
    command
}

/// One of Postgres' programs, run as the server's user.
pub(super) fn run(program: &str, arguments: &[&str]) {
    let output = as_server(&binaries().join(program))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    assert!(
        output.status.success(),
        "{program} {arguments:?} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Makes a folder the server's.
fn give(folder: &Path) {
    if !geteuid().is_root() {
        return;
    }
    let id = |what: &str| {
        let output = Command::new("id").args([what, USER]).output().expect("id runs");
        let text = String::from_utf8(output.stdout).expect("it is text");
        text.trim().parse().expect("Postgres has a user")
    };
    chown(folder, Some(id("-u")), Some(id("-g"))).expect("root may");
}
