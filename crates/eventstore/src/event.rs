//! An event before and after it is recorded.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::chain::ChainHash;
use crate::json_text::JsonText;
use crate::number::{BookId, Position, Version};
use crate::stream_id::StreamId;

/// The largest event, payload and metadata together.
pub const EVENT_BYTES_MAX: usize = 256 * 1024;

/// An event that has been decided, not yet recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its place in the stream, from 1.
    pub version: Version,
    /// Its own id.
    pub event_id: Uuid,
    /// Its name, such as `opened`.
    pub event_type: String,
    /// The form its payload is stored in: "1", "2" ….
    pub event_version: String,
    /// JSON text. These very bytes are stored and hashed.
    pub payload: String,
    /// JSON text of a flat object of strings. These very bytes are stored and hashed.
    pub metadata: String,
    /// When it took effect in the world; finer than a microsecond is cut off.
    pub effective_at: DateTime<Utc>,
    /// The command that caused it.
    pub command_id: Uuid,
}

impl NewEvent {
    /// What counts against [`EVENT_BYTES_MAX`].
    pub fn size(&self) -> usize {
        self.payload.len() + self.metadata.len()
    }
}

/// An event of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// The book it stands in.
    pub book: BookId,
    /// Its place in the book, from 1.
    pub position: Position,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its place in the stream, from 1.
    pub version: Version,
    /// Its own id.
    pub event_id: Uuid,
    /// Its name, such as `opened`.
    pub event_type: String,
    /// The form its payload is stored in: "1", "2" ….
    pub event_version: String,
    /// JSON text, exactly as stored and hashed.
    pub payload: String,
    /// JSON text, exactly as stored and hashed.
    pub metadata: String,
    /// When it was recorded; never before the event at the position below.
    pub recorded_at: DateTime<Utc>,
    /// When it took effect in the world.
    pub effective_at: DateTime<Utc>,
    /// The command that caused it.
    pub command_id: Uuid,
    /// The chain up to and including this event.
    pub hash: ChainHash,
}

/// Columns by number, in the order every query of this crate selects them: a lookup by name costs
/// a comparison per column and event.
impl FromRow<'_, PgRow> for RecordedEvent {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            book: row.try_get(0)?,
            position: row.try_get(1)?,
            stream: StreamId::new(row.try_get::<String, _>(2)?, row.try_get::<String, _>(3)?),
            version: row.try_get(4)?,
            event_id: row.try_get(5)?,
            event_type: row.try_get(6)?,
            event_version: row.try_get(7)?,
            payload: row.try_get::<JsonText<String>, _>(8)?.0,
            metadata: row.try_get::<JsonText<String>, _>(9)?.0,
            recorded_at: row.try_get(10)?,
            effective_at: row.try_get(11)?,
            command_id: row.try_get(12)?,
            hash: row.try_get(13)?,
        })
    }
}
