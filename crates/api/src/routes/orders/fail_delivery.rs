//! `POST /api/orders/{order}/fail-delivery`: the carrier could not hand it over.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::{Reason, ShipmentId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::WORK_IN_LOGISTICS;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/fail-delivery";

/// Which shipment, and why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FailDelivery)]
pub(crate) struct Body {
    shipment: Uuid,
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
}

/// A shipment could not be handed over.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/fail-delivery",
    tag = "orders",
    operation_id = "fail_delivery_order",
    params(("order" = String, Path, description = "Id or number")),
    request_body = Body,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ WORK_IN_LOGISTICS }>,
    path: Segments<1>,
    attempt: Attempt<false>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let (shipment, reason) = (ShipmentId::new(body.shipment), body.reason.clone());
    let command = Command::FailDelivery { order: found.id, shipment, reason };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command)
        .with_reason(body.reason.clone());
    execute(&app, &caller, &attempt, name, asked).await
}
