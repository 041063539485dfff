//! `GET /api/webhooks`: the addresses that are told of events.

use axum::extract::State;
use eventstore::Cursor;
use ledger::webhooks;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::routes::webhooks::problem;
use crate::scope::READ_WEBHOOKS;
use crate::view::View;
use crate::wire::reply::ProblemReply;
use crate::wire::webhook::Webhook;

/// A page of webhooks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhooks)]
pub(crate) struct Body {
    webhooks: Vec<Webhook>,
    next: Option<String>,
}

/// The webhooks, the oldest first, without their secrets.
#[utoipa::path(
    get,
    path = "/api/webhooks",
    tag = "webhooks",
    operation_id = "list_webhooks",
    params(Paging),
    responses(
        (status = 200, description = "The webhooks", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_WEBHOOKS }>,
    Search(query): Search<Paging>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("webhooks")?;
    let mut page = Page::asked("/api/webhooks", &[], query.cursor.as_deref(), query.limit)?;
    let (after, rows) = (page.after(), page.rows());
    let (book, now) = (app.ledger.book(), app.ledger.clock().now());
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let head = eventstore::read_head(&mut conn, book).await.map_err(Problem::unreadable)?;
    let mut listed = webhooks::list(&mut conn, book, after, rows, now).await.map_err(problem)?;
    let next = page.cut(&mut listed, |last| (last.created_at, last.webhook_id));
    let webhooks = listed.into_iter().map(Webhook::from).collect();
    let at = Cursor::new(head.position, head.hash);
    Ok(View::new(at, Body { webhooks, next: next.cursor }).with_next(next.link))
}
