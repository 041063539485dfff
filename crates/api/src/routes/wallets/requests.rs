//! `GET /api/customers/{customer}/wallet/requests`: what a customer asked for, and what became of it.

use axum::extract::State;
use projections::wallet_requests::{self, Filter};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find;
use crate::page::{self, Page, Paging};
use crate::problem::Problem;
use crate::scope::READ_WALLETS;
use crate::view::View;
use crate::wire::reply::ProblemReply;
use crate::wire::wallet::WalletRequestRow;

/// A page of requests.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustomerWalletRequests)]
pub(crate) struct Body {
    requests: Vec<WalletRequestRow>,
    next: Option<String>,
}

/// A customer's top-ups and withdrawals, the oldest first.
#[utoipa::path(
    get,
    path = "/api/customers/{customer}/wallet/requests",
    tag = "wallets",
    operation_id = "get_customer_wallet_requests",
    params(("customer" = String, Path), Paging),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_WALLETS }>,
    path: Segments<1>,
    Search(query): Search<Paging>,
) -> Result<View<Body>, Problem> {
    let customer = find::customer(&caller, &path.one())?;
    let path = format!("/api/customers/{}/wallet/requests", page::segment(customer.as_str()));
    let mut page = Page::asked(&path, &[], query.cursor.as_deref(), query.limit)?;
    let (after, rows) = (page.after(), page.rows());
    let filter = Filter { customers: Some(vec![customer.to_string()]), ..Filter::default() };
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let mut read = wallet_requests::page(&mut conn, app.ledger.book(), filter, after, rows)
        .await
        .map_err(Problem::unreadable)?;
    let next =
        page.cut(&mut read.value, |last| (last.requested_at.unwrap_or_default(), last.request_id));
    let requests = read.value.into_iter().map(WalletRequestRow::from).collect();
    Ok(View::new(read.cursor, Body { requests, next: next.cursor }).with_next(next.link))
}
