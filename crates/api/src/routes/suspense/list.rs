//! `GET /api/suspense-items`: what is still to be explained, the oldest first.

use axum::extract::State;
use projections::suspense_items;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page;
use crate::problem::Problem;
use crate::scope::READ_SUSPENSE;
use crate::view::View;
use crate::wire::reply::ProblemReply;
use crate::wire::suspense::SuspenseRow;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of open suspense items.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SuspenseItems)]
pub(crate) struct Body {
    items: Vec<SuspenseRow>,
    next: Option<String>,
}

/// What is still to be explained, the oldest first.
#[utoipa::path(
    get,
    path = "/api/suspense-items",
    tag = "suspense",
    operation_id = "list_suspense_items",
    params(Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_SUSPENSE }>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("suspense items")?;
    let size = page::size(query.limit)?;
    let after = page::read_cursor(query.cursor.as_deref())?;
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let read = suspense_items::page_open(&mut conn, app.ledger.book(), after, size)
        .await
        .map_err(Problem::unreadable)?;
    let last = read.value.last().filter(|_| page::is_full(read.value.len(), size));
    let next = last.map(|last| page::write_cursor(&(last.opened_at, last.suspense_id)));
    let link = next.as_ref().map(|next| format!("?cursor={next}&limit={size}"));
    let items = read.value.into_iter().map(SuspenseRow::from).collect();
    Ok(View::new(read.cursor, Body { items, next }).with_next(link))
}
