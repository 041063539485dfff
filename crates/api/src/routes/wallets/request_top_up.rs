//! `POST /api/customers/{customer}/wallet/top-ups`: the customer says that money was sent.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::{Code, RequestId};
use domain::money::Currency;
use domain::wallet::TopUpRequested;
use serde::Serialize;

use super::wallet;
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute, must_not_be_refused_too_often};
use crate::extract::Segments;
use crate::find;
use crate::problem::Problem;
use crate::scope::ASK_OF_WALLETS;
use crate::upload::{Claim, Upload};
use crate::wire::money::Amount;
use crate::wire::reply::{ProblemReply, WalletReply};

const ROUTE: &str = "POST /api/customers/{customer}/wallet/top-ups";

/// What is asked, as far as a retry has to repeat it.
#[derive(Serialize)]
struct Told<'a> {
    currency: Currency,
    claimed: Option<Amount>,
    file: &'a Code,
}

/// Records that money was sent for a wallet, with its receipt as the whole body. Nothing moves
/// before finance approves it.
#[utoipa::path(
    post,
    path = "/api/customers/{customer}/wallet/top-ups",
    tag = "wallets",
    operation_id = "request_top_up",
    params(
        ("customer" = String, Path),
        ("claimed" = Option<String>, Query, description = "What the customer says was sent: a decimal"),
        ("currency" = String, Query, description = "Which of the customer's wallets; it is opened if need be"),
    ),
    request_body(
        description = "The file, at most 5 MB",
        content(
            (Vec<u8> = "application/pdf"),
            (Vec<u8> = "image/jpeg"),
            (Vec<u8> = "image/png"),
        ),
    ),
    responses(
        (status = 200, description = "The wallet after it, and the request's id", body = WalletReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ ASK_OF_WALLETS }>,
    path: Segments<1>,
    attempt: Attempt<true, Claim>,
    upload: Upload,
) -> Result<Response, Problem> {
    let customer = find::customer(&caller, &path.one())?;
    let (currency, claimed) = attempt.parameters.for_wallet()?;
    must_not_be_refused_too_often(&app, &caller)?;
    let (wallet, before) = wallet(&app, &caller, customer.as_str(), currency).await?;
    let stream = StreamKey::Wallet(wallet);
    let name = attempt.name(&app, &caller.credential);
    let stored = if attempt.dry_run {
        None
    } else {
        Some(upload.store(&app, name, &customer, stream).await?)
    };
    let asked = TopUpRequested {
        request: RequestId::new(name.derive(&app, "top-up")),
        claimed: claimed.map(|claimed| claimed.0),
        file: Some(upload.hash().clone()),
        stored,
        repeats: None,
    };
    let command = Command::RequestTopUp { customer, currency, asked };
    let told = Told { currency, claimed, file: upload.hash() };
    let asked = Asked::about(ROUTE, stream, before, &told, command);
    execute(&app, &caller, &attempt, name, asked).await
}
