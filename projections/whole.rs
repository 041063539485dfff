//! Folds whole streams, one after the other: memory holds one stream's state, however long the book.

use std::error::Error;

use eventstore::{Piece, Position, RecordedEvent, StreamId, Upcasters, Version};
use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::replay::{Replay, ReplayError, Within};
use crate::views::{Chosen, Views};

/// How many events are folded without looking up.
const AT_ONCE: usize = 32;

/// A stream with an event that cannot be read, or is impossible: its rows stay as they are until
/// somebody has looked at it, and everything else goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    pub stream: StreamId,
    /// Its first event that could not be folded.
    pub position: Position,
    pub why: String,
}

/// What a piece folded to.
#[derive(Debug, Default)]
pub struct Folded {
    /// The rows of the streams that ended; of one that goes on, those that are final already. None
    /// of a stream that is quarantined.
    pub views: Views,
    /// Those that were found in this piece.
    pub quarantined: Vec<Quarantined>,
}

/// Folds streams, each from its first event, in the order in which [`eventstore::Streams`] reads
/// them.
#[derive(Debug)]
pub struct Whole {
    replay: Replay,
    current: Option<Current>,
}

#[derive(Debug)]
struct Current {
    stream: StreamId,
    views: Views,
    is_quarantined: bool,
}

impl Whole {
    pub fn new(upcasters: Upcasters) -> Self {
        Self { replay: Replay::new(upcasters), current: None }
    }

    /// The same, of some projections alone: the rows of the others are left out.
    pub(crate) fn of(upcasters: Upcasters, chosen: Chosen) -> Self {
        Self { replay: Replay::of(upcasters, chosen), current: None }
    }

    pub fn fold(&mut self, piece: &Piece) -> Folded {
        self.fold_seeing(piece, &mut |_| {})
    }

    /// As [`Whole::fold`]; `seen` is told of every event that was folded.
    pub fn fold_seeing(&mut self, piece: &Piece, seen: &mut dyn FnMut(&Fact<'_>)) -> Folded {
        let mut folded = Folded::default();
        self.take(&piece.events, usize::MAX, &mut folded, seen);
        self.close(piece, &mut folded);
        folded
    }

    /// As [`Whole::fold`], a few events at a time: what was asked of the database meanwhile goes on
    /// in between.
    pub(crate) async fn fold_beside(&mut self, piece: &Piece) -> Folded {
        let mut folded = Folded::default();
        let mut left = piece.events.as_slice();
        while !left.is_empty() {
            left = self.take(left, AT_ONCE, &mut folded, &mut |_| {});
            tokio::task::yield_now().await;
        }
        self.close(piece, &mut folded);
        folded
    }

    /// Folds at most so many events of a piece; answers those that are left.
    fn take<'a>(
        &mut self,
        mut events: &'a [RecordedEvent],
        most: usize,
        folded: &mut Folded,
        seen: &mut dyn FnMut(&Fact<'_>),
    ) -> &'a [RecordedEvent] {
        for _ in 0..most {
            let [recorded, rest @ ..] = events else { break };
            events = rest;
            if self.current.as_ref().is_none_or(|current| current.stream != recorded.stream) {
                self.finish(folded);
                self.current = Some(Current {
                    stream: recorded.stream.clone(),
                    views: Views::default(),
                    is_quarantined: false,
                });
            }
            let Some(current) = &mut self.current else { continue };
            if current.is_quarantined {
                continue;
            }
            let is_first = recorded.version <= Version(1);
            let goes_on = rest.first().is_some_and(|next| next.stream == recorded.stream);
            let within = if goes_on && !is_first { Within::Yes } else { Within::No };
            let applied = self.replay.apply_seeing(recorded, within, &mut current.views, seen);
            if let Err(error) = applied {
                current.is_quarantined = true;
                current.views = Views::default();
                folded.quarantined.push(Quarantined::new(recorded, &error));
            }
        }
        events
    }

    fn close(&mut self, piece: &Piece, folded: &mut Folded) {
        if piece.ends {
            self.finish(folded);
        } else if let Some(current) = &mut self.current {
            current.views.move_final(&mut folded.views);
        }
    }

    fn finish(&mut self, folded: &mut Folded) {
        if let Some(current) = self.current.take() {
            folded.views.absorb(current.views);
        }
        self.replay.forget();
    }
}

impl Quarantined {
    pub(crate) fn new(recorded: &RecordedEvent, error: &ReplayError) -> Self {
        let mut why = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            why = format!("{why}: {cause}");
            source = cause.source();
        }
        Self { stream: recorded.stream.clone(), position: recorded.position, why }
    }
}
