//! `GET /api/management/payments`: money that came in, and what of it still waits for its place.

use axum::extract::State;
use projections::payments;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page::Page;
use crate::problem::Problem;
use crate::scope::READ_PAYMENTS;
use crate::view::View;
use crate::wire::payment::PaymentRow;
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Only payments of which something has no order or wallet yet, or only those that are used up.
    unallocated: Option<bool>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of payments.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentsPage)]
pub(crate) struct Body {
    payments: Vec<PaymentRow>,
    next: Option<String>,
}

/// Payments, in the order of their ids.
#[utoipa::path(
    get,
    path = "/api/management/payments",
    tag = "management",
    operation_id = "get_payments",
    params(Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_PAYMENTS }>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("payments")?;
    let filters = [("unallocated", query.unallocated.map(|unallocated| unallocated.to_string()))];
    let (path, cursor) = ("/api/management/payments", query.cursor.as_deref());
    let mut page = Page::asked(path, &filters, cursor, query.limit)?;
    let (after, rows) = (page.after(), page.rows());
    let (book, unallocated) = (app.ledger.book(), query.unallocated);
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let mut read = payments::page(&mut conn, book, unallocated, after, rows)
        .await
        .map_err(Problem::unreadable)?;
    let next = page.cut(&mut read.value, |last| last.payment_id);
    let known = app.ledger.quarantine();
    let rows = read.value.into_iter().map(PaymentRow::from);
    let payments = rows.map(|row| row.marked(known)).collect();
    Ok(View::new(read.cursor, Body { payments, next: next.cursor }).with_next(next.link))
}
