//! One process's hold on the private Postgres.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

use crate::binaries::Binaries;
use crate::config::Config;
use crate::error::Error;
use crate::initdb;
use crate::keeper;
use crate::lock::{Membership, Switch};
use crate::owner::Owner;
use crate::server::Server;
use crate::url;

/// How many names are tried for a fresh database.
const FRESH_ATTEMPTS_MAX: u32 = 32;

/// A private Postgres that runs, and our share in keeping it running.
///
/// [`stop`](Self::stop) leaves it and, where nobody else is left, stops it. Dropping only leaves
/// it: then Postgres runs on for the next process to adopt.
#[derive(Debug)]
pub struct LocalPg {
    server: Server,
    pid: AtomicU32,
    membership: Mutex<Option<Membership>>,
}

impl LocalPg {
    /// Makes the cluster if there is none, adopts its server or starts it, and checks that it is
    /// durable.
    pub async fn start(config: Config) -> Result<Self, Error> {
        let data_root = config.data_root()?;
        let binaries = Binaries::find(&config, &data_root)?;
        let dir = data_root.join(binaries.major.to_string());
        let owner = Owner::of_cluster(&dir.join(initdb::COMPLETE))?;
        initdb::passage_dir(&dir, &owner)?;
        for needed in [&dir, &binaries.bindir] {
            if let Some(barrier) = owner.barrier(needed) {
                let path = barrier.to_path_buf();
                return Err(Error::Unreachable { path, user: owner.name });
            }
        }

        let switch = Switch::acquire(&dir).await?;
        initdb::ensure(&dir, &binaries, &owner).await?;
        let server = Server::new(dir, binaries, owner, config.settings)?;
        let membership = Membership::join(&server.dir, &switch)?;
        let pid = server.up(&switch).await?;
        Ok(Self { server, pid: AtomicU32::new(pid), membership: Mutex::new(Some(membership)) })
    }

    /// Starts the server again if it has gone, and answers its process id.
    pub async fn ensure_running(&self) -> Result<u32, Error> {
        let switch = Switch::acquire(&self.server.dir).await?;
        if self.membership.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            return Err(Error::Left { dir: self.server.dir.clone() });
        }
        let pid = self.server.up(&switch).await?;
        self.pid.store(pid, Ordering::Relaxed);
        Ok(pid)
    }

    /// Leaves the server; the last one out stops it. Asking twice does once.
    pub async fn stop(&self) -> Result<(), Error> {
        let switch = Switch::acquire(&self.server.dir).await?;
        let membership = self.membership.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(membership) = membership else { return Ok(()) };
        // Nobody can join meanwhile: joining takes the switch.
        if membership.leave(&switch)? {
            self.server.down(&switch).await?;
        }
        Ok(())
    }

    /// Has the server stopped once nobody has used it for `idle_max`, by a process that outlives us.
    ///
    /// For processes that end without [`stop`](Self::stop), as tests do. Needs `flock` (util-linux)
    /// and `/proc`; without them the server runs on until somebody stops it.
    pub fn stop_when_idle(&self, idle_max: Duration) -> Result<(), Error> {
        keeper::start(&self.server.dir, idle_max)
    }

    /// Makes a database unless it is there.
    pub async fn ensure_database(&self, name: &str) -> Result<(), Error> {
        let mut connection =
            PgConnection::connect_with(&self.server.connect_options("postgres")).await?;
        let there: bool =
            sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
                .bind(name)
                .fetch_one(&mut connection)
                .await?;
        if !there {
            let create = format!("create database \"{}\"", name.replace('"', "\"\""));
            let made = sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&mut connection).await;
            // Another process may have made it meanwhile.
            if let Err(cause) = made
                && !is_duplicate_database(&cause)
            {
                return Err(cause.into());
            }
        }
        connection.close().await?;
        Ok(())
    }

    /// How to connect, as the cluster's superuser `daftar`.
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        self.server.connect_options(database)
    }

    /// The same as a URL, for sqlx and for psql.
    pub fn url(&self, database: &str) -> String {
        url::of(&self.server.socket_dir, database)
    }

    /// Makes an empty database of this name, or of the next one that nobody is using; an earlier
    /// one of the name is dropped.
    pub async fn fresh_database(&self, name: &str) -> Result<String, Error> {
        let mut connection =
            PgConnection::connect_with(&self.server.connect_options("postgres")).await?;
        let mut attempt = 1_u32;
        let made = loop {
            let name = if attempt == 1 { name.to_owned() } else { format!("{name}_{attempt}") };
            let drop = format!("drop database if exists \"{}\"", name.replace('"', "\"\""));
            match sqlx::raw_sql(sqlx::AssertSqlSafe(drop)).execute(&mut connection).await {
                Ok(_) => break name,
                Err(cause) if is_in_use(&cause) && attempt < FRESH_ATTEMPTS_MAX => attempt += 1,
                Err(cause) => return Err(cause.into()),
            }
        };
        connection.close().await?;
        self.ensure_database(&made).await?;
        Ok(made)
    }

    /// The process id of the server, as of the last time that it was made sure of.
    pub fn pid(&self) -> u32 {
        self.pid.load(Ordering::Relaxed)
    }

    /// The directory of the cluster's data, named `data` in one named by the major version.
    pub fn data_dir(&self) -> &Path {
        &self.server.data
    }

    /// The directory that the socket lies in.
    pub fn socket_dir(&self) -> &Path {
        &self.server.socket_dir
    }
}

fn is_in_use(cause: &sqlx::Error) -> bool {
    let code = cause.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.as_deref() == Some("55006")
}

fn is_duplicate_database(cause: &sqlx::Error) -> bool {
    // A race between two makers is found by the catalog's unique index.
    let code = cause.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("42P04" | "23505"))
}
