//! An order as finance, warehouse and logistics see it.

use chrono::{DateTime, Utc};
use domain::id::ReceiptId;
use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::at::{self, At};
use crate::customer_orders::method;
use crate::fact::{Fact, FoldError, stored};
use crate::projection::{Maker, Projection, Rows, Sql, sql};
use crate::row::row;

pub(crate) const SQL: Sql = sql!("order_management");

/// The fold.
#[derive(Debug)]
pub struct OrderManagement;

row! {
    /// A row of `order_management`.
    "daftar.order_management_row", ManagedOrder {
        order_id: Uuid,
        number: String,
        customer_id: String,
        current_status: String,
        /// Who has to act; none when it is over.
        department: Option<String>,
        phase: String,
        payment_status: String,
        payment_method: String,
        currency: String,
        released: bool,
        due: Decimal,
        received: Decimal,
        owed: Decimal,
        /// What account 2200 holds for the order.
        held: Decimal,
        deadline: Option<DateTime<Utc>>,
        open_receipt_id: Option<Uuid>,
        in_import_review: bool,
        /// Somebody still has to act, or money is still owed.
        is_open: bool,
        /// Which departments have put it on hold, and why, one beside the other.
        on_hold_departments: Vec<String>,
        on_hold_reasons: Vec<String>,
        /// Known from the first event on.
        placed_at: Option<DateTime<Utc>>,
        updated_at: DateTime<Utc>,
        version: i64,
        position: Position,
    }
}

impl Projection for OrderManagement {
    const NAME: &'static str = "order_management";
    const FOLD_VERSION: i32 = 1;
    const OF_STATE: bool = true;
    const SQL: Sql = SQL;
    const KEY: &'static [&'static str] = &["order_id"];
    const MAKER: Maker = Maker::Of { aggregate_type: "order", column: "order_id" };
    const SUMS: &'static [&'static str] = &["due", "received", "owed", "held"];
    type Key = Uuid;
    type Row = ManagedOrder;

    fn key(row: &ManagedOrder) -> Uuid {
        row.order_id
    }

    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError> {
        let Some((order_id, _, facts)) = fact.order() else { return Ok(()) };
        let statuses = facts.statuses();
        let holding = facts.holds.keys().map(|department| department.as_str());
        rows.put(ManagedOrder {
            order_id,
            number: facts.number.to_string(),
            customer_id: facts.customer.to_string(),
            current_status: statuses.management.to_owned(),
            department: statuses.department.map(str::to_owned),
            phase: facts.phase().as_str().to_owned(),
            payment_status: facts.payment_status().as_str().to_owned(),
            payment_method: method(facts.method).to_owned(),
            currency: facts.currency.code().to_owned(),
            released: facts.released,
            due: facts.due().amount(),
            received: facts.received.amount(),
            owed: facts.owed().amount(),
            held: facts.held().amount(),
            deadline: facts.deadline.map(stored),
            open_receipt_id: facts.open_receipt().map(ReceiptId::uuid),
            in_import_review: facts.in_import_review,
            is_open: statuses.department.is_some() || facts.owed().is_positive(),
            on_hold_departments: holding.map(str::to_owned).collect(),
            on_hold_reasons: facts.holds.values().map(ToString::to_string).collect(),
            placed_at: fact.placed_at(),
            updated_at: fact.recorded.recorded_at,
            version: fact.version(),
            position: fact.position(),
        });
        Ok(())
    }

    fn merge(before: &ManagedOrder, after: ManagedOrder) -> ManagedOrder {
        ManagedOrder { placed_at: after.placed_at.or(before.placed_at), ..after }
    }
}

/// Which orders a worklist shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub department: Option<String>,
    pub current_status: Option<String>,
    /// Only those of these customers.
    pub customers: Option<Vec<String>>,
}

/// How many orders stand in one status.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StatusCount {
    pub current_status: String,
    pub department: Option<String>,
    pub count: i64,
}

/// The order of an id.
pub async fn find(
    conn: &mut PgConnection,
    book: BookId,
    order: Uuid,
) -> Result<At<Option<ManagedOrder>>, sqlx::Error> {
    at::one(conn, at::on(include_str!("order_management/find.sql"), book).bind(order)).await
}

/// A worklist, oldest first, after the order that the last page ended with.
pub async fn page(
    conn: &mut PgConnection,
    book: BookId,
    filter: Filter,
    after: Option<(DateTime<Utc>, Uuid)>,
    size: u32,
) -> Result<At<Vec<ManagedOrder>>, sqlx::Error> {
    let (placed_at, order) = after.unzip();
    let query = at::on(include_str!("order_management/page.sql"), book)
        .bind(filter.department)
        .bind(filter.current_status)
        .bind(filter.customers)
        .bind(placed_at)
        .bind(order)
        .bind(at::limit(size));
    at::many(conn, query).await
}

/// The orders whose deadline has passed at this time, the most overdue first.
pub async fn find_due(
    conn: &mut PgConnection,
    book: BookId,
    now: DateTime<Utc>,
    size: u32,
) -> Result<At<Vec<ManagedOrder>>, sqlx::Error> {
    let query =
        at::on(include_str!("order_management/find_due.sql"), book).bind(now).bind(at::limit(size));
    at::many(conn, query).await
}

/// How many orders stand where.
pub async fn count_by_status(
    conn: &mut PgConnection,
    book: BookId,
) -> Result<At<Vec<StatusCount>>, sqlx::Error> {
    at::many(conn, at::on(include_str!("order_management/count_by_status.sql"), book)).await
}
