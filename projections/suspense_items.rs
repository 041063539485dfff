//! Money whose reason nobody knows yet, item by item, with who has to explain it.

use chrono::{DateTime, Utc};
use domain::account::SuspenseItem;
use domain::suspense::Event;
use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::at::{self, At};
use crate::fact::{Fact, FoldError};
use crate::projection::{Maker, Projection, Rows, Sql, sql};
use crate::row::row;

pub(crate) const SQL: Sql = sql!("suspense_items");

/// The fold.
#[derive(Debug)]
pub struct SuspenseItems;

row! {
    /// A row of `suspense_items`.
    "daftar.suspense_items_row", OpenItem {
        suspense_id: Uuid,
        /// What it is about: `wallet` for what an imported wallet's rows do not explain, or `item`.
        item: String,
        currency: String,
        /// What account 9010 holds of it: debits less credits.
        balance: Decimal,
        owner: String,
        reason: String,
        /// Explanations brought it to zero.
        settled: bool,
        /// Known from the first event on.
        opened_at: Option<DateTime<Utc>>,
        updated_at: DateTime<Utc>,
        version: i64,
        position: Position,
    }
}

impl Projection for SuspenseItems {
    const NAME: &'static str = "suspense_items";
    const FOLD_VERSION: i32 = 1;
    const SQL: Sql = SQL;
    const KEY: &'static [&'static str] = &["suspense_id"];
    const MAKER: Maker = Maker::Of { aggregate_type: "suspense", column: "suspense_id" };
    const SUMS: &'static [&'static str] = &["balance"];
    type Key = Uuid;
    type Row = OpenItem;

    fn key(row: &OpenItem) -> Uuid {
        row.suspense_id
    }

    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError> {
        let Some((suspense_id, event, facts)) = fact.suspense() else { return Ok(()) };
        let item = match facts.item {
            SuspenseItem::Wallet(_) => "wallet",
            SuspenseItem::Item(_) => "item",
        };
        rows.put(OpenItem {
            suspense_id,
            item: item.to_owned(),
            currency: facts.currency.code().to_owned(),
            balance: facts.balance.amount(),
            owner: facts.owner.to_string(),
            reason: facts.reason.to_string(),
            settled: facts.settled,
            opened_at: match event {
                Event::Opened { .. } => Some(fact.recorded.recorded_at),
                Event::Booked { .. } | Event::Explained { .. } => None,
            },
            updated_at: fact.recorded.recorded_at,
            version: fact.version(),
            position: fact.position(),
        });
        Ok(())
    }

    fn merge(before: &OpenItem, after: OpenItem) -> OpenItem {
        OpenItem { opened_at: after.opened_at.or(before.opened_at), ..after }
    }
}

/// The item of an id.
pub async fn find(
    conn: &mut PgConnection,
    book: BookId,
    item: Uuid,
) -> Result<At<Option<OpenItem>>, sqlx::Error> {
    at::one(conn, at::on(include_str!("suspense_items/find.sql"), book).bind(item)).await
}

/// What is still to be explained, oldest first, after the item that the last page ended with.
pub async fn page_open(
    conn: &mut PgConnection,
    book: BookId,
    after: Option<(DateTime<Utc>, Uuid)>,
    size: u32,
) -> Result<At<Vec<OpenItem>>, sqlx::Error> {
    let (opened_at, item) = after.unzip();
    let query = at::on(include_str!("suspense_items/page_open.sql"), book)
        .bind(opened_at)
        .bind(item)
        .bind(at::limit(size));
    at::many(conn, query).await
}
