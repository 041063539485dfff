//! `POST /api/customers/{customer}/wallet/close`: an empty wallet of a customer who left.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;

use super::{Because, wallet};
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::problem::Problem;
use crate::scope::GOVERN_WALLETS;
use crate::wire::reply::{ProblemReply, WalletReply};

const ROUTE: &str = "POST /api/customers/{customer}/wallet/close";

/// Closes a wallet that holds nothing, owes nothing and waits for nothing. The next credit opens it again.
#[utoipa::path(
    post,
    path = "/api/customers/{customer}/wallet/close",
    tag = "wallets",
    operation_id = "close_wallet",
    params(("customer" = String, Path)),
    request_body = Because,
    responses(
        (status = 200, description = "The wallet after it", body = WalletReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ GOVERN_WALLETS }>,
    path: Segments<1>,
    attempt: Attempt<false>,
    Json(body): Json<Because>,
) -> Result<Response, Problem> {
    let (wallet, before) = wallet(&app, &caller, &path.one(), body.currency).await?;
    let command = Command::CloseWallet { wallet };
    let asked = Asked::about(ROUTE, StreamKey::Wallet(wallet), before, &body, command)
        .with_reason(body.reason.clone());
    let name = attempt.name(&app, &caller.credential);
    execute(&app, &caller, &attempt, name, asked).await
}
