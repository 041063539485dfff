//! `POST /api/orders/{order}/receipts/{receipt}/reject`: finance did not see the money.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::Reason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decide_receipt::receipt;
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::DECIDE_RECEIPTS;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/receipts/{receipt}/reject";

/// Why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RejectReceipt)]
pub(crate) struct Body {
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
}

/// Rejects a receipt; the order gets more time.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/receipts/{receipt}/reject",
    tag = "orders",
    operation_id = "reject_receipt",
    params(
        ("order" = String, Path, description = "Id or number"),
        ("receipt" = Uuid, Path),
    ),
    request_body = Body,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ DECIDE_RECEIPTS }>,
    path: Segments<2>,
    attempt: Attempt<false>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let (order, text) = path.two();
    let found = find::order(&app, &caller, &order).await?;
    let name = attempt.name(&app, &caller.credential);
    let (receipt, reason) = (receipt(&text)?, body.reason.clone());
    let command = Command::RejectReceipt { order: found.id, receipt, reason };
    let told = (text, &body);
    let asked = Asked::about(ROUTE, found.stream(), found.state, &told, command)
        .with_reason(body.reason.clone());
    execute(&app, &caller, &attempt, name, asked).await
}
