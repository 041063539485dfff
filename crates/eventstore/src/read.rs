//! Reading the log: by stream, by position, by command.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures::stream::{self, Stream, TryStreamExt};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::chain::ChainHash;
use crate::command::CommandRecord;
use crate::event::RecordedEvent;
use crate::number::{BookId, Position, Revision, Version};
use crate::stream_id::StreamId;

/// How many events [`stream_all`] takes at a time: short statements, so that a long reading holds
/// no old snapshot.
pub const PAGE_SIZE: u32 = 5_000;

/// The events of one stream after a version, in order.
pub async fn stream(
    conn: &mut PgConnection,
    book: BookId,
    stream: &StreamId,
    after: Version,
) -> Result<Vec<RecordedEvent>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_stream.sql"))
        .bind(book)
        .bind(&*stream.aggregate_type)
        .bind(stream.aggregate_id.as_str())
        .bind(after)
        .fetch_all(conn)
        .await
}

/// At most `limit` events of one stream after a version, in order.
pub async fn stream_page(
    conn: &mut PgConnection,
    book: BookId,
    stream: &StreamId,
    after: Version,
    limit: u32,
) -> Result<Vec<RecordedEvent>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_stream_page.sql"))
        .bind(book)
        .bind(&*stream.aggregate_type)
        .bind(stream.aggregate_id.as_str())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
}

/// The events of one stream after a version and up to a position, in order.
pub async fn stream_up_to(
    conn: &mut PgConnection,
    book: BookId,
    stream: &StreamId,
    after: Version,
    up_to: Position,
) -> Result<Vec<RecordedEvent>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_stream_up_to.sql"))
        .bind(book)
        .bind(&*stream.aggregate_type)
        .bind(stream.aggregate_id.as_str())
        .bind(after)
        .bind(up_to)
        .fetch_all(conn)
        .await
}

/// The position of one event of a stream, by its place there.
pub async fn stream_position(
    conn: &mut PgConnection,
    book: BookId,
    stream: &StreamId,
    version: Version,
) -> Result<Option<Position>, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/read_stream_position.sql"))
        .bind(book)
        .bind(&*stream.aggregate_type)
        .bind(stream.aggregate_id.as_str())
        .bind(version)
        .fetch_optional(conn)
        .await
}

/// The last position that was recorded at a time or before it; zero before the first.
pub async fn position_at(
    conn: &mut PgConnection,
    book: BookId,
    time: DateTime<Utc>,
) -> Result<Position, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/read_position_at.sql"))
        .bind(book)
        .bind(time)
        .fetch_one(conn)
        .await
}

/// The last position of the command whose event stands at this one; none past the end.
pub async fn command_end(
    conn: &mut PgConnection,
    book: BookId,
    position: Position,
) -> Result<Option<Position>, sqlx::Error> {
    if position == Position::ZERO {
        return Ok(Some(position));
    }
    sqlx::query_scalar(include_str!("sql/read_command_end.sql"))
        .bind(book)
        .bind(position)
        .fetch_optional(conn)
        .await
}

/// The events of many streams, each after its own version, in one query. A stream without such
/// events is not in the answer.
pub async fn streams(
    conn: &mut PgConnection,
    book: BookId,
    streams: &[(StreamId, Version)],
) -> Result<BTreeMap<StreamId, Vec<RecordedEvent>>, sqlx::Error> {
    let mut types = Vec::with_capacity(streams.len());
    let mut ids = Vec::with_capacity(streams.len());
    let mut after = Vec::with_capacity(streams.len());
    for (stream, version) in streams {
        types.push(&*stream.aggregate_type);
        ids.push(stream.aggregate_id.as_str());
        after.push(*version);
    }
    let events: Vec<RecordedEvent> = sqlx::query_as(include_str!("sql/read_streams.sql"))
        .bind(book)
        .bind(types)
        .bind(ids)
        .bind(after)
        .fetch_all(conn)
        .await?;
    let mut by_stream = BTreeMap::<_, Vec<_>>::new();
    for event in events {
        by_stream.entry(event.stream.clone()).or_default().push(event);
    }
    Ok(by_stream)
}

