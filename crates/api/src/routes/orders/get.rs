//! `GET /api/orders/{order}`: an order as it stands.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::as_of::AsOf;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::READ_ORDERS;
use crate::view::View;
use crate::wire::order::Order;
use crate::wire::reply::ProblemReply;

/// An order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderView)]
pub(crate) struct Body {
    order: Order,
}

/// An order as it stands, or stood. While it shows the tries that a delivery code has left, which the
/// settings decide, a reader who knows its version gets it whole all the same, and no 304.
#[utoipa::path(
    get,
    path = "/api/orders/{order}",
    tag = "orders",
    operation_id = "get_order",
    params(("order" = String, Path, description = "Id or number"), AsOf),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = 304, description = "It is at a version that If-None-Match names"),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_ORDERS }>,
    path: Segments<1>,
    Search(query): Search<AsOf>,
) -> Result<View<Body>, Problem> {
    let found = find::order_as_of(&app, &caller, &path.one(), query.moment()?).await?;
    let order = Order::of(found.id, found.facts())
        .with_tries(found.tries_allowed)
        .marked(app.ledger.quarantine());
    // It is marked and not, at the same version.
    let version = (!order.is_marked()).then_some(found.facts().version);
    // The tries left hang on the settings too.
    let shows_more = order.shows_tries();
    Ok(View::new(found.at, Body { order }).at_any_version(version).showing_more(shows_more))
}
