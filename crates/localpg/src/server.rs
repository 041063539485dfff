//! The server process of one cluster: adopt, start, stop. Every change happens under the switch lock.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{Connection as _, PgConnection};
use tracing::info;

use crate::binaries::Binaries;
use crate::durability;
use crate::error::Error;
use crate::initdb::{COMPLETE, private_dir};
use crate::lock::Switch;
use crate::owner::Owner;
use crate::process::{self, Process};

pub(crate) const SUPERUSER: &str = "daftar";
/// Names the socket's file; no port is opened.
pub(crate) const PORT: u16 = 5432;

/// How long a server may recover from a crash while it says that it does.
const RECOVERY_MAX: Duration = Duration::from_mins(10);
/// How long a running server may say nothing at all.
const SILENCE_MAX: Duration = Duration::from_mins(1);
const STOP_MAX: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(20);
/// A socket's path has at most 103 bytes on every system; this much is the file's own name.
const SOCKET_DIR_BYTES_MAX: usize = 103 - "/.s.PGSQL.5432".len();
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;
const TAIL_BYTES_MAX: u64 = 4096;

/// Where the parts of one cluster lie, and who runs it.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) dir: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) socket_dir: PathBuf,
    binaries: Binaries,
    owner: Owner,
    settings: Vec<(String, String)>,
}

/// What a connection attempt says about the server.
enum Probe {
    Ready(PgConnection),
    /// It is there and says that it is starting or stopping.
    Busy,
    Absent,
}

impl Server {
    pub(crate) fn new(
        dir: PathBuf,
        binaries: Binaries,
        owner: Owner,
        settings: Vec<(String, String)>,
    ) -> Result<Self, Error> {
        // Compared with where the kernel says that the server works, hence without links.
        let dir = fs::canonicalize(&dir).map_err(Error::io("resolve", &dir))?;
        let socket_dir = socket_dir(&dir, &owner);
        private_dir(&socket_dir, &owner)?;
        let data = dir.join(COMPLETE);
        Ok(Self { dir, data, socket_dir, binaries, owner, settings })
    }

