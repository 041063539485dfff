//! `POST /api/customers/{customer}/wallet/corrections`: takes back goodwill or an adjustment.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::{Code, Reason};
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
use crate::scope::CORRECT_WALLETS;
use crate::wire::reply::{ProblemReply, WalletReply};

const ROUTE: &str = "POST /api/customers/{customer}/wallet/corrections";

/// Which movement, and why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CorrectWallet)]
pub(crate) struct Body {
    /// The movement's sequence in the wallet's statement.
    sequence: u64,
    #[schema(value_type = String)]
    currency: Currency,
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
    #[schema(value_type = String, max_length = 128)]
    ticket: Code,
}

/// Takes back a movement that concerns the wallet alone. Needs an If-Match.
#[utoipa::path(
    post,
    path = "/api/customers/{customer}/wallet/corrections",
    tag = "wallets",
    operation_id = "correct_wallet",
    params(
        ("customer" = String, Path),
        ("If-Match" = String, Header, description = "The version that was seen"),
    ),
    request_body = Body,
    responses(
        (status = 200, description = "The wallet after it", body = WalletReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ CORRECT_WALLETS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let (wallet, before) = wallet(&app, &caller, &path.one(), body.currency).await?;
    attempt.must_name_version()?;
    let (sequence, reason, ticket) = (body.sequence, body.reason.clone(), body.ticket.clone());
    let command = Command::CorrectWallet { wallet, sequence, reason, ticket };
    let asked = Asked::about(ROUTE, StreamKey::Wallet(wallet), before, &body, command)
        .with_reason(body.reason.clone())
        .with_ticket(body.ticket.clone());
    let name = attempt.name(&app, &caller.credential);
    execute(&app, &caller, &attempt, name, asked).await
}
