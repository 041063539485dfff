//! `POST /api/orders/{order}/cancel`: nothing is shipped, and what was paid goes to the wallet.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::Reason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::CANCEL_ORDERS;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/cancel";

/// Why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CancelOrder)]
pub(crate) struct Body {
    /// A client's is a code: small letters, digits, `_` and `-`, 64 at most. What a customer wrote
    /// is personal data and never enters the log. Others write a sentence, without personal data.
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
}

/// Cancels the order; what was paid goes to the customer's wallet.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/cancel",
    tag = "orders",
    operation_id = "cancel_order",
    params(("order" = String, Path, description = "Id or number")),
    request_body = Body,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ CANCEL_ORDERS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.may_give(&body.reason)?;
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let command = Command::Cancel { order: found.id, reason: body.reason.clone() };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command)
        .with_reason(body.reason.clone());
    execute(&app, &caller, &attempt, name, asked).await
}
