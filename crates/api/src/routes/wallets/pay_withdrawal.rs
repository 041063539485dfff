//! `POST /api/wallet-withdrawals/{request}/pay`: the bank was told to pay it out.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FoundRequest, Kind, request};
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::problem::Problem;
use crate::scope::DECIDE_WALLET_REQUESTS;
use crate::wire::reply::{ProblemReply, WalletReply};

const ROUTE: &str = "POST /api/wallet-withdrawals/{request}/pay";

/// How it was paid.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PayWithdrawal)]
pub(crate) struct Body {
    /// Our bank account that it was paid from.
    #[schema(value_type = String, max_length = 128)]
    account: Code,
    /// The bank's reference.
    #[schema(value_type = String, max_length = 128)]
    reference: Code,
}

/// Records that a withdrawal was paid out.
#[utoipa::path(
    post,
    path = "/api/wallet-withdrawals/{request}/pay",
    tag = "wallets",
    operation_id = "pay_withdrawal",
    params(("request" = Uuid, Path)),
    request_body = Body,
    responses(
        (status = 200, description = "The wallet after it", body = WalletReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ DECIDE_WALLET_REQUESTS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let text = path.one();
    let FoundRequest { id: request, wallet, before, .. } =
        request(&app, &caller, &text, Kind::Withdrawal).await?;
    let (account, reference) = (body.account.clone(), body.reference.clone());
    let command = Command::PayWithdrawal { wallet, request, account, reference };
    // Which request is a part of what is asked.
    let told = (text, &body);
    let asked = Asked::about(ROUTE, StreamKey::Wallet(wallet), before, &told, command);
    let name = attempt.name(&app, &caller.credential);
    execute(&app, &caller, &attempt, name, asked).await
}
