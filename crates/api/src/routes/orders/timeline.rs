//! `GET /api/orders/{order}/timeline`: everything that happened to an order, money included.

use axum::extract::State;
use eventstore::Position;
use projections::timeline;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find;
use crate::page;
use crate::problem::Problem;
use crate::scope::READ_ORDERS;
use crate::view::View;
use crate::wire::event::TimelineStep;
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The steps, oldest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderTimeline)]
pub(crate) struct Body {
    steps: Vec<TimelineStep>,
    next: Option<String>,
}

/// Everything that happened to an order, money included.
#[utoipa::path(
    get,
    path = "/api/orders/{order}/timeline",
    tag = "orders",
    operation_id = "get_order_timeline",
    params(("order" = String, Path, description = "Id or number"), Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_ORDERS }>,
    path: Segments<1>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    let size = page::size(query.limit)?;
    let after: Option<i64> = page::read_cursor(query.cursor.as_deref())?;
    let found = find::order(&app, &caller, &path.one()).await?;
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let after = Position::new(after.unwrap_or(0));
    let book = app.ledger.book();
    let read = timeline::page(&mut conn, book, found.id.uuid(), after, size)
        .await
        .map_err(Problem::unreadable)?;
    let last = read.value.last().filter(|_| page::is_full(read.value.len(), size));
    let next = last.map(|last| page::write_cursor(&last.entry.position.get()));
    let link = next
        .as_ref()
        .map(|next| format!("/api/orders/{}/timeline?cursor={next}&limit={size}", found.id));
    let steps = read.value.into_iter().map(TimelineStep::from).collect();
    Ok(View::new(read.cursor, Body { steps, next }).with_next(link))
}
