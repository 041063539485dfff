//! `POST /api/orders/{order}/refunds`: what came back is paid back.

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
use crate::scope::REFUND_ORDERS;
use crate::wire::order::LineQuantity;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/refunds";

/// What is paid back, and why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RefundOrder)]
pub(crate) struct Body {
    /// Everything that came back and is not paid back yet, if left out.
    lines: Option<Vec<LineQuantity>>,
    /// Whether their share of delivery fee and surcharge is paid back too.
    fees: bool,
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
}

/// Pays for returned goods back into the customer's wallet.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/refunds",
    tag = "orders",
    operation_id = "refunds_order",
    params(("order" = String, Path, description = "Id or number")),
    request_body = Body,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ REFUND_ORDERS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let command = Command::Refund {
        order: found.id,
        lines: body.lines.as_deref().map(LineQuantity::all),
        fees: body.fees,
    };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command)
        .with_reason(body.reason.clone());
    execute(&app, &caller, &attempt, name, asked).await
}
