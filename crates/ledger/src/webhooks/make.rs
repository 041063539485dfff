//! Makes the events after a webhook's cursor into deliveries, those of its replays, and what happened
//! to alerts.

use chrono::{DateTime, Utc};
use eventstore::{BookId, ChainHash, Position, RecordedEvent};
use sqlx::{Connection as _, PgConnection};
use tracing::warn;
use uuid::Uuid;

use super::deliveries::Message;
use super::{DisabledReason, WebhookError, alert_type, deliveries, disable, type_name};
use crate::alerts::{self, Change};

/// How many events are read at a time.
const PAGE: u32 = 500;
/// How many deliveries of one webhook may wait: beyond, its cursor does, and the log is the queue.
/// They are counted in each round.
const WAITING_MAX: i64 = 2_000;

/// Whether there may be more to do at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    All,
    More,
}

/// The webhooks of which some events or changes of alerts are not deliveries yet, those after the one given first.
pub(super) async fn behind(
    conn: &mut PgConnection,
    book: BookId,
    end: Position,
    last: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let last_change = alerts::last_number(&mut *conn, book).await?;
    sqlx::query_scalar(include_str!("sql/find_behind.sql"))
        .bind(book)
        .bind(end)
        .bind(last)
        .bind(last_change)
        .fetch_all(conn)
        .await
}

/// Makes one page of one webhook's events into deliveries, one of its oldest replay's, and one of
/// what happened to alerts. The cursor and its place among those move in the same transaction: an event
/// is made into a delivery or still to come, and never between.
pub(super) async fn page(
    conn: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    now: DateTime<Utc>,
) -> Result<Made, WebhookError> {
    let mut tx = conn.begin().await?;
    let claimed: Option<(Option<Vec<String>>, Position, ChainHash, i64)> =
        sqlx::query_as(include_str!("sql/claim_webhook.sql"))
            .bind(book)
            .bind(webhook)
            .fetch_optional(&mut *tx)
            .await?;
    // Another node is at it, or nothing is to be told any more.
    let Some((types, cursor, hash, told)) = claimed else { return Ok(Made::All) };
    let waiting: i64 = sqlx::query_scalar(include_str!("sql/count_pending.sql"))
        .bind(book)
        .bind(webhook)
        .bind(WAITING_MAX)
        .fetch_one(&mut *tx)
        .await?;
    if waiting >= WAITING_MAX {
        return Ok(Made::All);
    }
    if eventstore::read::hash_at(&mut tx, book, cursor).await? != Some(hash) {
        warn!(%webhook, position = %cursor, "A webhook was told of events that the book has lost");
        disable(&mut tx, book, webhook, DisabledReason::Diverged, None, now).await?;
        tx.commit().await?;
        return Ok(Made::All);
    }
    let events = eventstore::read::after(&mut tx, book, cursor, PAGE).await?;
    insert(&mut tx, book, webhook, &events, types.as_deref(), now, false).await?;
    if let Some(last) = events.last() {
        sqlx::query(include_str!("sql/move_cursor.sql"))
            .bind(book)
            .bind(webhook)
            .bind(last.position)
            .bind(last.hash.as_bytes().as_slice())
            .execute(&mut *tx)
            .await?;
    }
    let replayed = replay(&mut tx, book, webhook, types.as_deref(), now).await?;
    let alerts = tell_alerts(&mut tx, book, webhook, types.as_deref(), told, now).await?;
    tx.commit().await?;
    let is_more = is_full(&events) || [replayed, alerts].contains(&Made::More);
    Ok(if is_more { Made::More } else { Made::All })
}

/// Makes what happened to alerts into deliveries, where the webhook names it: whoever is told of all
/// events is told of no alerts.
async fn tell_alerts(
    conn: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    types: Option<&[String]>,
    told: i64,
    now: DateTime<Utc>,
) -> Result<Made, sqlx::Error> {
    let changes = alerts::changes(conn, book, told, PAGE).await?;
    let Some(last) = changes.last() else { return Ok(Made::All) };
    let named = changes.iter().map(|change| (change, alert_type(change)));
    let wanted = named.filter(|(_, name)| types.is_some_and(|types| types.contains(name)));
    let message = |(change, type_name): (&Change, String)| Message {
        id: alert_message_id(webhook, change),
        position: Position::ZERO,
        alert_number: change.number,
        type_name,
    };
    let messages: Vec<Message> = wanted.map(message).collect();
    deliveries::insert(conn, book, webhook, &messages, now, false).await?;
    sqlx::query(include_str!("sql/move_alerts.sql"))
        .bind(book)
        .bind(webhook)
        .bind(last.number)
        .execute(conn)
        .await?;
    let is_full = u32::try_from(changes.len()).is_ok_and(|count| count >= PAGE);
    Ok(if is_full { Made::More } else { Made::All })
}

async fn replay(
    conn: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    types: Option<&[String]>,
    now: DateTime<Utc>,
) -> Result<Made, sqlx::Error> {
    let open: Option<(Uuid, Position, Position)> =
        sqlx::query_as(include_str!("sql/next_replay.sql"))
            .bind(book)
            .bind(webhook)
            .fetch_optional(&mut *conn)
            .await?;
    let Some((id, until, done)) = open else { return Ok(Made::All) };
    let mut events = eventstore::read::after(conn, book, done, PAGE).await?;
    // Past the end of the book there is nothing, now or later.
    let reached = if is_full(&events) { events.last().map(|last| last.position) } else { None };
    events.retain(|event| event.position <= until);
    insert(conn, book, webhook, &events, types, now, true).await?;
    sqlx::query(include_str!("sql/move_replay.sql"))
        .bind(book)
        .bind(webhook)
        .bind(id)
        .bind(reached.map_or(until, |reached| reached.min(until)))
        .bind(now)
        .execute(conn)
        .await?;
    // There may be another replay after this one.
    Ok(Made::More)
}

fn is_full(events: &[RecordedEvent]) -> bool {
    u32::try_from(events.len()).is_ok_and(|count| count >= PAGE)
}

async fn insert(
    conn: &mut PgConnection,
    book: BookId,
    webhook: Uuid,
    events: &[RecordedEvent],
    types: Option<&[String]>,
    now: DateTime<Utc>,
    is_replay: bool,
) -> Result<(), sqlx::Error> {
    let named = events.iter().map(|event| (event, type_name(event)));
    let wanted = named.filter(|(_, name)| types.is_none_or(|types| types.contains(name)));
    let message = |(event, type_name): (&RecordedEvent, String)| Message {
        id: message_id(webhook, event),
        position: event.position,
        alert_number: 0,
        type_name,
    };
    let messages: Vec<Message> = wanted.map(message).collect();
    deliveries::insert(conn, book, webhook, &messages, now, is_replay).await
}

/// The same for the same event, however often it is sent. The hash keeps an event that takes the
/// place of a lost one from being taken for it.
fn message_id(webhook: Uuid, event: &RecordedEvent) -> Uuid {
    Uuid::new_v5(&webhook, format!("{}.{}", event.position, event.hash).as_bytes())
}

/// Likewise. A number is given anew where a restore lost it: what happened then tells the two apart.
fn alert_message_id(webhook: Uuid, change: &Change) -> Uuid {
    let Change { number, alert, what, at, .. } = change;
    let name = format!("alert.{number}.{alert}.{}.{}", what.as_str(), at.timestamp_micros());
    Uuid::new_v5(&webhook, name.as_bytes())
}
