//! A wallet keeps one customer's money in one currency.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::account::SuspenseItem;
use crate::id::{Code, CustomerId, OrderId, PaymentId, Reason, ReceiptId};
use crate::money::{Amount, Currency, Money, MoneyError};
use crate::order::totals::Totals;
use crate::rejection::Rejection;

/// What has happened to a wallet. Stored for ever: add variants, never change one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Opened {
        customer: CustomerId,
        currency: Currency,
        opening: Option<Opening>,
    },
    /// Money that came in was put into the wallet.
    ToppedUp {
        amount: Amount,
        payment: PaymentId,
    },
    Credited {
        amount: Amount,
        source: Source,
    },
    Debited {
        amount: Amount,
        purpose: Purpose,
    },
    /// The movement with this sequence was a mistake; its mirror image is posted.
    Corrected {
        sequence: u64,
        movement: Movement,
        reason: Reason,
        ticket: Code,
    },
}

/// What was taken over from the old system: the stored balance wins, its rows are evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The old row: `customer_wallets:3`.
    pub row: Code,
    /// The stored balance, as it was.
    pub balance: Money,
    /// What the wallet's own rows add up to.
    pub explained: Money,
}

/// Where a credit came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// More was transferred than the order owed.
    Excess {
        payment: PaymentId,
        order: OrderId,
        receipt: Option<ReceiptId>,
    },
    /// Money that came for an order that was over.
    Late {
        payment: PaymentId,
        order: OrderId,
    },
    Cancelled {
        order: OrderId,
    },
    Expired {
        order: OrderId,
    },
    /// Returned goods, by the parts of what they cost; what is due of them is the amount.
    Refund {
        order: OrderId,
        parts: Totals,
    },
    Goodwill {
        reason: Reason,
    },
    /// Against a suspense item.
    Adjustment {
        item: SuspenseItem,
        reason: Reason,
    },
    /// The old system charged twice: both of its rows.
    DoubleCharge {
        order: OrderId,
        first: Code,
        second: Code,
    },
}

/// What a debit is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    OrderPayment {
        order: OrderId,
    },
    /// What a transfer lacked, or an old debit.
    Shortfall {
        order: OrderId,
    },
    Adjustment {
        item: SuspenseItem,
        reason: Reason,
    },
}

/// A movement that concerns the wallet alone, so that it alone can take it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    Goodwill { amount: Amount },
    AdjustmentUp { amount: Amount, item: SuspenseItem },
    AdjustmentDown { amount: Amount, item: SuspenseItem },
}

/// A wish that concerns one wallet and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Open {
        customer: CustomerId,
        currency: Currency,
    },
    Import {
        customer: CustomerId,
        currency: Currency,
        opening: Opening,
    },
    /// A credit that no other stream takes part in.
    Credit {
        amount: Amount,
        source: Source,
    },
    Debit {
        amount: Amount,
        purpose: Purpose,
    },
    Correct {
        sequence: u64,
        reason: Reason,
        ticket: Code,
    },
}

