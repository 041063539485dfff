//! The record of a decided command, accepted or refused.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::json_text::JsonText;
use crate::number::{Position, Revision, Version};

/// A decision to be recorded with its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommand {
    /// Its id: asking again under the same id gets the same answer.
    pub command_id: Uuid,
    /// What was asked, as a digest: the same id for something else is refused.
    pub fingerprint: Vec<u8>,
    /// The answer's status.
    pub status: i16,
    /// What it made or changed.
    pub resource: Option<String>,
    /// The version that resource has after it.
    pub version: Option<Version>,
    /// The position of its last event.
    pub position: Option<Position>,
    /// The answer as JSON text.
    pub reply: Option<String>,
}

/// A decision as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRecord {
    /// Its id.
    pub command_id: Uuid,
    /// The batch that recorded it.
    pub revision: Revision,
    /// What was asked, as a digest.
    pub fingerprint: Vec<u8>,
    /// The answer's status.
    pub status: i16,
    /// What it made or changed.
    pub resource: Option<String>,
    /// The version that resource has after it.
    pub version: Option<Version>,
    /// The position of its last event.
    pub position: Option<Position>,
    /// The answer as JSON text.
    pub reply: Option<String>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

impl FromRow<'_, PgRow> for CommandRecord {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            command_id: row.try_get(0)?,
            revision: row.try_get(1)?,
            fingerprint: row.try_get(2)?,
            status: row.try_get(3)?,
            resource: row.try_get(4)?,
            version: row.try_get(5)?,
            position: row.try_get(6)?,
            reply: row.try_get::<Option<JsonText<String>>, _>(7)?.map(|text| text.0),
            recorded_at: row.try_get(8)?,
        })
    }
}
