//! What a person says: which order, and what is true of it.

use std::fmt;

use chrono::NaiveDate;
use domain::id::{Code, OrderId, Reason};
use domain::order::status::Warehouse;
use eventstore::BookId;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::FixError;

/// An order by its id or its number; `M2511128/2` is the second use of a repeated number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderRef(pub String);

impl fmt::Display for OrderRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What records cannot say and a person has found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    pub order: OrderRef,
    #[serde(default)]
    pub facts: StatedFacts,
    pub reason: Reason,
    /// What of the transfer was for this order, as plain decimal text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_amount: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<StatedTransfer>,
}

/// What is true of an order. What was delivered was shipped, and what was shipped was released.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "the facts as a person states them, one by one")]
pub struct StatedFacts {
    pub released: bool,
    /// How far the warehouse is with an order that is released and not shipped.
    pub warehouse: Warehouse,
    pub shipped: bool,
    pub delivered: bool,
    /// It was given up: what it holds goes back to the wallet.
    pub cancelled: bool,
}

/// The transfer that finance saw on the bank's statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedTransfer {
    pub account: Code,
    pub reference: Code,
    pub date: NaiveDate,
    /// All of the transfer, as plain decimal text.
    pub amount: String,
}

/// Finds the one order that is meant.
pub(super) async fn resolve(
    conn: &mut PgConnection,
    book: BookId,
    order: &OrderRef,
) -> Result<OrderId, FixError> {
    if let Ok(id) = order.0.parse::<OrderId>() {
        return Ok(id);
    }
    let (number, epoch) = match order.0.split_once('/') {
        Some((number, epoch)) => (number, Some(epoch)),
        None => (order.0.as_str(), None),
    };
    // A NUL would be an error of the database's instead of a number that nobody has.
    if number.contains('\0') {
        return Err(FixError::UnknownOrder(order.clone()));
    }
    let found: Vec<(Uuid, Option<String>)> =
        sqlx::query_as(include_str!("../sql/find_orders_by_number.sql"))
            .bind(book)
            .bind(number)
            .fetch_all(conn)
            .await?;
    let orders: Vec<OrderId> = found
        .into_iter()
        .filter(|(_, own)| epoch.is_none() || own.as_deref() == epoch)
        .map(|(id, _)| OrderId::new(id))
        .collect();
    match orders.as_slice() {
        [] => Err(FixError::UnknownOrder(order.clone())),
        [only] => Ok(*only),
        [..] => Err(FixError::AmbiguousNumber { number: order.clone(), orders }),
    }
}
