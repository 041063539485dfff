//! `GET /api/admin/jobs`: long work, the newest first.

use axum::extract::State;
use ledger::jobs::{self, Filter, Kind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page::Page;
use crate::problem::Problem;
use crate::routes::admin::jobs::{WHAT, problem};
use crate::scope::READ_JOBS;
use crate::view::View;
use crate::wire::job::{Job, JobKind, JobState};
use crate::wire::reply::ProblemReply;

const PATH: &str = "/api/admin/jobs";

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    #[param(inline)]
    kind: Option<JobKind>,
    #[param(inline)]
    state: Option<JobState>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of jobs, the newest first, each without its result.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Jobs)]
pub(crate) struct Body {
    jobs: Vec<Job>,
    next: Option<String>,
}

/// Rebuilds and verifications, the newest first. What came of each stands in the job itself.
#[utoipa::path(
    get,
    path = "/api/admin/jobs",
    tag = "admin",
    operation_id = "list_jobs",
    params(Parameters),
    responses(
        (status = 200, description = "The jobs", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_JOBS }>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let (kind, state) = (query.kind.map(Kind::from), query.state.map(jobs::State::from));
    let filters = [
        ("kind", kind.map(|kind| kind.as_str().to_owned())),
        ("state", state.map(|state| state.as_str().to_owned())),
    ];
    let mut page: Page<Uuid> = Page::asked(PATH, &filters, query.cursor.as_deref(), query.limit)?;
    let filter = Filter { kind, state, before: page.after(), limit: Some(page.rows()) };
    let head = app.ledger.head().await.map_err(Problem::unreadable)?;
    let mut found = jobs::list(&app.ledger, filter).await.map_err(problem)?;
    let next = page.cut(&mut found, |last| last.id);
    let jobs = found.into_iter().map(Job::from).collect();
    Ok(View::new(head.cursor(), Body { jobs, next: next.cursor }).with_next(next.link))
}
