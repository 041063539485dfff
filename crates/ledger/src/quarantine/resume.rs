//! Leads a quarantined stream on, once this build reads all of it.

use eventstore::{Position, StreamId};
use projections::repair::{Outcome, Repair, RepairError, Target, repair};
use projections::{Finding, VerifyError};

use super::show::{find, unknown};
use super::{Quarantined, key};
use crate::ledger::Ledger;

/// What came of it.
#[derive(Debug)]
pub struct Resumed {
    /// As it was quarantined.
    pub was: Quarantined,
    /// The rows that were not what this build makes of its events, and are now.
    pub repairs: Vec<Repair>,
    /// What is not as it must be and is left to people, such as a line of the journal.
    pub left: Vec<Finding>,
}

#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    #[error("there is no event at position {0}")]
    NoSuchEvent(Position),
    #[error("{0} is not quarantined")]
    NotQuarantined(StreamId),
    #[error(
        "this build cannot read {} either: the event at position {}: {}", .0.stream, .0.position,
        .0.why
    )]
    Unreadable(Box<projections::Quarantined>),
    #[error("it cannot be told what {stream} is: {why}")]
    Doubtful { stream: StreamId, why: String },
    #[error("could not look at the stream")]
    Look(#[from] VerifyError),
    #[error("could not make its rows whole")]
    Repair(#[from] RepairError),
    #[error("could not reach the database")]
    Database(#[from] sqlx::Error),
}

/// Folds the stream of the event at a position from its first event. If this build can, its rows are
/// made what it makes of the events, and the stream is decided over again: here at once, and by every
/// other node within a second.
pub async fn resume(
    ledger: &Ledger,
    position: Position,
    by: &str,
    reason: &str,
) -> Result<Resumed, ResumeError> {
    let book = ledger.book();
    let mut conn = ledger.pool().acquire().await?;
    let event = eventstore::read::event_at(&mut conn, book, position).await?;
    let event = event.ok_or(ResumeError::NoSuchEvent(position))?;
    let stream = &event.stream;
    let was = find(&mut conn, book, stream).await?;
    let was = was.ok_or_else(|| ResumeError::NotQuarantined(stream.clone()))?;
    if key(stream).is_none() {
        return Err(ResumeError::Unreadable(Box::new(unknown(&event))));
    }
    let (target, now) = (Target::whole(stream.clone()), ledger.clock().now());
    let repairs = match repair(&mut conn, book, &target, by, now).await? {
        Outcome::Whole(repairs) => repairs,
        Outcome::Quarantined(found) => return Err(ResumeError::Unreadable(Box::new(found))),
        Outcome::Doubtful(why) => {
            return Err(ResumeError::Doubtful { stream: stream.clone(), why });
        }
    };
    let report = projections::verify_stream(&mut conn, book, stream).await?;
    let left = report.map_or_else(Vec::new, |report| report.findings);
    let resumed = sqlx::query(include_str!("sql/resume_stream.sql"))
        .bind(book)
        .bind(&*stream.aggregate_type)
        .bind(&stream.aggregate_id)
        .bind(was.position)
        .bind(by)
        .bind(reason)
        .execute(&mut *conn)
        .await?;
    if resumed.rows_affected() == 0 {
        // Somebody else was first.
        return Err(ResumeError::NotQuarantined(stream.clone()));
    }
    ledger.quarantine().refresh(&mut conn).await?;
    Ok(Resumed { was, repairs, left })
}
