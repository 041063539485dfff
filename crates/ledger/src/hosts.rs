//! Where a database is: on one server, or on several of which one takes writes at a time.
//!
//! Nobody says which one it is. Whoever connects asks each server in turn, beginning with the one
//! that took writes last, whether it is a standby.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How long one of several servers may take to answer: a machine that is gone says nothing.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// How often the one that takes writes is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The pause while none does.
const PAUSE: Duration = Duration::from_millis(250);

/// The servers of a database. A clone knows what the others find out.
#[derive(Debug, Clone)]
pub struct Hosts {
    all: Vec<PgConnectOptions>,
    /// Which of them took writes last.
    current: Arc<AtomicUsize>,
}

impl From<PgConnectOptions> for Hosts {
    fn from(options: PgConnectOptions) -> Self {
        Self { all: vec![options], current: Arc::default() }
    }
}

impl Hosts {
    /// Reads `postgres://user:password@one:5432,two:5432/database`.
    pub(crate) fn parse(url: &str) -> Result<Self, sqlx::Error> {
        let all: Vec<PgConnectOptions> =
            each_host(url).iter().map(|url| url.parse()).collect::<Result<_, _>>()?;
        Ok(Self { all, current: Arc::default() })
    }

    /// The same servers, connected to another way.
    pub(crate) fn map(&self, change: impl Fn(PgConnectOptions) -> PgConnectOptions) -> Self {
        let all = self.all.iter().cloned().map(change).collect();
        Self { all, current: Arc::clone(&self.current) }
    }

    /// How to connect to the one that took writes last.
    pub(crate) fn current(&self) -> PgConnectOptions {
        let index = self.current.load(Ordering::Relaxed);
        self.all.get(index).or_else(|| self.all.first()).cloned().unwrap_or_default()
    }

    /// Connects to the server that takes writes; of one server alone nothing is asked.
    pub(crate) async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        if self.all.len() <= 1 {
            return PgConnection::connect_with(&self.current()).await;
        }
        let last = self.current.load(Ordering::Relaxed);
        let (before, after) = self.all.split_at(last.min(self.all.len()));
        let mut failure = sqlx::Error::Io(io::ErrorKind::HostUnreachable.into());
        for (turn, options) in after.iter().chain(before).enumerate() {
            match timeout(ANSWER_MAX, connect_to_write(options)).await {
                Ok(Ok(conn)) => {
                    self.current.store((last + turn) % self.all.len(), Ordering::Relaxed);
                    return Ok(conn);
                }
                Ok(Err(error)) => failure = error,
                Err(_elapsed) => failure = sqlx::Error::Io(io::ErrorKind::TimedOut.into()),
            }
        }
        Err(failure)
    }

    /// Has a pool connect to whichever server takes writes, until it is told to stop.
    pub(crate) async fn lead(self, pool: PgPool, stop: CancellationToken) {
        if self.all.len() > 1 {
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.follow(pool) => {}
            }
        } else {
            stop.cancelled().await;
        }
    }

    async fn follow(self, pool: PgPool) {
        let mut last = self.current.load(Ordering::Relaxed);
        let mut is_away = false;
        loop {
            let mut conn = match self.connect().await {
                Ok(conn) => conn,
                Err(error) => {
                    if !std::mem::replace(&mut is_away, true) {
                        warn!(%error, "none of the database's servers takes writes");
                    }
                    sleep(PAUSE).await;
                    continue;
                }
            };
            is_away = false;
            let current = self.current.load(Ordering::Relaxed);
            if std::mem::replace(&mut last, current) != current {
                let host = self.current().get_host().to_owned();
                info!(host, server = current + 1, "another server of the database takes writes");
            }
            pool.set_connect_options(self.current());
            while matches!(timeout(ANSWER_MAX, is_standby(&mut conn)).await, Ok(Ok(false))) {
                sleep(LOOK_EVERY).await;
            }
        }
    }
}

async fn connect_to_write(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let mut conn = PgConnection::connect_with(options).await?;
    if is_standby(&mut conn).await? {
        // Like one that is not there: it may come.
        let error = io::Error::new(io::ErrorKind::ConnectionRefused, "it is a standby");
        return Err(sqlx::Error::Io(error));
    }
    Ok(conn)
}

async fn is_standby(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select pg_is_in_recovery()").fetch_one(conn).await
}

/// The address of each host that a URL names.
fn each_host(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return vec![url.to_owned()] };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, hosts) = match authority.rfind('@') {
        Some(at) => authority.split_at(at + 1),
        None => ("", authority),
    };
    hosts.split(',').map(|host| format!("{scheme}://{user}{host}{path}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_may_name_several_hosts() {
        for (url, hosts) in [
            ("postgres://a:b@one/daftar", &["postgres://a:b@one/daftar"][..]),
            (
                "postgres://a:b,c@one:5432,two:5433/daftar?sslmode=require",
                &[
                    "postgres://a:b,c@one:5432/daftar?sslmode=require",
                    "postgres://a:b,c@two:5433/daftar?sslmode=require",
                ],
            ),
            (
                "postgres://a@%2Frun%2Fone,%2Frun%2Ftwo/daftar",
                &["postgres://a@%2Frun%2Fone/daftar", "postgres://a@%2Frun%2Ftwo/daftar"],
            ),
            ("postgres://one,two", &["postgres://one", "postgres://two"]),
            ("one,two", &["one,two"]),
        ] {
            assert_eq!(each_host(url), hosts, "{url}");
        }
    }
}
