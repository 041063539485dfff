//! `GET /api/admin/jobs/{job}`: long work, and how far it is.

use axum::extract::State;
use ledger::jobs;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::problem::Problem;
use crate::routes::admin::jobs::{WHAT, id, problem};
use crate::scope::READ_JOBS;
use crate::view::View;
use crate::wire::Nothing;
use crate::wire::job::JobReply;
use crate::wire::reply::ProblemReply;

/// One job: how far it is, what it waits for, and what came of it.
#[utoipa::path(
    get,
    path = "/api/admin/jobs/{job}",
    tag = "admin",
    operation_id = "get_job",
    params(("job" = String, Path, description = "The job's id")),
    responses(
        (status = 200, description = "The job", body = JobReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_JOBS }>,
    path: Segments<1>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<View<JobReply>, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let id = id(&path.one())?;
    let head = app.ledger.head().await.map_err(Problem::unreadable)?;
    let job = jobs::find(&app.ledger, id).await.map_err(problem)?;
    Ok(View::new(head.cursor(), JobReply::from(job)))
}
