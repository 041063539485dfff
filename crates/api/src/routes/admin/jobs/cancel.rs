//! `POST /api/admin/jobs/{job}/cancel`: gives up long work.

use axum::extract::State;
use axum::response::Response;
use ledger::database::Connection;
use ledger::jobs::{self, Kind};

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::{Json, Segments};
use crate::operation;
use crate::problem::Problem;
use crate::routes::admin::jobs::{WHAT, accepted, id, problem};
use crate::scope::{self, REBUILD, VERIFY};
use crate::wire::Nothing;
use crate::wire::job::JobReply;
use crate::wire::reply::ProblemReply;

const ROUTE: &str = "POST /api/admin/jobs/{job}/cancel";

/// Gives up a job. What waits is cancelled at once, what runs at its next step; of a rebuild nothing
/// is left behind. Whoever could have asked for a job can cancel it.
#[utoipa::path(
    post,
    path = "/api/admin/jobs/{job}/cancel",
    tag = "admin",
    operation_id = "cancel_job",
    params(("job" = String, Path, description = "The job's id")),
    request_body = Nothing,
    responses(
        (status = 202, description = "The job, which ends", body = JobReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ REBUILD | VERIFY }>,
    path: Segments<1>,
    attempt: Attempt<false, KeyOnly>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let id = id(&path.one())?;
    let work = async |conn: &mut Connection| {
        let job = jobs::find_in(conn, &app.ledger, id).await.map_err(problem)?;
        let needed = match job.kind() {
            Kind::Rebuild => REBUILD,
            Kind::Verification => VERIFY,
        };
        let own = &caller.credential;
        if scope::of(own.role) & needed == 0 {
            let problem = Problem::new("forbidden").member("role", own.role);
            return Err(problem.member("needs", scope::names(needed)));
        }
        let job = jobs::cancel_in(conn, &app.ledger, id, own.principal.as_str()).await;
        Ok(accepted(job.map_err(problem)?))
    };
    operation::run(&app, &caller, &attempt, ROUTE, &id, work).await
}
