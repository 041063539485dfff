//! Loads the states of streams: each from its snapshot, if there is one, and the events after it.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{Event, State, StreamKey};
use eventstore::{BookId, Position, RecordedEvent, Snapshot, StreamId, Upcasters, Version};
use projections::{DecodeError, Quarantined, SNAPSHOT_FORMAT};
use sqlx::PgConnection;

use crate::writer::causes;

/// A stream gets a new snapshot each time it has grown by this many events.
const SNAPSHOT_EVERY: u64 = 100;

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("could not read from the log")]
    Database(#[from] sqlx::Error),
    #[error("a stored event cannot be read")]
    Event(#[from] DecodeError),
    #[error("{} cannot be read: {}", .0.stream, .0.why)]
    Unreadable(Box<Quarantined>),
    #[error("{stream} is quarantined: its event at position {position} could not be read")]
    Held { stream: StreamKey, position: Position },
}

/// What came of loading streams.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Every stream that was asked for; one that cannot be read as it was before its first event
    /// that cannot.
    pub states: BTreeMap<StreamKey, Arc<State>>,
    pub unreadable: BTreeMap<StreamKey, Quarantined>,
}

/// The log's name of a stream.
pub fn stream_id(stream: StreamKey) -> StreamId {
    StreamId::new(stream.aggregate_type(), stream.aggregate_id().to_string())
}

/// Reads a recorded event in its present form.
pub fn parse(upcasters: &Upcasters, recorded: &RecordedEvent) -> Result<Event, LoadError> {
    let (_, event) = projections::decode(recorded, upcasters)?;
    Ok(event)
}

/// The states of many streams as of the head that this connection sees, in two queries. A stream that
/// cannot be read costs one more, and keeps none of the others back.
pub async fn each(
    conn: &mut PgConnection,
    book: BookId,
    upcasters: &Upcasters,
    streams: &[StreamKey],
) -> Result<Loaded, sqlx::Error> {
    let ids: Vec<StreamId> = streams.iter().copied().map(stream_id).collect();
    let mut snapshots: BTreeMap<StreamId, Snapshot> =
        eventstore::snapshot::load_many(conn, book, &ids)
            .await?
            .into_iter()
            .map(|snapshot| (snapshot.stream.clone(), snapshot))
            .collect();
    let mut states = BTreeMap::new();
    let mut after = Vec::with_capacity(ids.len());
    for (stream, id) in streams.iter().zip(ids) {
        let saved = snapshots.remove(&id).and_then(|snapshot| restore(*stream, &snapshot));
        let (version, state) = saved.unwrap_or_else(|| (Version::ZERO, State::initial(*stream)));
        states.insert(id.clone(), (*stream, state));
        after.push((id, version));
    }
    let mut broken = Vec::new();
    for (id, events) in eventstore::read::streams(conn, book, &after).await? {
        let (stream, state) = states.get_mut(&id).expect("only these streams were asked for");
        if fold(state, upcasters, &events).is_err() {
            broken.push((*stream, id));
        }
    }
    let mut unreadable = BTreeMap::new();
    for (stream, id) in broken {
        // From its beginning: a snapshot is nothing that a stream hangs on.
        let events = eventstore::read::stream(conn, book, &id, Version::ZERO).await?;
        let (state, found) = readable(stream, upcasters, &events);
        states.insert(id, (stream, state));
        unreadable.extend(found.map(|found| (stream, found)));
    }
    let states = states.into_values().map(|(stream, state)| (stream, Arc::new(state))).collect();
    Ok(Loaded { states, unreadable })
}

/// As [`each`], of streams that can all be read.
pub async fn states(
    conn: &mut PgConnection,
    book: BookId,
    upcasters: &Upcasters,
    streams: &[StreamKey],
) -> Result<BTreeMap<StreamKey, Arc<State>>, LoadError> {
    let Loaded { states, unreadable } = each(conn, book, upcasters, streams).await?;
    match unreadable.into_values().next() {
        Some(found) => Err(LoadError::Unreadable(Box::new(found))),
        None => Ok(states),
    }
}

/// The state of one stream.
pub async fn state(
    conn: &mut PgConnection,
    book: BookId,
    upcasters: &Upcasters,
    stream: StreamKey,
) -> Result<Arc<State>, LoadError> {
    let mut loaded = states(conn, book, upcasters, &[stream]).await?;
    Ok(loaded.remove(&stream).expect("it was asked for"))
}

