//! `POST /api/orders/{order}/lift-hold`: a department lets it go on.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::order::Department;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::of_department::must_be_of;
use crate::app::App;
use crate::attempt::{Attempt, DryRunOnly};
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::HOLD_ORDERS;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/lift-hold";

/// Whose hold.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LiftHold)]
pub(crate) struct Body {
    /// finance, warehouse or logistics
    #[schema(value_type = String)]
    department: Department,
}

/// Lifts the hold of the caller's own department.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/lift-hold",
    tag = "orders",
    operation_id = "lift_hold_order",
    params(("order" = String, Path, description = "Id or number")),
    request_body = Body,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ HOLD_ORDERS }>,
    path: Segments<1>,
    attempt: Attempt<false, DryRunOnly>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    must_be_of(&caller, body.department)?;
    let command = Command::LiftHold { order: found.id, department: body.department };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    execute(&app, &caller, &attempt, name, asked).await
}
