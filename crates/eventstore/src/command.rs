//! The record of a decided command, accepted or refused.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use crate::json_text::JsonText;
use crate::number::{BookId, Position, Revision, Version};

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

/// A record as it stands in the database, its reply as a digest: what a verification reads.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct StoredCommand {
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
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// SHA-256 of the reply's text; none once the reply was let go of.
    pub reply_digest: Option<Vec<u8>>,
    /// SHA-256 of all of it, as the append wrote it.
    pub digest: Option<Vec<u8>>,
}

impl StoredCommand {
    /// Whether it is what the append wrote.
    pub fn is_as_recorded(&self, book: BookId) -> bool {
        self.digest.as_deref() == Some(&self.compute_digest(book)[..])
    }

    /// The digest that belongs there: the database's function `command_digest_1` makes the same.
    pub fn compute_digest(&self, book: BookId) -> [u8; 32] {
        digest(&Said {
            book,
            command_id: self.command_id,
            revision: self.revision,
            fingerprint: &self.fingerprint,
            status: self.status,
            resource: self.resource.as_deref(),
            version: self.version,
            position: self.position,
            recorded_at: self.recorded_at,
            reply_digest: self.reply_digest.as_deref(),
        })
    }
}

impl CommandRecord {
    /// SHA-256 of all of it, as the append writes it.
    pub(crate) fn digest(&self, book: BookId) -> [u8; 32] {
        let reply_digest = self.reply.as_deref().map(Sha256::digest);
        digest(&Said {
            book,
            command_id: self.command_id,
            revision: self.revision,
            fingerprint: &self.fingerprint,
            status: self.status,
            resource: self.resource.as_deref(),
            version: self.version,
            position: self.position,
            recorded_at: self.recorded_at,
            reply_digest: reply_digest.as_deref(),
        })
    }
}

/// All that a record says.
struct Said<'a> {
    book: BookId,
    command_id: Uuid,
    revision: Revision,
    fingerprint: &'a [u8],
    status: i16,
    resource: Option<&'a str>,
    version: Option<Version>,
    position: Option<Position>,
    recorded_at: DateTime<Utc>,
    reply_digest: Option<&'a [u8]>,
}

fn digest(said: &Said<'_>) -> [u8; 32] {
    /// Microseconds from 1970 to 2000, from where the database counts.
    const EPOCH: i64 = 946_684_800_000_000;
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(said.book.get().to_be_bytes());
    hasher.update(said.command_id.as_bytes());
    hasher.update(said.revision.get().to_be_bytes());
    hasher.update(length(said.fingerprint));
    hasher.update(said.fingerprint);
    hasher.update(said.status.to_be_bytes());
    if let Some(resource) = is_there(&mut hasher, said.resource) {
        hasher.update(length(resource.as_bytes()));
        hasher.update(resource.as_bytes());
    }
    if let Some(version) = is_there(&mut hasher, said.version) {
        hasher.update(version.get().to_be_bytes());
    }
    if let Some(position) = is_there(&mut hasher, said.position) {
        hasher.update(position.get().to_be_bytes());
    }
    hasher.update((said.recorded_at.timestamp_micros() - EPOCH).to_be_bytes());
    if let Some(reply) = is_there(&mut hasher, said.reply_digest) {
        hasher.update(reply);
    }
    hasher.finalize().into()
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).expect("no column holds four gigabytes").to_be_bytes()
}

fn is_there<T>(hasher: &mut Sha256, value: Option<T>) -> Option<T> {
    hasher.update([u8::from(value.is_some())]);
    value
}

/// At most `limit` records after this one, by revision and id.
pub async fn stored_after(
    conn: &mut PgConnection,
    book: BookId,
    (revision, command_id): (Revision, Uuid),
    limit: u32,
) -> Result<Vec<StoredCommand>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_stored_commands.sql"))
        .bind(book)
        .bind(revision)
        .bind(command_id)
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
}
