//! The states of the streams that a tail goes on from, as far as memory reaches.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::OrderId;
use domain::{Event, State, StreamKey};
use eventstore::{BookId, Position, RecordedEvent, StreamId, Upcasters, Version, read};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::fact::Fact;
use crate::replay::{ReplayError, decode, evolve, upcasters};
use crate::timeline::order_of;
use crate::views::{Chosen, Views};
use crate::whole::Quarantined;

/// How many states are held.
const STATES_MAX: usize = 20_000;

/// How many streams one statement begins, and with how many events each.
const STREAMS: usize = 32;
const EVENTS: u32 = 1_000;

/// States of streams as of one position. Those that are not here are folded from their events.
#[derive(Debug)]
pub(super) struct States {
    known: BTreeMap<StreamId, State>,
    upcasters: Upcasters,
    chosen: Chosen,
}

impl States {
    pub(super) fn new(chosen: Chosen) -> Self {
        Self { known: BTreeMap::new(), upcasters: upcasters(), chosen }
    }

    /// Makes sure of the states, as of `until`, of all streams that these events go on with. Says
    /// which of them cannot be folded up to there.
    pub(super) async fn prepare(
        &mut self,
        conn: &mut PgConnection,
        book: BookId,
        until: Position,
        events: &[&RecordedEvent],
    ) -> Result<Vec<Quarantined>, sqlx::Error> {
        if self.known.len() > STATES_MAX {
            self.known.clear();
        }
        let mut missing = BTreeSet::new();
        for event in events {
            // A stream that begins here has no state before.
            if event.version > Version(1) && !self.known.contains_key(&event.stream) {
                missing.insert(&event.stream);
            }
        }
        for event in events.iter().filter(|event| event.version <= Version(1)) {
            missing.remove(&event.stream);
        }
        let missing: Vec<_> = missing.into_iter().collect();
        let mut quarantined = Vec::new();
        for streams in missing.chunks(STREAMS) {
            for (stream, events) in beginnings(conn, book, until, streams).await? {
                if let Some(found) = self.begin(conn, book, until, &stream, events).await? {
                    quarantined.push(found);
                }
            }
        }
        Ok(quarantined)
    }

    /// Folds a stream from its first event up to a position.
    async fn begin(
        &mut self,
        conn: &mut PgConnection,
        book: BookId,
        until: Position,
        stream: &StreamId,
        mut events: Vec<RecordedEvent>,
    ) -> Result<Option<Quarantined>, sqlx::Error> {
        loop {
            for event in events.iter().filter(|event| event.position <= until) {
                if let Err(error) = self.evolve(event) {
                    self.known.remove(stream);
                    return Ok(Some(Quarantined::new(event, &error)));
                }
            }
            let is_full = u32::try_from(events.len()).is_ok_and(|length| length == EVENTS);
            let Some(last) = events.last().filter(|last| is_full && last.position < until) else {
                return Ok(None);
            };
            events = read::stream_page(conn, book, stream, last.version, EVENTS).await?;
        }
    }

    /// Applies an event to its stream's state, and folds it into `views`. Answers the order whose
    /// story it is part of.
    pub(super) fn fold(
        &mut self,
        recorded: &RecordedEvent,
        views: &mut Views,
    ) -> Result<Option<Uuid>, ReplayError> {
        let (stream, event) = self.evolve(recorded)?;
        if let Some(state) = self.known.get(&recorded.stream) {
            views.fold_chosen(&Fact { recorded, stream, event: &event, state }, self.chosen)?;
        }
        Ok(order_of(stream, &event).map(OrderId::uuid))
    }

    fn evolve(&mut self, recorded: &RecordedEvent) -> Result<(StreamKey, Event), ReplayError> {
        let (stream, event) = decode(recorded, &self.upcasters)?;
        let state =
            self.known.entry(recorded.stream.clone()).or_insert_with(|| State::initial(stream));
        let position = recorded.position;
        let expected = i64::try_from(state.version()).unwrap_or(i64::MAX).saturating_add(1);
        let version = recorded.version.get();
        if version != expected {
            return Err(ReplayError::Version { position, stream, version, expected });
        }
        evolve(state, &event).map_err(|why| ReplayError::Impossible { position, why })?;
        Ok((stream, event))
    }
}

async fn beginnings(
    conn: &mut PgConnection,
    book: BookId,
    until: Position,
    streams: &[&StreamId],
) -> Result<BTreeMap<StreamId, Vec<RecordedEvent>>, sqlx::Error> {
    let types: Vec<&str> = streams.iter().map(|stream| &*stream.aggregate_type).collect();
    let ids: Vec<&str> = streams.iter().map(|stream| stream.aggregate_id.as_str()).collect();
    let events: Vec<RecordedEvent> =
        sqlx::query_as(include_str!("../sql/rebuild/read_beginnings.sql"))
            .bind(book)
            .bind(types)
            .bind(ids)
            .bind(until)
            .bind(i64::from(EVENTS))
            .fetch_all(conn)
            .await?;
    let mut by_stream = BTreeMap::<_, Vec<_>>::new();
    for event in events {
        by_stream.entry(event.stream.clone()).or_default().push(event);
    }
    for events in by_stream.values_mut() {
        events.sort_by_key(|event| event.version);
    }
    Ok(by_stream)
}
