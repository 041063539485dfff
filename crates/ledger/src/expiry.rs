//! The bodies of stored replies go after thirty days. What was decided is known for ever, so that
//! nothing is executed twice however late a retry comes.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use eventstore::BookId;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::ledger::Ledger;

/// How long the body of a reply is kept.
pub const REPLIES_KEPT: TimeDelta = TimeDelta::days(30);
/// How many rows one transaction goes through.
const PIECE: i32 = 1_000;
/// How often replies are looked for that were kept long enough.
const EVERY: Duration = Duration::from_hours(1);
/// When they are looked for at first: a node that is restarted often looks all the same.
const FIRST: Duration = Duration::from_mins(1);
/// What one round leaves the other work between two pieces.
const PAUSE: Duration = Duration::from_millis(20);

/// Lets go of every reply that was kept long enough; says how many rows it went through.
pub async fn expire(
    conn: &mut PgConnection,
    book: BookId,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let before = now - REPLIES_KEPT;
    let mut total = 0_u64;
    loop {
        let done = expire_piece(conn, book, before).await?;
        if done == 0 {
            return Ok(total);
        }
        total = total.saturating_add(done);
        tokio::time::sleep(PAUSE).await;
    }
}

/// One bounded piece of each kind.
async fn expire_piece(
    conn: &mut PgConnection,
    book: BookId,
    before: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let commands: i32 = sqlx::query_scalar(include_str!("sql/expire_replies.sql"))
        .bind(book)
        .bind(before)
        .bind(PIECE)
        .fetch_one(&mut *conn)
        .await?;
    let operations = sqlx::query(include_str!("sql/expire_operations.sql"))
        .bind(book)
        .bind(before)
        .bind(i64::from(PIECE))
        .execute(&mut *conn)
        .await?
        .rows_affected();
    Ok(u64::try_from(commands).unwrap_or_default().saturating_add(operations))
}

/// Looks every hour, until it is told to stop. Several nodes may.
pub async fn run(ledger: Ledger, stop: CancellationToken) {
    let mut pause = FIRST;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = EVERY;
        let expired = async {
            let mut conn = ledger.pool().acquire().await?;
            expire(&mut conn, ledger.book(), ledger.clock().now()).await
        };
        tokio::select! {
            () = stop.cancelled() => return,
            expired = expired => match expired {
                Ok(0) => {}
                Ok(rows) => info!(rows, "let go of replies that were kept long enough"),
                Err(error) => warn!(%error, "could not let go of old replies"),
            }
        }
    }
}
