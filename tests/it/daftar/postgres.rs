//! The private Postgres of an installation, as it is found from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

const GONE_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

/// A running postmaster, known by its pid file.
#[derive(Debug, Clone)]
pub(crate) struct Private {
    cluster: PathBuf,
    pid: Pid,
    port: u16,
    socket_dir: PathBuf,
}

impl Private {
    /// Reads `<data>/<major>/data/postmaster.pid`.
    pub(crate) fn find(data: &Path) -> Option<Self> {
        let mut majors = fs::read_dir(data).ok()?.filter_map(Result::ok);
        majors.find_map(|major| Self::of_cluster(&major.path().join("data")))
    }

    fn of_cluster(cluster: &Path) -> Option<Self> {
        let file = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
        let lines: Vec<&str> = file.lines().collect();
        let pid = Pid::from_raw(lines.first()?.trim().parse().ok()?)?;
        let port = lines.get(3)?.trim().parse().ok()?;
        let socket_dir = PathBuf::from(lines.get(4)?.trim());
        test_kill_process(pid).ok()?;
        Some(Self { cluster: cluster.to_owned(), pid, port, socket_dir })
    }

    /// Where its data lies.
    pub(crate) fn cluster(&self) -> &Path {
        &self.cluster
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// `kill -9` of the postmaster.
    pub(crate) fn kill(&self) {
        kill_process(self.pid, Signal::KILL).expect("the postmaster runs");
    }

    /// An immediate end, waited for; what is in it is not needed any more.
    pub(crate) fn end(&self) {
        kill_process(self.pid, Signal::QUIT).ok();
        let begun = Instant::now();
        while test_kill_process(self.pid).is_ok() && begun.elapsed() < GONE_WITHIN {
            std::thread::sleep(POLL);
        }
    }

    /// A connection past everything that daftar guards, as the superuser.
    pub(crate) async fn connect(&self, database: &str) -> PgConnection {
        let options = PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_dir)
            .port(self.port)
            .username("daftar")
            .database(database)
            .options([("search_path", "daftar,public")]);
        PgConnection::connect_with(&options).await.expect("the server takes connections")
    }
}
