//! `GET /api/orders/{order}/delivery-code`: what its receiver has to tell at the door.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::delivery_code;
use crate::extract::{Search, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::READ_DELIVERY_CODES;
use crate::view::View;
use crate::wire::reply::ProblemReply;

/// None are taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {}

/// The active codes of an order.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryCodesView)]
pub(crate) struct Body {
    /// One a shipment that is out and has one.
    delivery_codes: Vec<Active>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ActiveDeliveryCode)]
struct Active {
    shipment: Uuid,
    /// Six digits.
    code: String,
    /// At none, only a new code helps.
    tries_left: u32,
}

/// The active delivery codes, for the customer who is to tell them.
#[utoipa::path(
    get,
    path = "/api/orders/{order}/delivery-code",
    tag = "orders",
    operation_id = "get_delivery_code",
    params(("order" = String, Path, description = "Id or number")),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_DELIVERY_CODES }>,
    path: Segments<1>,
    Search(_none): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let shipments = found.facts().shipments.iter().filter(|(_, shipment)| shipment.is_out());
    let delivery_codes = shipments
        .filter_map(|(id, shipment)| {
            let code = delivery_code::active(&app, found.id, found.facts(), *id)?;
            let tries_left = found.tries_allowed.saturating_sub(shipment.wrong_tries);
            Some(Active { shipment: id.uuid(), code: code.to_string(), tries_left })
        })
        .collect();
    Ok(View::new(found.at, Body { delivery_codes }))
}
