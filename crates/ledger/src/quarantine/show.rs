//! An event as it is stored, with what keeps its stream from being read.

use eventstore::{BookId, Position, RecordedEvent, StreamId};
use projections::VerifyError;
use sqlx::PgConnection;

use super::Quarantined;

/// An event, whether it can be read or not.
#[derive(Debug)]
pub struct Shown {
    pub event: RecordedEvent,
    /// The row of its stream, while that is quarantined.
    pub quarantined: Option<Quarantined>,
    /// The first event of its stream that this build cannot fold.
    pub unreadable: Option<projections::Quarantined>,
}

/// The event at a position; none if there is none.
pub async fn show(
    conn: &mut PgConnection,
    book: BookId,
    position: Position,
) -> Result<Option<Shown>, VerifyError> {
    let Some(event) = eventstore::read::event_at(conn, book, position).await? else {
        return Ok(None);
    };
    let quarantined = find(conn, book, &event.stream).await?;
    let unreadable = unreadable(conn, book, &event).await?;
    Ok(Some(Shown { event, quarantined, unreadable }))
}

/// The row of a stream, if it is quarantined.
pub(super) async fn find(
    conn: &mut PgConnection,
    book: BookId,
    stream: &StreamId,
) -> Result<Option<Quarantined>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/find_quarantined.sql"))
        .bind(book)
        .bind(&*stream.aggregate_type)
        .bind(&stream.aggregate_id)
        .fetch_optional(conn)
        .await
}

/// The first event of this one's stream that this build cannot fold.
async fn unreadable(
    conn: &mut PgConnection,
    book: BookId,
    event: &RecordedEvent,
) -> Result<Option<projections::Quarantined>, VerifyError> {
    match projections::verify_stream(conn, book, &event.stream).await? {
        Some(report) => Ok(report.quarantined),
        None => Ok(Some(unknown(event))),
    }
}

/// Of a stream of no known type no event can be read.
pub(super) fn unknown(event: &RecordedEvent) -> projections::Quarantined {
    let (stream, position) = (event.stream.clone(), event.position);
    let why = format!("this build knows no stream of the type {}", stream.aggregate_type);
    projections::Quarantined { stream, position, why }
}
