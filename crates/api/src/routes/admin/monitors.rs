//! `GET /api/admin/monitors`: what is watched all the time.

use axum::extract::State;
use ledger::monitors;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::problem::Problem;
use crate::routes::admin::alerts::WHAT;
use crate::scope::READ_ALERTS;
use crate::view::View;
use crate::wire::Nothing;
use crate::wire::alert::Monitor;
use crate::wire::reply::ProblemReply;

/// Everything that is watched.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Monitors)]
pub(crate) struct Body {
    monitors: Vec<Monitor>,
}

/// What is watched all the time: whose it is, how bad, what its owner does about a case, which settings
/// of the book it goes by, and how it looked last.
#[utoipa::path(
    get,
    path = "/api/admin/monitors",
    tag = "admin",
    operation_id = "list_monitors",
    responses(
        (status = 200, description = "The monitors", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_ALERTS }>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let head = app.ledger.head().await.map_err(Problem::unreadable)?;
    let watched = monitors::overview(&app.ledger).await.map_err(Problem::unreadable)?;
    let monitors = watched.into_iter().map(Monitor::from).collect();
    Ok(View::new(head.cursor(), Body { monitors }))
}
