//! What the old system's rows said of an order that was taken over: evidence, never changed.

use chrono::{DateTime, Utc};
use domain::id::Code;
use domain::order::Event;
use domain::order::import::Stage;
use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::at::{self, At};
use crate::fact::{Fact, FoldError};
use crate::projection::{Maker, Projection, Rows, Sql, sql};
use crate::row::row;

pub(crate) const SQL: Sql = sql!("imported_orders");

/// The fold.
#[derive(Debug)]
pub struct ImportedOrders;

row! {
    /// A row of `imported_orders`.
    "daftar.imported_orders_row", ImportedOrder {
        order_id: Uuid,
        number: String,
        epoch: Option<String>,
        customer_id: String,
        /// The old statuses, word for word.
        customer_status: Option<String>,
        payment_status: Option<String>,
        management_status: Option<String>,
        payment_method: Option<String>,
        /// The old rows' ids, as `table:id`.
        old_rows: Vec<String>,
        /// What is wrong with the records.
        classes: Vec<String>,
        findings: Vec<String>,
        /// The old debits that were linked, each with its amount and what links it.
        debits: Vec<String>,
        currency: String,
        total: Decimal,
        /// The money that the old records prove was paid.
        proven: Decimal,
        /// How far the order had come, or review.
        stage: String,
        placed_at: Option<DateTime<Utc>>,
        recorded_at: DateTime<Utc>,
        position: Position,
    }
}

impl Projection for ImportedOrders {
    const NAME: &'static str = "imported_orders";
    const FOLD_VERSION: i32 = 1;
    const APPEND_ONLY: bool = true;
    const SQL: Sql = SQL;
    const KEY: &'static [&'static str] = &["order_id"];
    const MAKER: Maker = Maker::Of { aggregate_type: "order", column: "order_id" };
    const SUMS: &'static [&'static str] = &["total", "proven"];
    type Key = Uuid;
    type Row = ImportedOrder;

    fn key(row: &ImportedOrder) -> Uuid {
        row.order_id
    }

    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError> {
        let Some((order_id, Event::Imported(imported), _)) = fact.order() else { return Ok(()) };
        let evidence = &imported.evidence;
        rows.put(ImportedOrder {
            order_id,
            number: imported.number.to_string(),
            epoch: text(imported.epoch.as_ref()),
            customer_id: imported.customer.to_string(),
            customer_status: text(evidence.customer_status.as_ref()),
            payment_status: text(evidence.payment_status.as_ref()),
            management_status: text(evidence.management_status.as_ref()),
            payment_method: text(evidence.payment_method.as_ref()),
            old_rows: evidence.rows.iter().map(ToString::to_string).collect(),
            classes: evidence.classes.iter().map(ToString::to_string).collect(),
            findings: evidence.findings.clone(),
            debits: imported
                .debits
                .iter()
                .map(|debit| format!("{} {} {}", debit.debit, debit.amount, debit.proof))
                .collect(),
            currency: imported.currency.code().to_owned(),
            total: imported.totals.due.amount(),
            proven: imported.proven.amount(),
            stage: stage(imported.stage).to_owned(),
            placed_at: fact.placed_at(),
            recorded_at: fact.recorded.recorded_at,
            position: fact.position(),
        });
        Ok(())
    }
}

fn text(code: Option<&Code>) -> Option<String> {
    code.map(ToString::to_string)
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Review => "review",
        Stage::Open => "open",
        Stage::Released { .. } => "released",
        Stage::Dispatched => "dispatched",
        Stage::Delivered => "delivered",
        Stage::Completed => "completed",
        Stage::Ended(_) => "ended",
    }
}

/// The evidence of an order with how it stands now.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct ImportedOrderNow {
    #[sqlx(flatten)]
    pub evidence: ImportedOrder,
    pub current_status: String,
    pub phase: String,
    /// It waits for a person.
    pub in_import_review: bool,
}

/// Which imported orders a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those whose records have this wrong with them.
    pub class: Option<String>,
    /// Only those that wait for a person.
    pub in_import_review: bool,
}

/// The evidence of an order that was taken over.
pub async fn find(
    conn: &mut PgConnection,
    book: BookId,
    order: Uuid,
) -> Result<At<Option<ImportedOrderNow>>, sqlx::Error> {
    at::one(conn, at::on(include_str!("imported_orders/find.sql"), book).bind(order)).await
}

/// Orders that were taken over, after the one that the last page ended with.
pub async fn page(
    conn: &mut PgConnection,
    book: BookId,
    filter: Filter,
    after: Option<Uuid>,
    size: u32,
) -> Result<At<Vec<ImportedOrderNow>>, sqlx::Error> {
    let query = at::on(include_str!("imported_orders/page.sql"), book)
        .bind(filter.class)
        .bind(filter.in_import_review)
        .bind(after)
        .bind(at::limit(size));
    at::many(conn, query).await
}