/// The state of a wallet's stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wallet {
    #[default]
    Unopened,
    Open(Box<Facts>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// How many events the stream holds.
    pub version: u64,
    pub customer: CustomerId,
    pub currency: Currency,
    pub balance: Money,
    /// What the last event added or, negative, took.
    pub moved: Money,
    /// Movements that a correction may still take back.
    pub correctable: BTreeMap<u64, Movement>,
    /// The old rows of double charges that were given back.
    pub given_back: Vec<Code>,
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

    /// What the wallet can pay; nothing when it is not open.
    pub fn available(&self, currency: Currency) -> Money {
        self.facts().map_or_else(|| Money::zero(currency), |facts| facts.balance)
    }

    /// Refuses unless the wallet can pay this.
    pub fn must_cover(&self, required: Amount) -> Result<(), Rejection> {
        let available = self.available(required.currency());
        if available.covers(required.money()) {
            Ok(())
        } else {
            Err(Rejection::InsufficientFunds { available, required: required.money() })
        }
    }

    /// Decides a command. No events means: what was asked for is already so.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unopened, Command::Open { customer, currency }) => {
                Ok(vec![Event::Opened { customer, currency, opening: None }])
            }
            (Self::Unopened, Command::Import { customer, currency, opening }) => {
                for money in [opening.balance, opening.explained] {
                    if money.currency() != currency {
                        return Err(MoneyError::CurrencyMismatch(currency, money.currency()).into());
                    }
                }
                Ok(vec![Event::Opened { customer, currency, opening: Some(opening) }])
            }
            (Self::Unopened, _) => Err(Rejection::WalletNotOpen),
            (Self::Open(_), Command::Open { .. }) => Ok(vec![]),
            (Self::Open(_), Command::Import { .. }) => Err(Rejection::WalletExists),
            (Self::Open(facts), Command::Credit { amount, source }) => {
                facts.in_currency(amount)?;
                facts.balance.checked_add(amount.money())?;
                match source {
                    Source::Goodwill { .. } | Source::Adjustment { .. } => {
                        Ok(vec![Event::Credited { amount, source }])
                    }
                    Source::DoubleCharge { ref first, ref second, .. } => {
                        // One of the charges has to stay.
                        let gone = |row| facts.given_back.contains(row);
                        if first == second || gone(first) || gone(second) {
                            return Err(Rejection::AlreadyGivenBack);
                        }
                        Ok(vec![Event::Credited { amount, source }])
                    }
                    Source::Excess { .. }
                    | Source::Late { .. }
                    | Source::Cancelled { .. }
                    | Source::Expired { .. }
                    | Source::Refund { .. } => Err(Rejection::NeedsOtherStream),
                }
            }
            (Self::Open(facts), Command::Debit { amount, purpose }) => {
                facts.in_currency(amount)?;
                self.must_cover(amount)?;
                match purpose {
                    Purpose::Adjustment { .. } => Ok(vec![Event::Debited { amount, purpose }]),
                    Purpose::OrderPayment { .. } | Purpose::Shortfall { .. } => {
                        Err(Rejection::NeedsOtherStream)
                    }
                }
            }
            (Self::Open(facts), Command::Correct { sequence, reason, ticket }) => {
                let movement = facts.correctable.get(&sequence).cloned();
                let movement = movement.ok_or(Rejection::NotCorrectable { sequence })?;
                match &movement {
                    Movement::Goodwill { amount } | Movement::AdjustmentUp { amount, .. } => {
                        self.must_cover(*amount)?;
                    }
                    Movement::AdjustmentDown { amount, .. } => {
                        facts.balance.checked_add(amount.money())?;
                    }
                }
                Ok(vec![Event::Corrected { sequence, movement, reason, ticket }])
            }
        }
    }

    /// Applies an event. Panics when the history is impossible: a ledger stops, it never skips.
    pub fn evolve(&mut self, event: &Event) {
        match (&mut *self, event) {
            (Self::Unopened, Event::Opened { customer, currency, opening }) => {
                let balance =
                    opening.as_ref().map_or_else(|| Money::zero(*currency), Opening::spendable);
                *self = Self::Open(Box::new(Facts {
                    version: 1,
                    customer: customer.clone(),
                    currency: *currency,
                    balance,
                    moved: balance,
                    correctable: BTreeMap::new(),
                    given_back: Vec::new(),
                }));
            }
            (Self::Open(facts), event) => facts
                .evolve(event)
                .unwrap_or_else(|error| panic!("corrupt stream: {event:?}: {error}")),
            (Self::Unopened, event) => panic!("corrupt stream: {event:?} before the wallet opened"),
        }
    }
}

impl Opening {
    /// What the customer may spend: a negative balance opens at zero, the debt stands in 1100.
    pub fn spendable(&self) -> Money {
        if self.balance.is_negative() { Money::zero(self.balance.currency()) } else { self.balance }
    }
}

impl Facts {
    fn evolve(&mut self, event: &Event) -> Result<(), MoneyError> {
        self.version = self.version.checked_add(1).ok_or(MoneyError::OutOfRange)?;
        self.moved = match event {
            Event::Opened { .. } => panic!("corrupt stream: a wallet opened twice"),
            Event::ToppedUp { amount, .. } => amount.money(),
            Event::Credited { amount, source } => {
                match source {
                    Source::Goodwill { .. } => {
                        let movement = Movement::Goodwill { amount: *amount };
                        self.correctable.insert(self.version, movement);
                    }
                    Source::Adjustment { item, .. } => {
                        let item = item.clone();
                        let movement = Movement::AdjustmentUp { amount: *amount, item };
                        self.correctable.insert(self.version, movement);
                    }
                    Source::DoubleCharge { second, .. } => self.given_back.push(second.clone()),
                    Source::Excess { .. }
                    | Source::Late { .. }
                    | Source::Cancelled { .. }
                    | Source::Expired { .. }
                    | Source::Refund { .. } => {}
                }
                amount.money()
            }
            Event::Debited { amount, purpose } => {
                match purpose {
                    Purpose::Adjustment { item, .. } => {
                        let item = item.clone();
                        let movement = Movement::AdjustmentDown { amount: *amount, item };
                        self.correctable.insert(self.version, movement);
                    }
                    Purpose::OrderPayment { .. } | Purpose::Shortfall { .. } => {}
                }
                amount.money().negated()
            }
            Event::Corrected { sequence, .. } => {
                let movement = self.correctable.remove(sequence);
                match movement.expect("corrupt stream: nothing to correct") {
                    Movement::Goodwill { amount } | Movement::AdjustmentUp { amount, .. } => {
                        amount.money().negated()
                    }
                    Movement::AdjustmentDown { amount, .. } => amount.money(),
                }
            }
        };
        self.balance = self.balance.checked_add(self.moved)?;
        assert!(!self.balance.is_negative(), "corrupt stream: {event:?} overdraws the wallet");
        Ok(())
    }

    fn in_currency(&self, amount: Amount) -> Result<(), Rejection> {
        if amount.currency() == self.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, amount.currency()).into())
        }
    }
}