/// At most `limit` events after a position, in order.
pub async fn after(
    conn: &mut PgConnection,
    book: BookId,
    after: Position,
    limit: u32,
) -> Result<Vec<RecordedEvent>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_after.sql"))
        .bind(book)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
}

/// The streams whose first event after the position `since` stands after one position and up to
/// another, each with that event's position, in order.
pub async fn first_touches(
    conn: &mut PgConnection,
    book: BookId,
    since: Position,
    after: Position,
    until: Position,
) -> Result<Vec<(Position, StreamId)>, sqlx::Error> {
    let rows: Vec<(Position, String, String)> =
        sqlx::query_as(include_str!("sql/read_first_touches.sql"))
            .bind(book)
            .bind(since)
            .bind(after)
            .bind(until)
            .fetch_all(conn)
            .await?;
    let touches = rows.into_iter().map(|(position, kind, id)| (position, StreamId::new(kind, id)));
    Ok(touches.collect())
}

/// At most `limit` events after one position and up to another whose types are listed, as
/// `order.placed`, in order.
pub async fn after_of_types(
    conn: &mut PgConnection,
    book: BookId,
    after: Position,
    until: Position,
    types: &[String],
    limit: u32,
) -> Result<Vec<RecordedEvent>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_after_of_types.sql"))
        .bind(book)
        .bind(after)
        .bind(until)
        .bind(types)
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
}

/// Every event after a position, in order, read page by page until a page comes back short.
pub fn stream_all(
    conn: &mut PgConnection,
    book: BookId,
    after: Position,
) -> impl Stream<Item = Result<RecordedEvent, sqlx::Error>> + Send + '_ {
    pages(conn, book, after, PAGE_SIZE)
        .map_ok(|page| stream::iter(page.into_iter().map(Ok)))
        .try_flatten()
}

/// As [`stream_all`], in pages of a size of the caller's.
pub fn pages(
    conn: &mut PgConnection,
    book: BookId,
    after: Position,
    size: u32,
) -> impl Stream<Item = Result<Vec<RecordedEvent>, sqlx::Error>> + Send + '_ {
    stream::try_unfold(Some((conn, after)), move |state| async move {
        let Some((conn, after)) = state else { return Ok(None) };
        let page = self::after(conn, book, after, size).await?;
        let Some(last) = page.last() else { return Ok(None) };
        let is_full = u32::try_from(page.len()).is_ok_and(|length| length == size);
        let next = is_full.then_some((conn, last.position));
        Ok(Some((page, next)))
    })
}

/// The event at a position.
pub async fn event_at(
    conn: &mut PgConnection,
    book: BookId,
    position: Position,
) -> Result<Option<RecordedEvent>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_event.sql"))
        .bind(book)
        .bind(position)
        .fetch_optional(conn)
        .await
}

/// The chain hash at a position: at zero, the book's genesis; past the end, nothing.
pub async fn hash_at(
    conn: &mut PgConnection,
    book: BookId,
    position: Position,
) -> Result<Option<ChainHash>, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/read_hash.sql"))
        .bind(book)
        .bind(position)
        .fetch_optional(conn)
        .await
}

/// At most `limit` decisions of the batches after a revision, in order of revision. The last
/// revision may be cut short by the limit.
pub async fn commands_after(
    conn: &mut PgConnection,
    book: BookId,
    after: Revision,
    limit: u32,
) -> Result<Vec<CommandRecord>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_commands_after.sql"))
        .bind(book)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
}

/// The decisions that are recorded under these ids, in one query.
pub async fn commands_by_ids(
    conn: &mut PgConnection,
    book: BookId,
    ids: &[Uuid],
) -> Result<Vec<CommandRecord>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_commands.sql")).bind(book).bind(ids).fetch_all(conn).await
}
