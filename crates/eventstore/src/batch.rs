//! A batch: what one append writes, numbered and chained before it is sent.

use chrono::{DateTime, SubsecRound, Utc};

use crate::chain;
use crate::command::{CommandRecord, NewCommand};
use crate::event::{NewEvent, RecordedEvent};
use crate::head::Head;

/// The most commands in one batch.
pub const BATCH_COMMANDS_MAX: usize = 512;

/// The most bytes of payload, metadata and reply in one batch.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A batch being put together on top of a head. Pure: nothing is written before the append.
#[derive(Debug, Clone)]
pub struct Batch {
    head: Head,
    recorded_at: DateTime<Utc>,
    events: Vec<RecordedEvent>,
    commands: Vec<CommandRecord>,
}

/// A batch ready to be sent: its events have their positions and hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The events, in order.
    pub events: Vec<RecordedEvent>,
    /// The decisions, refusals included.
    pub commands: Vec<CommandRecord>,
    /// The time of the batch: the clock, or the head's time when the clock is behind it.
    pub recorded_at: DateTime<Utc>,
    /// The head once the batch is committed.
    pub head_after: Head,
}

impl Batch {
    /// Starts a batch on `head`. A clock behind the head's time does not turn time back.
    pub fn new(head: &Head, clock: DateTime<Utc>) -> Self {
        Self {
            recorded_at: clock.trunc_subsecs(6).max(head.recorded_at),
            head: Head { revision: head.revision.next(), ..head.clone() },
            events: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// Puts a whole batch together.
    pub fn prepare(
        head: &Head,
        events: Vec<NewEvent>,
        commands: Vec<NewCommand>,
        clock: DateTime<Utc>,
    ) -> Prepared {
        let mut batch = Self::new(head, clock);
        for event in events {
            batch.push(event);
        }
        for command in commands {
            batch.record(command);
        }
        batch.finish()
    }

    /// The head as it will be with what is in the batch so far.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The time that every event of the batch gets.
    pub const fn recorded_at(&self) -> DateTime<Utc> {
        self.recorded_at
    }

    /// Adds an event and gives it its position, time and hash.
    pub fn push(&mut self, event: NewEvent) -> &RecordedEvent {
        let mut event = RecordedEvent {
            book: self.head.book,
            position: self.head.position.next(),
            stream: event.stream,
            version: event.version,
            event_id: event.event_id,
            event_type: event.event_type,
            event_version: event.event_version,
            payload: event.payload,
            metadata: event.metadata,
            recorded_at: self.recorded_at,
            effective_at: event.effective_at.trunc_subsecs(6),
            command_id: event.command_id,
            hash: self.head.hash,
        };
        event.hash = chain::link(self.head.hash, self.head.uuid, &event);
        self.head.position = event.position;
        self.head.hash = event.hash;
        self.head.recorded_at = event.recorded_at;
        self.events.push_mut(event)
    }

    /// Adds a decision.
    pub fn record(&mut self, command: NewCommand) {
        self.commands.push(CommandRecord {
            command_id: command.command_id,
            revision: self.head.revision,
            fingerprint: command.fingerprint,
            status: command.status,
            resource: command.resource,
            version: command.version,
            position: command.position,
            reply: command.reply,
            recorded_at: self.recorded_at,
        });
    }

    /// Closes the batch.
    pub fn finish(self) -> Prepared {
        Prepared {
            events: self.events,
            commands: self.commands,
            recorded_at: self.recorded_at,
            head_after: self.head,
        }
    }
}
