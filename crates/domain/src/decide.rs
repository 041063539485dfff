//! Decides any command over the states it needs: one command, one set of events, all or nothing.
//!
//! A decision reads states through [`States`]. When one is not at hand it stops with
//! [`Undecided::Missing`]; whoever keeps the states loads it and asks again, which costs nothing
//! since deciding has no effect.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::{Event, State, StreamKey};
use crate::id::Code;
use crate::rejection::Rejection;

mod allowed;
mod cancel;
mod command;
mod debt;
mod decision;
mod edit;
mod four_eyes;
mod gateway;
mod offer;
mod pay;
mod place;
mod receipt;
mod receipt_file;
mod refund;
mod remind;
mod reverse;
mod statement;
mod suspense;
mod take;
mod wallets;

pub use allowed::{Prospect, prospect, prospects, representative};
pub use command::{Allocation, Command, ResolvedFacts, WalletPurpose};
use decision::Decision;
pub use edit::EditOrder;
pub use offer::OrderedLine;
pub use place::PlaceOrder;
pub use receipt::{ApproveReceipt, Transfer};
pub use wallets::ApproveTopUp;

/// A state that a decision needs and that is not at hand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    Stream(StreamKey),
    /// The last counter of a number series.
    Series(Code),
}

/// Why there is no decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecided {
    Missing(Missing),
    Refused(Rejection),
}

impl<E: Into<Rejection>> From<E> for Undecided {
    fn from(rejection: E) -> Self {
        Self::Refused(rejection.into())
    }
}

/// Where a decision finds the states it rests on.
pub trait States {
    /// The state of a stream; the initial one of a stream that holds no events.
    fn state(&self, stream: StreamKey) -> Result<Arc<State>, Missing>;
    /// The last counter of a number series; zero of one that has none yet.
    fn last_counter(&self, series: &Code) -> Result<u32, Missing>;
}

/// One event of a decision, with the state after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub stream: StreamKey,
    /// The event's sequence in its stream.
    pub version: u64,
    pub event: Event,
    pub state: Arc<State>,
}

/// What a decision rests on beside the states and the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    pub now: DateTime<Utc>,
    /// Another person has agreed, as moving much money needs.
    pub second_person: bool,
}

impl Circumstances {
    /// At this time, and nobody else has agreed.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now, second_person: false }
    }
}

/// Decides one command.
pub fn decide(
    states: &dyn States,
    circumstances: Circumstances,
    command: Command,
) -> Result<Vec<Change>, Undecided> {
    decide_all(states, circumstances, vec![command])
}

/// Decides several commands as one: each sees what the earlier ones did, and all are accepted or
/// none is.
pub fn decide_all(
    states: &dyn States,
    circumstances: Circumstances,
    commands: Vec<Command>,
) -> Result<Vec<Change>, Undecided> {
    let mut decision = Decision::new(states, circumstances);
    for command in commands {
        decision.take(command)?;
    }
    Ok(decision.changes)
}
