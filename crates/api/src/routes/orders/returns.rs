//! `POST /api/orders/{order}/returns`: goods that were delivered came back.

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
use crate::scope::TAKE_BACK_GOODS;
use crate::wire::order::LineQuantity;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/returns";

/// How much of which lines, and why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReturnGoods)]
pub(crate) struct Body {
    lines: Vec<LineQuantity>,
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
}

/// Records delivered goods that came back; money moves with a refund.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/returns",
    tag = "orders",
    operation_id = "returns_order",
    params(("order" = String, Path, description = "Id or number")),
    request_body = Body,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ TAKE_BACK_GOODS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let command = Command::ReturnGoods {
        order: found.id,
        lines: LineQuantity::all(&body.lines),
        reason: body.reason.clone(),
    };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command)
        .with_reason(body.reason.clone());
    execute(&app, &caller, &attempt, name, asked).await
}
