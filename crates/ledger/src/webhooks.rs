//! Webhooks: addresses that are told of the book's events, or of what happens to its alerts; each
//! message signed, retried, and logged.
//!
//! A webhook has a cursor over the log: what comes after it is made into deliveries in the same
//! transaction that moves it, so that nothing is left out and the log itself is the queue. A delivery
//! is sent at least once; its id follows from webhook and position, so that a receiver knows again
//! what it was told. Alerts are no events: a webhook has a place of its own among their changes.

use chrono::{DateTime, TimeDelta, Utc};
use eventstore::{BookId, ChainHash, Cursor, HeadError, Position, RecordedEvent};
use sqlx::{Connection as _, FromRow, PgConnection};
use uuid::Uuid;

use crate::personal::{Unsealable, Vault};
use crate::signing::Kept;

pub mod address;
mod deliveries;
mod make;
pub mod schedule;
mod send;
mod sign;
mod target;
mod types;
mod worker;

pub use deliveries::{
    Attempt, Delivery, DeliveryFilter, DeliveryState, Place, Replay, attempts, deliveries,
    delivery, replay, replays, retry, test,
};
pub use send::Resolver;
pub use sign::{SECRET_BYTES, WebhookSecret};
pub use target::{AddressRefused, Allow, Target};
pub use types::{Types, alert_type};
pub use worker::{Options, Render, Told, run};

/// What a test message says it is of.
pub const TEST_TYPE: &str = "daftar.test";

const SECRETS: Kept = Kept {
    kind: "webhook",
    insert: include_str!("webhooks/sql/insert_secret.sql"),
    end: include_str!("webhooks/sql/end_secrets.sql"),
    live: include_str!("webhooks/sql/live_secrets.sql"),
};

/// What a message calls an event's type: `order.placed`. A type of one name has another form in each
/// kind of stream.
pub fn type_name(event: &RecordedEvent) -> String {
    format!("{}.{}", event.stream.aggregate_type, event.event_type)
}

/// Why a webhook is told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisabledReason {
    /// Somebody did it.
    ByHand,
    /// The receiver answered 410.
    Gone,
    /// Every attempt failed, for days.
    Failing,
    /// The book lost events that the webhook was told of.
    Diverged,
}

impl DisabledReason {
    pub const ALL: [Self; 4] = [Self::ByHand, Self::Gone, Self::Failing, Self::Diverged];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "by_hand",
            Self::Gone => "gone",
            Self::Failing => "failing",
            Self::Diverged => "diverged",
        }
    }
}

/// What somebody wants to be told, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub target: Target,
    /// Of which types; all events and no alerts, if none is named.
    pub types: Option<Types>,
    pub description: Option<String>,
}

impl Wanted {
    fn names(&self) -> Option<Vec<String>> {
        self.types.as_ref().map(Types::names)
    }
}

/// A webhook as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Webhook {
    pub webhook_id: Uuid,
    pub url: String,
    pub event_types: Option<Vec<String>>,
    pub description: Option<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: Option<String>,
    pub cursor_position: Position,
    pub cursor_hash: ChainHash,
    /// The number of the last change of alerts that it was told of, or passed over.
    pub alert_number: i64,
    pub failing_since: Option<DateTime<Utc>>,
    pub disabled_at: Option<DateTime<Utc>>,
    pub disabled_by: Option<String>,
    pub disabled_reason: Option<String>,
    /// How many secrets are good now.
    pub secrets: i64,
    /// Until when the secret before the newest is good.
    pub rotates_until: Option<DateTime<Utc>>,
}

impl Webhook {
    /// Up to where it was told, or will be by the deliveries that wait.
    pub fn cursor(&self) -> Cursor {
        Cursor::new(self.cursor_position, self.cursor_hash)
    }

    pub fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }
}

/// Where a new webhook begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begin {
    pub position: Position,
    pub hash: ChainHash,
}

/// A webhook to be made, under an id of the caller's.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    pub id: Uuid,
    pub wanted: &'a Wanted,
    /// None: at the book's end. Of alerts it is always told from now on.
    pub begin: Option<Begin>,
    pub created_by: Option<&'a str>,
}

