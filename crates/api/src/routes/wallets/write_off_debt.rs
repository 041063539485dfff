//! `POST /api/customers/{customer}/wallet/debt/write-off`: what the customer will never pay.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::Reason;
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

const ROUTE: &str = "POST /api/customers/{customer}/wallet/debt/write-off";

/// How much, and why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WriteOffDebt)]
pub(crate) struct Body {
    /// All of it, if left out.
    amount: Option<Amount>,
    #[schema(value_type = String)]
    currency: Currency,
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
}

/// Writes off what a customer owes.
#[utoipa::path(
    post,
    path = "/api/customers/{customer}/wallet/debt/write-off",
    tag = "wallets",
    operation_id = "write_off_debt",
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
    let (amount, reason) = (body.amount.map(|amount| amount.0), body.reason.clone());
    let command = Command::WriteOffDebt { wallet, amount, reason };
    let asked = Asked::about(ROUTE, StreamKey::Wallet(wallet), before, &body, command)
        .with_reason(body.reason.clone());
    let name = attempt.name(&app, &caller.credential);
    execute(&app, &caller, &attempt, name, asked).await
}
