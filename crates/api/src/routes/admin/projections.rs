//! `GET /api/admin/projections`: how each view stands.

use axum::extract::State;
use chrono::{DateTime, Utc};
use ledger::view_states::{self, ViewState};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::problem::Problem;
use crate::routes::admin::jobs::WHAT;
use crate::scope::READ_JOBS;
use crate::view::View;
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;

/// A view: what readers see of the events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Projection {
    name: String,
    /// What readers see; null while the view is filled for the first time.
    generation: Option<i32>,
    /// The version of the fold that made it.
    fold_version: Option<i32>,
    /// The version of the fold of the node that answers; null if it has no such view.
    own_fold_version: Option<i32>,
    /// About how many rows of this book it holds, by the statistics of the database; null where
    /// nothing was counted yet.
    rows: Option<i64>,
    /// About how much of the disk they take, indexes included.
    bytes: i64,
    /// The rebuild that is at it, or waits for a decision.
    job: Option<Uuid>,
    last_rebuild: Option<LastRebuild>,
}

/// The last rebuild that readers were switched to, as long as its job is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LastRebuild {
    job: Uuid,
    ended_at: DateTime<Utc>,
    asked_by: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Projections)]
pub(crate) struct Body {
    projections: Vec<Projection>,
}

impl From<ViewState> for Projection {
    fn from(view: ViewState) -> Self {
        let last_rebuild = view.last_rebuild.map(|last| {
            let view_states::LastRebuild { job, ended_at, asked_by } = last;
            LastRebuild { job, ended_at, asked_by }
        });
        Self {
            name: view.name,
            generation: view.live.map(|live| live.generation.0),
            fold_version: view.live.map(|live| live.fold_version),
            own_fold_version: view.own_fold_version,
            rows: view.rows,
            bytes: view.bytes,
            job: view.job,
            last_rebuild,
        }
    }
}

/// Every view: which generation of it readers see, by which version of its fold it was made, how
/// large it is, and which rebuild is at it.
#[utoipa::path(
    get,
    path = "/api/admin/projections",
    tag = "admin",
    operation_id = "list_projections",
    responses(
        (status = 200, description = "The views, by name", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_JOBS }>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let (at, views) =
        view_states::read(&mut conn, &app.ledger).await.map_err(Problem::unreadable)?;
    let projections = views.into_iter().map(Projection::from).collect();
    Ok(View::new(at, Body { projections }))
}
