//! `GET /api/customers/{customer}/wallet`: what a customer's wallets hold, one a currency, and what
//! is asked of them.

use axum::extract::State;
use projections::wallet_requests::Filter;
use projections::{wallet_balances, wallet_requests};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::READ_WALLETS;
use crate::view::View;
use crate::wire::reply::ProblemReply;
use crate::wire::wallet::{WalletRequestRow, WalletRow};

const OPEN_REQUESTS_MAX: u32 = 200;

/// None are taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {}

/// The wallets; none before the first money.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustomerWallets)]
pub(crate) struct Body {
    wallets: Vec<WalletRow>,
    /// Top-ups and withdrawals that wait for finance, oldest first, at most 200.
    open_requests: Vec<WalletRequestRow>,
}

/// What a customer's wallets hold, one a currency, and what is asked of them.
#[utoipa::path(
    get,
    path = "/api/customers/{customer}/wallet",
    tag = "customers",
    operation_id = "get_customer_wallet",
    params(("customer" = String, Path)),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_WALLETS }>,
    path: Segments<1>,
    Search(_none): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    let customer = find::customer(&caller, &path.one())?;
    let book = app.ledger.book();
    let snapshot = "begin isolation level repeatable read, read only";
    let mut tx = app.ledger.pool().begin_with(snapshot).await.map_err(Problem::unreadable)?;
    let read = wallet_balances::of_customer(&mut tx, book, customer.as_str())
        .await
        .map_err(Problem::unreadable)?;
    let (state, customer) = (Some("open".to_owned()), Some(customer.to_string()));
    let filter = Filter { state, kind: None, customer };
    let open = wallet_requests::page(&mut tx, book, filter, None, OPEN_REQUESTS_MAX)
        .await
        .map_err(Problem::unreadable)?;
    tx.commit().await.map_err(Problem::unreadable)?;
    let version = match read.value.as_slice() {
        [only] => u64::try_from(only.version).ok(),
        _ => None,
    };
    let wallets = read.value.into_iter().map(WalletRow::from).collect();
    let open_requests = open.value.into_iter().map(WalletRequestRow::from).collect();
    let view = View::new(read.cursor, Body { wallets, open_requests });
    Ok(match version {
        Some(version) => view.at_version(version),
        None => view,
    })
}
