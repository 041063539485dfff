//! What can go wrong, and what to do next.

use std::io;
use std::path::{Path, PathBuf};

use crate::binaries::MAJOR_MIN;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error(
        "found no Postgres {MAJOR_MIN} or newer (looked in {searched}): on Debian or Ubuntu run \
         `apt-get install postgresql`, anywhere run `scripts/install-postgres`, or set \
         DAFTAR_PG_BINDIR to the directory that holds `postgres` and `initdb`"
    )]
    NoBinaries { searched: String },
    #[error(
        "{} cannot be used as the Postgres directory: {why}; set DAFTAR_PG_BINDIR to a directory \
         that holds `postgres` and `initdb` of Postgres {MAJOR_MIN} or newer, or unset it",
        bindir.display()
    )]
    BadBindir { bindir: PathBuf, why: String },
    #[error(
        "the data in {} is of Postgres {stored}, the binaries found are of Postgres {found}: \
         install Postgres {stored} (Debian, Ubuntu: `apt-get install postgresql-{stored}`) or set \
         DAFTAR_PG_BINDIR to it; to change the major version, dump with the old one and load \
         into another data directory",
        data.display()
    )]
    OtherMajor { data: PathBuf, stored: u32, found: u32 },
    #[error(
        "Postgres does not run as root, and there is neither a user `postgres` nor `nobody` to \
         run it as: add one (`useradd --system postgres`) or start as an ordinary user"
    )]
    NoServerUser,
    #[error(
        "the user {user}, as whom Postgres runs, cannot enter {}: allow it (`chmod o+x`) or \
         choose another directory",
        path.display()
    )]
    Unreachable { path: PathBuf, user: String },
    #[error("the home directory of this user is unknown: name a data directory")]
    NoHome,
    #[error(
        "{} is not a directory of the server's user with mode 0700: remove it and start again",
        path.display()
    )]
    NotPrivate { path: PathBuf },
    #[error(
        "another process has been starting or stopping the Postgres of {} for {waited_seconds} s: \
         see {}",
        dir.display(), dir.join("server.log").display()
    )]
    Busy { dir: PathBuf, waited_seconds: u64 },
    #[error("this process has already left the Postgres of {}: start it anew", dir.display())]
    Left { dir: PathBuf },
    #[error("initdb failed: {output}")]
    Initdb { output: String },
    #[error("Postgres did not start; the end of {} says: {tail}", log.display())]
    Start { log: PathBuf, tail: String },
    #[error(
        "Postgres (process {pid}) runs but has not answered for {waited_seconds} s: see {}",
        log.display()
    )]
    Silent { pid: u32, waited_seconds: u64, log: PathBuf },
    #[error("Postgres (process {pid}) has not stopped after {waited_seconds} s: see {}", log.display())]
    StillRunning { pid: u32, waited_seconds: u64, log: PathBuf },
    #[error(
        "the server could lose acknowledged writes: {settings}; switch them on \
         (`alter system set … = on; select pg_reload_conf()`, and look at \
         `alter role` and `alter database` settings) or use another server"
    )]
    NotDurable { settings: String },
    #[error("could not {doing} {}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("could not use the database")]
    Database(#[from] sqlx::Error),
}

impl Error {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_path_buf(), source }
    }
}
