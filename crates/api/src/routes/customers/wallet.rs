//! `GET /api/customers/{customer}/wallet`: what a customer's wallets hold, one a currency, and what
//! is asked of them.

use axum::extract::State;
use domain::id::CustomerId;
use eventstore::Cursor;
use ledger::as_of::{self, Moment};
use projections::wallet_balances::WalletBalance;
use projections::wallet_requests::{Filter, WalletRequest};
use projections::{wallet_balances, wallet_requests};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::as_of::AsOf;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::READ_WALLETS;
use crate::view::View;
use crate::wire::reply::ProblemReply;
use crate::wire::wallet::{WalletRequestRow, WalletRow};

const OPEN_REQUESTS_MAX: u32 = 200;
const OPEN: &str = "open";

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
    params(("customer" = String, Path), AsOf),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = 304, description = "It is at a version that If-None-Match names"),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_WALLETS }>,
    path: Segments<1>,
    Search(query): Search<AsOf>,
) -> Result<View<Body>, Problem> {
    let customer = find::customer(&caller, &path.one())?;
    let (at, wallets, requests) = match query.moment()? {
        Some(moment) => as_it_was(&app, &customer, moment).await?,
        None => as_it_is(&app, &customer).await?,
    };
    let version = match wallets.as_slice() {
        [only] => u64::try_from(only.version).ok(),
        _ => None,
    };
    let rows = wallets.into_iter().map(WalletRow::from);
    let wallets: Vec<WalletRow> = rows.map(|row| row.marked(app.ledger.quarantine())).collect();
    // A wallet is marked and not, at the same version.
    let version = version.filter(|_| !wallets.iter().any(WalletRow::is_marked));
    let open_requests = requests.into_iter().map(WalletRequestRow::from).collect();
    Ok(View::new(at, Body { wallets, open_requests }).at_any_version(version))
}

type Held = (Cursor, Vec<WalletBalance>, Vec<WalletRequest>);

async fn as_it_is(app: &App, customer: &CustomerId) -> Result<Held, Problem> {
    let book = app.ledger.book();
    let mut tx =
        app.ledger.pool().begin_with(as_of::SNAPSHOT).await.map_err(Problem::unreadable)?;
    let read = wallet_balances::of_customer(&mut tx, book, customer.as_str())
        .await
        .map_err(Problem::unreadable)?;
    let (state, customers) = (Some(OPEN.to_owned()), Some(vec![customer.to_string()]));
    let filter = Filter { state, kind: None, customers };
    let open = wallet_requests::page(&mut tx, book, filter, None, OPEN_REQUESTS_MAX)
        .await
        .map_err(Problem::unreadable)?;
    tx.commit().await.map_err(Problem::unreadable)?;
    Ok((read.cursor, read.value, open.value))
}

async fn as_it_was(app: &App, customer: &CustomerId, moment: Moment) -> Result<Held, Problem> {
    let (at, held) = as_of::wallets(&app.ledger, customer, moment).await?;
    let mut requests: Vec<WalletRequest> =
        held.iter().flat_map(|wallet| &wallet.requests).cloned().collect();
    requests.retain(|request| request.state == OPEN);
    requests.sort_by_key(|request| (request.requested_at, request.request_id));
    requests.truncate(usize::try_from(OPEN_REQUESTS_MAX).unwrap_or(usize::MAX));
    let balances = held.into_iter().filter_map(|wallet| wallet.balance).collect();
    Ok((at, balances, requests))
}
