//! `GET /api/customers/{customer}/orders`: a customer's orders, newest first.

use axum::extract::State;
use projections::customer_orders;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find;
use crate::page::{self, Page, Paging};
use crate::problem::Problem;
use crate::scope::READ_ORDERS;
use crate::view::View;
use crate::wire::order::CustomerOrderRow;
use crate::wire::reply::ProblemReply;

/// A page of orders.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustomerOrders)]
pub(crate) struct Body {
    orders: Vec<CustomerOrderRow>,
    next: Option<String>,
}

/// A customer's orders, newest first.
#[utoipa::path(
    get,
    path = "/api/customers/{customer}/orders",
    tag = "customers",
    operation_id = "get_customer_orders",
    params(("customer" = String, Path), Paging),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_ORDERS }>,
    path: Segments<1>,
    Search(query): Search<Paging>,
) -> Result<View<Body>, Problem> {
    let customer = find::customer(&caller, &path.one())?;
    let path = format!("/api/customers/{}/orders", page::segment(customer.as_str()));
    let mut page = Page::asked(&path, &[], query.cursor.as_deref(), query.limit)?;
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let book = app.ledger.book();
    let (after, rows) = (page.after(), page.rows());
    let mut read =
        customer_orders::page_of_customer(&mut conn, book, customer.as_str(), after, rows)
            .await
            .map_err(Problem::unreadable)?;
    let next =
        page.cut(&mut read.value, |last| (last.placed_at.unwrap_or_default(), last.order_id));
    let known = app.ledger.quarantine();
    let rows = read.value.into_iter().map(CustomerOrderRow::from);
    let orders = rows.map(|row| row.marked(known)).collect();
    Ok(View::new(read.cursor, Body { orders, next: next.cursor }).with_next(next.link))
}
