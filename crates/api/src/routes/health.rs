//! `/livez` and `/readyz`: whether the process runs, and whether it can serve.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use ledger::stopped::{self, Stopped};
use projections::fit;
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::Json;
use crate::problem::Problem;
use crate::wire::reply::ProblemReply;

/// For how long what was found out is said again.
const FRESH: Duration = Duration::from_secs(1);

/// What a node says of itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Ready {
    position: i64,
    revision: i64,
    /// The projections and their fold versions.
    projections: String,
    /// Why the book takes nothing, if it is stopped: it is read as before, and every command is refused
    /// with `book-stopped`.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<StoppedBook>,
}

/// A book that is stopped.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct StoppedBook {
    why: String,
    since: DateTime<Utc>,
    /// A person by name, or what found it: verification, scrubber or writer.
    by: String,
}

impl From<Stopped> for StoppedBook {
    fn from(stopped: Stopped) -> Self {
        let Stopped { why, since, by, findings: _ } = stopped;
        Self { why, since, by }
    }
}

/// What the node found out last of whether it can serve. One request finds it out; the others wait
/// for that one, so that however often it is asked for, it takes one connection a second.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readiness(Arc<Mutex<Option<Found>>>);

/// When it was found out, and what.
type Found = (Instant, Result<Ready, Problem>);

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
    let mut found = app.readiness.0.lock().await;
    let is_fresh = found.as_ref().is_some_and(|(at, _)| at.elapsed() < FRESH);
    let said = match found.take() {
        Some((at, said)) if is_fresh => (at, said),
        _ => (Instant::now(), find_out(&app).await),
    };
    let (_, ready) = found.insert(said);
    ready.clone().map(Json)
}

async fn find_out(app: &App) -> Result<Ready, Problem> {
    let head = app.ledger.head().await.map_err(Problem::unreadable)?;
    if !head.is_understood() {
        return Err(Problem::new("outdated").retry_after(30));
    }
    fit(&head.fold_set).map_err(|misfit| Problem::misfit(&misfit))?;
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let pending = ledger::schema::pending(&mut conn).await.map_err(Problem::unreadable)?;
    if !pending.is_empty() {
        return Err(Problem::new("unavailable").detail("migrations are pending").retry_after(5));
    }
    let stopped = if head.is_stopped {
        let stopped = stopped::state(&mut conn, app.ledger.book()).await;
        stopped.map_err(Problem::unreadable)?
    } else {
        None
    };
    Ok(Ready {
        position: head.position.get(),
        revision: head.revision.get(),
        projections: head.fold_set,
        stopped: stopped.map(StoppedBook::from),
    })
}
