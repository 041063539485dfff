//! The last events of the log, kept once for all who follow it.

use std::collections::VecDeque;
use std::sync::Arc;

use eventstore::{ChainHash, Position, RecordedEvent};

/// A place in the history: a position, and the chain there.
pub type Place = (Position, ChainHash);

/// How much is kept at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

/// The events after `base`, without a gap.
#[derive(Debug)]
pub(crate) struct Ring {
    bounds: Bounds,
    base: Place,
    events: VecDeque<Arc<RecordedEvent>>,
    bytes: usize,
}

/// What a ring has for somebody who has seen everything up to a place.
#[derive(Debug)]
pub(crate) enum Found {
    /// What comes next.
    Events(Vec<Arc<RecordedEvent>>),
    /// What comes next is not kept any more.
    Behind,
    /// Nothing came since, as far as the ring goes.
    NothingYet,
    /// The place lies in another history.
    Diverged,
}

impl Ring {
    /// One that holds nothing, and goes on from here.
    pub(crate) fn new(bounds: Bounds, base: Place) -> Self {
        Self { bounds, base, events: VecDeque::new(), bytes: 0 }
    }

    /// Where it ends.
    pub(crate) fn end(&self) -> Place {
        self.events.back().map_or(self.base, |last| (last.position, last.hash))
    }

    /// Takes in what follows its end, and lets go of what no longer fits.
    pub(crate) fn extend(&mut self, events: Vec<RecordedEvent>) {
        for event in events {
            debug_assert_eq!(event.position, self.end().0.next(), "a ring has no gap");
            self.bytes = self.bytes.saturating_add(size(&event));
            self.events.push_back(Arc::new(event));
            while self.events.len() > self.bounds.events || self.bytes > self.bounds.bytes {
                let Some(oldest) = self.events.pop_front() else { break };
                self.bytes = self.bytes.saturating_sub(size(&oldest));
                self.base = (oldest.position, oldest.hash);
            }
        }
    }

    /// At most `limit` events after a place.
    pub(crate) fn after(&self, (position, hash): Place, limit: usize) -> Found {
        if position < self.base.0 {
            return Found::Behind;
        }
        if position > self.end().0 {
            return Found::NothingYet;
        }
        let seen = position.get() - self.base.0.get();
        let Ok(seen) = usize::try_from(seen) else { return Found::Behind };
        let known = match seen.checked_sub(1) {
            None => self.base.1,
            Some(last) => self.events[last].hash,
        };
        if known != hash {
            return Found::Diverged;
        }
        let next: Vec<_> = self.events.range(seen..).take(limit).cloned().collect();
        if next.is_empty() { Found::NothingYet } else { Found::Events(next) }
    }
}

/// What counts of an event against the bounds: its texts, and about as much as the rest takes.
pub(crate) fn size(event: &RecordedEvent) -> usize {
    const REST: usize = 400;
    event.payload.len() + event.metadata.len() + REST
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use eventstore::{BookId, StreamId, Version};
    use uuid::Uuid;

    use super::*;

    fn hash(number: u8) -> ChainHash {
        ChainHash::new([number; 32])
    }

    fn event(number: u8) -> RecordedEvent {
        RecordedEvent {
            book: BookId(1),
            position: Position::new(number.into()),
            stream: StreamId::new("order", "1"),
            version: Version::new(number.into()),
            event_id: Uuid::nil(),
            event_type: "placed".to_owned(),
            event_version: "1".to_owned(),
            payload: "{}".to_owned(),
            metadata: "{}".to_owned(),
            recorded_at: DateTime::UNIX_EPOCH,
            effective_at: DateTime::UNIX_EPOCH,
            command_id: Uuid::nil(),
            hash: hash(number),
        }
    }

    fn ring(events: usize) -> Ring {
        let bounds = Bounds { events, bytes: 1 << 20 };
        let mut ring = Ring::new(bounds, (Position::new(10), hash(10)));
        ring.extend((11..=20).map(event).collect());
        ring
    }

    fn after(ring: &Ring, number: u8, limit: usize) -> Option<Vec<i64>> {
        match ring.after((Position::new(number.into()), hash(number)), limit) {
            Found::Events(events) => {
                Some(events.iter().map(|event| event.position.get()).collect())
            }
            Found::Behind | Found::NothingYet | Found::Diverged => None,
        }
    }

    #[test]
    fn what_follows_a_place_is_given_from_the_next_event_on() {
        let ring = ring(100);
        assert_eq!(after(&ring, 10, 2), Some(vec![11, 12]));
        assert_eq!(after(&ring, 11, 2), Some(vec![12, 13]));
        assert_eq!(after(&ring, 18, 9), Some(vec![19, 20]));
        assert_eq!(after(&ring, 20, 9), None);
    }

    #[test]
    fn what_does_not_fit_is_let_go_and_whoever_needs_it_is_told() {
        let ring = ring(4);
        assert_eq!(after(&ring, 16, 9), Some(vec![17, 18, 19, 20]));
        assert!(matches!(ring.after((Position::new(15), hash(15)), 9), Found::Behind));
        let bytes = 3 * size(&event(1));
        let mut ring = Ring::new(Bounds { events: 100, bytes }, (Position::new(10), hash(10)));
        ring.extend((11..=20).map(event).collect());
        assert_eq!(after(&ring, 17, 9), Some(vec![18, 19, 20]));
        assert!(matches!(ring.after((Position::new(16), hash(16)), 9), Found::Behind));
    }

    #[test]
    fn a_place_of_another_history_is_told_from_one_that_is_not_reached() {
        let ring = ring(100);
        for number in [10, 15, 20] {
            let found = ring.after((Position::new(number), hash(99)), 9);
            assert!(matches!(found, Found::Diverged), "{number}: {found:?}");
        }
        assert!(matches!(ring.after((Position::new(21), hash(21)), 9), Found::NothingYet));
    }
}
