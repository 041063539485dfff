//! Waits until the book has what a reader has seen elsewhere.

use std::time::Duration;

use eventstore::Position;
use tokio::time::timeout;

use crate::history::{self, HistoryError, Point};
use crate::ledger::Ledger;

/// The position of a point, as soon as the book has it. No connection is held while it waits.
pub async fn wait_for(
    ledger: &Ledger,
    point: &Point,
    patience: Duration,
) -> Result<Position, HistoryError> {
    let mut moved = ledger.moved();
    match look(ledger, point).await {
        Err(HistoryError::NotReached) => {}
        found => return found,
    }
    let there = timeout(patience, moved.wait_for(|end| *end >= point.position())).await;
    match there.map(|there| there.is_ok()) {
        Ok(true) => look(ledger, point).await,
        // In vain, or the node is stopping.
        Ok(false) | Err(_) => Err(HistoryError::NotReached),
    }
}

async fn look(ledger: &Ledger, point: &Point) -> Result<Position, HistoryError> {
    let mut conn = ledger.pool().acquire().await?;
    history::resolve(&mut conn, ledger.book(), point).await
}
