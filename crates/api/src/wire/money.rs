//! Money on the wire: an amount as a string, and its currency.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Any sum.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Money(pub(crate) domain::money::Money);

/// A sum of more than zero.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Amount(pub(crate) domain::money::Amount);

impl From<domain::money::Money> for Money {
    fn from(money: domain::money::Money) -> Self {
        Self(money)
    }
}

fn shape(description: &str, pattern: &str) -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    ObjectBuilder::new()
        .description(Some(description))
        .property("amount", text().pattern(Some(pattern)))
        .property("currency", text().pattern(Some("^[A-Z]{3}$")))
        .required("amount")
        .required("currency")
        .into()
}

impl PartialSchema for Money {
    fn schema() -> RefOr<Schema> {
        shape("A sum: the amount is a string, never a number.", r"^-?\d+(\.\d+)?$")
    }
}

impl ToSchema for Money {}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        shape("A sum of more than zero: the amount is a string, never a number.", r"^\d+(\.\d+)?$")
    }
}

impl ToSchema for Amount {}

/// Money as a view has it: plain text without trailing zeros.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StoredMoney)]
pub(crate) struct Stored {
    amount: String,
    currency: String,
}

impl Stored {
    pub(crate) fn new(amount: Decimal, currency: &str) -> Self {
        Self { amount: amount.normalize().to_string(), currency: currency.to_owned() }
    }
}
