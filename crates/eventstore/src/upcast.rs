//! Upcasters turn an old stored form into the current one, on read. What is stored never changes.

use std::borrow::Cow;
use std::fmt;

use cqrs_es::persist::{EventUpcaster, SerializedEvent};

use crate::event::RecordedEvent;
use crate::number::{Position, Version};

/// The upcasters of a service, applied in the order they were added: one from form 1 to 2 comes
/// before one from 2 to 3.
#[derive(Default)]
pub struct Upcasters {
    upcasters: Vec<Box<dyn EventUpcaster>>,
}

impl fmt::Debug for Upcasters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upcasters").field("count", &self.upcasters.len()).finish()
    }
}

/// An event could not be brought into its current form: the history is broken there.
#[derive(Debug, thiserror::Error)]
pub enum UpcastError {
    /// What is stored is not JSON.
    #[error("the event at position {position} is not json")]
    NotJson {
        /// Where.
        position: Position,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
}

impl Upcasters {
    /// None: every stored form is current.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one after those that are there.
    #[must_use]
    pub fn with(mut self, upcaster: impl EventUpcaster + 'static) -> Self {
        self.upcasters.push(Box::new(upcaster));
        self
    }

    /// The event in its current form: itself when it is current, which costs no parsing. The
    /// `hash` stays that of the stored form.
    pub fn current<'a>(
        &self,
        event: &'a RecordedEvent,
    ) -> Result<Cow<'a, RecordedEvent>, UpcastError> {
        let (event_type, event_version) = (&event.event_type, &event.event_version);
        if !self.upcasters.iter().any(|one| one.can_upcast(event_type, event_version)) {
            return Ok(Cow::Borrowed(event));
        }
        let mut serialized = serialize(event)?;
        for upcaster in &self.upcasters {
            if upcaster.can_upcast(&serialized.event_type, &serialized.event_version) {
                serialized = upcaster.upcast(serialized);
            }
        }
        Ok(Cow::Owned(RecordedEvent {
            event_type: serialized.event_type,
            event_version: serialized.event_version,
            payload: serialized.payload.to_string(),
            metadata: serialized.metadata.to_string(),
            ..event.clone()
        }))
    }
}

fn serialize(event: &RecordedEvent) -> Result<SerializedEvent, UpcastError> {
    let parse = |text: &str| {
        serde_json::from_str(text)
            .map_err(|cause| UpcastError::NotJson { position: event.position, cause })
    };
    Ok(SerializedEvent {
        aggregate_id: event.stream.aggregate_id.clone(),
        sequence: sequence(event.version),
        aggregate_type: event.stream.aggregate_type.to_string(),
        event_type: event.event_type.clone(),
        event_version: event.event_version.clone(),
        payload: parse(&event.payload)?,
        metadata: parse(&event.metadata)?,
    })
}

fn sequence(version: Version) -> usize {
    usize::try_from(version.get()).expect("the database checks that a sequence is at least one")
}
