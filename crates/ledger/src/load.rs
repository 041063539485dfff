//! Loads the states of streams: each from its snapshot, if there is one, and the events after it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::{Event, State, StreamKey};
use eventstore::{BookId, Position, RecordedEvent, Snapshot, StreamId, Upcasters, Version};
use projections::{DecodeError, SNAPSHOT_FORMAT};
use sqlx::PgConnection;

/// A stream gets a new snapshot each time it has grown by this many events.
const SNAPSHOT_EVERY: u64 = 100;

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("could not read from the log")]
    Database(#[from] sqlx::Error),
    #[error("a stored event cannot be read")]
    Event(#[from] DecodeError),
    #[error("the event at position {position} does not follow from what {stream} was before it")]
    Corrupt { stream: StreamKey, position: Position },
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

/// The states of many streams as of the head that this connection sees, in two queries.
pub async fn states(
    conn: &mut PgConnection,
    book: BookId,
    upcasters: &Upcasters,
    streams: &[StreamKey],
) -> Result<BTreeMap<StreamKey, Arc<State>>, LoadError> {
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
    for (id, events) in eventstore::read::streams(conn, book, &after).await? {
        let (stream, state) = states.get_mut(&id).expect("only these streams were asked for");
        for recorded in &events {
            let event = parse(upcasters, recorded)?;
            if !follow(state, recorded.version, &event) {
                return Err(LoadError::Corrupt { stream: *stream, position: recorded.position });
            }
        }
    }
    Ok(states.into_values().map(|(stream, state)| (stream, Arc::new(state))).collect())
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
        let event = parse(upcasters, &recorded)?;
        if !follow(&mut state, recorded.version, &event) {
            return Err(LoadError::Corrupt { stream, position: recorded.position });
        }
    }
    Ok(state)
}

/// Applies the next event of a stream; false when it is not the next one, or impossible. Then the
/// state is not to be used any more.
pub(crate) fn follow(state: &mut State, version: Version, event: &Event) -> bool {
    let next = state.version().checked_add(1).and_then(|next| i64::try_from(next).ok());
    // States panic on an impossible history. One broken stream must not stop the others.
    next == Some(version.get()) && catch_unwind(AssertUnwindSafe(|| state.evolve(event))).is_ok()
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
