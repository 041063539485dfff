//! `GET /api/admin/alerts/{alert}`: one alert, and what happened to it.

use axum::extract::State;
use ledger::alerts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::problem::Problem;
use crate::routes::admin::alerts::{WHAT, id};
use crate::scope::READ_ALERTS;
use crate::view::View;
use crate::wire::Nothing;
use crate::wire::alert::{Alert, AlertChange};
use crate::wire::reply::ProblemReply;

/// How many of its changes are told.
const CHANGES_MAX: u32 = 100;

/// An alert, and what happened to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertWithChanges)]
pub(crate) struct Body {
    alert: Alert,
    /// The last hundred, the last first.
    changes: Vec<AlertChange>,
}

/// One alert: what it is about, what to do about it, who sees to it, and what happened to it.
#[utoipa::path(
    get,
    path = "/api/admin/alerts/{alert}",
    tag = "admin",
    operation_id = "get_alert",
    params(("alert" = String, Path, description = "The alert's id")),
    responses(
        (status = 200, description = "The alert", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_ALERTS }>,
    path: Segments<1>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let (book, id) = (app.ledger.book(), id(&path.one())?);
    let head = app.ledger.head().await.map_err(Problem::unreadable)?;
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let alert = alerts::find(&mut conn, book, id).await.map_err(Problem::unreadable)?;
    let alert = alert.ok_or_else(|| Problem::new("alert-not-found"))?;
    let changes = alerts::history(&mut conn, book, id, CHANGES_MAX).await;
    let changes = changes.map_err(Problem::unreadable)?;
    let changes = changes.into_iter().map(AlertChange::from).collect();
    Ok(View::new(head.cursor(), Body { alert: alert.into(), changes }))
}
