//! `/livez` and `/readyz`: whether the process runs, and whether it can serve.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::Json;
use crate::problem::Problem;
use crate::wire::reply::ProblemReply;

/// What a node says of itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ready {
    position: i64,
    revision: i64,
    /// The projections and their fold versions.
    projections: String,
}

/// The process runs.
#[utoipa::path(get, path = "/livez", tag = "health", operation_id = "livez",
    responses((status = 204, description = "It runs")))]
pub(crate) async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The database answers, is migrated, and holds what this build reads and writes.
#[utoipa::path(get, path = "/readyz", tag = "health", operation_id = "readyz",
    responses(
        (status = 200, description = "It can serve", body = Ready),
        (status = 503, description = "It cannot", body = ProblemReply, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ready(State(app): State<App>) -> Result<Json<Ready>, Problem> {
    if app.lifecycle.is_draining() {
        return Err(Problem::new("unavailable").detail("the node is stopping").retry_after(5));
    }
    let head = app.ledger.head().await.map_err(Problem::unreadable)?;
    if !head.is_understood() || head.fold_set != projections::append_function().fold_set {
        return Err(Problem::new("outdated").retry_after(30));
    }
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let pending = ledger::schema::pending(&mut conn).await.map_err(Problem::unreadable)?;
    if !pending.is_empty() {
        return Err(Problem::new("unavailable").detail("migrations are pending").retry_after(5));
    }
    Ok(Json(Ready {
        position: head.position.get(),
        revision: head.revision.get(),
        projections: head.fold_set,
    }))
}
