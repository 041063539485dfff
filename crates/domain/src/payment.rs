//! A payment is money that came in: a bank transfer, a gateway's payment, cash.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::id::{Code, CustomerId, OrderId, PaymentId, Reason, StatementLineId, WalletId};
use crate::money::{Amount, Money, MoneyError};
use crate::rejection::Rejection;

mod held;

pub use held::Held;

/// What has happened to a payment. Stored for ever: add variants, never change one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Money came in. It belongs to nobody before it is allocated.
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
    /// The bank told of it: less the fee, it is in this bank account.
    Matched { line: StatementLineId, held: Held, account: Code, amount: Amount, fee: Money },
    /// Cash that was taken to the bank.
    Banked { account: Code, amount: Amount },
    /// The money turned out not to exist: a forged receipt, or one charged back. What could be
    /// taken back is unallocated again; what was spent is owed by who spent it.
    Reversed { held: Held, amount: Amount, debts: Vec<Debt>, reason: Reason },
    /// The payment was recorded by mistake; nothing of it had been allocated.
    Corrected { kind: Kind, amount: Amount, reason: Reason, ticket: Code },
}

/// How the money came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    BankTransfer { account: Code, reference: Code, date: NaiveDate },
    Gateway { gateway: Code, gateway_id: Code },
    Cash { note: Option<Code> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Order(OrderId),
    Wallet(WalletId),
    /// The debt of this wallet's customer.
    Debt(WalletId),
}

/// What a customer owes of a payment that was reversed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Debt {
    pub customer: CustomerId,
    pub amount: Amount,
}

/// A part of a payment that found its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocated {
    pub to: Target,
    pub amount: Amount,
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
        /// The order that a gateway's payment was made for.
        order: Option<OrderId>,
    },
    /// Always refused here: an allocation needs the order or the wallet too.
    Allocate {
        amount: Amount,
        to: Target,
    },
    Bank {
        account: Code,
    },
    /// Always refused here: a match needs the statement's line too.
    Match {
        line: StatementLineId,
    },
    /// Always refused here: a reversal needs all that the payment went to.
    Reverse {
        reason: Reason,
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
    /// Everything that it was allocated to, first to last.
    pub allocations: Vec<Allocated>,
    /// Where its money is; nowhere once it was corrected or reversed.
    pub held: Option<Held>,
    /// The statement's line that it was found on.
    pub matched: Option<StatementLineId>,
    pub reversed: bool,
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
            (_, Command::Allocate { .. } | Command::Match { .. } | Command::Reverse { .. }) => {
                Err(Rejection::NeedsOtherStream)
            }
            (Self::Unrecorded, Command::Correct { .. } | Command::Bank { .. }) => {
                Err(Rejection::PaymentNotFound)
            }
            (Self::Recorded(facts), Command::Bank { account }) => facts.bank(account),
            (Self::Recorded(facts), Command::Record { kind, amount, customer, order })
                if facts.held.is_none() =>
            {
                // What was a mistake, or was not there, has come in after all.
                Ok(vec![Event::Recorded { kind, amount, customer, order }])
            }
            (Self::Recorded(facts), Command::Record { kind, amount, .. }) => {
                facts.must_be(amount)?;
                facts.must_have_come_as(&kind)?;
                Ok(vec![])
            }
            (Self::Recorded(facts), Command::Correct { .. }) if facts.corrected => Ok(vec![]),
            (Self::Recorded(facts), Command::Correct { reason, ticket }) => {
                facts.must_have_left(facts.amount)?;
                if facts.held.as_ref() != Some(&Held::received(&facts.kind)) {
                    // The bank has told of it: what it says is not a mistake of ours.
                    return Err(Rejection::PaymentMatched);
                }
                let (kind, amount) = (facts.kind.clone(), facts.amount);
                Ok(vec![Event::Corrected { kind, amount, reason, ticket }])
            }
        }
    }

    /// Applies an event. Panics when the history is impossible: a ledger stops, it never skips.
    pub fn evolve(&mut self, event: &Event) {
        match (&mut *self, event) {
            (Self::Unrecorded, Event::Recorded { kind, amount, customer, order }) => {
                let (customer, order) = (customer.clone(), *order);
                let facts = Facts::recorded(1, kind.clone(), *amount, customer, order);
                *self = Self::Recorded(Box::new(facts));
            }
            (Self::Recorded(facts), event) => facts
                .evolve(event)
                .unwrap_or_else(|error| panic!("corrupt stream: {event:?}: {error}")),
            (Self::Unrecorded, event) => panic!("corrupt stream: {event:?} before it was recorded"),
        }
    }
}

