//! Where the log ends, as far as this node knows: told by its own commits, looked up for those of
//! other nodes.

use std::time::Duration;

use eventstore::{BookId, HeadError, Position};
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How often the log is looked at for what other nodes have committed.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long the pauses between looks become while the database is away.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The end of one book's log.
#[derive(Debug, Clone)]
pub(crate) struct Tail {
    book: BookId,
    pub(crate) moved: watch::Sender<Position>,
}

/// Nobody goes back because of a late look.
pub(crate) fn advance(moved: &watch::Sender<Position>, to: Position) {
    moved.send_if_modified(|position| {
        let is_further = *position < to;
        if is_further {
            *position = to;
        }
        is_further
    });
}

/// Takes in a look that began when `known` was committed. Ending before that, the database lost
/// events, and whoever waits for them has to learn it.
fn take_in(moved: &watch::Sender<Position>, known: Position, found: Position) {
    if found >= known {
        return advance(moved, found);
    }
    warn!(%known, %found, "the log is shorter than it was: the database was put back");
    moved.send_if_modified(|position| {
        let is_same = *position == known;
        if is_same {
            *position = found;
        }
        is_same
    });
}

impl Tail {
    pub(crate) fn new(book: BookId, position: Position) -> Self {
        Self { book, moved: watch::Sender::new(position) }
    }

    /// Looks until it is told to stop, however long the database is away.
    pub(crate) async fn run(self, pool: PgPool, stopping: CancellationToken) {
        let mut pause = LOOK_EVERY;
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let known = *self.moved.borrow();
            let looked = tokio::select! {
                () = stopping.cancelled() => return,
                looked = self.look(&pool) => looked,
            };
            match looked {
                Ok(found) => {
                    take_in(&self.moved, known, found);
                    if pause > LOOK_EVERY {
                        info!(book = %self.book, "the end of the log can be read again");
                    }
                    pause = LOOK_EVERY;
                }
                Err(error) => {
                    if pause == LOOK_EVERY {
                        warn!(%error, "the end of the log cannot be read");
                    }
                    pause = pause.saturating_mul(2).min(PAUSE_MAX);
                }
            }
        }
    }

    async fn look(&self, pool: &PgPool) -> Result<Position, HeadError> {
        let book = self.book;
        let conn = pool.acquire().await;
        let mut conn = conn.map_err(|cause| HeadError::Database { book, cause })?;
        let (position, _hash) = eventstore::read_end(&mut conn, book).await?;
        Ok(position)
    }
}
