//! A line of a bank's statement: money that the bank says came in, matched with payments.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::id::{Code, PaymentId, StatementLineId};
use crate::money::{Amount, Money};
use crate::rejection::Rejection;

/// What has happened to a statement's line. Stored for ever: add variants, never change one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The bank's statement shows that money came in.
    Recorded(Recorded),
    /// These payments, less the fee, are this line. Posted by the payments' own events.
    Matched { payments: Vec<PaymentId>, fee: Money },
}

/// A line as the bank tells of it. What it says in free text may be personal, and is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recorded {
    /// Our bank account.
    pub account: Code,
    /// The bank's own id of the line.
    pub line: Code,
    pub date: NaiveDate,
    pub amount: Amount,
    /// The transfer's reference, where the bank tells it.
    pub reference: Option<Code>,
}

impl Recorded {
    pub fn id(&self) -> StatementLineId {
        StatementLineId::of(self.account.as_str(), self.line.as_str())
    }

    /// The transfer that this line tells of, if it names one.
    pub fn transfer(&self) -> Option<PaymentId> {
        let reference = self.reference.as_ref()?;
        Some(PaymentId::transfer(self.account.as_str(), reference.as_str()))
    }
}

/// A wish that concerns one statement line and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Record(Recorded),
    /// Always refused here: a match needs the payments too.
    Match {
        payments: Vec<PaymentId>,
        fee: Money,
    },
}

/// The state of a statement line's stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatementLine {
    #[default]
    Unrecorded,
    Recorded(Box<Facts>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// How many events the stream holds.
    pub version: u64,
    pub recorded: Recorded,
    pub matched: Option<Match>,
}

/// What a line was found to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    pub payments: Vec<PaymentId>,
    pub fee: Money,
}

impl StatementLine {
    pub fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Unrecorded => None,
            Self::Recorded(facts) => Some(facts),
        }
    }

    /// The facts of a line that must be recorded.
    pub fn recorded(&self) -> Result<&Facts, Rejection> {
        self.facts().ok_or(Rejection::StatementLineNotFound)
    }

    /// How many events the stream holds.
    pub fn version(&self) -> u64 {
        self.facts().map_or(0, |facts| facts.version)
    }

    /// Decides a command. No events means: what was asked for is already so.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unrecorded, Command::Record(recorded)) => Ok(vec![Event::Recorded(recorded)]),
            (Self::Recorded(facts), Command::Record(recorded)) => {
                if facts.recorded == recorded {
                    Ok(vec![])
                } else {
                    Err(Rejection::StatementLineDiffers)
                }
            }
            (_, Command::Match { .. }) => Err(Rejection::NeedsOtherStream),
        }
    }

    /// Applies an event. Panics when the history is impossible: a ledger stops, it never skips.
    pub fn evolve(&mut self, event: &Event) {
        match (&mut *self, event) {
            (Self::Unrecorded, Event::Recorded(recorded)) => {
                let facts = Facts { version: 1, recorded: recorded.clone(), matched: None };
                *self = Self::Recorded(Box::new(facts));
            }
            (Self::Recorded(facts), Event::Matched { payments, fee }) => {
                facts.version = facts.version.checked_add(1).expect("fewer than 2^64 events");
                assert!(facts.matched.is_none(), "corrupt stream: a line matched twice");
                facts.matched = Some(Match { payments: payments.clone(), fee: *fee });
            }
            (state, event) => panic!("corrupt stream: {event:?} after {state:?}"),
        }
    }
}
