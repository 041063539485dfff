//! The database as a service sees it: whose rights it has, whether it is durable and up to date,
//! and which books it holds.

use std::time::Duration;

use chrono::{DateTime, Utc};
use eventstore::migrate::{MigrateError, Migration};
use eventstore::{BookId, Head, NewBook};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection as _, PgConnection};
use uuid::Uuid;

use crate::clock::Clock;
use crate::disk::Disk;
use crate::hosts::Hosts;
use crate::ledger::{Config, Ledger, OpenError};
use crate::schema;
use crate::secrets::{self, Check, SecretError};

/// Far longer than any of a service's reads takes.
const STATEMENT_MAX: Duration = Duration::from_secs(30);

/// A connection, for those who only pass it on.
pub type Connection = PgConnection;

/// Where the database is, and as whom to work in it.
#[derive(Debug, Clone)]
pub struct Database {
    /// Owns the schema: migrates.
    owner: Hosts,
    /// The application's own login; without one, the owner works in the application's role.
    app: Option<Hosts>,
    disk: Disk,
}

/// What is wrong with an address.
#[derive(Debug, thiserror::Error)]
#[error("{what} is not a Postgres address: use postgres://user:password@host/database")]
pub struct AddressError {
    what: &'static str,
    #[source]
    cause: sqlx::Error,
}

fn parse(what: &'static str, url: &str) -> Result<Hosts, AddressError> {
    let hosts = Hosts::parse(url).map_err(|cause| AddressError { what, cause })?;
    Ok(hosts.map(quiet))
}

impl Database {
    /// A database that this process's own Postgres holds.
    pub fn private(owner: PgConnectOptions) -> Self {
        Self { owner: Hosts::from(quiet(owner)), app: None, disk: Disk::Unknown }
    }

    /// A database somewhere: `DATABASE_URL` for the owner, `DAFTAR_APP_URL` for the application.
    pub fn at(owner_url: &str, app_url: Option<&str>) -> Result<Self, AddressError> {
        let owner = parse("DATABASE_URL", owner_url)?;
        let app = app_url.map(|url| parse("DAFTAR_APP_URL", url)).transpose()?;
        Ok(Self { owner, app, disk: Disk::Unknown })
    }

    /// The same, with what is known of the disk that it lies on.
    #[must_use]
    pub fn on(self, disk: Disk) -> Self {
        Self { disk, ..self }
    }

    /// Whether the application has a login of its own, which is more than a guard against
    /// accidents.
    pub fn has_app_login(&self) -> bool {
        self.app.is_some()
    }

    /// How the service connects.
    pub fn app_hosts(&self) -> Hosts {
        self.app.as_ref().unwrap_or(&self.owner).map(eventstore::connect::app_options)
    }

    /// Connects as the owner.
    pub async fn owner(&self) -> Result<PgConnection, sqlx::Error> {
        self.owner.connect().await
    }

    /// Connects as the service does.
    pub async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        self.app_hosts().connect().await
    }

    /// Brings the schema up to date; says which migrations it applied.
    pub async fn migrate(&self) -> Result<Vec<Migration>, MigrateError> {
        let mut conn = self.owner().await?;
        let applied = schema::migrate(&mut conn).await?;
        conn.close().await?;
        Ok(applied)
    }

    /// Creates a book unless there is one of this number; true when it is new.
    pub async fn create_book(
        &self,
        id: BookId,
        name: &str,
        uuid: Uuid,
        now: DateTime<Utc>,
    ) -> Result<bool, sqlx::Error> {
        let mut conn = self.connect().await?;
        let projections = projections::projections();
        let book = NewBook { id, uuid, name: name.to_owned(), projections, created_at: now };
        let is_new = eventstore::create_book(&mut conn, book).await?;
        conn.close().await?;
        Ok(is_new)
    }

    /// How many migrations the database lacks.
    pub async fn pending(&self) -> Result<usize, MigrateError> {
        let mut conn = self.owner().await?;
        let pending = schema::pending(&mut conn).await?;
        conn.close().await?;
        Ok(pending.len())
    }

    /// The guards that are gone or switched off: tables that somebody could write by hand.
    pub async fn broken_guards(&self) -> Result<Vec<String>, sqlx::Error> {
        let mut conn = self.owner().await?;
        let broken = projections::guards(&mut conn).await?;
        conn.close().await?;
        Ok(broken.iter().map(ToString::to_string).collect())
    }

    /// The heads of all books.
    pub async fn books(&self) -> Result<Vec<Head>, sqlx::Error> {
        let mut conn = self.connect().await?;
        let books = eventstore::list_books(&mut conn).await?;
        conn.close().await?;
        Ok(books)
    }

    /// Claims a book for a secret the first time; later refuses any other.
    pub async fn claim(
        &self,
        book: BookId,
        secret: &Check,
        now: DateTime<Utc>,
    ) -> Result<(), SecretError> {
        let mut conn = self.connect().await?;
        secrets::claim(&mut conn, book, secret, now).await?;
        conn.close().await?;
        Ok(())
    }

    /// Refuses any secret but the one that a book was claimed for.
    pub async fn compare(&self, book: BookId, secret: &Check) -> Result<(), SecretError> {
        let mut conn = self.connect().await?;
        secrets::compare(&mut conn, book, secret).await?;
        conn.close().await?;
        Ok(())
    }

    /// What the service's login could do beyond its task; empty when all is well.
    pub async fn excess_rights(&self) -> Result<Vec<String>, sqlx::Error> {
        let mut conn = self.connect().await?;
        let excess = sqlx::query_scalar(include_str!("sql/find_excess_rights.sql"))
            .fetch_all(&mut conn)
            .await?;
        conn.close().await?;
        Ok(excess)
    }

    /// Opens a book for reading and writing.
    pub async fn open(&self, book: BookId, clock: Clock) -> Result<Ledger, OpenError> {
        let config = Config { disk: self.disk.clone(), ..Config::default() };
        Ledger::open_with(self.app_hosts(), book, clock, config).await
    }

    /// The same for whoever rebuilds it or looks at it: its live rows may be of other folds.
    pub async fn open_to_maintain(&self, book: BookId, clock: Clock) -> Result<Ledger, OpenError> {
        let config = Config { opens_misfit: true, disk: self.disk.clone(), ..Config::default() };
        Ledger::open_with(self.app_hosts(), book, clock, config).await
    }

    /// The same for a service, whose readers never work for long, and which waits for the book's
    /// folds to become its own.
    pub async fn open_to_serve(&self, book: BookId, clock: Clock) -> Result<Ledger, OpenError> {
        let (statement_max, disk) = (Some(STATEMENT_MAX), self.disk.clone());
        let config = Config { statement_max, disk, opens_misfit: true, ..Config::default() };
        Ledger::open_with(self.app_hosts(), book, clock, config).await
    }
}

/// Statements are logged by those who send them, where they know what they are about.
fn quiet(options: PgConnectOptions) -> PgConnectOptions {
    options.disable_statement_logging()
}

/// Connects to a database that is not ours, such as an old shop's.
pub async fn connect_foreign(url: &str) -> Result<PgConnection, ForeignError> {
    parse("--from", url)?.connect().await.map_err(ForeignError::Connect)
}

#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("could not connect to it")]
    Connect(#[source] sqlx::Error),
}
