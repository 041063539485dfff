//! `POST /api/admin/jobs/{job}/switch`: lets a rebuild that waits go on to its switch.

use axum::extract::State;
use axum::response::Response;
use ledger::database::Connection;
use ledger::jobs;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::{Json, Segments};
use crate::operation;
use crate::problem::Problem;
use crate::routes::admin::jobs::{WHAT, accepted, id, problem};
use crate::scope::REBUILD;
use crate::wire::job::JobReply;
use crate::wire::reply::ProblemReply;

const ROUTE: &str = "POST /api/admin/jobs/{job}/switch";

/// How a rebuild goes on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SwitchJob)]
pub(crate) struct Body {
    /// Switches although money in a view changes, as the job's differences say.
    accept_differences: Option<bool>,
}

/// Lets a rebuild that waits in the state `ready` switch to what it wrote.
#[utoipa::path(
    post,
    path = "/api/admin/jobs/{job}/switch",
    tag = "admin",
    operation_id = "switch_job",
    params(("job" = String, Path, description = "The job's id")),
    request_body = Body,
    responses(
        (status = 202, description = "The job, which goes on", body = JobReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ REBUILD }>,
    path: Segments<1>,
    attempt: Attempt<false, KeyOnly>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let id = id(&path.one())?;
    let accepts = body.accept_differences.unwrap_or(false);
    let by = caller.credential.principal.as_str();
    let work = async |conn: &mut Connection| {
        let job = jobs::decide_in(conn, &app.ledger, id, accepts, by).await;
        Ok(accepted(job.map_err(problem)?))
    };
    operation::run(&app, &caller, &attempt, ROUTE, &(id, &body), work).await
}
