//! `POST /api/customers/{customer}/wallet/debt/repay`: what the customer owes, out of the wallet.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use domain::money::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wallet;
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::problem::Problem;
use crate::scope::SETTLE_DEBTS;
use crate::wire::money::Amount;
use crate::wire::reply::{ProblemReply, WalletReply};

const ROUTE: &str = "POST /api/customers/{customer}/wallet/debt/repay";

/// How much.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RepayDebt)]
pub(crate) struct Body {
    /// As much as is owed and there, if left out.
    amount: Option<Amount>,
    #[schema(value_type = String)]
    currency: Currency,
}

/// Repays what a customer owes out of the wallet.
#[utoipa::path(
    post,
    path = "/api/customers/{customer}/wallet/debt/repay",
    tag = "wallets",
    operation_id = "repay_debt",
    params(("customer" = String, Path)),
    request_body = Body,
    responses(
        (status = 200, description = "The wallet after it", body = WalletReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ SETTLE_DEBTS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let (wallet, before) = wallet(&app, &caller, &path.one(), body.currency).await?;
    let amount = body.amount.map(|amount| amount.0);
    let command = Command::RepayDebt { wallet, amount };
    let asked = Asked::about(ROUTE, StreamKey::Wallet(wallet), before, &body, command);
    let name = attempt.name(&app, &caller.credential);
    execute(&app, &caller, &attempt, name, asked).await
}
