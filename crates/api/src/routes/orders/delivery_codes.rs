//! `POST /api/orders/{order}/delivery-codes`: a shipment gets a new code, and its tries begin anew.

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
use crate::delivery_code;
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::ISSUE_DELIVERY_CODES;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/delivery-codes";

/// Which shipment.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IssueDeliveryCode)]
pub(crate) struct Body {
    shipment: Uuid,
}

/// Issues a new delivery code for a shipment; the one before it counts no more.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/delivery-codes",
    tag = "orders",
    operation_id = "delivery_codes_order",
    params(("order" = String, Path, description = "Id or number")),
    request_body = Body,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ ISSUE_DELIVERY_CODES }>,
    path: Segments<1>,
    attempt: Attempt<false>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let shipment = ShipmentId::new(body.shipment);
    let code = delivery_code::next(&app, found.id, found.facts(), shipment);
    let command = Command::IssueDeliveryCode { order: found.id, shipment, code };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    execute(&app, &caller, &attempt, name, asked).await
}
