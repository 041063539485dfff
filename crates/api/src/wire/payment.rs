//! A payment: how it is told of, and how replies show it.

use chrono::{DateTime, NaiveDate, Utc};
use domain::StreamKey;
use domain::id::{Code, OrderId, PaymentId, StatementLineId};
use domain::payment::{self, Facts, Held, Kind, Target};
use ledger::quarantine::Known;
use projections::payments;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::money::{Money, Stored};
use crate::wire::quarantine::Quarantined;

/// How the money came.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum PaymentKind {
    BankTransfer(BankTransfer),
    Cash(Cash),
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BankTransfer {
    /// The shop's account that it came to.
    #[schema(value_type = String, max_length = 128)]
    pub(crate) account: Code,
    #[schema(value_type = String, max_length = 128)]
    pub(crate) reference: Code,
    pub(crate) date: NaiveDate,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cash {
    #[schema(value_type = Option<String>, max_length = 128)]
    pub(crate) note: Option<Code>,
}

impl From<PaymentKind> for Kind {
    fn from(kind: PaymentKind) -> Self {
        match kind {
            PaymentKind::BankTransfer(BankTransfer { account, reference, date }) => {
                Self::BankTransfer { account, reference, date }
            }
            PaymentKind::Cash(Cash { note }) => Self::Cash { note },
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Payment {
    id: Uuid,
    /// `bank_transfer`, gateway or cash
    kind: &'static str,
    /// The transfer's account, reference and day.
    account: Option<String>,
    reference: Option<String>,
    date: Option<NaiveDate>,
    gateway: Option<String>,
    /// The gateway's own id.
    gateway_id: Option<String>,
    customer: Option<String>,
    /// The order that a gateway's payment was made for.
    order: Option<Uuid>,
    amount: Money,
    /// What has no order or wallet yet.
    unallocated: Money,
    /// Where it went, first to last.
    allocations: Vec<Allocated>,
    /// Where its money is; nowhere once it was corrected or reversed.
    held: Option<HeldIn>,
    /// The statement's line that it was found on.
    statement_line: Option<Uuid>,
    corrected: bool,
    reversed: bool,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<Quarantined>,
}

/// Where a payment's money is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "in", rename_all = "snake_case")]
pub(crate) enum HeldIn {
    BankClearing,
    GatewayClearing,
    Cash,
    Bank { account: String },
}

/// A part of a payment that found its place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Allocated {
    to: AllocatedTo,
    amount: Money,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AllocatedTo {
    Order(Uuid),
    Wallet(Uuid),
    /// The debt of this wallet's customer.
    Debt(Uuid),
}

impl Payment {
    pub(crate) fn of(id: PaymentId, facts: &Facts) -> Self {
        let mut shown = Self {
            id: id.uuid(),
            kind: "cash",
            account: None,
            reference: None,
            date: None,
            gateway: None,
            gateway_id: None,
            customer: facts.customer.as_ref().map(ToString::to_string),
            order: facts.order.map(OrderId::uuid),
            amount: facts.amount.money().into(),
            unallocated: facts.left.into(),
            allocations: facts.allocations.iter().map(Allocated::of).collect(),
            held: facts.held.as_ref().map(HeldIn::of),
            statement_line: facts.matched.map(StatementLineId::uuid),
            corrected: facts.corrected,
            reversed: facts.reversed,
            version: facts.version,
            quarantined: None,
        };
        match &facts.kind {
            Kind::BankTransfer { account, reference, date } => {
                shown.kind = "bank_transfer";
                shown.account = Some(account.to_string());
                shown.reference = Some(reference.to_string());
                shown.date = Some(*date);
            }
            Kind::Gateway { gateway, gateway_id } => {
                shown.kind = "gateway";
                shown.gateway = Some(gateway.to_string());
                shown.gateway_id = Some(gateway_id.to_string());
            }
            Kind::Cash { .. } => {}
        }
        shown
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

impl HeldIn {
    fn of(held: &Held) -> Self {
        match held {
            Held::BankClearing => Self::BankClearing,
            Held::GatewayClearing => Self::GatewayClearing,
            Held::Cash => Self::Cash,
            Held::Bank(account) => Self::Bank { account: account.to_string() },
        }
    }
}

impl Allocated {
    fn of(allocated: &payment::Allocated) -> Self {
        let to = match allocated.to {
            Target::Order(order) => AllocatedTo::Order(order.uuid()),
            Target::Wallet(wallet) => AllocatedTo::Wallet(wallet.uuid()),
            Target::Debt(wallet) => AllocatedTo::Debt(wallet.uuid()),
        };
        Self { to, amount: allocated.amount.money().into() }
    }
}

/// A payment as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaymentRow {
    id: Uuid,
    kind: String,
    account: Option<String>,
    reference: Option<String>,
    gateway: Option<String>,
    gateway_id: Option<String>,
    customer: Option<String>,
    amount: Stored,
    unallocated: Stored,
    /// Where its money is: `bank_clearing`, `gateway_clearing`, `cash` or `bank`.
    held: Option<String>,
    /// Our account, if it is in a bank.
    held_account: Option<String>,
    statement_line: Option<Uuid>,
    /// Its part of what the bank or the gateway kept.
    fee: Option<Stored>,
    corrected: bool,
    reversed: bool,
    recorded_at: Option<DateTime<Utc>>,
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<Quarantined>,
}

impl From<payments::Payment> for PaymentRow {
    fn from(row: payments::Payment) -> Self {
        Self {
            id: row.payment_id,
            kind: row.kind,
            account: row.account,
            reference: row.reference,
            gateway: row.gateway,
            gateway_id: row.gateway_id,
            customer: row.customer_id,
            amount: Stored::new(row.amount, &row.currency),
            unallocated: Stored::new(row.unallocated, &row.currency),
            held: row.held,
            held_account: row.held_account,
            statement_line: row.matched_line,
            fee: row.fee.map(|fee| Stored::new(fee, &row.currency)),
            corrected: row.corrected,
            reversed: row.reversed,
            recorded_at: row.recorded_at,
            version: row.version,
            quarantined: None,
        }
    }
}

impl PaymentRow {
    pub(crate) fn marked(mut self, known: &Known) -> Self {
        self.quarantined = mark(known, self.id);
        self
    }
}

fn mark(known: &Known, payment: Uuid) -> Option<Quarantined> {
    known.mark(StreamKey::Payment(PaymentId::new(payment))).map(Quarantined::from)
}
