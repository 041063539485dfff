//! `GET /api/suspense-items`: what is still to be explained, the oldest first.

use axum::extract::State;
use projections::suspense_items;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::scope::READ_SUSPENSE;
use crate::view::View;
use crate::wire::reply::ProblemReply;
use crate::wire::suspense::SuspenseRow;

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
    params(Paging),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_SUSPENSE }>,
    Search(query): Search<Paging>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("suspense items")?;
    let cursor = query.cursor.as_deref();
    let mut page = Page::asked("/api/suspense-items", &[], cursor, query.limit)?;
    let (after, rows) = (page.after(), page.rows());
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let mut read = suspense_items::page_open(&mut conn, app.ledger.book(), after, rows)
        .await
        .map_err(Problem::unreadable)?;
    let next =
        page.cut(&mut read.value, |last| (last.opened_at.unwrap_or_default(), last.suspense_id));
    let known = app.ledger.quarantine();
    let rows = read.value.into_iter().map(SuspenseRow::from);
    let items = rows.map(|row| row.marked(known)).collect();
    Ok(View::new(read.cursor, Body { items, next: next.cursor }).with_next(next.link))
}