impl Facts {
    /// Money that has just come in: nothing of it is used yet.
    fn recorded(
        version: u64,
        kind: Kind,
        amount: Amount,
        customer: Option<CustomerId>,
        order: Option<OrderId>,
    ) -> Self {
        Self {
            version,
            held: Some(Held::received(&kind)),
            kind,
            customer,
            order,
            amount,
            left: amount.money(),
            corrected: false,
            allocations: Vec::new(),
            matched: None,
            reversed: false,
        }
    }

    /// Refuses when the same payment is told of with another amount.
    pub fn must_be(&self, claimed: Amount) -> Result<(), Rejection> {
        if self.amount == claimed {
            Ok(())
        } else {
            let (recorded, claimed) = (self.amount.money(), claimed.money());
            Err(Rejection::PaymentDiffers { recorded, claimed })
        }
    }

    /// Refuses when the same payment is told of as one of another day or way.
    pub fn must_have_come_as(&self, claimed: &Kind) -> Result<(), Rejection> {
        if self.kind == *claimed { Ok(()) } else { Err(Rejection::PaymentKindDiffers) }
    }

    /// Whether it all went to this wallet, and is there.
    pub fn went_to(&self, wallet: WalletId) -> bool {
        let whole = Allocated { to: Target::Wallet(wallet), amount: self.amount };
        self.held.is_some() && self.allocations == [whole]
    }

    /// Refuses when a gateway names its payment again for another order.
    pub fn must_be_for(&self, order: OrderId) -> Result<(), Rejection> {
        match self.order {
            Some(paid) if paid != order => Err(Rejection::PaymentForAnother),
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses money that another customer is known to have paid.
    pub fn must_be_of(&self, customer: &CustomerId) -> Result<(), Rejection> {
        match &self.customer {
            Some(payer) if payer != customer => Err(Rejection::PaymentForAnother),
            Some(_) | None => Ok(()),
        }
    }

    /// Where the money is, of a payment that was neither corrected nor reversed.
    pub fn must_be_held(&self) -> Result<&Held, Rejection> {
        self.held.as_ref().ok_or(Rejection::PaymentNotHeld)
    }

    fn bank(&self, account: Code) -> Result<Vec<Event>, Rejection> {
        match (&self.kind, self.must_be_held()?) {
            (Kind::Cash { .. }, Held::Bank(there)) if *there == account => Ok(vec![]),
            (Kind::Cash { .. }, Held::Bank(_)) => Err(Rejection::PaymentMatched),
            (Kind::Cash { .. }, Held::Cash | Held::BankClearing | Held::GatewayClearing) => {
                Ok(vec![Event::Banked { account, amount: self.amount }])
            }
            (Kind::BankTransfer { .. } | Kind::Gateway { .. }, _) => Err(Rejection::NotCash),
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
            Event::Recorded { kind, amount, customer, order } => {
                assert!(self.held.is_none(), "corrupt stream: a payment recorded twice");
                let (customer, order) = (customer.clone(), *order);
                *self = Self::recorded(self.version, kind.clone(), *amount, customer, order);
            }
            Event::Allocated { amount, to } => {
                self.left = self.left.checked_sub(amount.money())?;
                self.allocations.push(Allocated { to: *to, amount: *amount });
            }
            Event::Corrected { amount, .. } => {
                self.left = self.left.checked_sub(amount.money())?;
                self.corrected = true;
                self.held = None;
            }
            Event::Matched { line, account, .. } => {
                self.matched = Some(*line);
                self.held = Some(Held::Bank(account.clone()));
            }
            Event::Banked { account, .. } => self.held = Some(Held::Bank(account.clone())),
            Event::Reversed { .. } => {
                self.left = Money::zero(self.amount.currency());
                self.held = None;
                self.reversed = true;
            }
        }
        assert!(!self.left.is_negative(), "corrupt stream: {event:?} uses more than came in");
        Ok(())
    }
}
