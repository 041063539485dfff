//! `POST /api/orders/{order}/corrections`: takes back the last step.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::{Code, Reason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::CORRECT_ORDERS;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/corrections";

/// Which step, and why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CorrectOrder)]
pub(crate) struct Body {
    /// The step's sequence in the order's timeline.
    sequence: u64,
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
    #[schema(value_type = String, max_length = 128)]
    ticket: Code,
}

/// Takes back the order's last step, recorded by mistake.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/corrections",
    tag = "orders",
    operation_id = "corrections_order",
    params(
        ("order" = String, Path, description = "Id or number"),
        ("If-Match" = String, Header, description = "The version that was seen"),
    ),
    request_body = Body,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ CORRECT_ORDERS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    attempt.must_name_version()?;
    let command = Command::CorrectOrder {
        order: found.id,
        sequence: body.sequence,
        reason: body.reason.clone(),
        ticket: body.ticket.clone(),
    };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command)
        .with_reason(body.reason.clone())
        .with_ticket(body.ticket.clone());
    execute(&app, &caller, &attempt, name, asked).await
}
