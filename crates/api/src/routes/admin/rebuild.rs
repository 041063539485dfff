//! `POST /api/admin/projections/{name}/rebuild`: writes a view anew from the events.

use axum::extract::State;
use axum::response::Response;
use ledger::database::Connection;
use ledger::jobs::{self, Wish};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::{Json, Segments};
use crate::operation;
use crate::problem::Problem;
use crate::routes::admin::jobs::{WHAT, accepted, problem};
use crate::scope::REBUILD;
use crate::wire::job::JobReply;
use crate::wire::reply::ProblemReply;

const ROUTE: &str = "POST /api/admin/projections/{name}/rebuild";
/// Stands for every view.
const ALL: &str = "all";

/// How a view is rebuilt.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RebuildProjection)]
pub(crate) struct Body {
    /// Says what would change, and waits to be told to switch. Left out, it switches by itself unless
    /// money in a view would change.
    preview: Option<bool>,
    /// Switches even if money in a view changes.
    accept_differences: Option<bool>,
}

/// Writes a view anew from the events, beside the rows that are read meanwhile, and then has readers
/// see the new ones, all at once.
///
/// If money in the view would change, and nobody accepts that, the job waits in the state `ready` for
/// a day, with the differences in its result, and nothing is switched. Journal lines are final: a
/// rebuild that would change one fails, and names the events.
#[utoipa::path(
    post,
    path = "/api/admin/projections/{name}/rebuild",
    tag = "admin",
    operation_id = "rebuild_projection",
    params(("name" = String, Path, description = "The view's name, or `all`")),
    request_body = Body,
    responses(
        (status = 202, description = "The job, which is under way", body = JobReply),
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
    let name = path.one();
    let by = caller.credential.principal.as_str();
    let views = if name == ALL { Vec::new() } else { vec![name.clone()] };
    let wish = Wish::Rebuild {
        views,
        preview: body.preview.unwrap_or(false),
        accept_differences: body.accept_differences.unwrap_or(false),
    };
    let work = async |conn: &mut Connection| {
        let job = jobs::ask_in(conn, &app.ledger, wish, by).await.map_err(problem)?;
        Ok(accepted(job))
    };
    operation::run(&app, &caller, &attempt, ROUTE, &(&name, &body), work).await
}
