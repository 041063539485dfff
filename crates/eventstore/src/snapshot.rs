//! Snapshots: states saved at a version. They can be deleted at any time.

use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::composite_type;
use crate::json_text::JsonText;
use crate::number::{BookId, Version};
use crate::stream_id::StreamId;

/// A state of a stream at a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The stream.
    pub stream: StreamId,
    /// How many of its events are in the state.
    pub version: Version,
    /// The form of `state`; one of another form than the code's own is not to be used.
    pub format: i32,
    /// JSON text.
    pub state: String,
}

impl FromRow<'_, PgRow> for Snapshot {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            stream: StreamId::new(row.try_get::<String, _>(0)?, row.try_get::<String, _>(1)?),
            version: row.try_get(2)?,
            format: row.try_get(3)?,
            state: row.try_get::<JsonText<String>, _>(4)?.0,
        })
    }
}

#[derive(Debug)]
struct SnapshotRow<'a> {
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    sequence: Version,
    format: i32,
    state: JsonText<&'a str>,
}

composite_type!("daftar.snapshot_row", SnapshotRow<'a> {
    aggregate_type,
    aggregate_id,
    sequence,
    format,
    state,
});

impl<'a> From<&'a Snapshot> for SnapshotRow<'a> {
    fn from(snapshot: &'a Snapshot) -> Self {
        Self {
            aggregate_type: &snapshot.stream.aggregate_type,
            aggregate_id: &snapshot.stream.aggregate_id,
            sequence: snapshot.version,
            format: snapshot.format,
            state: JsonText(&snapshot.state),
        }
    }
}

/// The snapshot of one stream, if its form is `format`.
pub async fn load(
    conn: &mut PgConnection,
    book: BookId,
    stream: &StreamId,
    format: i32,
) -> Result<Option<Snapshot>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/load_snapshot.sql"))
        .bind(book)
        .bind(&*stream.aggregate_type)
        .bind(stream.aggregate_id.as_str())
        .bind(format)
        .fetch_optional(conn)
        .await
}

/// The snapshots of many streams, whatever their form, in one query.
pub async fn load_many(
    conn: &mut PgConnection,
    book: BookId,
    streams: &[StreamId],
) -> Result<Vec<Snapshot>, sqlx::Error> {
    let (types, ids): (Vec<&str>, Vec<&str>) = streams
        .iter()
        .map(|stream| (&*stream.aggregate_type, stream.aggregate_id.as_str()))
        .unzip();
    sqlx::query_as(include_str!("sql/load_snapshots.sql"))
        .bind(book)
        .bind(types)
        .bind(ids)
        .fetch_all(conn)
        .await
}

/// Saves snapshots, at most one a stream. One that is older than what is there changes nothing.
pub async fn save(
    conn: &mut PgConnection,
    book: BookId,
    snapshots: &[Snapshot],
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/save_snapshots.sql"))
        .bind(book)
        .bind(snapshots.iter().map(SnapshotRow::from).collect::<Vec<_>>())
        .execute(conn)
        .await
        .map(drop)
}

/// Deletes every snapshot of a book; they come back as streams are loaded.
pub async fn delete_all(conn: &mut PgConnection, book: BookId) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/delete_snapshots.sql")).bind(book).execute(conn).await.map(drop)
}
