//! One view as it was, row by row.

use std::ops::ControlFlow;

use eventstore::{BookId, Position, StreamId, Streams};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::past::fold::{Folding, Pieces, Wanted, is_in_order, types_of};
use crate::past::{Item, Taker, in_order};
use crate::views::Views;

/// Where a view is gone on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Within the rows of a stream, after so many of them.
    In { stream: String, given: u64 },
    /// After all rows of a stream.
    After { stream: String },
    /// Within the rows of an event, after so many of them.
    At { position: Position, given: u64 },
}

/// Hands out a view's rows: those that one type of streams makes in the order of the streams, the
/// others in order of position. Returns where to go on if the taker broke off, or if more than
/// `most` events were read.
pub async fn view(
    conn: &mut PgConnection,
    book: BookId,
    view: &'static str,
    until: Position,
    from: Option<Place>,
    most: Option<u64>,
    taker: Taker<'_>,
) -> Result<Option<Place>, sqlx::Error> {
    if is_in_order(view) {
        let from = match from {
            Some(Place::At { position, given }) => (position, given),
            Some(Place::In { .. } | Place::After { .. }) | None => (Position(1), 0),
        };
        return in_order::view(conn, book, view, until, from, most, taker).await;
    }
    let Some(aggregate_type) = types_of(view).first().copied() else { return Ok(None) };
    let mut giving = Giving { wanted: Wanted::One(view), given: 0, skip: 0, taker };
    let mut after = None;
    match from {
        Some(Place::In { stream, given }) => {
            let id = StreamId::new(aggregate_type, stream.clone());
            giving.skip = given;
            if giving.stream(conn, book, &id, until).await?.is_break() {
                return Ok(Some(Place::In { stream, given: giving.given }));
            }
            after = Some(stream);
        }
        Some(Place::After { stream }) => after = Some(stream),
        Some(Place::At { .. }) | None => {}
    }
    by_stream(conn, Streams::new(book, aggregate_type, after, Some(until)), most, giving).await
}

async fn by_stream(
    conn: &mut PgConnection,
    mut streams: Streams,
    most: Option<u64>,
    mut giving: Giving<'_>,
) -> Result<Option<Place>, sqlx::Error> {
    let mut folding = Folding::new();
    let mut stream: Option<String> = None;
    let mut read: u64 = 0;
    (giving.skip, giving.given) = (0, 0);
    let within = |stream: Option<String>, given| stream.map(|stream| Place::In { stream, given });
    while let Some(piece) = streams.next(conn).await? {
        let count = u64::try_from(piece.events.len()).unwrap_or(u64::MAX);
        read = read.saturating_add(count);
        for recorded in &piece.events {
            let id = &recorded.stream.aggregate_id;
            if stream.as_ref() != Some(id) {
                if giving.give(folding.finish()).is_break() {
                    return Ok(within(stream, giving.given));
                }
                giving.given = 0;
                stream = Some(id.clone());
            }
            if let Some(quarantined) = folding.apply(recorded) {
                giving.tell(Item::Quarantined(quarantined));
            }
        }
        let rows = if piece.ends { folding.finish() } else { folding.take_final() };
        if giving.give(rows).is_break() {
            return Ok(within(stream, giving.given));
        }
        giving.tell(Item::Read(count));
        if piece.ends && most.is_some_and(|most| read >= most) {
            return Ok(stream.map(|stream| Place::After { stream }));
        }
    }
    Ok(None)
}

/// Hands out rows, and counts those of one stream.
pub(super) struct Giving<'a> {
    pub(super) wanted: Wanted,
    /// How many of the stream's rows were given, those that were skipped included.
    pub(super) given: u64,
    /// How many of them were given before.
    pub(super) skip: u64,
    pub(super) taker: Taker<'a>,
}

impl Giving<'_> {
    pub(super) fn tell(&mut self, item: Item) {
        // It breaks off at rows alone.
        let _: ControlFlow<()> = (self.taker)(item);
    }

    pub(super) fn give(&mut self, views: Views) -> ControlFlow<()> {
        let Self { wanted, given, skip, taker } = self;
        views.give(*wanted, &mut |row| {
            if *given >= *skip {
                taker(Item::Row(row))?;
            }
            *given = given.saturating_add(1);
            ControlFlow::Continue(())
        })
    }

    /// All rows of one stream: those that are final as they come, then the others.
    pub(super) async fn stream(
        &mut self,
        conn: &mut PgConnection,
        book: BookId,
        stream: &StreamId,
        until: Position,
    ) -> Result<ControlFlow<()>, sqlx::Error> {
        let mut folding = Folding::new();
        let mut pieces = Pieces::new(book, stream, until);
        while let Some(events) = pieces.next(conn).await? {
            for recorded in &events {
                if let Some(quarantined) = folding.apply(recorded) {
                    self.tell(Item::Quarantined(quarantined));
                }
            }
            if self.give(folding.take_final()).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.tell(Item::Read(u64::try_from(events.len()).unwrap_or(u64::MAX)));
        }
        Ok(self.give(folding.finish()))
    }
}
