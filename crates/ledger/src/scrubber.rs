//! The scrubber: it verifies the book all the time, at a set pace, and writes the rows of views anew
//! that are not what the fold makes of the events.
//!
//! One node a book goes round, which holds a claim. Every page is kept in one transaction with what
//! was found in it: whoever is killed loses a page at most, and another goes on there. What is found
//! stays found until it is repaired, or a whole lap has gone by and not seen it.

use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use eventstore::BookId;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::jobs::Step;
use crate::ledger::Ledger;

mod claim;
mod lap;
mod mend;
mod pace;
mod record;
mod round;

pub use lap::Lap;
pub use pace::{Asleep, Rest, Share};
pub use projections::repair::Repair;
pub use round::{ScrubError, lap_once, run};

/// How many open findings are listed.
pub const LIST_MAX: u32 = 1_000;
/// Who a repair is by.
pub const BY: &str = "scrubber";

/// How a node scrubs.
#[derive(Debug, Clone)]
pub struct Options {
    /// How much of a core it keeps busy.
    pub share: Share,
    /// How many events and rows it looks at in a second, at most.
    pub rows_per_second: Option<NonZeroU32>,
    /// How many events, or decisions, it looks at in one moment.
    pub page_size: NonZeroU16,
    /// What it is called.
    pub node: String,
    /// How it rests.
    pub rest: Arc<dyn Rest>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            share: Share::default(),
            rows_per_second: None,
            page_size: projections::Options::default().page_size,
            node: "daftar".to_owned(),
            rest: Arc::new(Asleep),
        }
    }
}

/// How far the scrubber of a book has come.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Scrub {
    /// The lap under way, counted from 1.
    pub lap: i64,
    /// None before its first page.
    pub lap_began: Option<DateTime<Utc>>,
    pub last_lap_ended: Option<DateTime<Utc>>,
    pub last_lap_seconds: Option<i64>,
    pub last_lap_findings: Option<i64>,
    /// Who goes, or went last.
    pub node: Option<String>,
    /// Somebody goes at this moment.
    pub is_held: bool,
    pub progress: Option<Json<Step>>,
}

/// Something that is not as it must be, and has not gone since.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Found {
    pub id: Uuid,
    /// As [`projections::Check`] writes it.
    pub check: String,
    /// Which row, account or place.
    pub subject: String,
    pub view: Option<String>,
    /// One line for people.
    pub says: String,
    /// The finding, as a verification names it.
    pub evidence: Value,
    pub found_at: DateTime<Utc>,
}

/// How far the scrubber of a book has come; none before anybody began.
pub async fn state(conn: &mut PgConnection, book: BookId) -> Result<Option<Scrub>, sqlx::Error> {
    sqlx::query_as(include_str!("scrubber/sql/read_scrub.sql"))
        .bind(book)
        .fetch_optional(conn)
        .await
}

/// What is not as it must be, the oldest first.
pub async fn findings(conn: &mut PgConnection, book: BookId) -> Result<Vec<Found>, sqlx::Error> {
    sqlx::query_as(include_str!("scrubber/sql/list_open.sql"))
        .bind(book)
        .bind(i64::from(LIST_MAX))
        .fetch_all(conn)
        .await
}

/// How much is not as it must be.
pub async fn count_open(conn: &mut PgConnection, book: BookId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(include_str!("scrubber/sql/count_open.sql")).bind(book).fetch_one(conn).await
}

/// The rows that were written anew, the latest first; those before one, if it is given.
pub async fn repairs(
    ledger: &Ledger,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Repair>, sqlx::Error> {
    let mut conn = ledger.pool().acquire().await?;
    projections::repair::page(&mut conn, ledger.book(), before, limit).await
}

/// How far the scrubber is, what it found, the oldest first, and how much that is.
pub async fn overview(ledger: &Ledger) -> Result<(Option<Scrub>, Vec<Found>, i64), sqlx::Error> {
    let (mut conn, book) = (ledger.pool().acquire().await?, ledger.book());
    let scrub = state(&mut conn, book).await?;
    let findings = findings(&mut conn, book).await?;
    Ok((scrub, findings, count_open(&mut conn, book).await?))
}
