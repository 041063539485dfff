//! A wallet keeps one customer's money in one currency, and what the customer owes in it.

use serde::{Deserialize, Serialize};

use crate::money::{Amount, Currency, Money};
use crate::rejection::Rejection;

mod decide;
mod event;
mod facts;

pub use decide::Command;
pub use event::{DebtCause, Event, Movement, Opening, Purpose, Repayment, Source, TopUpRequested};
pub use facts::{Facts, Payout, TopUp, Withdrawal};

/// The state of a wallet's stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wallet {
    #[default]
    Unopened,
    Open(Box<Facts>),
}

impl Wallet {
    pub fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Unopened => None,
            Self::Open(facts) => Some(facts),
        }
    }

    /// The facts of a wallet that must be open.
    pub fn open(&self) -> Result<&Facts, Rejection> {
        self.facts().ok_or(Rejection::WalletNotOpen)
    }

    /// How many events the stream holds.
    pub fn version(&self) -> u64 {
        self.facts().map_or(0, |facts| facts.version)
    }

    /// What the wallet can pay; nothing when it is not open, or frozen.
    pub fn available(&self, currency: Currency) -> Money {
        match self.facts() {
            Some(facts) if facts.frozen.is_none() => facts.balance,
            Some(_) | None => Money::zero(currency),
        }
    }

    /// Refuses unless the wallet can pay this.
    pub fn must_cover(&self, required: Amount) -> Result<(), Rejection> {
        if let Some(facts) = self.facts() {
            return facts.must_cover(required);
        }
        let available = Money::zero(required.currency());
        Err(Rejection::InsufficientFunds { available, required: required.money() })
    }

    /// Applies an event. Panics when the history is impossible: a ledger stops, it never skips.
    pub fn evolve(&mut self, event: &Event) {
        match (&mut *self, event) {
            (Self::Unopened, Event::Opened { customer, currency, opening }) => {
                let facts = Facts::opened(customer, *currency, opening.as_ref());
                *self = Self::Open(Box::new(facts));
            }
            (Self::Open(facts), event) => facts
                .evolve(event)
                .unwrap_or_else(|error| panic!("corrupt stream: {event:?}: {error}")),
            (Self::Unopened, event) => panic!("corrupt stream: {event:?} before the wallet opened"),
        }
    }
}
