//! Leads a quarantined stream on, once this build reads all of it.

use std::collections::BTreeSet;

use eventstore::{Position, StreamId};
use projections::{Check, Finding, VerifyError};
use uuid::Uuid;

use super::Quarantined;
use super::show::{find, unknown};
use crate::jobs::{self, JobError, Wish};
use crate::ledger::Ledger;

/// What came of it.
#[derive(Debug)]
pub struct Resumed {
    /// As it was quarantined.
    pub was: Quarantined,
    /// How its rows are not what this build makes of its events.
    pub findings: Vec<Finding>,
    pub rows: Rows,
}

/// What becomes of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {
    /// They are what this build makes of the events.
    Whole,
    /// This rebuild makes them so.
    Rebuilt(Uuid),
    /// Another job is at these views: once it has ended, a rebuild makes them so.
    Waiting(Uuid),
    /// Only lines of the journal differ, which no rebuild changes: a person looks.
    Journal,
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
    #[error("could not look at the stream")]
    Look(#[from] VerifyError),
    #[error("could not reach the database")]
    Database(#[from] sqlx::Error),
    #[error("the stream is read again, but its rows could not be asked for")]
    Rows(#[source] Box<JobError>),
}

/// Folds the stream of the event at a position from its first event. If this build can, the stream is
/// decided over again, on every node within a second, and what differs in its rows is made whole by a
/// rebuild.
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
    let report = projections::verify_stream(&mut conn, book, stream).await?;
    let report = report.ok_or_else(|| ResumeError::Unreadable(Box::new(unknown(&event))))?;
    if let Some(found) = report.quarantined {
        return Err(ResumeError::Unreadable(Box::new(found)));
    }
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
    drop(conn);
    let findings = report.findings;
    let rows = make_whole(ledger, &findings, by).await?;
    Ok(Resumed { was, findings, rows })
}

async fn make_whole(ledger: &Ledger, findings: &[Finding], by: &str) -> Result<Rows, ResumeError> {
    let of_rows = findings.iter().filter(|finding| {
        matches!(finding.check, Check::MissingRow | Check::ExtraRow | Check::Column)
    });
    let views: BTreeSet<&str> = of_rows.filter_map(|one| one.projection.as_deref()).collect();
    if views.is_empty() {
        return Ok(Rows::Whole);
    }
    let views: Vec<String> =
        views.into_iter().filter(|view| *view != JOURNAL).map(ToOwned::to_owned).collect();
    if views.is_empty() {
        return Ok(Rows::Journal);
    }
    let wish = Wish::Rebuild { views, preview: false, accept_differences: false };
    match jobs::ask(ledger, wish, by).await {
        Ok(job) => Ok(Rows::Rebuilt(job.id)),
        Err(JobError::AlreadyRunning(job)) => Ok(Rows::Waiting(job.id)),
        Err(error) => Err(ResumeError::Rows(Box::new(error))),
    }
}

/// Money as it was posted: a rebuild never changes it.
const JOURNAL: &str = "journal_lines";
