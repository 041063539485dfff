//! An order as finance, warehouse and logistics see it.

use chrono::{DateTime, Utc};
use eventstore::Position;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::customer_orders::method;
use crate::fact::{Fact, FoldError, stored};
use crate::projection::{Projection, Rows, Sql, sql};
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
    const SQL: Sql = SQL;
    type Key = Uuid;
    type Row = ManagedOrder;

    fn key(row: &ManagedOrder) -> Uuid {
        row.order_id
    }

    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError> {
        let Some((order_id, _, facts)) = fact.order() else { return Ok(()) };
        let statuses = facts.statuses();
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
            due: facts.totals.due.amount(),
            received: facts.received.amount(),
            owed: facts.owed().amount(),
            held: facts.held().amount(),
            deadline: facts.deadline.map(stored),
            open_receipt_id: facts.open_receipt().map(|receipt| receipt.uuid()),
            in_import_review: facts.in_import_review,
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
