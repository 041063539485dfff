//! Following the log: every event after a place, in order, once, for as long as it is asked for.
//!
//! One task a node reads the log and keeps its end in a ring. Whoever follows takes from the ring;
//! whoever is further behind reads pages from the database until it reaches the ring. A reader is
//! nothing but its place in the history: it is given what continues that very place, or told that
//! the history is another one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use eventstore::{BookId, Cursor, HeadError, Position, RecordedEvent};
use futures::Stream;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub(crate) mod ring;

use crate::event_types::Chosen;
use crate::history::{self, HistoryError, Point};
use crate::tail::{Tail, Tip};
use ring::Found;
pub use ring::Place;

/// How many events, and about how many bytes, a reader is given at a time: all it ever holds.
const PAGE: u32 = 100;
const PAGE_BYTES: usize = 1024 * 1024;
/// About how many bytes a page has that somebody asks for by itself.
const ASKED_PAGE_BYTES: usize = 4 * 1024 * 1024;
/// How many events are looked through for one page of some types.
const LOOKED_THROUGH: i64 = 20_000;
/// How long a reader waits before it tries a database again that is away.
const PAUSE: Duration = Duration::from_millis(500);

/// A node's one way of following a book.
#[derive(Debug, Clone)]
pub struct Feed {
    pub(crate) book: BookId,
    pub(crate) pool: PgPool,
    pub(crate) tail: Tail,
    pub(crate) stopping: CancellationToken,
}

impl Feed {
    /// Every event after a point, in order and without a gap, and then whatever is committed. It
    /// ends when the ledger stops, waits while the database is away, and breaks off with
    /// [`HistoryError::Diverged`] once what it gave is not in the book any more.
    ///
    /// A plain position beyond the end is [`HistoryError::NotReached`].
    pub async fn subscribe(
        &self,
        after: &Point,
    ) -> Result<
        impl Stream<Item = Result<Arc<RecordedEvent>, HistoryError>> + Send + use<>,
        HistoryError,
    > {
        let tip = self.tail.follow();
        // Before the place is looked up: should the history change meanwhile, it is looked up again.
        let generation = tip.borrow().generation;
        let place = {
            let mut conn = self.pool.acquire().await?;
            history::resolve_with_hash(&mut conn, self.book, after).await?
        };
        let feed = self.clone();
        let follower =
            Follower { feed, tip, generation, place, page: VecDeque::new(), is_over: false };
        Ok(futures::stream::unfold(follower, |mut follower| async move {
            let next = follower.next().await?;
            follower.is_over = next.is_err();
            Some((next, follower))
        }))
    }

    /// What continues a place, as much as fits into memory many times over; nothing at the end.
    pub async fn read_on(&self, place: Place) -> Result<Vec<RecordedEvent>, HistoryError> {
        let _turn = self.tail.page_turns.acquire().await;
        let mut conn = self.pool.acquire().await?;
        let mut events = history::read_on(&mut conn, self.book, place, PAGE).await?;
        cut(&mut events, PAGE_BYTES);
        Ok(events)
    }

