//! `GET /api/orders/{order}/events`: an order's own events, as they stand in the log.

use axum::extract::State;
use eventstore::Version;
use ledger::queries;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find;
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::scope::{READ_AUDIT, READ_MANAGEMENT};
use crate::view::View;
use crate::wire::event::Event;
use crate::wire::reply::ProblemReply;

/// A page of the events, in order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderEvents)]
pub(crate) struct Body {
    events: Vec<Event>,
    next: Option<String>,
}

/// An order's own events, as they stand in the log, for those who work with it: clients read the
/// timeline.
#[utoipa::path(
    get,
    path = "/api/orders/{order}/events",
    tag = "orders",
    operation_id = "get_order_events",
    params(("order" = String, Path, description = "Id or number"), Paging),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_AUDIT | READ_MANAGEMENT }>,
    path: Segments<1>,
    Search(query): Search<Paging>,
) -> Result<View<Body>, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let path = format!("/api/orders/{}/events", found.id);
    let mut page: Page<i64> = Page::asked(&path, &[], query.cursor.as_deref(), query.limit)?;
    let (after, rows) = (Version::new(page.after().unwrap_or(0)), page.rows());
    let (at, mut recorded) = queries::stream_page(&app.ledger, found.stream(), after, rows)
        .await
        .map_err(Problem::unreadable)?;
    let next = page.cut(&mut recorded, |last| last.version.get());
    let events = recorded.into_iter().map(Event::try_from).collect::<Result<_, _>>();
    let body = Body { events: events.map_err(Problem::unreadable)?, next: next.cursor };
    Ok(View::new(at, body).with_next(next.link))
}
