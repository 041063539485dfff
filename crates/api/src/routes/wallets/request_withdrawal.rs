//! `POST /api/customers/{customer}/wallet/withdrawals`: the customer wants money back.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::{CustomerId, PersonalDataId, RequestId, WalletId};
use domain::order::PersonalRef;
use ledger::personal::NewPersonal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wallet;
use crate::app::App;
use crate::attempt::Attempt;
use crate::attempt::CommandName;
use crate::caller::Caller;
use crate::command::must_not_be_refused_too_often;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::find;
use crate::personal;
use crate::problem::Problem;
use crate::scope::ASK_OF_WALLETS;
use crate::wire::money::Amount;
use crate::wire::reply::{ProblemReply, WalletReply};
use crate::wire::wallet::Destination;

const ROUTE: &str = "POST /api/customers/{customer}/wallet/withdrawals";

/// How much, and where to.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RequestWithdrawal)]
pub(crate) struct Body {
    amount: Amount,
    /// Kept apart from the wallet, encrypted.
    destination: Destination,
}

/// Takes money out of a wallet; it waits for finance to pay it out.
#[utoipa::path(
    post,
    path = "/api/customers/{customer}/wallet/withdrawals",
    tag = "wallets",
    operation_id = "request_withdrawal",
    params(("customer" = String, Path)),
    request_body = Body,
    responses(
        (status = 200, description = "The wallet after it", body = WalletReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ ASK_OF_WALLETS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let customer = find::customer(&caller, &path.one())?;
    let amount = body.amount.0;
    let (wallet, before) = wallet(&app, &caller, customer.as_str(), amount.currency()).await?;
    let name = attempt.name(&app, &caller.credential);
    let destination = if attempt.dry_run {
        None
    } else {
        must_not_be_refused_too_often(&app, &caller)?;
        Some(store(&app, name, &customer, wallet, &body.destination).await?)
    };
    let request = RequestId::new(name.derive(&app, "withdrawal"));
    let command = Command::RequestWithdrawal { wallet, request, amount, destination };
    let asked = Asked::about(ROUTE, StreamKey::Wallet(wallet), before, &body, command);
    execute(&app, &caller, &attempt, name, asked).await
}

/// Commits where the money goes before the event that will name it.
async fn store(
    app: &App,
    name: CommandName,
    customer: &CustomerId,
    wallet: WalletId,
    destination: &Destination,
) -> Result<PersonalRef, Problem> {
    let text = serde_json::to_string(destination).map_err(Problem::unreadable)?;
    let new = NewPersonal {
        id: PersonalDataId::new(name.derive(app, "destination")),
        customer,
        stream: StreamKey::Wallet(wallet),
        kind: "destination",
        content: text.as_bytes(),
    };
    personal::store(app, &new).await
}
