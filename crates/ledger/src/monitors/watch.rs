//! The watch over a book: one node at a time looks with every monitor, each in its turn.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use eventstore::BookId;
use serde::Serialize;
use sqlx::{FromRow, PgConnection};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use super::{LookError, Monitor, all, look_once};
use crate::alerts;
use crate::ledger::Ledger;

/// How often it is looked whose turn it is.
const ROUND_EVERY: Duration = Duration::from_secs(1);
/// How often it is counted what is open, by nodes that leave the watch to another too.
const COUNT_EVERY: Duration = Duration::from_secs(5);
/// How long a node that is not heard of keeps the watch.
const CLAIM_SECONDS: i32 = 30;

/// When a monitor looked last.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct Look {
    pub monitor: String,
    pub looked_at: DateTime<Utc>,
    /// How many cases it saw.
    pub cases: i32,
    /// Why it saw nothing.
    pub failure: Option<String>,
}

/// The last look of every monitor that has looked.
pub async fn looks(conn: &mut PgConnection, book: BookId) -> Result<Vec<Look>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_looks.sql")).bind(book).fetch_all(conn).await
}

/// Watches the book until it is told to stop, whenever no other node does.
pub async fn run(ledger: Ledger, stop: CancellationToken) {
    let claim = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
    let mut watch = Watch { ledger, claim, looked: BTreeMap::new(), counted: None };
    let mut is_away = false;
    loop {
        match watch.round(&stop).await {
            Ok(()) => {
                if std::mem::take(&mut is_away) {
                    info!("the book is watched again");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut is_away, true) {
                    warn!(%error, "the book cannot be watched for now");
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep(ROUND_EVERY) => {}
        }
    }
    if let Err(error) = watch.release().await {
        warn!(%error, "the watch could not be left to others; they wait half a minute");
    }
}

struct Watch {
    ledger: Ledger,
    /// Names this process.
    claim: Uuid,
    /// When each monitor looked last, by this process.
    looked: BTreeMap<&'static str, Instant>,
    /// When it was last counted what is open.
    counted: Option<Instant>,
}

impl Watch {
    async fn round(&mut self, stop: &CancellationToken) -> Result<(), sqlx::Error> {
        self.look(stop).await?;
        if self.counted.is_none_or(|counted| counted.elapsed() >= COUNT_EVERY) {
            let mut conn = self.ledger.pool().acquire().await?;
            let open = alerts::count_open(&mut conn, self.ledger.book()).await?;
            let looks = looks(&mut conn, self.ledger.book()).await?;
            self.ledger.metrics().watched(&open, &looks);
            self.counted = Some(Instant::now());
        }
        Ok(())
    }

    /// Looks with each monitor whose turn it is, if this node has the watch.
    async fn look(&mut self, stop: &CancellationToken) -> Result<(), sqlx::Error> {
        for monitor in all() {
            let is_due = |looked: &Instant| looked.elapsed() >= monitor.every;
            if !self.looked.get(monitor.name).is_none_or(is_due) {
                continue;
            }
            if monitor.reads_views && !self.ledger.standing().is_good() {
                continue;
            }
            if stop.is_cancelled() || !self.claim().await? {
                return Ok(());
            }
            let seen = look_once(&self.ledger, monitor).await;
            self.note(monitor, seen.map(|synced| synced.cases())).await?;
            self.looked.insert(monitor.name, Instant::now());
        }
        Ok(())
    }

    /// Takes the watch or keeps it; false while another node has it.
    async fn claim(&self) -> Result<bool, sqlx::Error> {
        let mine: Option<Uuid> = sqlx::query_scalar(include_str!("sql/claim_watch.sql"))
            .bind(self.ledger.book())
            .bind(self.claim)
            .bind(CLAIM_SECONDS)
            .fetch_optional(self.ledger.pool())
            .await?;
        Ok(mine.is_some())
    }

    async fn release(&self) -> Result<(), sqlx::Error> {
        sqlx::query(include_str!("sql/release_watch.sql"))
            .bind(self.ledger.book())
            .bind(self.claim)
            .execute(self.ledger.pool())
            .await?;
        Ok(())
    }

    async fn note(
        &self,
        monitor: &Monitor,
        seen: Result<u32, LookError>,
    ) -> Result<(), sqlx::Error> {
        let (cases, failure) = match seen {
            Ok(cases) => (cases, None),
            Err(LookError::Database(error)) if error.as_database_error().is_none() => {
                // Nobody can be reached: it is no fault of this monitor.
                return Err(error);
            }
            Err(error) => {
                warn!(%error, monitor = monitor.name, "a monitor could not look");
                (0, Some(error.to_string()))
            }
        };
        sqlx::query(include_str!("sql/note_look.sql"))
            .bind(self.ledger.book())
            .bind(monitor.name)
            .bind(self.ledger.clock().now())
            .bind(i32::try_from(cases).unwrap_or(i32::MAX))
            .bind(failure)
            .execute(self.ledger.pool())
            .await?;
        Ok(())
    }
}
