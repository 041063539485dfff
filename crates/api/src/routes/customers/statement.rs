//! `GET /api/customers/{customer}/wallet/statement`: a wallet's movements, newest first.

use axum::extract::State;
use domain::id::WalletId;
use domain::money::Currency;
use projections::wallet_lines;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find;
use crate::page;
use crate::problem::Problem;
use crate::scope::READ_WALLETS;
use crate::view::View;
use crate::wire::reply::ProblemReply;
use crate::wire::wallet::StatementLine;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    cursor: Option<String>,
    limit: Option<u32>,
    /// IQD, if left out.
    currency: Option<String>,
}

/// A page of movements.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalletStatement)]
pub(crate) struct Body {
    wallet: Uuid,
    lines: Vec<StatementLine>,
    next: Option<String>,
}

/// A wallet's movements, newest first.
#[utoipa::path(
    get,
    path = "/api/customers/{customer}/wallet/statement",
    tag = "customers",
    operation_id = "get_wallet_statement",
    params(("customer" = String, Path), Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_WALLETS }>,
    path: Segments<1>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    let customer = find::customer(&caller, &path.one())?;
    let size = page::size(query.limit)?;
    let before = page::read_cursor(query.cursor.as_deref())?;
    let currency = query.currency.as_deref().unwrap_or("IQD");
    let currency = Currency::from_code(currency)
        .ok_or_else(|| Problem::new("invalid-query").fault("currency", "unknown-value"))?;
    let wallet = WalletId::of(&customer, currency).uuid();
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let read = wallet_lines::page(&mut conn, app.ledger.book(), wallet, before, size)
        .await
        .map_err(Problem::unreadable)?;
    let last = read.value.last().filter(|_| page::is_full(read.value.len(), size));
    let next = last.map(|last| page::write_cursor(&last.sequence));
    let link = next.as_ref().map(|next| format!("?cursor={next}&limit={size}"));
    let lines = read.value.into_iter().map(StatementLine::from).collect();
    Ok(View::new(read.cursor, Body { wallet, lines, next }).with_next(link))
}
