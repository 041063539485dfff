//! The log of deliveries: what was sent, what came of it, and sending it again.

use chrono::{DateTime, Utc};
use eventstore::{BookId, Position};
use sqlx::{Connection as _, FromRow, PgConnection};
use uuid::Uuid;

use super::{TEST_TYPE, WebhookError, lock, one};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is yet to be sent, or to be sent again.
    Pending,
    Delivered,
    /// The last attempt failed too.
    Failed,
}

impl DeliveryState {
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// A message to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Delivery {
    /// What its `webhook-id` says.
    pub delivery_id: Uuid,
    /// The event's; zero for a test, and for what is of an alert.
    pub position: Position,
    /// The number of the change of an alert; zero for what is of none.
    pub alert_number: i64,
    pub event_type: String,
    pub made_at: DateTime<Utc>,
    pub state: String,
    /// Attempts since it was made, or made anew.
    pub tries: i32,
    /// All attempts.
    pub attempts: i32,
    pub next_attempt_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub last_status: Option<i32>,
    pub last_error: Option<String>,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Attempt {
    pub attempt: i32,
    pub attempted_at: DateTime<Utc>,
    pub duration_ms: i64,
    pub status: Option<i32>,
    pub error: Option<String>,
    pub excerpt: Option<String>,
}

/// A range of the log that a webhook is told of again.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Replay {
    pub replay_id: Uuid,
    pub from_position: Position,
    pub until_position: Position,
    pub done_position: Position,
    pub made_at: DateTime<Utc>,
    pub made_by: Option<String>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// Where a page of the log ended.
pub type Place = (DateTime<Utc>, Position, Uuid);

/// Which deliveries are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeliveryFilter {
    pub state: Option<DeliveryState>,
    pub after: Option<Place>,
    pub limit: u32,
}

/// A page of the log, the newest first.
pub async fn deliveries(
    conn: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    filter: DeliveryFilter,
) -> Result<Vec<Delivery>, WebhookError> {
    let (made_at, position, id) = filter
        .after
        .map_or((None, None, None), |(at, position, id)| (Some(at), Some(position), Some(id)));
    Ok(sqlx::query_as(include_str!("sql/page_deliveries.sql"))
        // Planned for the state that is asked for: those that failed have an index of their own.
        .persistent(false)
        .bind(book)
        .bind(webhook)
        .bind(filter.state.map(DeliveryState::as_str))
        .bind(made_at)
        .bind(position)
        .bind(id)
        .bind(i64::from(filter.limit))
        .fetch_all(conn)
        .await?)
}

/// One delivery.
pub async fn delivery(
    conn: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    id: Uuid,
) -> Result<Delivery, WebhookError> {
    let found = sqlx::query_as(include_str!("sql/read_delivery.sql"))
        .bind(book)
        .bind(webhook)
        .bind(id)
        .fetch_optional(conn)
        .await?;
    found.ok_or(WebhookError::UnknownDelivery)
}

/// The last attempts at a delivery, the newest first.
pub async fn attempts(
    conn: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    id: Uuid,
) -> Result<Vec<Attempt>, WebhookError> {
    Ok(sqlx::query_as(include_str!("sql/read_attempts.sql"))
        .bind(book)
        .bind(webhook)
        .bind(id)
        .fetch_all(conn)
        .await?)
}

/// Sends a delivery once more as soon as possible, whatever came of it so far. One that had ended
/// begins its schedule again.
pub async fn retry(
    conn: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), WebhookError> {
    let mut tx = conn.begin().await?;
    must_be_enabled(&mut tx, book, webhook).await?;
    let retried = sqlx::query(include_str!("sql/retry_delivery.sql"))
        .bind(book)
        .bind(webhook)
        .bind(id)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    one(retried.rows_affected()).map_err(|_| WebhookError::UnknownDelivery)?;
    tx.commit().await?;
    Ok(())
}

/// Sends a message that is of no event, under an id of the caller's.
pub async fn test(
    conn: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), WebhookError> {
    let mut tx = conn.begin().await?;
    must_be_enabled(&mut tx, book, webhook).await?;
    let told =
        Message { id, position: Position::ZERO, alert_number: 0, type_name: TEST_TYPE.to_owned() };
    insert(&mut tx, book, webhook, &[told], now, false).await?;
    tx.commit().await?;
    Ok(())
}

/// Tells a webhook again of the events from one position to another, both included, under an id of
/// the caller's. They are the same messages as before.
pub async fn replay(
    conn: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    id: Uuid,
    range: (Position, Position),
    by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), WebhookError> {
    let mut tx = conn.begin().await?;
    must_be_enabled(&mut tx, book, webhook).await?;
    sqlx::query(include_str!("sql/insert_replay.sql"))
        .bind(book)
        .bind(webhook)
        .bind(id)
        .bind(range.0)
        .bind(range.1)
        .bind(now)
        .bind(by)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// The last replays of a webhook, the newest first.
pub async fn replays(
    conn: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
) -> Result<Vec<Replay>, WebhookError> {
    let sql = include_str!("sql/read_replays.sql");
    Ok(sqlx::query_as(sql).bind(book).bind(webhook).fetch_all(conn).await?)
}

async fn must_be_enabled(
    conn: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
) -> Result<(), WebhookError> {
    match lock(conn, book, webhook).await? {
        (true, _) => Err(WebhookError::Disabled),
        (false, _) => Ok(()),
    }
}

/// What is to be told.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: Uuid,
    pub(super) position: Position,
    pub(super) alert_number: i64,
    pub(super) type_name: String,
}

/// Makes deliveries. Those that are there already are made anew in a replay, and otherwise left.
pub(super) async fn insert(
    conn: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    messages: &[Message],
    now: DateTime<Utc>,
    is_replay: bool,
) -> Result<(), sqlx::Error> {
    if messages.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = messages.iter().map(|message| message.id).collect();
    let positions: Vec<i64> = messages.iter().map(|message| message.position.get()).collect();
    let numbers: Vec<i64> = messages.iter().map(|message| message.alert_number).collect();
    let types: Vec<&str> = messages.iter().map(|message| message.type_name.as_str()).collect();
    sqlx::query(include_str!("sql/insert_deliveries.sql"))
        .bind(book)
        .bind(webhook)
        .bind(now)
        .bind(ids)
        .bind(positions)
        .bind(numbers)
        .bind(types)
        .bind(is_replay)
        .execute(conn)
        .await?;
    Ok(())
}
