//! `GET /api/audit/events`: the log, in order.

use axum::extract::State;
use eventstore::Position;
use ledger::queries;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page;
use crate::problem::Problem;
use crate::scope::READ_AUDIT;
use crate::view::View;
use crate::wire::event::Event;
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    after: Option<i64>,
    limit: Option<u32>,
}

/// Events after a position.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventPage)]
pub(crate) struct Body {
    events: Vec<Event>,
    /// The position to ask after next.
    next: Option<i64>,
}

/// The log, in order.
#[utoipa::path(
    get,
    path = "/api/audit/events",
    tag = "audit",
    operation_id = "get_events",
    params(Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_AUDIT }>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    tracing::trace!(principal = %caller.credential.principal, "reads the log");
    let size = page::size(query.limit)?;
    let after = query.after.unwrap_or(0);
    if after < 0 {
        return Err(Problem::new("invalid-query").fault("after", "out-of-range"));
    }
    let (at, recorded) = queries::events_after(&app.ledger, Position::new(after), size)
        .await
        .map_err(Problem::unreadable)?;
    let last = recorded.last().filter(|_| page::is_full(recorded.len(), size));
    let next = last.map(|last| last.position.get());
    let link = next.map(|next| format!("/api/audit/events?after={next}&limit={size}"));
    let events = recorded.into_iter().map(Event::try_from).collect::<Result<_, _>>();
    let events = events.map_err(Problem::unreadable)?;
    Ok(View::new(at, Body { events, next }).with_next(link))
}
