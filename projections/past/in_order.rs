//! The journal and the timeline as they were, in order of position: the states of all streams that
//! were touched lately are kept, and those of others are folded when they are touched again.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use eventstore::{BookId, Position, RecordedEvent, StreamId, read};
use sqlx::PgConnection;

use crate::past::fold::{Pieces, Wanted};
use crate::past::view::Place;
use crate::past::{Item, Taker};
use crate::replay::{Replay, ReplayError, upcasters};
use crate::views::Views;
use crate::whole::Quarantined;

/// How many events are read at a time.
const PAGE_SIZE: u32 = 1_000;
/// How many streams' states are kept.
const STREAMS_MAX: usize = 10_000;

/// Hands out a view's rows from the events at a position on, but for the first so many rows there.
pub(super) async fn view(
    conn: &mut PgConnection,
    book: BookId,
    view: &'static str,
    until: Position,
    (first, mut skip): (Position, u64),
    most: Option<u64>,
    taker: Taker<'_>,
) -> Result<Option<Place>, sqlx::Error> {
    let mut onward = Onward::new(book);
    let mut after = Position(first.get().saturating_sub(1));
    let mut read: u64 = 0;
    loop {
        let page = read::after(conn, book, after, PAGE_SIZE).await?;
        let page: Vec<_> = page.into_iter().filter(|event| event.position <= until).collect();
        let Some(last) = page.last() else { return Ok(None) };
        after = last.position;
        for recorded in &page {
            let position = recorded.position;
            let views = match onward.fold(conn, recorded).await? {
                Ok(views) => views,
                Err(quarantined) => {
                    if let Some(quarantined) = quarantined {
                        let _: ControlFlow<()> = taker(Item::Quarantined(quarantined));
                    }
                    continue;
                }
            };
            let mut given = 0;
            let gave = views.give(Wanted::One(view), &mut |row| {
                if given >= skip {
                    taker(Item::Row(row))?;
                }
                given += 1;
                ControlFlow::Continue(())
            });
            if gave.is_break() {
                return Ok(Some(Place::At { position, given }));
            }
            skip = 0;
        }
        let count = u64::try_from(page.len()).unwrap_or(u64::MAX);
        read = read.saturating_add(count);
        let _: ControlFlow<()> = taker(Item::Read(count));
        if most.is_some_and(|most| read >= most) && after < until {
            return Ok(Some(Place::At { position: after.next(), given: 0 }));
        }
    }
}

/// Folds events in order of position, from wherever it begins.
struct Onward {
    book: BookId,
    replay: Replay,
    /// Those whose states it has.
    known: BTreeSet<StreamId>,
    broken: BTreeSet<StreamId>,
}

impl Onward {
    fn new(book: BookId) -> Self {
        let (known, broken) = (BTreeSet::new(), BTreeSet::new());
        Self { book, replay: Replay::new(upcasters()), known, broken }
    }

    /// The rows of one event. Nothing of a stream that cannot be followed, which is named once.
    async fn fold(
        &mut self,
        conn: &mut PgConnection,
        recorded: &RecordedEvent,
    ) -> Result<Result<Views, Option<Quarantined>>, sqlx::Error> {
        let stream = &recorded.stream;
        if self.broken.contains(stream) {
            return Ok(Err(None));
        }
        if !self.known.contains(stream) {
            if self.known.len() >= STREAMS_MAX {
                self.known.clear();
                self.replay.forget();
            }
            self.known.insert(stream.clone());
            let before = Position(recorded.position.get().saturating_sub(1));
            if recorded.version.get() > 1
                && let Err(quarantined) = self.catch_up(conn, stream, before).await?
            {
                return Ok(Err(Some(quarantined)));
            }
        }
        let mut views = Views::default();
        Ok(match self.replay.apply(recorded, &mut views) {
            Ok(()) => Ok(views),
            Err(error) => Err(Some(self.give_up(recorded, &error))),
        })
    }

    async fn catch_up(
        &mut self,
        conn: &mut PgConnection,
        stream: &StreamId,
        until: Position,
    ) -> Result<Result<(), Quarantined>, sqlx::Error> {
        let mut pieces = Pieces::new(self.book, stream, until);
        while let Some(events) = pieces.next(conn).await? {
            let mut views = Views::default();
            for recorded in &events {
                if let Err(error) = self.replay.apply(recorded, &mut views) {
                    return Ok(Err(self.give_up(recorded, &error)));
                }
            }
        }
        Ok(Ok(()))
    }

    fn give_up(&mut self, recorded: &RecordedEvent, error: &ReplayError) -> Quarantined {
        self.broken.insert(recorded.stream.clone());
        Quarantined::new(recorded, error)
    }
}