    /// At most `limit` events after a point, of some types or of all. Of some types, so many
    /// events are looked through at a time that one page is never a reading of the whole log.
    pub async fn page(
        &self,
        after: &Point,
        types: Option<&Chosen>,
        limit: u32,
    ) -> Result<Page, HistoryError> {
        let begin = "begin isolation level repeatable read, read only";
        let mut tx = self.pool.begin_with(begin).await?;
        let (end, end_hash) = eventstore::read_end(&mut tx, self.book).await.map_err(head)?;
        let end = Cursor::new(end, end_hash);
        let after = match history::resolve(&mut tx, self.book, after).await {
            Ok(position) => position,
            Err(HistoryError::NotReached) => {
                return Ok(Page { events: Vec::new(), reached: *after, is_last: true, end });
            }
            Err(error) => return Err(error),
        };
        let mut events = match types {
            None => eventstore::read::after(&mut tx, self.book, after, limit).await?,
            Some(types) => {
                let until = Position::new(after.get().saturating_add(LOOKED_THROUGH));
                let names = types.names();
                eventstore::read::after_of_types(&mut tx, self.book, after, until, &names, limit)
                    .await?
            }
        };
        let is_full = u32::try_from(events.len()).is_ok_and(|count| count >= limit);
        let is_full = cut(&mut events, ASKED_PAGE_BYTES) || is_full;
        let reached = match (events.last().filter(|_| is_full || types.is_none()), types) {
            (Some(last), _) => Cursor::new(last.position, last.hash),
            (None, None) => end,
            (None, Some(_)) => {
                let until = after.get().saturating_add(LOOKED_THROUGH).min(end.position.get());
                let until = Point::from(Position::new(until));
                let (position, hash) =
                    history::resolve_with_hash(&mut tx, self.book, &until).await?;
                Cursor::new(position, hash)
            }
        };
        tx.commit().await?;
        let is_last = reached.position == end.position;
        Ok(Page { events, reached: reached.into(), is_last, end })
    }
}

/// Leaves as many events as have about so many bytes, and one at least; whether some had more.
fn cut(events: &mut Vec<RecordedEvent>, bytes_max: usize) -> bool {
    let mut bytes: usize = 0;
    let fits = events.iter().take_while(|event| {
        let is_first = bytes == 0;
        bytes = bytes.saturating_add(ring::size(event));
        is_first || bytes <= bytes_max
    });
    let count = fits.count();
    let is_cut = count < events.len();
    events.truncate(count);
    is_cut
}

/// There is always a head: a ledger has a book open.
fn head(error: HeadError) -> HistoryError {
    match error {
        HeadError::Database { cause, .. } => HistoryError::Database(cause),
        HeadError::UnknownBook(_) => HistoryError::Diverged,
    }
}

/// Events that follow each other, as far as their types were asked for.
#[derive(Debug)]
pub struct Page {
    pub events: Vec<RecordedEvent>,
    /// Everything up to here was looked through: where the next page begins.
    pub reached: Point,
    /// Nothing follows yet.
    pub is_last: bool,
    /// Where the book ended.
    pub end: Cursor,
}

/// One reader.
struct Follower {
    feed: Feed,
    tip: watch::Receiver<Tip>,
    /// The history that `place` was last found in.
    generation: u64,
    /// Where `page` ends.
    place: Place,
    page: VecDeque<Arc<RecordedEvent>>,
    is_over: bool,
}

impl Follower {
    async fn next(&mut self) -> Option<Result<Arc<RecordedEvent>, HistoryError>> {
        if self.is_over {
            return None;
        }
        if self.page.is_empty() {
            let stopping = self.feed.stopping.clone();
            let filled = tokio::select! {
                biased;
                () = stopping.cancelled() => return None,
                filled = self.fill() => filled,
            };
            if let Err(error) = filled {
                return Some(Err(error));
            }
        }
        self.page.pop_front().map(Ok)
    }

    /// Waits until there is a next page.
    async fn fill(&mut self) -> Result<(), HistoryError> {
        loop {
            // Seen before the ring is looked at: what comes afterwards wakes.
            let generation = self.tip.borrow_and_update().generation;
            let mut found = self.feed.tail.after(self.place);
            // The ring began anew, and has not come to this place: only the database knows whether
            // it will.
            if matches!(found, Found::NothingYet) && generation != self.generation {
                found = Found::Behind;
            }
            match found {
                Found::Events(events) => self.page.extend(events),
                Found::Diverged => return Err(HistoryError::Diverged),
                Found::NothingYet => {}
                Found::Behind => match self.feed.read_on(self.place).await {
                    Ok(events) => self.page.extend(events.into_iter().map(Arc::new)),
                    Err(HistoryError::Database(error)) => {
                        warn!(%error, "a reader of the log waits for the database");
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            }
            self.generation = generation;
            if let Some(last) = self.page.back() {
                self.place = (last.position, last.hash);
                return Ok(());
            }
            // The sender lives as long as the feed.
            self.tip.changed().await.ok();
        }
    }
}
