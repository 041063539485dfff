//! Suspense items, as replies show them and as commands explain them.

use chrono::{DateTime, Utc};
use domain::StreamKey;
use domain::account::SuspenseItem;
use domain::id::{SuspenseId, WalletId};
use domain::suspense::{self, Event, Facts};
use ledger::quarantine::Known;
use projections::suspense_items::OpenItem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::money::{Money, Stored};
use crate::wire::quarantine::Quarantined;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Suspense {
    id: Uuid,
    /// The wallet whose rows in the old system do not explain its balance, if it is about one.
    wallet: Option<Uuid>,
    /// What account 9010 holds of it: debits less credits.
    balance: Money,
    /// Who has to explain it.
    owner: String,
    reason: String,
    settled: bool,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<Quarantined>,
}

impl Suspense {
    pub(crate) fn of(id: SuspenseId, facts: &Facts) -> Self {
        Self {
            id: id.uuid(),
            wallet: match facts.item {
                SuspenseItem::Wallet(wallet) => Some(wallet.uuid()),
                SuspenseItem::Item(_) => None,
            },
            balance: facts.balance.into(),
            owner: facts.owner.to_string(),
            reason: facts.reason.to_string(),
            settled: facts.is_settled(),
            version: facts.version,
            quarantined: None,
        }
    }

    /// Says whether it is quarantined.
    pub(crate) fn marked(mut self, known: &Known) -> Self {
        self.quarantined = mark(known, self.id);
        self
    }

    pub(crate) fn is_marked(&self) -> bool {
        self.quarantined.is_some()
    }
}

/// A row of `suspense_items`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SuspenseRow {
    id: Uuid,
    /// What it is about: `wallet` for what an imported wallet's rows do not explain, or `item`.
    item: String,
    balance: Stored,
    owner: String,
    reason: String,
    opened_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<Quarantined>,
}

impl From<OpenItem> for SuspenseRow {
    fn from(row: OpenItem) -> Self {
        Self {
            id: row.suspense_id,
            item: row.item,
            balance: Stored::new(row.balance, &row.currency),
            owner: row.owner,
            reason: row.reason,
            opened_at: row.opened_at,
            updated_at: row.updated_at,
            version: row.version,
            quarantined: None,
        }
    }
}

impl SuspenseRow {
    pub(crate) fn marked(mut self, known: &Known) -> Self {
        self.quarantined = mark(known, self.id);
        self
    }
}

fn mark(known: &Known, item: Uuid) -> Option<Quarantined> {
    known.mark(StreamKey::Suspense(SuspenseId::new(item))).map(Quarantined::from)
}

/// What an explained part turned out to be.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = SuspenseAgainst)]
pub(crate) enum Against {
    /// It belongs to what was taken over with this wallet.
    OpeningBalance(Uuid),
    WriteOff,
    Goodwill,
    Rounding,
}

impl From<Against> for suspense::Against {
    fn from(against: Against) -> Self {
        match against {
            Against::OpeningBalance(wallet) => Self::OpeningBalance(WalletId::new(wallet)),
            Against::WriteOff => Self::WriteOff,
            Against::Goodwill => Self::Goodwill,
            Against::Rounding => Self::Rounding,
        }
    }
}

impl From<suspense::Against> for Against {
    fn from(against: suspense::Against) -> Self {
        match against {
            suspense::Against::OpeningBalance(wallet) => Self::OpeningBalance(wallet.uuid()),
            suspense::Against::WriteOff => Self::WriteOff,
            suspense::Against::Goodwill => Self::Goodwill,
            suspense::Against::Rounding => Self::Rounding,
        }
    }
}

/// What made up an item, or explained it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SuspenseEntry)]
pub(crate) struct Entry {
    /// `booked` or `explained`
    kind: &'static str,
    /// What it added to the balance or, negative, took off it.
    amount: Money,
    /// The wallet that was opened, adjusted or corrected.
    wallet: Option<Uuid>,
    against: Option<Against>,
    reason: Option<String>,
}

impl Entry {
    pub(crate) fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Opened { .. } => None,
            Event::Booked { wallet, amount } => Some(Self {
                kind: "booked",
                amount: (*amount).into(),
                wallet: Some(wallet.uuid()),
                against: None,
                reason: None,
            }),
            Event::Explained { amount, against, reason, .. } => Some(Self {
                kind: "explained",
                amount: amount.negated().into(),
                wallet: None,
                against: Some((*against).into()),
                reason: Some(reason.to_string()),
            }),
        }
    }
}
