//! `GET /api/orders/{order}/timeline`: everything that happened to an order, money included.

use axum::extract::State;
use domain::actor::Role;
use eventstore::Position;
use projections::timeline::{self, Step};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find;
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::scope::READ_ORDERS;
use crate::view::View;
use crate::wire::event::TimelineStep;
use crate::wire::reply::ProblemReply;

/// The steps, oldest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderTimeline)]
pub(crate) struct Body {
    steps: Vec<TimelineStep>,
    next: Option<String>,
}

/// Everything that happened to an order, money included. A client sees who acted by role and
/// department, and only themselves by name.
#[utoipa::path(
    get,
    path = "/api/orders/{order}/timeline",
    tag = "orders",
    operation_id = "get_order_timeline",
    params(("order" = String, Path, description = "Id or number"), Paging),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_ORDERS }>,
    path: Segments<1>,
    Search(query): Search<Paging>,
) -> Result<View<Body>, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let path = format!("/api/orders/{}/timeline", found.id);
    let mut page: Page<i64> = Page::asked(&path, &[], query.cursor.as_deref(), query.limit)?;
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let after = Position::new(page.after().unwrap_or(0));
    let book = app.ledger.book();
    let mut read = timeline::page(&mut conn, book, found.id.uuid(), after, page.rows())
        .await
        .map_err(Problem::unreadable)?;
    let next = page.cut(&mut read.value, |last| last.entry.position.get());
    let reader = &caller.credential;
    let is_client = reader.role == Role::Client;
    let shown = |step: Step| {
        let step = if is_client { step.without_staff(reader.principal.as_str()) } else { step };
        TimelineStep::from(step)
    };
    let steps = read.value.into_iter().map(shown).collect();
    Ok(View::new(read.cursor, Body { steps, next: next.cursor }).with_next(next.link))
}
