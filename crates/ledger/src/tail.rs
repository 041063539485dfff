//! Where the log ends, as far as this node knows: told by its own commits, looked up for those of
//! other nodes. While somebody follows the log, its last events are kept as well.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use eventstore::{BookId, Head, HeadError, Position};
use sqlx::PgPool;
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::feed::ring::{Bounds, Found, Place, Ring};
use crate::history::{self, HistoryError};
use crate::standing::Watched;

/// How often the log is looked at for what other nodes have committed.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long the pauses between looks become while the database is away.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// The shortest time from one reading to the next: what is committed meanwhile is read together.
const READ_EVERY: Duration = Duration::from_millis(5);
/// How many events are read at a time.
const PAGE: u32 = 500;
/// How many a reader takes at a time.
const TAKEN_MAX: usize = 100;
/// About how much memory the last events may take.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// How many readers may read pages from the database at the same time.
const PAGE_TURNS: usize = 4;

/// The end of one book's log.
#[derive(Debug, Clone)]
pub(crate) struct Tail {
    book: BookId,
    pub(crate) moved: watch::Sender<Position>,
    /// When the last event was recorded, as far as it was looked up.
    pub(crate) recorded_at: watch::Sender<DateTime<Utc>>,
    standing: Watched,
    /// Kept only while somebody follows.
    ring: Arc<Mutex<Option<Ring>>>,
    bounds: Bounds,
    tip: watch::Sender<Tip>,
    wanted: Arc<Notify>,
    pub(crate) page_turns: Arc<Semaphore>,
}

/// Where the ring ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tip {
    /// Another one after each time that the ring began anew.
    pub(crate) generation: u64,
    pub(crate) position: Position,
}

/// The end could not be looked at.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Head(#[from] HeadError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
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
    pub(crate) fn new(head: &Head, standing: Watched, events_max: usize) -> Self {
        Self {
            book: head.book,
            moved: watch::Sender::new(head.position),
            recorded_at: watch::Sender::new(head.recorded_at),
            standing,
            ring: Arc::default(),
            bounds: Bounds { events: events_max, bytes: BYTES_MAX },
            tip: watch::Sender::default(),
            wanted: Arc::default(),
            page_turns: Arc::new(Semaphore::new(PAGE_TURNS)),
        }
    }

    /// Has the last events kept for as long as the receiver lives.
    pub(crate) fn follow(&self) -> watch::Receiver<Tip> {
        let tip = self.tip.subscribe();
        self.wanted.notify_one();
        tip
    }

    /// What is kept of the events after a place.
    pub(crate) fn after(&self, place: Place) -> Found {
        self.ring().as_ref().map_or(Found::Behind, |ring| ring.after(place, TAKEN_MAX))
    }

    /// Looks until it is told to stop, however long the database is away.
    pub(crate) async fn run(self, pool: PgPool, stopping: CancellationToken) {
        let mut moved = self.moved.subscribe();
        let mut pause = LOOK_EVERY;
        loop {
            let is_read = self.tip.receiver_count() > 0;
            let is_away = pause > LOOK_EVERY;
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
                () = self.wanted.notified() => {}
                _ = moved.changed(), if is_read && !is_away => {}
            }
            // Seen before the look: what is committed from here on wakes again.
            moved.mark_unchanged();
            let looked = tokio::select! {
                () = stopping.cancelled() => return,
                looked = self.look(&pool) => looked,
            };
            match looked {
                Ok(()) => {
                    if is_away {
                        info!(book = %self.book, "the end of the log can be read again");
                    }
                    pause = LOOK_EVERY;
                }
                Err(error) => {
                    if !is_away {
                        warn!(%error, "the end of the log cannot be read");
                    }
                    pause = pause.saturating_mul(2).min(PAUSE_MAX);
                }
            }
            if is_read {
                tokio::time::sleep(READ_EVERY).await;
            }
        }
    }

    async fn look(&self, pool: &PgPool) -> Result<(), LookError> {
        let known = *self.moved.borrow();
        let mut conn = pool.acquire().await?;
        let outline = eventstore::read_outline(&mut conn, self.book).await?;
        self.standing.see_outline(&outline);
        self.recorded_at.send_replace(outline.recorded_at);
        let end = (outline.position, outline.hash);
        take_in(&self.moved, known, end.0);
        if self.tip.receiver_count() == 0 {
            self.ring().take();
            return Ok(());
        }
        loop {
            let Some(ring_end) = self.ring().as_ref().map(Ring::end) else {
                self.begin(end);
                return Ok(());
            };
            if ring_end == end {
                return Ok(());
            }
            let behind = end.0.get().saturating_sub(ring_end.0.get());
            if usize::try_from(behind).is_ok_and(|behind| behind > self.bounds.events) {
                self.begin(end);
                return Ok(());
            }
            let events = match history::read_on(&mut conn, self.book, ring_end, PAGE).await {
                Ok(events) => events,
                Err(HistoryError::Database(error)) => return Err(error.into()),
                Err(HistoryError::Diverged | HistoryError::NotReached) => {
                    warn!(book = %self.book, "the log is not the one that was read: starting anew");
                    self.begin(end);
                    return Ok(());
                }
            };
            if events.is_empty() {
                // `end` was read before: nothing is missing.
                return Ok(());
            }
            let mut position = ring_end.0;
            if let Some(ring) = self.ring().as_mut() {
                ring.extend(events);
                position = ring.end().0;
            }
            advance(&self.moved, position);
            self.tip.send_modify(|tip| tip.position = position);
            if position >= end.0 {
                return Ok(());
            }
        }
    }

    /// Keeps what comes after this place, and nothing before.
    fn begin(&self, end: Place) {
        *self.ring() = Some(Ring::new(self.bounds, end));
        self.tip.send_modify(|tip| {
            *tip = Tip { generation: tip.generation + 1, position: end.0 };
        });
    }

    fn ring(&self) -> MutexGuard<'_, Option<Ring>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
