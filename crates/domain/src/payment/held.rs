//! Where a payment's money is: between us and the bank, in the till, or in a bank account.

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::id::Code;

/// Where a payment's money is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// Finance believes a transfer that no statement has confirmed yet.
    BankClearing,
    /// A gateway took it and has not paid it out to us yet.
    GatewayClearing,
    Cash,
    /// In this bank account of ours.
    Bank(Code),
}

impl Held {
    /// Where money is when it has just come in.
    pub fn received(kind: &Kind) -> Self {
        match kind {
            Kind::BankTransfer { .. } => Self::BankClearing,
            Kind::Gateway { .. } => Self::GatewayClearing,
            Kind::Cash { .. } => Self::Cash,
        }
    }
}
