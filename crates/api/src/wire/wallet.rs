//! A wallet, its statement and what is asked of it, as replies show them.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::id::{RequestId, Text, WalletId};
use domain::wallet::{self, Facts};
use domain::{Event, StreamKey};
use ledger::quarantine::Known;
use projections::wallet_balances::WalletBalance;
use projections::wallet_lines::Movement;
use projections::wallet_requests::WalletRequest;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::iban::Iban;
use crate::wire::money::{Money, Stored};
use crate::wire::quarantine::Quarantined;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Wallet {
    id: Uuid,
    customer: String,
    balance: Money,
    /// What the customer owes.
    debt: Money,
    /// It takes credits, and pays nothing.
    frozen: bool,
    closed: bool,
    /// A top-up or a withdrawal waits for finance.
    pending: bool,
    version: u64,
}

impl Wallet {
    pub(crate) fn of(id: WalletId, facts: &Facts) -> Self {
        Self {
            id: id.uuid(),
            customer: facts.customer.to_string(),
            balance: facts.balance.into(),
            debt: facts.debt.into(),
            frozen: facts.frozen.is_some(),
            closed: facts.closed,
            pending: facts.pending(),
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
    /// What the customer owes.
    debt: Stored,
    /// It takes credits, and pays nothing.
    frozen: bool,
    closed: bool,
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<Quarantined>,
}

impl From<WalletBalance> for WalletRow {
    fn from(row: WalletBalance) -> Self {
        Self {
            id: row.wallet_id,
            customer: row.customer_id,
            balance: Stored::new(row.balance, &row.currency),
            debt: Stored::new(row.debt, &row.currency),
            frozen: row.frozen,
            closed: row.closed,
            version: row.version,
            quarantined: None,
        }
    }
}

impl WalletRow {
    /// Says whether it is quarantined.
    pub(crate) fn marked(mut self, known: &Known) -> Self {
        let stream = StreamKey::Wallet(WalletId::new(self.id));
        self.quarantined = known.mark(stream).map(Quarantined::from);
        self
    }

    pub(crate) fn is_marked(&self) -> bool {
        self.quarantined.is_some()
    }
}

/// A movement of a wallet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalletStatementLine)]
pub(crate) struct StatementLine {
    sequence: i64,
    kind: String,
    source: String,
    /// Negative when it was taken.
    amount: Stored,
    /// After it, of the lines that are counted.
    balance: Stored,
    order: Option<Uuid>,
    payment: Option<Uuid>,
    receipt: Option<Uuid>,
    reason: Option<String>,
    recorded_at: DateTime<Utc>,
    effective_at: DateTime<Utc>,
    position: i64,
}

impl From<Movement> for StatementLine {
    fn from(movement: Movement) -> Self {
        let Movement { line: row, effective_at } = movement;
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
            effective_at,
            position: row.position.get(),
        }
    }
}

/// A row of `wallet_requests`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalletRequest)]
pub(crate) struct WalletRequestRow {
    id: Uuid,
    wallet: Uuid,
    customer: String,
    /// `top_up` or `withdrawal`
    kind: String,
    /// `open`, `approved`, `rejected`, `paid` or `failed`
    state: String,
    /// What the customer says was sent.
    claimed: Option<Stored>,
    /// What was credited, or is paid out.
    amount: Option<Stored>,
    /// The money that a top-up was approved with.
    payment: Option<Uuid>,
    /// Our bank account that a withdrawal was paid from, and the bank's reference.
    account: Option<String>,
    reference: Option<String>,
    reason: Option<String>,
    has_file: bool,
    requested_at: Option<DateTime<Utc>>,
    decided_at: Option<DateTime<Utc>>,
}

impl From<WalletRequest> for WalletRequestRow {
    fn from(row: WalletRequest) -> Self {
        let sum = |sum: Decimal| Stored::new(sum, &row.currency);
        Self {
            id: row.request_id,
            wallet: row.wallet_id,
            customer: row.customer_id,
            kind: row.kind,
            state: row.state,
            claimed: row.claimed.map(sum),
            amount: row.amount.map(sum),
            payment: row.payment_id,
            account: row.account,
            reference: row.reference,
            reason: row.reason,
            has_file: row.file_id.is_some(),
            requested_at: row.requested_at,
            decided_at: row.decided_at,
        }
    }
}

/// Where withdrawn money goes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Destination {
    /// Without spaces; its check digits have to be right.
    #[schema(value_type = String, max_length = 34)]
    iban: Iban,
    /// In whose name the account is.
    #[schema(value_type = String, max_length = 200)]
    holder: Text<200>,
}

impl fmt::Debug for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Destination")
    }
}

/// The request that an event makes.
pub(crate) fn request_in(event: &Event) -> Option<RequestId> {
    let Event::Wallet(event) = event else { return None };
    if let wallet::Event::TopUpRequested(asked) = event {
        return Some(asked.request);
    }
    if let wallet::Event::WithdrawalRequested { request, .. } = event {
        return Some(*request);
    }
    None
}