/// How far a stream can be read from its first event, and what it ends at, if it is not its end.
fn readable(
    stream: StreamKey,
    upcasters: &Upcasters,
    events: &[RecordedEvent],
) -> (State, Option<Quarantined>) {
    let mut state = State::initial(stream);
    let Err((count, why)) = fold(&mut state, upcasters, events) else { return (state, None) };
    let (good, bad) = events.split_at(count);
    let found = bad.first().map(|first| Quarantined {
        stream: first.stream.clone(),
        position: first.position,
        why,
    });
    // An event that is impossible may have left the state halfway.
    let mut state = State::initial(stream);
    fold(&mut state, upcasters, good).expect("these were folded before");
    (state, found)
}

/// Folds events into a state; otherwise says how many could be folded, and why the next could not.
/// Then the state is not to be used any more.
fn fold(
    state: &mut State,
    upcasters: &Upcasters,
    events: &[RecordedEvent],
) -> Result<(), (usize, String)> {
    for (count, recorded) in events.iter().enumerate() {
        let followed = match projections::decode(recorded, upcasters) {
            Ok((_, event)) => follow(state, recorded.version, &event),
            Err(error) => Err(causes(&error)),
        };
        followed.map_err(|why| (count, why))?;
    }
    Ok(())
}

/// The state that a stream had at a position: from its snapshot, if that is no newer, and the events
/// up to there.
pub(crate) async fn state_at(
    conn: &mut PgConnection,
    book: BookId,
    upcasters: &Upcasters,
    stream: StreamKey,
    up_to: Position,
) -> Result<State, LoadError> {
    let id = stream_id(stream);
    let snapshot = eventstore::snapshot::load(conn, book, &id, SNAPSHOT_FORMAT).await?;
    let saved = snapshot.as_ref().and_then(|snapshot| restore(stream, snapshot));
    let (mut after, mut state) = (Version::ZERO, State::initial(stream));
    if let Some((version, saved)) = saved
        && let Some(position) = eventstore::read::stream_position(conn, book, &id, version).await?
        && position <= up_to
    {
        (after, state) = (version, saved);
    }
    for recorded in eventstore::read::stream_up_to(conn, book, &id, after, up_to).await? {
        if let Err((_, why)) = fold(&mut state, upcasters, std::slice::from_ref(&recorded)) {
            let RecordedEvent { stream, position, .. } = recorded;
            return Err(LoadError::Unreadable(Box::new(Quarantined { stream, position, why })));
        }
    }
    Ok(state)
}

/// Applies the next event of a stream; says why, when it is not the next one, or impossible. Then the
/// state is not to be used any more.
pub(crate) fn follow(state: &mut State, version: Version, event: &Event) -> Result<(), String> {
    let next = state.version().checked_add(1).and_then(|next| i64::try_from(next).ok());
    if next != Some(version.get()) {
        return Err(format!("it is number {version} of its stream after {}", state.version()));
    }
    // States panic on an impossible history. One broken stream must not stop the others.
    projections::evolve(state, event).map_err(|why| format!("it is impossible: {why}"))
}

/// The state that a snapshot holds; none if it is of another form, so that the stream is read
/// from its beginning.
fn restore(stream: StreamKey, snapshot: &Snapshot) -> Option<(Version, State)> {
    if snapshot.format != SNAPSHOT_FORMAT {
        return None;
    }
    let state: State = serde_json::from_str(&snapshot.state).ok()?;
    let fits = std::mem::discriminant(&state) == std::mem::discriminant(&State::initial(stream))
        && i64::try_from(state.version()).is_ok_and(|version| version == snapshot.version.get());
    fits.then_some((snapshot.version, state))
}

/// The snapshot that is due after an event gave the stream this state.
pub(crate) fn due_snapshot(stream: StreamKey, version: u64, state: &State) -> Option<Snapshot> {
    if !version.is_multiple_of(SNAPSHOT_EVERY) {
        return None;
    }
    Some(Snapshot {
        stream: stream_id(stream),
        version: crate::submission::stored_version(version),
        format: SNAPSHOT_FORMAT,
        state: serde_json::to_string(state).ok()?,
    })
}
