//! Process settings, read once. Policy is not here: it is data in the book.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use ledger::Clock;

/// Where the help shows them: apart from what a command takes itself.
const EVERY_COMMAND: &str = "Every command";

/// Settings that every command takes, from flags or the environment.
#[derive(Debug, Clone, Args)]
pub(crate) struct Config {
    /// The database, as its owner; of several servers (`…@one:5432,two:5432/daftar`) the one that
    /// takes writes. Without it daftar starts a private Postgres of its own.
    #[arg(long, env = "DATABASE_URL", global = true, help_heading = EVERY_COMMAND, hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,

    /// The same database, for the service to work in: it logs in as the role `daftar_app` itself,
    /// which the owner lets in with `alter role daftar_app login password '…'`. Without it the
    /// service uses the owner's address.
    #[arg(long, env = "DAFTAR_APP_URL", global = true, help_heading = EVERY_COMMAND, hide_env_values = true, value_name = "URL")]
    pub(crate) app_url: Option<String>,

    /// Where the private Postgres keeps its data [default: /var/lib/daftar for root, else the
    /// user's data directory].
    #[arg(long, env = "DAFTAR_DATA", global = true, help_heading = EVERY_COMMAND, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,

    /// Where postgres and initdb are, if they are not found by themselves.
    #[arg(long, env = "DAFTAR_PG_BINDIR", global = true, help_heading = EVERY_COMMAND, value_name = "DIR")]
    pub(crate) pg_bindir: Option<PathBuf>,

    /// A file with 32 random bytes in hex, from which the keys for personal data and for the
    /// fingerprints of requests are derived. Made if absent. A book is bound to it, and every node
    /// needs the same one. Losing it loses the personal data, not the ledger.
    #[arg(long, env = "DAFTAR_SECRET_FILE", global = true, help_heading = EVERY_COMMAND, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,

    /// Which book, by name.
    #[arg(long, env = "DAFTAR_BOOK", global = true, help_heading = EVERY_COMMAND, default_value = "main", value_name = "NAME")]
    pub(crate) book: String,

    /// Serve although the database may lose acknowledged writes (fsync off).
    #[arg(long, env = "DAFTAR_ACCEPT_DATA_LOSS", global = true, help_heading = EVERY_COMMAND)]
    pub(crate) accept_data_loss: bool,

    /// How many bytes are free on the disk of the database, where that cannot be seen from here. A
    /// rebuild that needs more is refused.
    #[arg(long, env = "DAFTAR_FREE_SPACE", global = true, help_heading = EVERY_COMMAND, value_name = "BYTES")]
    pub(crate) free_space: Option<u64>,

    /// Print data as one JSON object on stdout, and nothing else there.
    #[arg(long, global = true, help_heading = EVERY_COMMAND)]
    pub(crate) json: bool,
}

/// Where the service listens.
#[derive(Debug, Clone, Args)]
pub(crate) struct Listen {
    /// Where to listen.
    #[arg(long, env = "DAFTAR_LISTEN", default_value = "127.0.0.1:8480", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
}

/// What is read from the environment without being a setting of ours.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    pub(crate) path: Option<std::ffi::OsString>,
    pub(crate) xdg_data_home: Option<PathBuf>,
    pub(crate) xdg_cache_home: Option<PathBuf>,
}

impl Surroundings {
    pub(crate) fn read() -> Self {
        let dir = |name| std::env::var_os(name).map(PathBuf::from);
        Self {
            path: std::env::var_os("PATH"),
            xdg_data_home: dir("XDG_DATA_HOME"),
            xdg_cache_home: dir("XDG_CACHE_HOME"),
        }
    }
}

impl Config {
    /// How to run the private Postgres.
    pub(crate) fn private_postgres(&self) -> localpg::Config {
        let around = Surroundings::read();
        localpg::Config {
            bindir: self.pg_bindir.clone(),
            data_root: self.data.clone(),
            path: around.path,
            xdg_data_home: around.xdg_data_home,
            xdg_cache_home: around.xdg_cache_home,
            settings: Vec::new(),
        }
    }

    /// What tells the time: the system.
    #[cfg(not(debug_assertions))]
    pub(crate) fn clock() -> Clock {
        Clock::system()
    }

    /// What tells the time: the system, or a test.
    #[cfg(debug_assertions)]
    pub(crate) fn clock() -> Clock {
        crate::test_clock::asked_for().unwrap_or_else(Clock::system)
    }
}
