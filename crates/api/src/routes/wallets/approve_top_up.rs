//! `POST /api/wallet-top-ups/{request}/approve`: finance saw the money.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::{ApproveTopUp, Command, Transfer};
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
use crate::wire::money::Amount;
use crate::wire::payment::BankTransfer;
use crate::wire::reply::{ProblemReply, WalletReply};

const ROUTE: &str = "POST /api/wallet-top-ups/{request}/approve";

/// What finance found out.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApproveTopUp)]
pub(crate) struct Body {
    /// The part of the transfer that is for this wallet.
    verified: Amount,
    transfer: BankTransfer,
    /// The whole transfer; the verified amount, if left out.
    transfer_amount: Option<Amount>,
}

/// Approves a top-up: what was verified goes into the wallet, what is left of the transfer waits.
#[utoipa::path(
    post,
    path = "/api/wallet-top-ups/{request}/approve",
    tag = "wallets",
    operation_id = "approve_top_up",
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
        request(&app, &caller, &text, Kind::TopUp).await?;
    let command = Command::ApproveTopUp(Box::new(ApproveTopUp {
        wallet,
        request,
        amount: body.verified.0,
        transfer: Transfer {
            account: body.transfer.account.clone(),
            reference: body.transfer.reference.clone(),
            date: body.transfer.date,
            amount: body.transfer_amount.unwrap_or(body.verified).0,
        },
    }));
    // Which request is a part of what is asked.
    let told = (text, &body);
    let asked = Asked::about(ROUTE, StreamKey::Wallet(wallet), before, &told, command);
    let name = attempt.name(&app, &caller.credential);
    execute(&app, &caller, &attempt, name, asked).await
}
