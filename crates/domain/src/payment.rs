//! A payment is money that came in: a bank transfer, a gateway's payment, cash.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::id::{Code, CustomerId, OrderId, PaymentId, Reason, WalletId};
use crate::money::{Amount, Money, MoneyError};
use crate::rejection::Rejection;

/// What has happened to a payment. Stored for ever: add variants, never change one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Recorded {
        kind: Kind,
        amount: Amount,
        customer: Option<CustomerId>,
        /// The order that a gateway's payment was made for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<OrderId>,
    },
    /// A part of it found its place. Posted by the order's or the wallet's own event.
    Allocated { amount: Amount, to: Target },
    /// The payment was recorded by mistake; nothing of it had been allocated.
    Corrected { kind: Kind, amount: Amount, reason: Reason, ticket: Code },
}

/// How the money came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    BankTransfer { account: Code, reference: Code, date: NaiveDate },
    Gateway { gateway: Code, gateway_id: Code },
    Cash { note: Option<Code> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Order(OrderId),
    Wallet(WalletId),
    /// The debt of this wallet's customer.
    Debt(WalletId),
}

impl Kind {
    /// The id that such a payment always has; none for cash, whose id the caller chooses.
    pub fn payment_id(&self) -> Option<PaymentId> {
        match self {
            Self::BankTransfer { account, reference, .. } => {
                Some(PaymentId::transfer(account.as_str(), reference.as_str()))
            }
            Self::Gateway { gateway, gateway_id } => {
                Some(PaymentId::gateway(gateway.as_str(), gateway_id.as_str()))
            }
            Self::Cash { .. } => None,
        }
    }
}

/// A wish that concerns one payment and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Record {
        kind: Kind,
        amount: Amount,
        customer: Option<CustomerId>,
        /// The order that a gateway\'s payment was made for.
        order: Option<OrderId>,
    },
    /// Always refused here: an allocation needs the order or the wallet too.
    Allocate {
        amount: Amount,
        to: Target,
    },
    Correct {
        reason: Reason,
        ticket: Code,
    },
}

/// The state of a payment's stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payment {
    #[default]
    Unrecorded,
    Recorded(Box<Facts>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// How many events the stream holds.
    pub version: u64,
    pub kind: Kind,
    pub customer: Option<CustomerId>,
    /// The order that a gateway's payment was made for.
    pub order: Option<OrderId>,
    pub amount: Amount,
    /// What has no order or wallet yet: account 2120 of this payment.
    pub left: Money,
    pub corrected: bool,
}

impl Payment {
    pub fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Unrecorded => None,
            Self::Recorded(facts) => Some(facts),
        }
    }

    /// The facts of a payment that must be recorded.
    pub fn recorded(&self) -> Result<&Facts, Rejection> {
        self.facts().ok_or(Rejection::PaymentNotFound)
    }

    /// How many events the stream holds.
    pub fn version(&self) -> u64 {
        self.facts().map_or(0, |facts| facts.version)
    }

    /// Decides a command. No events means: what was asked for is already so.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unrecorded, Command::Record { kind, amount, customer, order }) => {
                Ok(vec![Event::Recorded { kind, amount, customer, order }])
            }
            (Self::Unrecorded, Command::Correct { .. }) => Err(Rejection::PaymentNotFound),
            (_, Command::Allocate { .. }) => Err(Rejection::NeedsOtherStream),
            (Self::Recorded(facts), Command::Record { amount, .. }) => {
                facts.must_be(amount)?;
                Ok(vec![])
            }
            (Self::Recorded(facts), Command::Correct { .. }) if facts.corrected => Ok(vec![]),
            (Self::Recorded(facts), Command::Correct { reason, ticket }) => {
                facts.must_have_left(facts.amount)?;
                let (kind, amount) = (facts.kind.clone(), facts.amount);
                Ok(vec![Event::Corrected { kind, amount, reason, ticket }])
            }
        }
    }

    /// Applies an event. Panics when the history is impossible: a ledger stops, it never skips.
    pub fn evolve(&mut self, event: &Event) {
        match (&mut *self, event) {
            (Self::Unrecorded, Event::Recorded { kind, amount, customer, order }) => {
                *self = Self::Recorded(Box::new(Facts {
                    version: 1,
                    kind: kind.clone(),
                    customer: customer.clone(),
                    order: *order,
                    amount: *amount,
                    left: amount.money(),
                    corrected: false,
                }));
            }
            (Self::Recorded(facts), event) => facts
                .evolve(event)
                .unwrap_or_else(|error| panic!("corrupt stream: {event:?}: {error}")),
            (Self::Unrecorded, event) => panic!("corrupt stream: {event:?} before it was recorded"),
        }
    }
}

impl Facts {
    /// Refuses when the same payment is told of with another amount.
    pub fn must_be(&self, claimed: Amount) -> Result<(), Rejection> {
        if self.amount == claimed {
            Ok(())
        } else {
            let (recorded, claimed) = (self.amount.money(), claimed.money());
            Err(Rejection::PaymentDiffers { recorded, claimed })
        }
    }

    /// Refuses when a gateway names its payment again for another order.
    pub fn must_be_for(&self, order: OrderId) -> Result<(), Rejection> {
        match self.order {
            Some(paid) if paid != order => Err(Rejection::PaymentForAnother),
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses unless this much of the payment is left.
    pub fn must_have_left(&self, required: Amount) -> Result<(), Rejection> {
        if self.left.covers(required.money()) {
            Ok(())
        } else {
            Err(Rejection::PaymentUsedUp { left: self.left, required: required.money() })
        }
    }

    fn evolve(&mut self, event: &Event) -> Result<(), MoneyError> {
        self.version = self.version.checked_add(1).ok_or(MoneyError::OutOfRange)?;
        match event {
            Event::Recorded { .. } => panic!("corrupt stream: a payment recorded twice"),
            Event::Allocated { amount, .. } => {
                self.left = self.left.checked_sub(amount.money())?;
            }
            Event::Corrected { amount, .. } => {
                self.left = self.left.checked_sub(amount.money())?;
                self.corrected = true;
            }
        }
        assert!(!self.left.is_negative(), "corrupt stream: {event:?} uses more than came in");
        Ok(())
    }
}
