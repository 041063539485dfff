//! `POST /api/payments/{payment}/reverse`: the money turned out not to exist.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::Reason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::found;
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::problem::Problem;
use crate::scope::REVERSE_PAYMENTS;
use crate::wire::reply::{PaymentReply, ProblemReply};

const ROUTE: &str = "POST /api/payments/{payment}/reverse";

/// Why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReversePayment)]
pub(crate) struct Body {
    #[schema(value_type = String, max_length = 1000)]
    reason: Reason,
}

/// Takes back a payment that was forged or charged back: from orders that shipped nothing, then from
/// the customer's wallet; what is spent the customer owes.
#[utoipa::path(
    post,
    path = "/api/payments/{payment}/reverse",
    tag = "payments",
    operation_id = "reverse_payment",
    params(("payment" = Uuid, Path)),
    request_body = Body,
    responses(
        (status = 200, description = "The payment after it", body = PaymentReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ REVERSE_PAYMENTS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = found::payment(&app, &caller, &path.one()).await?;
    // It may be in the orders and wallets of others.
    if !found.facts().allocations.is_empty() {
        caller.must_see_every_customer("payments that are allocated")?;
    }
    let name = attempt.name(&app, &caller.credential);
    let reason = body.reason.clone();
    let command = Command::ReversePayment { payment: found.id, reason: reason.clone() };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    execute(&app, &caller, &attempt, name, asked.with_reason(reason)).await
}
