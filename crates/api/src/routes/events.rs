//! `GET /api/events`: the log page by page, for whoever catches up.

use axum::extract::State;
use ledger::feed::Page;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page;
use crate::problem::Problem;
use crate::reader::{After, Repeating, Types};
use crate::scope::FOLLOW_EVENTS;
use crate::view::View;
use crate::wire::event::Event;
use crate::wire::reply::ProblemReply;

pub(super) mod stream;

/// What a limited key sees none of.
const WHAT: &str = "events of the book";

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Events after this position or cursor; from the first one on without it.
    #[param(value_type = Option<String>)]
    after: Option<After>,
    /// Only these types, with commas between them: `order.placed`, or `placed` for every kind of
    /// stream that has it.
    #[serde(rename = "type")]
    #[param(value_type = Option<String>)]
    types: Option<Types>,
    /// How many at most: 50 without it, 200 at most.
    limit: Option<u32>,
}

/// Events after a position.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventPage)]
pub(crate) struct Body {
    events: Vec<Event>,
    /// The cursor to ask after next; null when nothing follows yet. A page of some types may be
    /// empty and have a next one.
    next: Option<String>,
    /// Everything up to here was looked through: where to go on later, here or in the stream.
    cursor: String,
}

/// The log, in order.
///
/// Every event of the book, page by page. A cursor names its history: should the database have lost
/// events, the answer is `cursor-diverged` and not other events.
#[utoipa::path(
    get,
    path = "/api/events",
    tag = "events",
    operation_id = "get_events",
    params(Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ FOLLOW_EVENTS }>,
    Search(Repeating(query)): Search<Repeating<Parameters>>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let size = page::size(query.limit)?;
    let after = query.after.unwrap_or_default().0;
    let types = query.types.map(|types| types.0);
    let page = app.ledger.feed().page(&after, types.as_ref(), size).await?;
    let Page { events, reached, is_last, end } = page;
    let cursor = reached.to_string();
    let next = (!is_last).then(|| cursor.clone());
    let link = next.as_ref().map(|next| {
        let types = types.map(|types| format!("&type={}", types.names().join(",")));
        format!("/api/events?after={next}&limit={size}{}", types.unwrap_or_default())
    });
    let events = events.into_iter().map(Event::try_from).collect::<Result<_, _>>();
    let events = events.map_err(Problem::unreadable)?;
    Ok(View::new(end, Body { events, next, cursor }).with_next(link))
}
