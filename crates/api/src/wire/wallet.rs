//! A wallet and its statement, as replies show them.

use chrono::{DateTime, Utc};
use domain::id::WalletId;
use domain::wallet::Facts;
use projections::wallet_balances::WalletBalance;
use projections::wallet_lines::WalletLine;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::money::{Money, Stored};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Wallet {
    id: Uuid,
    customer: String,
    balance: Money,
    version: u64,
}

impl Wallet {
    pub(crate) fn of(id: WalletId, facts: &Facts) -> Self {
        Self {
            id: id.uuid(),
            customer: facts.customer.to_string(),
            balance: facts.balance.into(),
            version: facts.version,
        }
    }
}

/// A row of `wallet_balances`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WalletRow {
    id: Uuid,
    customer: String,
    balance: Stored,
    version: i64,
}

impl From<WalletBalance> for WalletRow {
    fn from(row: WalletBalance) -> Self {
        Self {
            id: row.wallet_id,
            customer: row.customer_id,
            balance: Stored::new(row.balance, &row.currency),
            version: row.version,
        }
    }
}

/// A movement of a wallet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatementLine {
    sequence: i64,
    kind: String,
    source: String,
    /// Negative when it was taken.
    amount: Stored,
    balance: Stored,
    order: Option<Uuid>,
    payment: Option<Uuid>,
    receipt: Option<Uuid>,
    reason: Option<String>,
    recorded_at: DateTime<Utc>,
    position: i64,
}

impl From<WalletLine> for StatementLine {
    fn from(row: WalletLine) -> Self {
        Self {
            sequence: row.sequence,
            kind: row.kind,
            source: row.source,
            amount: Stored::new(row.amount, &row.currency),
            balance: Stored::new(row.balance, &row.currency),
            order: row.order_id,
            payment: row.payment_id,
            receipt: row.receipt_id,
            reason: row.reason,
            recorded_at: row.recorded_at,
            position: row.position.get(),
        }
    }
}
