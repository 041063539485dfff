//! The scrubber: it verifies the book all the time, at a set pace, and writes the rows of views anew
//! that are not what the fold makes of the events.
//!
//! One node a book goes round, which holds a claim. Every page is kept in one transaction with what
//! was found in it: whoever is killed loses a page at most, and another goes on there.

use chrono::{DateTime, Utc};
use eventstore::BookId;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::jobs::Step;

/// How many open findings are listed.
pub const LIST_MAX: u32 = 1_000;

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
    sqlx::query_as(include_str!("scrubber/sql/read_scrub.sql")).bind(book).fetch_optional(conn).await
}

/// What is not as it must be, the oldest first.
pub async fn findings(conn: &mut PgConnection, book: BookId) -> Result<Vec<Found>, sqlx::Error> {
    sqlx::query_as(include_str!("scrubber/sql/list_open.sql"))
        .bind(book)
        .bind(i64::from(LIST_MAX))
        .fetch_all(conn)
        .await
}
