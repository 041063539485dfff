//! What changed between two positions: stream by stream, in the order in which they were touched.

use std::ops::ControlFlow;

use eventstore::{BookId, Position, StreamId, read};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::past::fold::{Folding, Pieces, Wanted, types_of};
use crate::past::row::Change;
use crate::past::{Item, Taker};
use crate::views::Views;

/// How many positions are looked at together for streams that are touched there first.
const WINDOW: i64 = 2_000;

/// Where changes are gone on with: at the stream that was first touched there or later, after so
/// many of its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePlace {
    pub touched: Position,
    pub given: u64,
}

/// Hands out what changed after one position and up to another, in all views or in one. Each stream
/// comes where its first event after the former stands: first the rows that it added for good, in
/// order, then those that it changed. Returns where to go on if the taker broke off, or if more than
/// `most` events were read.
pub async fn changes(
    conn: &mut PgConnection,
    book: BookId,
    between: (Position, Position),
    view: Option<&'static str>,
    from: Option<ChangePlace>,
    most: Option<u64>,
    taker: Taker<'_>,
) -> Result<Option<ChangePlace>, sqlx::Error> {
    let (since, until) = between;
    let wanted = view.map_or(Wanted::All, Wanted::One);
    let types = view.map(types_of);
    let begins = ChangePlace { touched: since.next(), given: 0 };
    let ChangePlace { touched, mut given } = from.unwrap_or(begins);
    let mut after = Position(touched.get().saturating_sub(1)).max(since);
    let mut seen: u64 = 0;
    while after < until {
        let end = Position(after.get().saturating_add(WINDOW)).min(until);
        let touches = read::first_touches(conn, book, since, after, end).await?;
        for (position, stream) in touches {
            // The rest of one that is not there, or not what it was, is not the next one's.
            let skip = if position == touched { given } else { 0 };
            given = 0;
            if types.as_ref().is_some_and(|types| !types.contains(&&*stream.aggregate_type)) {
                continue;
            }
            if most.is_some_and(|most| seen >= most) {
                return Ok(Some(ChangePlace { touched: position, given: 0 }));
            }
            let mut counting = |item: Item| {
                if let Item::Read(count) = item {
                    seen = seen.saturating_add(count);
                }
                taker(item)
            };
            let left = of_stream(conn, book, &stream, between, wanted, skip, &mut counting).await?;
            if let Some(given) = left {
                return Ok(Some(ChangePlace { touched: position, given }));
            }
        }
        seen = seen.saturating_add(u64::try_from(end.get() - after.get()).unwrap_or_default());
        after = end;
        if most.is_some_and(|most| seen >= most) && after < until {
            return Ok(Some(ChangePlace { touched: after.next(), given: 0 }));
        }
    }
    Ok(None)
}

/// Hands out one stream's changes, but for the first `skip`; how many are done if the taker broke
/// off.
pub(super) async fn of_stream(
    conn: &mut PgConnection,
    book: BookId,
    stream: &StreamId,
    (since, until): (Position, Position),
    wanted: Wanted,
    skip: u64,
    taker: Taker<'_>,
) -> Result<Option<u64>, sqlx::Error> {
    let mut folding = Folding::new();
    let mut giving = Giving { given: 0, skip, taker };
    // What can change, as it was.
    let mut before: Option<Views> = None;
    let mut is_broken = false;
    let mut pieces = Pieces::new(book, stream, until);
    while let Some(events) = pieces.next(conn).await? {
        for recorded in &events {
            if before.is_none() && recorded.position > since {
                // What was final then is as it was.
                drop(folding.take_final());
                before = Some(folding.unsettled());
            }
            if let Some(quarantined) = folding.apply(recorded) {
                is_broken = true;
                giving.tell(Item::Quarantined(quarantined));
            }
        }
        let added = folding.take_final();
        if before.is_some() && giving.give_added(added, wanted).is_break() {
            return Ok(Some(giving.given));
        }
        giving.tell(Item::Read(u64::try_from(events.len()).unwrap_or(u64::MAX)));
    }
    // Of what cannot be followed nobody knows what else became.
    let Some(before) = before.filter(|_| !is_broken) else { return Ok(None) };
    let gave = before.give_changes(folding.finish(), wanted, &mut |change| giving.give(change));
    Ok(gave.is_break().then_some(giving.given))
}

/// Hands out changes, and counts them.
struct Giving<'a> {
    given: u64,
    skip: u64,
    taker: Taker<'a>,
}

impl Giving<'_> {
    fn tell(&mut self, item: Item) {
        // It breaks off at changes alone.
        let _: ControlFlow<()> = (self.taker)(item);
    }

    fn give(&mut self, change: Change) -> ControlFlow<()> {
        if self.given >= self.skip {
            (self.taker)(Item::Change(change))?;
        }
        self.given = self.given.saturating_add(1);
        ControlFlow::Continue(())
    }

    fn give_added(&mut self, views: Views, wanted: Wanted) -> ControlFlow<()> {
        views.give(wanted, &mut |row| self.give(Change { before: None, after: Some(row) }))
    }
}
