//! `GET /api/orders/{order}/events`: an order's own events, as they stand in the log.

use axum::extract::State;
use ledger::queries;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::{READ_AUDIT, READ_MANAGEMENT};
use crate::view::View;
use crate::wire::event::Event;
use crate::wire::reply::ProblemReply;

/// None are taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {}

/// The events, in order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderEvents)]
pub(crate) struct Body {
    events: Vec<Event>,
}

/// An order's own events, as they stand in the log, for those who work with it: clients read the
/// timeline.
#[utoipa::path(
    get,
    path = "/api/orders/{order}/events",
    tag = "orders",
    operation_id = "get_order_events",
    params(("order" = String, Path, description = "Id or number")),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_AUDIT | READ_MANAGEMENT }>,
    path: Segments<1>,
    Search(_none): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let (at, recorded) =
        queries::stream_events(&app.ledger, found.stream()).await.map_err(Problem::unreadable)?;
    let events = recorded.into_iter().map(Event::try_from).collect::<Result<_, _>>();
    Ok(View::new(at, Body { events: events.map_err(Problem::unreadable)? }))
}
