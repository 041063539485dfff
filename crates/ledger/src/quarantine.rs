//! Streams with an event that could not be read or folded: nothing is decided over them, their rows
//! stay as they are, and everything else goes on.
//!
//! Nothing is skipped and nothing is edited. Whoever meets with such a stream writes it down with
//! [`note`]; a person looks at it with [`show`] and leads on with [`resume`], once there is a build
//! that reads it.

use chrono::{DateTime, Utc};
use domain::StreamKey;
use eventstore::{BookId, Position, StreamId};
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row as _};
use tracing::error;

mod known;
mod resume;
mod show;

pub use known::{Held, Known, Mark};
pub use resume::{ResumeError, Resumed, resume};
pub use show::{Shown, show};

/// The code of a refusal over such a stream.
pub const QUARANTINED: &str = "stream-quarantined";
/// How much is kept of what an error said: it may quote what is stored.
const WHY_CHARS_MAX: usize = 2_000;

/// A stream over which nothing is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    pub stream: StreamId,
    /// Its first event that could not be folded.
    pub position: Position,
    pub why: String,
    pub found_at: DateTime<Utc>,
    /// A [`Finder`], of this build or of another.
    pub found_by: String,
}

/// Who meets with such streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finder {
    /// A node that was to decide over it, or to show it.
    Service,
    Verification,
    Rebuild,
    Scrubber,
}

impl Finder {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Verification => "verification",
            Self::Rebuild => "rebuild",
            Self::Scrubber => "scrubber",
        }
    }
}

impl FromRow<'_, PgRow> for Quarantined {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let (stream_type, id): (String, String) =
            (row.try_get("aggregate_type")?, row.try_get("aggregate_id")?);
        Ok(Self {
            stream: StreamId::new(stream_type, id),
            position: row.try_get("position")?,
            why: row.try_get("why")?,
            found_at: row.try_get("found_at")?,
            found_by: row.try_get("found_by")?,
        })
    }
}

/// The book's quarantined streams, by position.
pub async fn list(conn: &mut PgConnection, book: BookId) -> Result<Vec<Quarantined>, sqlx::Error> {
    sqlx::query_as(include_str!("quarantine/sql/list_quarantined.sql"))
        .bind(book)
        .fetch_all(conn)
        .await
}

/// Writes down what could not be folded. What is known already stays as it was found first; the
/// answer is what was new.
pub async fn note(
    conn: &mut PgConnection,
    book: BookId,
    found: &[projections::Quarantined],
    by: Finder,
) -> Result<Vec<StreamId>, sqlx::Error> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let types: Vec<&str> = found.iter().map(|one| &*one.stream.aggregate_type).collect();
    let ids: Vec<&str> = found.iter().map(|one| one.stream.aggregate_id.as_str()).collect();
    let positions: Vec<Position> = found.iter().map(|one| one.position).collect();
    let why: Vec<String> = found.iter().map(|one| kept(&one.why)).collect();
    let new: Vec<(String, String)> =
        sqlx::query_as(include_str!("quarantine/sql/note_quarantined.sql"))
            .bind(book)
            .bind(types)
            .bind(ids)
            .bind(positions)
            .bind(why)
            .bind(by.as_str())
            .fetch_all(conn)
            .await?;
    let new: Vec<StreamId> =
        new.into_iter().map(|(stream_type, id)| StreamId::new(stream_type, id)).collect();
    for one in found.iter().filter(|one| new.contains(&one.stream)) {
        error!(
            %book, stream = %one.stream, position = %one.position, why = one.why, by = by.as_str(),
            "a stream is quarantined: an event of it cannot be read"
        );
    }
    Ok(new)
}

/// What the table takes of a text: no NUL, and no more than is of use.
fn kept(why: &str) -> String {
    why.chars().filter(|letter| *letter != '\0').take(WHY_CHARS_MAX).collect()
}

/// The domain's name of a stream; none if this build knows no such stream.
pub(crate) fn key(stream: &StreamId) -> Option<StreamKey> {
    let id = stream.aggregate_id.parse().ok()?;
    StreamKey::parse(&stream.aggregate_type, id)
}
