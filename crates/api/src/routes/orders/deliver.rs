//! `POST /api/orders/{order}/deliver`: it arrived: what it earned is recognised.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::ShipmentId;
use domain::order::DeliveryProof;
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

const ROUTE: &str = "POST /api/orders/{order}/deliver";

/// Which shipment.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeliverOrder)]
pub(crate) struct Body {
    /// The one on its way, if left out.
    shipment: Option<Uuid>,
}

/// A shipment arrived; what it earned is recognised.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/deliver",
    tag = "orders",
    operation_id = "deliver_order",
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
    let command = Command::Deliver {
        order: found.id,
        shipment: body.shipment.map(ShipmentId::new),
        proof: DeliveryProof::None,
    };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    execute(&app, &caller, &attempt, name, asked).await
}
