//! A payment: how it is told of, and how replies show it.

use chrono::NaiveDate;
use domain::id::{Code, PaymentId};
use domain::payment::{Facts, Kind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::money::Money;

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
    customer: Option<String>,
    amount: Money,
    /// What has no order or wallet yet.
    unallocated: Money,
    corrected: bool,
    version: u64,
}

impl Payment {
    pub(crate) fn of(id: PaymentId, facts: &Facts) -> Self {
        Self {
            id: id.uuid(),
            kind: match facts.kind {
                Kind::BankTransfer { .. } => "bank_transfer",
                Kind::Gateway { .. } => "gateway",
                Kind::Cash { .. } => "cash",
            },
            customer: facts.customer.as_ref().map(ToString::to_string),
            amount: facts.amount.money().into(),
            unallocated: facts.left.into(),
            corrected: facts.corrected,
            version: facts.version,
        }
    }
}
