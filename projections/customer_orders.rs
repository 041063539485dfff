//! An order as its customer sees it.

use chrono::{DateTime, Utc};
use domain::order::status::Method;
use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::at::{self, At};
use crate::fact::{Fact, FoldError, stored};
use crate::projection::{Maker, Projection, Rows, Sql, sql};
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
    const OF_STATE: bool = true;
    const SQL: Sql = SQL;
    const KEY: &'static [&'static str] = &["order_id"];
    const MAKER: Maker = Maker::Of { aggregate_type: "order", column: "order_id" };
    const SUMS: &'static [&'static str] = &["total", "paid"];
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

/// The order of an id.
pub async fn find(
    conn: &mut PgConnection,
    book: BookId,
    order: Uuid,
) -> Result<At<Option<CustomerOrder>>, sqlx::Error> {
    at::one(conn, at::on(include_str!("customer_orders/find.sql"), book).bind(order)).await
}

/// The orders that bear a number: one, or several that were taken over.
pub async fn find_by_number(
    conn: &mut PgConnection,
    book: BookId,
    number: &str,
) -> Result<At<Vec<CustomerOrder>>, sqlx::Error> {
    let sql = include_str!("customer_orders/find_by_number.sql");
    at::many(conn, at::on(sql, book).bind(number.to_owned())).await
}

/// A customer's orders, newest first, after the one that the last page ended with.
pub async fn page_of_customer(
    conn: &mut PgConnection,
    book: BookId,
    customer: &str,
    after: Option<(DateTime<Utc>, Uuid)>,
    size: u32,
) -> Result<At<Vec<CustomerOrder>>, sqlx::Error> {
    let (placed_at, order) = after.unzip();
    let query = at::on(include_str!("customer_orders/page_of_customer.sql"), book)
        .bind(customer.to_owned())
        .bind(placed_at)
        .bind(order)
        .bind(at::limit(size));
    at::many(conn, query).await
}

/// The last counter of a number series, allotted here or taken over; zero when there is none.
pub async fn last_counter(
    conn: &mut PgConnection,
    book: BookId,
    series: &str,
) -> Result<u32, sqlx::Error> {
    let counter: i64 = sqlx::query_scalar(include_str!("customer_orders/last_counter.sql"))
        .bind(book)
        .bind(series)
        .fetch_one(conn)
        .await?;
    u32::try_from(counter).map_err(|cause| sqlx::Error::Decode(cause.into()))
}
