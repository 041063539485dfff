//! `POST /api/orders/{order}/dispatch`: hands it to a carrier.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::{Code, ShipmentId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::delivery_code;
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::WORK_IN_LOGISTICS;
use crate::wire::order::LineQuantity;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/dispatch";

/// What goes with whom.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DispatchOrder)]
pub(crate) struct Body {
    /// The shipment's id; made up if left out.
    shipment: Option<Uuid>,
    #[schema(value_type = String, max_length = 128)]
    carrier: Code,
    #[schema(value_type = Option<String>, max_length = 128)]
    tracking: Option<Code>,
    /// Everything that is still to be shipped, if left out.
    lines: Option<Vec<LineQuantity>>,
    /// Whether the receiver has to tell a delivery code: yes, if left out.
    with_code: Option<bool>,
}

/// Hands goods of the order to a carrier, in one shipment of several or in the only one.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/dispatch",
    tag = "orders",
    operation_id = "dispatch_order",
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
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let shipment = ShipmentId::new(body.shipment.unwrap_or_else(|| name.derive(&app, "shipment")));
    let code =
        body.with_code.unwrap_or(true).then(|| delivery_code::first(&app, found.id, shipment));
    let command = Command::Dispatch {
        order: found.id,
        shipment,
        lines: body.lines.as_deref().map(LineQuantity::all),
        carrier: body.carrier.clone(),
        tracking: body.tracking.clone(),
        code,
    };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    execute(&app, &caller, &attempt, name, asked).await
}
