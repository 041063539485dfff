//! A fact: one recorded event with what folding it needs.

use chrono::{DateTime, SubsecRound, Utc};
use domain::account::EntryError;
use domain::order::{self, Order};
use domain::payment::{self, Payment};
use domain::statement_line::{self, StatementLine};
use domain::suspense::{self, Suspense};
use domain::wallet::{self, Wallet};
use domain::{Event, State, StreamKey};
use eventstore::{Position, RecordedEvent};
use uuid::Uuid;

use crate::metadata::Metadata;

/// One event with what folding it needs.
#[derive(Debug, Clone, Copy)]
pub struct Fact<'a> {
    pub recorded: &'a RecordedEvent,
    pub stream: StreamKey,
    pub event: &'a Event,
    /// The stream's state after the event.
    pub state: &'a State,
}

/// An event could not be folded: the history is broken there, or newer than this build.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    #[error("the metadata of the event at position {position} is not a flat object of strings")]
    Metadata {
        position: Position,
        #[source]
        cause: serde_json::Error,
    },
    #[error("the event at position {position} has no balanced journal entry")]
    Entry {
        position: Position,
        #[source]
        cause: EntryError,
    },
    #[error("the event at position {position} is posted by rules {rules}, which this build lacks")]
    UnknownRules { position: Position, rules: String },
}

impl<'a> Fact<'a> {
    pub(crate) fn position(&self) -> Position {
        self.recorded.position
    }

    pub(crate) fn version(&self) -> i64 {
        self.recorded.version.get()
    }

    pub(crate) fn metadata(&self) -> Result<Metadata, FoldError> {
        serde_json::from_str(&self.recorded.metadata)
            .map_err(|cause| FoldError::Metadata { position: self.position(), cause })
    }

    /// The order that this event belongs to.
    pub(crate) fn order(&self) -> Option<(Uuid, &'a order::Event, &'a order::Facts)> {
        let (Event::Order(event), State::Order(Order::Placed(facts))) = (self.event, self.state)
        else {
            return None;
        };
        Some((self.stream.aggregate_id(), event, facts))
    }

    /// The wallet that this event belongs to.
    pub(crate) fn wallet(&self) -> Option<(Uuid, &'a wallet::Event, &'a wallet::Facts)> {
        let (Event::Wallet(event), State::Wallet(Wallet::Open(facts))) = (self.event, self.state)
        else {
            return None;
        };
        Some((self.stream.aggregate_id(), event, facts))
    }

    /// The payment that this event belongs to.
    pub(crate) fn payment(&self) -> Option<(Uuid, &'a payment::Event, &'a payment::Facts)> {
        let (Event::Payment(event), State::Payment(Payment::Recorded(facts))) =
            (self.event, self.state)
        else {
            return None;
        };
        Some((self.stream.aggregate_id(), event, facts))
    }

    /// The suspense item that this event belongs to.
    pub(crate) fn suspense(&self) -> Option<(Uuid, &'a suspense::Event, &'a suspense::Facts)> {
        let (Event::Suspense(event), State::Suspense(Suspense::Open(facts))) =
            (self.event, self.state)
        else {
            return None;
        };
        Some((self.stream.aggregate_id(), event, facts))
    }

    /// The line of a bank's statement that this event belongs to.
    pub(crate) fn statement_line(
        &self,
    ) -> Option<(Uuid, &'a statement_line::Event, &'a statement_line::Facts)> {
        let (Event::StatementLine(event), State::StatementLine(StatementLine::Recorded(facts))) =
            (self.event, self.state)
        else {
            return None;
        };
        Some((self.stream.aggregate_id(), event, facts))
    }

    /// When the order was placed, if this is the event that says so.
    pub(crate) fn placed_at(&self) -> Option<DateTime<Utc>> {
        match self.event {
            Event::Order(order::Event::Placed(_)) => Some(self.recorded.recorded_at),
            Event::Order(order::Event::Imported(imported)) => Some(stored(imported.placed_at)),
            Event::Order(_)
            | Event::Wallet(_)
            | Event::Payment(_)
            | Event::Suspense(_)
            | Event::StatementLine(_)
            | Event::ReceiptFile(_)
            | Event::Settings(_) => None,
        }
    }
}

/// A time as the database keeps it: what is finer than a microsecond is cut off.
pub(crate) fn stored(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}
