//! The quarantined streams as a node knows them: in memory, so that no decision asks for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::StreamKey;
use eventstore::{BookId, Position};
use projections::Quarantined;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Finder, key, list, note};
use crate::clock::Clock;

/// How often the node looks at what others have found or resumed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is said of a quarantined stream wherever it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Its first event that cannot be read.
    pub position: Position,
    /// Since when nothing is decided over it.
    pub since: DateTime<Utc>,
}

/// The streams over which nothing is decided.
pub type Held = BTreeMap<StreamKey, Mark>;

/// What a node knows. Cloning is cheap, and all clones know the same.
#[derive(Debug, Clone)]
pub struct Known {
    book: BookId,
    clock: Clock,
    held: watch::Sender<Arc<Held>>,
    /// Found here, and not written down yet.
    found: Arc<Mutex<BTreeMap<StreamKey, (Mark, Quarantined)>>>,
    wanted: Arc<Notify>,
}

impl Known {
    pub(crate) fn new(book: BookId, clock: Clock) -> Self {
        Self {
            book,
            clock,
            held: watch::Sender::default(),
            found: Arc::default(),
            wanted: Arc::default(),
        }
    }

    /// All of them, as they are known at this moment.
    pub fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held.borrow())
    }

    /// What is to be said of a stream, if it is quarantined.
    pub fn mark(&self, stream: StreamKey) -> Option<Mark> {
        self.held.borrow().get(&stream).copied()
    }

    /// A stream could not be read here. Nothing is decided over it from now on, and it is written down
    /// as soon as the database can be reached.
    pub(crate) fn found(&self, stream: StreamKey, found: Quarantined) -> Mark {
        let mut waiting = self.waiting();
        let mark = self
            .mark(stream)
            .unwrap_or_else(|| Mark { position: found.position, since: self.clock.now() });
        waiting.entry(stream).or_insert((mark, found));
        self.held.send_modify(|held| {
            Arc::make_mut(held).insert(stream, mark);
        });
        self.wanted.notify_one();
        mark
    }

    /// Writes down what was found here, and takes in what is quarantined now.
    pub async fn refresh(&self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        let found: BTreeMap<StreamKey, Quarantined> =
            self.waiting().iter().map(|(stream, (_, found))| (*stream, found.clone())).collect();
        let noted: Vec<Quarantined> = found.values().cloned().collect();
        note(conn, self.book, &noted, Finder::Service).await?;
        let listed = list(conn, self.book).await?;
        let mut waiting = self.waiting();
        waiting.retain(|stream, _| !found.contains_key(stream));
        let mut held: Held = waiting.iter().map(|(stream, (mark, _))| (*stream, *mark)).collect();
        for one in listed {
            if let Some(stream) = key(&one.stream) {
                held.insert(stream, Mark { position: one.position, since: one.found_at });
            }
        }
        self.held.send_if_modified(|known| {
            let is_other = **known != held;
            if is_other {
                *known = Arc::new(held);
            }
            is_other
        });
        Ok(())
    }

    /// Looks until it is told to stop, however long the database is away.
    pub(crate) async fn run(self, pool: PgPool, stopping: CancellationToken) {
        let mut is_away = false;
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.wanted.notified(), if !is_away => {}
            }
            let looked = async { self.refresh(&mut *pool.acquire().await?).await };
            let looked = tokio::select! {
                () = stopping.cancelled() => return,
                looked = looked => looked,
            };
            match looked {
                Ok(()) => is_away = false,
                Err(error) if !is_away => {
                    warn!(%error, "the quarantined streams cannot be looked at");
                    is_away = true;
                }
                Err(_) => {}
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<StreamKey, (Mark, Quarantined)>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
