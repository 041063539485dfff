//! `POST /api/payments/{payment}/bank`: cash was taken to the bank.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::found;
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::problem::Problem;
use crate::scope::RECORD_PAYMENTS;
use crate::wire::reply::{PaymentReply, ProblemReply};

const ROUTE: &str = "POST /api/payments/{payment}/bank";

/// Where to.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BankCash)]
pub(crate) struct Body {
    /// The shop's account that it was paid into.
    #[schema(value_type = String, max_length = 128)]
    account: Code,
}

/// Says that cash is in the bank now.
#[utoipa::path(
    post,
    path = "/api/payments/{payment}/bank",
    tag = "payments",
    operation_id = "bank_cash",
    params(("payment" = Uuid, Path)),
    request_body = Body,
    responses(
        (status = 200, description = "The payment after it", body = PaymentReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ RECORD_PAYMENTS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = found::payment(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let command = Command::BankCash { payment: found.id, account: body.account.clone() };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    execute(&app, &caller, &attempt, name, asked).await
}
