//! A suspense item is money whose reason nobody knows yet: it has an owner and must return to zero.
//!
//! Sums are signed as account 9010 is: a debit is positive. What adds to an item is posted by the
//! wallet it concerns; what explains it, by the item itself.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::account::SuspenseItem;
use crate::four_eyes::MovedAlone;
use crate::id::{Code, Reason, WalletId};
use crate::money::{Currency, Money, MoneyError};
use crate::rejection::Rejection;

/// What has happened to a suspense item. Stored for ever: add variants, never change one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Something is to be explained, and this is who has to.
    Opened {
        item: SuspenseItem,
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::CurrencyCode"))]
        currency: Currency,
        /// Who has to explain it.
        owner: Code,
        reason: Reason,
    },
    /// A wallet was opened, adjusted or corrected against it.
    Booked { wallet: WalletId, amount: Money },
    /// A part of it found its reason.
    Explained {
        item: SuspenseItem,
        amount: Money,
        against: Against,
        reason: Reason,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved_alone_on: Option<NaiveDate>,
    },
}

/// What an explained part turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// It belongs to what was taken over with this wallet.
    OpeningBalance(WalletId),
    WriteOff,
    Goodwill,
    Rounding,
}

/// A wish that concerns one suspense item and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Open {
        item: SuspenseItem,
        currency: Currency,
        owner: Code,
        reason: Reason,
    },
    /// Without an amount: all of it.
    Explain {
        amount: Option<Money>,
        against: Against,
        reason: Reason,
        moved_alone_on: Option<NaiveDate>,
    },
}

/// The state of a suspense item's stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Suspense {
    #[default]
    Unopened,
    Open(Box<Facts>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// How many events the stream holds.
    pub version: u64,
    pub item: SuspenseItem,
    pub currency: Currency,
    pub owner: Code,
    pub reason: Reason,
    /// What account 9010 of this item holds, debits less credits.
    pub balance: Money,
    /// Explanations brought it to zero: a new doubt needs a new item.
    pub settled: bool,
    /// What one person alone explained of it.
    pub moved_alone: MovedAlone,
}

impl Suspense {
    pub fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Unopened => None,
            Self::Open(facts) => Some(facts),
        }
    }

    /// The facts of an item that must exist.
    pub fn opened(&self) -> Result<&Facts, Rejection> {
        self.facts().ok_or(Rejection::SuspenseNotFound)
    }

    /// How many events the stream holds.
    pub fn version(&self) -> u64 {
        self.facts().map_or(0, |facts| facts.version)
    }

    /// Decides a command. No events means: what was asked for is already so.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unopened, Command::Open { item, currency, owner, reason }) => {
                Ok(vec![Event::Opened { item, currency, owner, reason }])
            }
            (Self::Unopened, Command::Explain { .. }) => Err(Rejection::SuspenseNotFound),
            (Self::Open(facts), Command::Open { item, currency, owner, reason }) => {
                let same = facts.item == item
                    && facts.currency == currency
                    && facts.owner == owner
                    && facts.reason == reason;
                if same { Ok(vec![]) } else { Err(Rejection::SuspenseExists) }
            }
            (Self::Open(facts), Command::Explain { amount, against, reason, moved_alone_on }) => {
                let amount = amount.unwrap_or(facts.balance);
                if amount.is_zero() && facts.is_settled() {
                    return Ok(vec![]);
                }
                facts.must_hold(amount)?;
                Ok(vec![Event::Explained {
                    item: facts.item,
                    amount,
                    against,
                    reason,
                    moved_alone_on,
                }])
            }
        }
    }

    /// Applies an event. Panics when the history is impossible: a ledger stops, it never skips.
    pub fn evolve(&mut self, event: &Event) {
        match (&mut *self, event) {
            (Self::Unopened, Event::Opened { item, currency, owner, reason }) => {
                *self = Self::Open(Box::new(Facts {
                    version: 1,
                    item: *item,
                    currency: *currency,
                    owner: owner.clone(),
                    reason: reason.clone(),
                    balance: Money::zero(*currency),
                    settled: false,
                    moved_alone: MovedAlone::default(),
                }));
            }
            (Self::Open(facts), event) => facts
                .evolve(event)
                .unwrap_or_else(|error| panic!("corrupt stream: {event:?}: {error}")),
            (Self::Unopened, event) => panic!("corrupt stream: {event:?} before the item opened"),
        }
    }
}

impl Facts {
    /// Nothing of it is left to explain: explanations brought it to zero, or what was booked on it
    /// was taken back. Only after explanations is it closed to another adjustment.
    pub fn is_settled(&self) -> bool {
        let booked = self.version > 1;
        booked && self.balance.is_zero()
    }

    /// Refuses to adjust a wallet against an item that is explained, or is kept in other money.
    pub fn must_take(&self, currency: Currency) -> Result<(), Rejection> {
        if self.settled {
            return Err(Rejection::SuspenseSettled);
        }
        if self.currency != currency {
            return Err(MoneyError::CurrencyMismatch(self.currency, currency).into());
        }
        Ok(())
    }

    /// Refuses to explain what is not there: an explanation leads towards zero, never past it.
    fn must_hold(&self, amount: Money) -> Result<(), Rejection> {
        let there = if self.balance.is_negative() {
            amount.is_negative() && amount.covers(self.balance)
        } else {
            amount.is_positive() && self.balance.covers(amount)
        };
        if there {
            Ok(())
        } else {
            Err(Rejection::SuspenseDiffers { balance: self.balance, claimed: amount })
        }
    }

    fn evolve(&mut self, event: &Event) -> Result<(), MoneyError> {
        self.version = self.version.checked_add(1).ok_or(MoneyError::OutOfRange)?;
        match event {
            Event::Opened { .. } => panic!("corrupt stream: a suspense item opened twice"),
            Event::Booked { amount, .. } => {
                self.balance = self.balance.checked_add(*amount)?;
                // A correction can bring an explained item back.
                self.settled = false;
            }
            Event::Explained { amount, moved_alone_on, .. } => {
                self.balance = self.balance.checked_sub(*amount)?;
                self.settled = self.balance.is_zero();
                if let (Some(day), Some(sum)) = (moved_alone_on, amount.magnitude()) {
                    self.moved_alone.add(*day, sum)?;
                }
            }
        }
        Ok(())
    }
}
