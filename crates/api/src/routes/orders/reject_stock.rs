//! `POST /api/orders/{order}/reject-stock`: the goods are not there.

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
use crate::scope::WORK_IN_WAREHOUSE;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/reject-stock";

/// Why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RejectStock)]
pub(crate) struct Body {
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
}

/// The warehouse cannot pack the order.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/reject-stock",
    tag = "orders",
    operation_id = "reject_stock_order",
    params(("order" = String, Path, description = "Id or number")),
    request_body = Body,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ WORK_IN_WAREHOUSE }>,
    path: Segments<1>,
    attempt: Attempt<false>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let command = Command::RejectStock { order: found.id, reason: body.reason.clone() };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command)
        .with_reason(body.reason.clone());
    execute(&app, &caller, &attempt, name, asked).await
}
