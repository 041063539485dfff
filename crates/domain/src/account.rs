//! Accounts: the places money can be, and the entries that move it between two of them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::{Code, CustomerId, OrderId, PaymentId, RequestId, SuspenseId, WalletId};
use crate::money::{Amount, Currency, Money, MoneyError};

mod chart;

pub use chart::{CHART, ChartAccount, Kind};

/// A place money can be: an account of the chart and, where it has a sub-ledger, the item in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// 1010: what the bank has confirmed, by the account's name.
    Bank(Code),
    /// 1020: finance believes a receipt the bank has not confirmed yet.
    BankClearing(PaymentId),
    /// 1030: what a gateway owes us.
    GatewayClearing(PaymentId),
    /// 1040
    Cash(PaymentId),
    /// 1100: money that turned out not to exist after it was spent, or a debt taken over.
    Receivable(CustomerId),
    /// 2100: what a customer may spend.
    Wallet(WalletId),
    /// 2120: money that came in and has no order or wallet yet.
    Unallocated(PaymentId),
    /// 2200: what an order has been paid, until delivered or given back.
    Prepayment(OrderId),
    /// 2300: what is to be paid out to a customer's bank.
    Payout(RequestId),
    /// 2400
    TaxPayable,
    /// 3900, of a wallet: what was taken over from the old system.
    OpeningWallet(WalletId),
    /// 3900, of an order.
    OpeningOrder(OrderId),
    /// 4010
    Sales(OrderId),
    /// 4020
    DeliveryFees(OrderId),
    /// 4030
    Surcharges(OrderId),
    /// 4090: what came back after it was sold.
    Returns(OrderId),
    /// 4095
    Discounts(OrderId),
    /// 5010: what a bank or a gateway kept for itself.
    BankFees,
    /// 5020
    Goodwill,
    /// 5030
    WriteOffs,
    /// 5040
    Rounding,
    /// 9010: one item each, which must return to 0.
    Suspense(SuspenseItem),
}

/// What a suspense item is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SuspenseItem {
    /// What an imported wallet's own rows do not explain.
    Wallet(WalletId),
    /// What somebody opened by hand.
    Item(SuspenseId),
}

impl SuspenseItem {
    /// The item's stream.
    pub fn id(self) -> SuspenseId {
        match self {
            Self::Wallet(wallet) => SuspenseId::of_wallet(wallet),
            Self::Item(id) => id,
        }
    }
}

impl Account {
    /// The account's number in the chart.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bank(_) => "1010",
            Self::BankClearing(_) => "1020",
            Self::GatewayClearing(_) => "1030",
            Self::Cash(_) => "1040",
            Self::Receivable(_) => "1100",
            Self::Wallet(_) => "2100",
            Self::Unallocated(_) => "2120",
            Self::Prepayment(_) => "2200",
            Self::Payout(_) => "2300",
            Self::TaxPayable => "2400",
            Self::OpeningWallet(_) | Self::OpeningOrder(_) => "3900",
            Self::Sales(_) => "4010",
            Self::DeliveryFees(_) => "4020",
            Self::Surcharges(_) => "4030",
            Self::Returns(_) => "4090",
            Self::Discounts(_) => "4095",
            Self::BankFees => "5010",
            Self::Goodwill => "5020",
            Self::WriteOffs => "5030",
            Self::Rounding => "5040",
            Self::Suspense(_) => "9010",
        }
    }

    /// The item in the account's sub-ledger; empty where it has none.
    pub fn item(&self) -> String {
        match self {
            Self::Bank(account) => account.to_string(),
            Self::BankClearing(payment)
            | Self::GatewayClearing(payment)
            | Self::Cash(payment)
            | Self::Unallocated(payment) => payment.to_string(),
            Self::Receivable(customer) => customer.to_string(),
            Self::Wallet(wallet)
            | Self::OpeningWallet(wallet)
            | Self::Suspense(SuspenseItem::Wallet(wallet)) => wallet.to_string(),
            Self::Payout(request) => request.to_string(),
            Self::Suspense(SuspenseItem::Item(item)) => item.to_string(),
            Self::Prepayment(order)
            | Self::OpeningOrder(order)
            | Self::Sales(order)
            | Self::DeliveryFees(order)
            | Self::Surcharges(order)
            | Self::Returns(order)
            | Self::Discounts(order) => order.to_string(),
            Self::TaxPayable
            | Self::BankFees
            | Self::Goodwill
            | Self::WriteOffs
            | Self::Rounding => String::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Debit,
    Credit,
}

impl Side {
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Debit => Self::Credit,
            Self::Credit => Self::Debit,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
        }
    }
}

/// One line of a journal entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    pub account: Account,
    pub side: Side,
    pub amount: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("debits exceed credits by {0} {1}")]
    Unbalanced(Decimal, Currency),
    #[error("could not sum a journal entry")]
    Money(#[from] MoneyError),
}

/// A balanced set of postings. Invariant: debits equal credits in every currency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JournalEntry {
    postings: Vec<Posting>,
}

impl JournalEntry {
    /// Refuses postings whose debits and credits differ in any currency.
    pub fn new(postings: Vec<Posting>) -> Result<Self, EntryError> {
        let mut sums: BTreeMap<&'static str, Money> = BTreeMap::new();
        for posting in &postings {
            let currency = posting.amount.currency();
            let sum = sums.entry(currency.code()).or_insert_with(|| Money::zero(currency));
            *sum = match posting.side {
                Side::Debit => sum.checked_add(posting.amount.money())?,
                Side::Credit => sum.checked_sub(posting.amount.money())?,
            };
        }
        match sums.values().find(|sum| !sum.is_zero()) {
            Some(sum) => Err(EntryError::Unbalanced(sum.amount(), sum.currency())),
            None => Ok(Self { postings }),
        }
    }

    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }

    pub fn is_empty(&self) -> bool {
        self.postings.is_empty()
    }

    /// The same entry with its sides exchanged.
    #[must_use]
    pub fn mirrored(mut self) -> Self {
        for posting in &mut self.postings {
            posting.side = posting.side.opposite();
        }
        self
    }
}
