//! Replay: recorded events, in order of position, through the states of their streams into views.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::event::StoredEventError;
use domain::{Event, State, StreamKey};
use eventstore::{Position, RecordedEvent, UpcastError, Upcasters};
use uuid::Uuid;

use crate::fact::{Fact, FoldError};
use crate::views::{Chosen, Views};

/// A recorded event could not be read: the history is broken there, or newer than this build.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("the event at position {position} stands in a stream whose id is not a uuid")]
    StreamId {
        position: Position,
        #[source]
        cause: uuid::Error,
    },
    #[error("the event at position {position} stands in a stream of no known type: {stream_type}")]
    UnknownStream { position: Position, stream_type: String },
    #[error("the event at position {position} could not be read")]
    Payload {
        position: Position,
        #[source]
        cause: StoredEventError,
    },
    #[error("the event at position {position} has the old form {event_version}")]
    Version { position: Position, event_version: String },
    #[error(transparent)]
    Upcast(#[from] UpcastError),
}

/// The upcasters of this build, for whoever reads the log: so far every stored form is current.
pub fn upcasters() -> Upcasters {
    Upcasters::new()
}

/// Reads a recorded event, in its current form, as one of the domain's.
pub fn decode(
    recorded: &RecordedEvent,
    upcasters: &Upcasters,
) -> Result<(StreamKey, Event), DecodeError> {
    let current = upcasters.current(recorded)?;
    let position = recorded.position;
    let id: Uuid = current
        .stream
        .aggregate_id
        .parse()
        .map_err(|cause| DecodeError::StreamId { position, cause })?;
    let stream_type = &*current.stream.aggregate_type;
    let stream = StreamKey::parse(stream_type, id).ok_or_else(|| DecodeError::UnknownStream {
        position,
        stream_type: stream_type.to_owned(),
    })?;
    let event = Event::parse(stream_type, &current.payload)
        .map_err(|cause| DecodeError::Payload { position, cause })?;
    if event.event_version() != current.event_version {
        let event_version = current.event_version.clone();
        return Err(DecodeError::Version { position, event_version });
    }
    Ok((stream, event))
}

/// An event could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Fold(#[from] FoldError),
    #[error("the event at position {position} is number {version} of {stream}, not {expected}")]
    Version { position: Position, stream: StreamKey, version: i64, expected: i64 },
    #[error("the event at position {position} is impossible: {why}")]
    Impossible { position: Position, why: String },
}

/// Whether an event stands within its stream: it is not the first, and another one follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// Or nobody knows.
    No,
    Yes,
}

/// The states of all streams up to a position.
#[derive(Debug)]
pub struct Replay {
    states: BTreeMap<StreamKey, State>,
    upcasters: Upcasters,
    chosen: Chosen,
    position: Position,
}

impl Replay {
    /// Before the first event of a book.
    pub fn new(upcasters: Upcasters) -> Self {
        Self::of(upcasters, Chosen::ALL)
    }

    /// The same, of some projections alone.
    pub(crate) fn of(upcasters: Upcasters, chosen: Chosen) -> Self {
        Self { states: BTreeMap::new(), upcasters, chosen, position: Position::ZERO }
    }

    /// Takes the next event and folds it into `views`.
    pub fn apply(
        &mut self,
        recorded: &RecordedEvent,
        views: &mut Views,
    ) -> Result<(), ReplayError> {
        self.apply_seeing(recorded, Within::No, views, &mut |_| {})
    }

    /// As [`Replay::apply`]; `seen` is told of the event once it is folded.
    pub(crate) fn apply_seeing(
        &mut self,
        recorded: &RecordedEvent,
        within: Within,
        views: &mut Views,
        seen: &mut dyn FnMut(&Fact<'_>),
    ) -> Result<(), ReplayError> {
        let (stream, event) = decode(recorded, &self.upcasters)?;
        let state = self.states.entry(stream).or_insert_with(|| State::initial(stream));
        let expected = i64::try_from(state.version()).unwrap_or(i64::MAX).saturating_add(1);
        let version = recorded.version.get();
        if version != expected {
            let position = recorded.position;
            return Err(ReplayError::Version { position, stream, version, expected });
        }
        evolve(state, &event)
            .map_err(|why| ReplayError::Impossible { position: recorded.position, why })?;
        let fact = Fact { recorded, stream, event: &event, state };
        let chosen = match within {
            Within::No => self.chosen,
            Within::Yes => self.chosen.within(),
        };
        views.fold_chosen(&fact, chosen)?;
        seen(&fact);
        self.position = recorded.position;
        Ok(())
    }

    /// Lets go of the states of all streams: none of them goes on.
    pub(crate) fn forget(&mut self) {
        self.states.clear();
    }

    /// Everything up to here has been applied.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The state of a stream at that position; none when it holds no events.
    pub fn state(&self, stream: StreamKey) -> Option<&State> {
        self.states.get(&stream)
    }

    /// Every stream with its state, in order.
    pub fn states(&self) -> impl Iterator<Item = (StreamKey, &State)> {
        self.states.iter().map(|(stream, state)| (*stream, state))
    }
}

/// The domain stops at an impossible history; whoever reads one that is stored has to name it and
/// live. The state is then not to be used any more.
pub fn evolve(state: &mut State, event: &Event) -> Result<(), String> {
    let evolved = catch_unwind(AssertUnwindSafe(|| state.evolve(event)));
    evolved.map_err(|panic| match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => match panic.downcast::<&'static str>() {
            Ok(text) => (*text).to_owned(),
            Err(_) => "the rules stopped there".to_owned(),
        },
    })
}
