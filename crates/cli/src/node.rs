//! A node: the database it works in, started if need be, and the book it has open.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use eventstore::BookId;
use ledger::database::Database;
use ledger::disk::Disk;
use ledger::workers::Workers;
use ledger::{Clock, Ledger};
use localpg::LocalPg;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use crate::config::Config;
use crate::secret::Secret;

/// The database of a private Postgres.
const DATABASE: &str = "daftar";
/// The number of the default book, and its name.
pub(crate) const MAIN: (BookId, &str) = (BookId::new(1), "main");
/// How often a private Postgres is looked after.
const LOOK_AFTER: Duration = Duration::from_millis(500);

/// The database that this process works in.
pub(crate) struct Node {
    pub(crate) database: Database,
    pub(crate) secret: Secret,
    pub(crate) private: Option<Arc<LocalPg>>,
    pub(crate) clock: Clock,
}

impl Node {
    /// Finds the database, or starts a private one. Refuses one that may lose what it confirmed.
    pub(crate) async fn start(config: &Config) -> anyhow::Result<Self> {
        let Some(url) = &config.database_url else {
            let pg = LocalPg::start(config.private_postgres()).await?;
            pg.ensure_database(DATABASE).await?;
            return Self::private(config, pg, DATABASE);
        };
        let database = Database::at(url, config.app_url.as_deref())?;
        let mut conn =
            database.owner().await.context("could not connect to the database at DATABASE_URL")?;
        check_durability(&mut conn, config).await?;
        let disk = match config.free_space {
            Some(bytes) => Disk::Free(bytes),
            None => Disk::find(&mut conn).await,
        };
        let database = database.on(disk);
        let secret = Secret::load(config, None)?;
        Ok(Self { database, secret, private: None, clock: Config::clock() })
    }

    /// The same in a private database that holds nothing yet. One at `DATABASE_URL` is taken as it
    /// is.
    pub(crate) async fn start_fresh(config: &Config, name: &str) -> anyhow::Result<Self> {
        if config.database_url.is_some() {
            return Self::start(config).await;
        }
        let pg = LocalPg::start(config.private_postgres()).await?;
        let name = pg.fresh_database(name).await?;
        Self::private(config, pg, &name)
    }

    fn private(config: &Config, pg: LocalPg, name: &str) -> anyhow::Result<Self> {
        let here = || Disk::At(pg.data_dir().to_owned());
        let disk = config.free_space.map_or_else(here, Disk::Free);
        let database = Database::private(pg.connect_options(name)).on(disk);
        let secret = Secret::load(config, Some(pg.data_dir()))?;
        Ok(Self { database, secret, private: Some(Arc::new(pg)), clock: Config::clock() })
    }

    /// Brings the schema up to date and makes sure that the default book is there.
    pub(crate) async fn prepare(&self) -> anyhow::Result<usize> {
        let applied = self.database.migrate().await?;
        let (id, name) = MAIN;
        let uuid = random_uuid();
        if self.database.create_book(id, name, uuid, self.clock.now()).await? {
            info!(book = name, "made the book");
        }
        Ok(applied.len())
    }

    /// Opens the book that the settings name.
    pub(crate) async fn open(&self, config: &Config) -> anyhow::Result<Ledger> {
        let book = self.find_book(config).await?;
        Ok(self.database.open(book, self.clock.clone()).await?)
    }

    /// The same for whoever rebuilds it or looks at it, also before its folds are this build's.
    pub(crate) async fn open_to_maintain(&self, config: &Config) -> anyhow::Result<Ledger> {
        let book = self.find_book(config).await?;
        Ok(self.database.open_to_maintain(book, self.clock.clone()).await?)
    }

    /// The same for a service.
    pub(crate) async fn open_to_serve(&self, config: &Config) -> anyhow::Result<Ledger> {
        let book = self.find_book(config).await?;
        Ok(self.database.open_to_serve(book, self.clock.clone()).await?)
    }

    /// The book that the settings name, which is claimed for this service's secret.
    async fn find_book(&self, config: &Config) -> anyhow::Result<BookId> {
        let pending = {
            let mut conn = self.database.connect().await.context("could not connect")?;
            ledger::schema::pending(&mut conn).await?
        };
        if !pending.is_empty() {
            bail!("the database lacks {} migrations: run daftar migrate", pending.len());
        }
        if self.private.is_none() {
            // What the application's own login and address ask for counts: it commits with them.
            let mut conn = self.database.connect().await.context("could not connect")?;
            check_durability(&mut conn, config).await?;
        }
        let books = self.database.books().await?;
        let Some(head) = books.iter().find(|head| head.name == config.book) else {
            let names: Vec<&str> = books.iter().map(|head| head.name.as_str()).collect();
            bail!("there is no book {:?}; there are: {}", config.book, names.join(", "));
        };
        self.database.claim(head.book, &self.secret.check(), self.clock.now()).await?;
        Ok(head.book)
    }

    /// Keeps a private Postgres running: one that was killed is started again.
    pub(crate) fn look_after(&self, workers: &Workers) {
        let Some(pg) = self.private.clone() else { return };
        let stop = workers.stop();
        workers.watch_over("postgres", move || look_after(Arc::clone(&pg), stop.clone()));
    }

    /// Leaves the private Postgres, which stops if nobody else uses it.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        if let Some(pg) = self.private {
            pg.stop().await?;
        }
        Ok(())
    }
}

async fn look_after(pg: Arc<LocalPg>, stop: CancellationToken) {
    let mut pid = pg.pid();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_AFTER) => {}
        }
        match pg.ensure_running().await {
            Ok(now) if now != pid => {
                warn!(pid = now, "Postgres had gone; started it again");
                pid = now;
            }
            Ok(_) => {}
            Err(error) => warn!(%error, "Postgres has gone and cannot be started"),
        }
    }
}

/// Refuses a connection that could lose what it acknowledged, unless that is accepted.
async fn check_durability(
    conn: &mut ledger::database::Connection,
    config: &Config,
) -> anyhow::Result<()> {
    let Err(error) = localpg::durability::check(conn).await else { return Ok(()) };
    if !config.accept_data_loss {
        return Err(error)
            .context("refusing to serve; turn it on, or pass --accept-data-loss if you mean it");
    }
    warn!(%error, "serving although acknowledged writes may be lost");
    Ok(())
}

/// A random id: the one place that makes them up for the process.
#[expect(clippy::disallowed_methods, reason = "ids are made up at the edge, here")]
pub(crate) fn random_uuid() -> Uuid {
    Uuid::new_v4()
}