#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("there is no such webhook")]
    Unknown,
    #[error("there is no such delivery")]
    UnknownDelivery,
    #[error("the webhook is disabled")]
    Disabled,
    #[error("a webhook's secret cannot be read: the service's own secret is another one")]
    Sealed(#[from] Unsealable),
    #[error("could not reach the webhooks")]
    Database(#[from] sqlx::Error),
    #[error("could not read the book's head")]
    Head(#[from] HeadError),
}

/// Makes a webhook. Its secret is in the answer, and otherwise only encrypted.
pub async fn add(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    new: New<'_>,
    now: DateTime<Utc>,
) -> Result<WebhookSecret, WebhookError> {
    let New { id, wanted, begin, created_by } = new;
    let mut tx = conn.begin().await?;
    let begin = match begin {
        Some(begin) => begin,
        None => end(&mut tx, book).await?,
    };
    sqlx::query(include_str!("webhooks/sql/insert_webhook.sql"))
        .bind(book)
        .bind(id)
        .bind(wanted.target.as_str())
        .bind(wanted.names())
        .bind(wanted.description.as_deref())
        .bind(now)
        .bind(created_by)
        .bind(begin.position)
        .bind(begin.hash.as_bytes().as_slice())
        .execute(&mut *tx)
        .await?;
    let secret = insert_secret(&mut tx, vault, book, id, created_by, now).await?;
    tx.commit().await?;
    Ok(secret)
}

async fn end(conn: &mut PgConnection, book: BookId) -> Result<Begin, WebhookError> {
    let head = eventstore::read_head(conn, book).await?;
    Ok(Begin { position: head.position, hash: head.hash })
}

/// Where a page of the webhooks ended.
pub type ListPlace = (DateTime<Utc>, Uuid);

/// The book's webhooks, the oldest first, so many of those after a place.
pub async fn list(
    conn: &mut PgConnection,
    book: BookId,
    after: Option<ListPlace>,
    limit: u32,
    now: DateTime<Utc>,
) -> Result<Vec<Webhook>, WebhookError> {
    read(conn, book, None, now, (after, limit)).await
}

/// One of them.
pub async fn get(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Webhook, WebhookError> {
    read(conn, book, Some(id), now, (None, 1)).await?.pop().ok_or(WebhookError::Unknown)
}

async fn read(
    conn: &mut PgConnection,
    book: BookId,
    id: Option<Uuid>,
    now: DateTime<Utc>,
    (after, limit): (Option<ListPlace>, u32),
) -> Result<Vec<Webhook>, WebhookError> {
    Ok(sqlx::query_as(include_str!("webhooks/sql/read_webhooks.sql"))
        .bind(book)
        .bind(id)
        .bind(now)
        .bind(after.map(|(at, _)| at))
        .bind(after.map(|(_, id)| id))
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?)
}

/// Changes where a webhook goes and what it is told of from now on; what waits goes to the new
/// address too.
pub async fn update(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
    wanted: &Wanted,
) -> Result<(), WebhookError> {
    let updated = sqlx::query(include_str!("webhooks/sql/update_webhook.sql"))
        .bind(book)
        .bind(id)
        .bind(wanted.target.as_str())
        .bind(wanted.names())
        .bind(wanted.description.as_deref())
        .execute(conn)
        .await?;
    one(updated.rows_affected())
}

/// Gives a webhook a new secret. The one before stays good for the overlap, older ones end now.
pub async fn rotate(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    id: Uuid,
    overlap: TimeDelta,
    created_by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<WebhookSecret, WebhookError> {
    let mut tx = conn.begin().await?;
    // Its row is locked: a second rotation waits, and then ends the secret made here.
    lock(&mut tx, book, id).await?;
    SECRETS.end(&mut tx, (book, id), overlap, now).await?;
    let secret = insert_secret(&mut tx, vault, book, id, created_by, now).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Tells a webhook nothing more until it is enabled. Doing it again changes nothing.
pub async fn disable(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
    reason: DisabledReason,
    by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), WebhookError> {
    let disabled = sqlx::query(include_str!("webhooks/sql/disable_webhook.sql"))
        .bind(book)
        .bind(id)
        .bind(now)
        .bind(by)
        .bind(reason.as_str())
        .execute(conn)
        .await?;
    one(disabled.rows_affected())
}

/// Goes on where it stopped, or at the book's end: then what waits is not sent either. Doing it again
/// changes nothing.
pub async fn enable(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
    skips_missed: bool,
    now: DateTime<Utc>,
) -> Result<(), WebhookError> {
    let mut tx = conn.begin().await?;
    let (is_disabled, reason) = lock(&mut tx, book, id).await?;
    if is_disabled {
        // In another history there is no place where it stopped.
        let is_lost = reason.as_deref() == Some(DisabledReason::Diverged.as_str());
        let begin = if skips_missed || is_lost { Some(end(&mut tx, book).await?) } else { None };
        sqlx::query(include_str!("webhooks/sql/enable_webhook.sql"))
            .bind(book)
            .bind(id)
            .bind(begin.map(|begin| begin.position))
            .bind(begin.map(|begin| begin.hash.as_bytes().to_vec()))
            .execute(&mut *tx)
            .await?;
        if begin.is_some() {
            skip(&mut tx, book, id, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Ends what waits to be sent, and what was to be sent again.
async fn skip(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    for sql in [
        include_str!("webhooks/sql/skip_pending.sql"),
        include_str!("webhooks/sql/end_replays.sql"),
    ] {
        sqlx::query(sql).bind(book).bind(id).bind(now).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Deletes a webhook, its secrets at once, its log in pieces later.
pub async fn delete(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), WebhookError> {
    let mut tx = conn.begin().await?;
    let deleted = sqlx::query(include_str!("webhooks/sql/delete_webhook.sql"))
        .bind(book)
        .bind(id)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    one(deleted.rows_affected())?;
    sqlx::query(include_str!("webhooks/sql/delete_secrets.sql"))
        .bind(book)
        .bind(id)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps the webhook from changing until the transaction ends; says whether it is disabled, and why.
async fn lock(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
) -> Result<(bool, Option<String>), WebhookError> {
    let locked: Option<(bool, Option<String>)> =
        sqlx::query_as(include_str!("webhooks/sql/lock_webhook.sql"))
            .bind(book)
            .bind(id)
            .fetch_optional(conn)
            .await?;
    locked.ok_or(WebhookError::Unknown)
}

/// The secrets that a webhook's messages are signed with now, the newest first.
pub(crate) async fn live_secrets(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Vec<WebhookSecret>, WebhookError> {
    let live = SECRETS.live::<WebhookError>(conn, vault, (book, id), now).await?;
    let keys = live.into_iter().map(<[u8; SECRET_BYTES]>::try_from);
    keys.map(|key| Ok(WebhookSecret::new(key.map_err(|_| Unsealable)?))).collect()
}

async fn insert_secret(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    id: Uuid,
    created_by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<WebhookSecret, WebhookError> {
    let secret = WebhookSecret::new(rand::random());
    SECRETS
        .insert::<WebhookError>(conn, vault, (book, id), secret.as_bytes(), created_by, now)
        .await?;
    Ok(secret)
}

fn one(rows: u64) -> Result<(), WebhookError> {
    if rows == 0 { Err(WebhookError::Unknown) } else { Ok(()) }
}