    pub(crate) fn connect_options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("localhost")
            .socket(&self.socket_dir)
            .port(PORT)
            .username(SUPERUSER)
            .database(database)
            .ssl_mode(PgSslMode::Disable)
    }

    /// Adopts the running server or starts one, and answers its process id once it can be used.
    pub(crate) async fn up(&self, _switch: &Switch) -> Result<u32, Error> {
        let asked = Instant::now();
        let mut heard = Instant::now();
        let mut started: Option<Started> = None;
        loop {
            match self.probe().await? {
                Probe::Ready(mut connection) => {
                    durability::check(&mut connection).await?;
                    connection.close().await?;
                    return self.recorded_pid()?.ok_or_else(|| self.failed(started.as_ref()));
                }
                Probe::Busy => heard = Instant::now(),
                Probe::Absent => {}
            }
            if let Some(server) = &started
                && process::reap(server.pid)
            {
                // Processes of a server that was killed may outlive it a little.
                let tail = tail(&self.log(), server.log_from);
                if !tail.contains("is still in use") || heard.elapsed() > SILENCE_MAX {
                    return Err(Error::Start { log: self.log(), tail });
                }
                started = None;
            }
            if started.is_none() {
                let recorded = self.recorded_pid()?.map(|pid| process::inspect(pid, &self.data));
                match recorded {
                    Some(Process::Server) => {}
                    Some(Process::Other) => {
                        self.remove_pid_files()?;
                        started = Some(self.spawn()?);
                    }
                    // A file whose process is gone is Postgres' own to judge: it also looks for
                    // what the old server has left in shared memory.
                    Some(Process::Gone) | None => started = Some(self.spawn()?),
                }
            }
            if heard.elapsed() > SILENCE_MAX || asked.elapsed() > RECOVERY_MAX {
                let pid = self
                    .recorded_pid()?
                    .or_else(|| started.as_ref().map(|server| server.pid))
                    .unwrap_or(0);
                let waited_seconds = asked.elapsed().as_secs();
                return Err(Error::Silent { pid, waited_seconds, log: self.log() });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Stops the server, if one runs, and waits for its end.
    pub(crate) async fn down(&self, _switch: &Switch) -> Result<(), Error> {
        let Some(pid) = self.recorded_pid()? else { return Ok(()) };
        if process::inspect(pid, &self.data) != Process::Server {
            return Ok(());
        }
        process::ask_to_stop(pid).map_err(Error::io("stop the server of", &self.data))?;
        let asked = Instant::now();
        while process::inspect(pid, &self.data) == Process::Server {
            let waited = asked.elapsed();
            if waited > STOP_MAX {
                let waited_seconds = waited.as_secs();
                return Err(Error::StillRunning { pid, waited_seconds, log: self.log() });
            }
            tokio::time::sleep(POLL).await;
        }
        info!(server.pid = pid, "Stopped the Postgres of {}", self.data.display());
        Ok(())
    }

    async fn probe(&self) -> Result<Probe, Error> {
        match PgConnection::connect_with(&self.connect_options("postgres")).await {
            Ok(connection) => Ok(Probe::Ready(connection)),
            Err(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)) => Ok(Probe::Absent),
            Err(sqlx::Error::Database(said)) if means_wait(said.code().as_deref()) => {
                Ok(Probe::Busy)
            }
            Err(cause) => Err(Error::Database(cause)),
        }
    }

    /// Starts a server in a process group of its own, so that a Ctrl-C meant for us spares it.
    fn spawn(&self) -> Result<Started, Error> {
        let (log, log_from) = self.open_log()?;
        let errors = log.try_clone().map_err(Error::io("open", &self.log()))?;
        let program = self.binaries.program("postgres");
        let mut command = Command::new(&program);
        command.arg("-D").arg(&self.data);
        for (name, value) in &self.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        // The last word counts, and the command line wins over every file.
        for setting in [
            "fsync=on",
            "full_page_writes=on",
            "synchronous_commit=on",
            "listen_addresses=",
            "unix_socket_permissions=0700",
            "log_checkpoints=off",
            "logging_collector=off",
            "timezone=UTC",
            "log_timezone=UTC",
        ] {
            command.arg("-c").arg(setting);
        }
        command.arg("-c").arg(format!("port={PORT}"));
        command.arg("-k").arg(&self.socket_dir);
        command
            .current_dir("/")
            .env("LC_ALL", "C")
            .env_remove("PGDATA")
            .env_remove("PGPORT")
            .env_remove("PGHOST")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .process_group(0);
        if self.owner.dropped {
            // Supplementary groups are given up with the user id.
            command.gid(self.owner.gid).uid(self.owner.uid);
        }
        let child = command.spawn().map_err(Error::io("run", &program))?;
        let pid = child.id();
        info!(server.pid = pid, "Starting the Postgres of {}", self.data.display());
        Ok(Started { pid, log_from })
    }

    /// The first line of the server's pid file; a file that is being written counts as none.
    fn recorded_pid(&self) -> Result<Option<u32>, Error> {
        let path = self.pid_file();
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.lines().next().and_then(|line| line.trim().parse().ok())),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(Error::io("read", &path)(cause)),
        }
    }

    /// Postgres takes any process of the recorded number for a living server and would not start.
    fn remove_pid_files(&self) -> Result<(), Error> {
        for path in [self.pid_file(), self.socket_dir.join(format!(".s.PGSQL.{PORT}.lock"))] {
            match fs::remove_file(&path) {
                Ok(()) => info!("Removed {}, whose server is gone", path.display()),
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(cause) => return Err(Error::io("remove", &path)(cause)),
            }
        }
        Ok(())
    }

    fn open_log(&self) -> Result<(File, u64), Error> {
        let path = self.log();
        if fs::metadata(&path).is_ok_and(|log| log.len() > LOG_BYTES_MAX) {
            let older = self.dir.join("server.log.1");
            fs::rename(&path, &older).map_err(Error::io("rename", &path))?;
        }
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        let from = log.metadata().map_err(Error::io("look at", &path))?.len();
        Ok((log, from))
    }

    fn failed(&self, started: Option<&Started>) -> Error {
        let from = started.map_or(0, |server| server.log_from);
        Error::Start { log: self.log(), tail: tail(&self.log(), from) }
    }

    fn pid_file(&self) -> PathBuf {
        self.data.join("postmaster.pid")
    }

    fn log(&self) -> PathBuf {
        self.dir.join("server.log")
    }
}

struct Started {
    pid: u32,
    log_from: u64,
}

/// `cannot_connect_now`, the server's ending of sessions, `too_many_connections`: it lives.
fn means_wait(code: Option<&str>) -> bool {
    matches!(code, Some("57P03" | "57P01" | "57P02" | "53300"))
}

/// Beside the data, or in `/tmp` where that path is too long for a socket.
fn socket_dir(dir: &Path, owner: &Owner) -> PathBuf {
    let beside = dir.join("run");
    if beside.as_os_str().len() <= SOCKET_DIR_BYTES_MAX {
        return beside;
    }
    let key = fnv(dir.as_os_str().as_bytes());
    PathBuf::from(format!("/tmp/daftar-{}-{key:016x}", owner.uid))
}

/// FNV-1a: the same name in every build of every version, which `std`'s hasher does not promise.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn tail(log: &Path, from: u64) -> String {
    let read = || -> io::Result<String> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(from.max(length.saturating_sub(TAIL_BYTES_MAX))))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    read().unwrap_or_default()
}
