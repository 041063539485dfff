//! `POST /api/payments/{payment}/correct`: the payment was recorded by mistake.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::{Code, Reason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::found;
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::problem::Problem;
use crate::scope::CORRECT_PAYMENTS;
use crate::wire::reply::{PaymentReply, ProblemReply};

const ROUTE: &str = "POST /api/payments/{payment}/correct";

/// Why, and the ticket that it belongs to.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CorrectPayment)]
pub(crate) struct Body {
    #[schema(value_type = String, max_length = 1000)]
    reason: Reason,
    #[schema(value_type = String, max_length = 128)]
    ticket: Code,
}

/// Undoes a payment that was recorded by mistake and of which nothing was used yet. Needs an If-Match.
#[utoipa::path(
    post,
    path = "/api/payments/{payment}/correct",
    tag = "payments",
    operation_id = "correct_payment",
    params(
        ("payment" = Uuid, Path),
        ("If-Match" = String, Header, description = "The version that was seen"),
    ),
    request_body = Body,
    responses(
        (status = 200, description = "The payment after it", body = PaymentReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ CORRECT_PAYMENTS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    attempt.must_name_version()?;
    let found = found::payment(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let (reason, ticket) = (body.reason.clone(), body.ticket.clone());
    let command = Command::CorrectPayment {
        payment: found.id,
        reason: reason.clone(),
        ticket: ticket.clone(),
    };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    let asked = asked.with_reason(reason).with_ticket(ticket);
    execute(&app, &caller, &attempt, name, asked).await
}
