//! `POST /api/customers/{customer}/wallet/reopen`: a closed one takes requests again.

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
use crate::find;
use crate::problem::Problem;
use crate::scope::GOVERN_WALLETS;
use crate::wire::reply::{ProblemReply, WalletReply};

const ROUTE: &str = "POST /api/customers/{customer}/wallet/reopen";

/// Opens a closed wallet again.
#[utoipa::path(
    post,
    path = "/api/customers/{customer}/wallet/reopen",
    tag = "wallets",
    operation_id = "reopen_wallet",
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
    let customer = find::customer(&caller, &path.one())?;
    let (wallet, before) = wallet(&app, &caller, customer.as_str(), body.currency).await?;
    if before.version() == 0 {
        return Err(Problem::new("wallet-not-open"));
    }
    let command = Command::OpenWallet { customer, currency: body.currency };
    let asked = Asked::about(ROUTE, StreamKey::Wallet(wallet), before, &body, command)
        .with_reason(body.reason.clone());
    let name = attempt.name(&app, &caller.credential);
    execute(&app, &caller, &attempt, name, asked).await
}
