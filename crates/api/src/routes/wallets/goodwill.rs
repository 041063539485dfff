//! `POST /api/customers/{customer}/wallet/goodwill`: a gift of the shop.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::Reason;
use domain::wallet::Source;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wallet;
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::problem::Problem;
use crate::scope::ADJUST_WALLETS;
use crate::wire::money::Amount;
use crate::wire::reply::{ProblemReply, WalletReply};

const ROUTE: &str = "POST /api/customers/{customer}/wallet/goodwill";

/// How much, and why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Goodwill)]
pub(crate) struct Body {
    amount: Amount,
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
}

/// Credits a wallet with what the shop gives away.
#[utoipa::path(
    post,
    path = "/api/customers/{customer}/wallet/goodwill",
    tag = "wallets",
    operation_id = "goodwill_wallet",
    params(("customer" = String, Path)),
    request_body = Body,
    responses(
        (status = 200, description = "The wallet after it", body = WalletReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ ADJUST_WALLETS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let amount = body.amount.0;
    let (wallet, before) = wallet(&app, &caller, &path.one(), amount.currency()).await?;
    let source = Source::Goodwill { reason: body.reason.clone() };
    let command = Command::CreditWallet { wallet, amount, source };
    let asked = Asked::about(ROUTE, StreamKey::Wallet(wallet), before, &body, command)
        .with_reason(body.reason.clone());
    let name = attempt.name(&app, &caller.credential);
    execute(&app, &caller, &attempt, name, asked).await
}
