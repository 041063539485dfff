//! `POST /api/orders/{order}/deliver`: it arrived: what it earned is recognised.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::{OrderId, Reason, ShipmentId};
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
use crate::wire::delivery_code::ToldCode;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/deliver";

/// Which shipment, and how its receiver is known.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeliverOrder)]
pub(crate) struct Body {
    /// The one on its way, if left out.
    shipment: Option<Uuid>,
    /// The code that the receiver told: six digits.
    #[schema(value_type = Option<String>)]
    code: Option<ToldCode>,
    /// Why it was handed over without the code.
    #[schema(value_type = Option<String>, max_length = 500)]
    override_reason: Option<Reason>,
}

/// A shipment arrived; what it earned is recognised. A wrong code counts, and is refused as
/// `delivery-code-wrong`.
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
    let named = body.shipment.map(ShipmentId::new);
    // A code is one shipment's: the one that is meant now, whatever is sent out meanwhile.
    let meant = named.or_else(|| found.facts().shipment(None).ok().map(|(shipment, _)| shipment));
    let proof = proof(&app, &attempt, &body, found.id, meant)?;
    let shipment = if body.code.is_some() { meant } else { named };
    let command = Command::Deliver { order: found.id, shipment, proof };
    let mut asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    asked.tries_allowed = Some(found.tries_allowed);
    if let Some(reason) = body.override_reason.clone() {
        asked = asked.with_reason(reason);
    }
    execute(&app, &caller, &attempt, name, asked).await
}

fn proof(
    app: &App,
    attempt: &Attempt<true>,
    body: &Body,
    order: OrderId,
    shipment: Option<ShipmentId>,
) -> Result<DeliveryProof, Problem> {
    match (&body.code, &body.override_reason) {
        (Some(_), Some(_)) => {
            Err(Problem::new("invalid-body").fault("/override_reason", "not-with-code"))
        }
        // A try that leaves no trace would be one more than are counted.
        (Some(_), None) if attempt.dry_run => {
            Err(Problem::new("invalid-query").fault("dry_run", "not-with-code"))
        }
        (Some(_), None) if attempt.propose => {
            Err(Problem::new("invalid-query").fault("propose", "not-with-code"))
        }
        // Without a shipment there is nothing that the code could be of, and the rules say so.
        (Some(code), None) => Ok(shipment.map_or(DeliveryProof::None, |shipment| {
            DeliveryProof::Code(app.delivery_codes.digest(order, shipment, code.0))
        })),
        (None, Some(reason)) => Ok(DeliveryProof::Override { reason: reason.clone() }),
        (None, None) => Ok(DeliveryProof::None),
    }
}
