//! A whole book in sums: how many rows each view had, how much money, and the trial balance.

use domain::StreamKey;
use eventstore::{BookId, Position, StreamId, Streams};
use sqlx::PgConnection;

use crate::past::fold::Folding;
use crate::past::totals::Totals;
use crate::whole::Quarantined;

/// A book as it was, in sums.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many events were folded.
    pub events: u64,
    pub totals: Totals,
    pub quarantined: Vec<Quarantined>,
}

/// Sums a book up, a piece at a time: whoever does it may pause, tell how far it is, or stop.
#[derive(Debug)]
pub struct Summing {
    book: BookId,
    until: Position,
    types: &'static [&'static str],
    streams: Option<Streams>,
    stream: Option<StreamId>,
    folding: Folding,
    summary: Summary,
}

impl Summing {
    pub fn new(book: BookId, until: Position) -> Self {
        Self {
            book,
            until,
            types: &StreamKey::AGGREGATE_TYPES,
            streams: None,
            stream: None,
            folding: Folding::new(),
            summary: Summary::default(),
        }
    }

    /// One statement's worth; false once everything is summed.
    pub async fn step(&mut self, conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let Some(streams) = &mut self.streams else {
            let Some((aggregate_type, types)) = self.types.split_first() else {
                return Ok(false);
            };
            self.types = types;
            self.streams = Some(Streams::new(self.book, *aggregate_type, None, Some(self.until)));
            return Ok(true);
        };
        let Some(piece) = streams.next(conn).await? else {
            self.streams = None;
            return Ok(true);
        };
        for recorded in &piece.events {
            if self.stream.as_ref() != Some(&recorded.stream) {
                self.folding.finish().sum(&mut self.summary.totals);
                self.stream = Some(recorded.stream.clone());
            }
            self.summary.events = self.summary.events.saturating_add(1);
            self.summary.quarantined.extend(self.folding.apply(recorded));
        }
        if piece.ends {
            self.folding.finish().sum(&mut self.summary.totals);
            self.stream = None;
        } else {
            self.folding.take_final().sum(&mut self.summary.totals);
        }
        Ok(true)
    }

    /// How many events are folded.
    pub fn events(&self) -> u64 {
        self.summary.events
    }

    pub fn done(self) -> Summary {
        self.summary
    }
}
