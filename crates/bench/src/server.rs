//! A private Postgres for one peer, as durable as any other's, and what it uses.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use localpg::{Config, LocalPg};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

/// The same for every peer. That nothing acknowledged is lost is no setting.
pub(crate) const SETTINGS: [(&str, &str); 4] = [
    ("max_connections", "400"),
    ("shared_buffers", "1GB"),
    ("max_wal_size", "4GB"),
    ("checkpoint_timeout", "30min"),
];
pub(crate) const DATABASE: &str = "bench";

/// A Postgres that nothing else uses. It goes with this value.
pub(crate) struct Server {
    pg: LocalPg,
    /// Dropped after the server was stopped.
    directory: TempDir,
}

/// What a server has used since it was started.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    /// The processor's time of all its processes that are there.
    pub(crate) cpu: Duration,
    /// Bytes of write-ahead log.
    pub(crate) wal: u64,
}

impl Used {
    /// What was used between two looks.
    pub(crate) fn since(self, before: Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(before.cpu), wal: self.wal.saturating_sub(before.wal) }
    }
}

impl Server {
    pub(crate) async fn start() -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("daftar-bench-")
            .tempdir_in("/tmp")
            .context("could not make a directory for Postgres")?;
        open_for_postgres(&directory)?;
        let settings = SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config {
            data_root: Some(directory.path().join("pg")),
            settings: settings.to_vec(),
            ..Config::default()
        };
        let pg = LocalPg::start(config).await.context("the benchmark needs a Postgres")?;
        pg.ensure_database(DATABASE).await?;
        Ok(Self { pg, directory })
    }

    pub(crate) fn options(&self) -> PgConnectOptions {
        self.pg.connect_options(DATABASE)
    }

    pub(crate) fn url(&self) -> String {
        self.pg.url(DATABASE)
    }

    pub(crate) fn socket_dir(&self) -> &Path {
        self.pg.socket_dir()
    }

    /// Where the tools of this very Postgres are.
    pub(crate) fn bindir(&self) -> Result<PathBuf> {
        let executable = fs::read_link(format!("/proc/{}/exe", self.pg.pid()))?;
        Ok(executable.parent().context("a program lies in a directory")?.to_owned())
    }

    pub(crate) async fn connect(&self) -> Result<PgConnection> {
        Ok(PgConnection::connect_with(&self.options()).await?)
    }

    /// One statement, as its superuser.
    pub(crate) async fn run(&self, sql: &'static str) -> Result<()> {
        sqlx::raw_sql(sql).execute(&mut self.connect().await?).await?;
        Ok(())
    }

    /// What it has used so far.
    pub(crate) async fn used(&self) -> Result<Used> {
        let mut conn = self.connect().await?;
        let wal: i64 = sqlx::query_scalar("select (pg_current_wal_insert_lsn() - '0/0')::bigint")
            .fetch_one(&mut conn)
            .await?;
        Ok(Used { cpu: cpu(self.pg.pid())?, wal: u64::try_from(wal)? })
    }

    /// A run begins without the writes that another has left behind.
    pub(crate) async fn checkpoint(&self) -> Result<()> {
        self.run("checkpoint").await
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.pg.stop().await?;
        self.directory.close().context("could not clear up after Postgres")
    }
}

/// As root, Postgres runs as somebody else, who has to get there.
fn open_for_postgres(directory: &TempDir) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o711))
        .context("could not let Postgres into its directory")
}

/// The time that a postmaster's processes have spent on a processor, by Linux's own account of it.
fn cpu(postmaster: u32) -> Result<Duration> {
    let mut nanoseconds: u64 = 0;
    let tasks = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"))?;
    for pid in tasks.split_whitespace() {
        // One that has ended meanwhile is none of those that worked.
        let Ok(spent) = fs::read_to_string(format!("/proc/{pid}/schedstat")) else { continue };
        let spent = spent.split_whitespace().next().unwrap_or("0");
        nanoseconds = nanoseconds.saturating_add(spent.parse()?);
    }
    Ok(Duration::from_nanos(nanoseconds))
}
