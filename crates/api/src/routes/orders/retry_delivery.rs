//! `POST /api/orders/{order}/retry-delivery`: the carrier tries again.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::ShipmentId;
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

const ROUTE: &str = "POST /api/orders/{order}/retry-delivery";

/// Which shipment.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RetryDelivery)]
pub(crate) struct Body {
    shipment: Uuid,
}

/// The carrier sets out again with a shipment whose delivery failed.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/retry-delivery",
    tag = "orders",
    operation_id = "retry_delivery_order",
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
    let shipment = ShipmentId::new(body.shipment);
    let command = Command::RetryDelivery { order: found.id, shipment };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    execute(&app, &caller, &attempt, name, asked).await
}
