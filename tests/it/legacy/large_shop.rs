//! Many more orders for an old shop: enough to be in the middle of.

use sqlx::PgConnection;

pub(crate) const ORDERS: u64 = 2_000;

/// Adds orders of two hundred customers, each with its two rows, an item and a wallet's debit.
pub(crate) async fn add(old: &mut PgConnection) {
    sqlx::raw_sql(include_str!("add_orders.sql")).execute(old).await.expect("the tables are there");
}
