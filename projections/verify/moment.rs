//! A moment: one short snapshot, in which events and rows belong together. It locks nothing.

use sqlx::{Connection, PgConnection, Postgres, Transaction};

/// Folding a page may take longer than the session's bound; whoever was paused for a minute must let
/// the snapshot go all the same.
const IDLE_MAX: &str = "set local idle_in_transaction_session_timeout = '60s'";

pub(super) async fn open(
    conn: &mut PgConnection,
) -> Result<Transaction<'_, Postgres>, sqlx::Error> {
    let mut tx = conn.begin_with("begin isolation level repeatable read, read only").await?;
    sqlx::query(IDLE_MAX).execute(&mut *tx).await?;
    Ok(tx)
}
