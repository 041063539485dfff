//! An order as its customer sees it.

use chrono::{DateTime, Utc};
use domain::order::status::Method;
use eventstore::Position;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::fact::{Fact, FoldError, stored};
use crate::projection::{Projection, Rows, Sql, sql};
use crate::row::row;

pub(crate) const SQL: Sql = sql!("customer_orders");

/// The fold.
#[derive(Debug)]
pub struct CustomerOrders;

row! {
    /// A row of `customer_orders`.
    "daftar.customer_orders_row", CustomerOrder {
        order_id: Uuid,
        number: String,
        /// The number's series and its place in it, if it has one.
        series: Option<String>,
        counter: Option<i64>,
        /// Which use of a repeated number this is; none for numbers allotted here.
        epoch: Option<String>,
        customer_id: String,
        status: String,
        payment_status: String,
        payment_method: String,
        currency: String,
        total: Decimal,
        paid: Decimal,
        /// Known from the first event on.
        placed_at: Option<DateTime<Utc>>,
        deadline: Option<DateTime<Utc>>,
        version: i64,
        position: Position,
    }
}

impl Projection for CustomerOrders {
    const NAME: &'static str = "customer_orders";
    const FOLD_VERSION: i32 = 1;
    const SQL: Sql = SQL;
    type Key = Uuid;
    type Row = CustomerOrder;

    fn key(row: &CustomerOrder) -> Uuid {
        row.order_id
    }

    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError> {
        let Some((order_id, _, facts)) = fact.order() else { return Ok(()) };
        let (series, counter) = facts.series.clone().unzip();
        rows.put(CustomerOrder {
            order_id,
            number: facts.number.to_string(),
            series: series.map(|series| series.to_string()),
            counter: counter.map(i64::from),
            epoch: facts.epoch.as_ref().map(ToString::to_string),
            customer_id: facts.customer.to_string(),
            status: facts.statuses().customer.to_owned(),
            payment_status: facts.payment_status().as_str().to_owned(),
            payment_method: method(facts.method).to_owned(),
            currency: facts.currency.code().to_owned(),
            total: facts.totals.due.amount(),
            paid: facts.received.amount(),
            placed_at: fact.placed_at(),
            deadline: facts.deadline.map(stored),
            version: fact.version(),
            position: fact.position(),
        });
        Ok(())
    }

    fn merge(before: &CustomerOrder, after: CustomerOrder) -> CustomerOrder {
        CustomerOrder { placed_at: after.placed_at.or(before.placed_at), ..after }
    }
}

/// A payment method as the views write it.
pub(crate) fn method(method: Method) -> &'static str {
    match method {
        Method::WalletFull => "wallet_full",
        Method::WalletPartial => "wallet_partial",
        Method::BankTransferGrace => "bank_transfer_grace",
        Method::OnlinePayment => "online_payment",
    }
}

/// The last counter of a number series, imported numbers included; zero of a series that has none.
pub async fn last_counter(
    conn: &mut sqlx::PgConnection,
    book: eventstore::BookId,
    series: &str,
) -> Result<u32, sqlx::Error> {
    let last: Option<i64> = sqlx::query_scalar(include_str!("customer_orders/read_last_counter.sql"))
        .bind(book)
        .bind(series)
        .fetch_one(conn)
        .await?;
    u32::try_from(last.unwrap_or(0)).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
