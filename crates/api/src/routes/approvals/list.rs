//! `GET /api/approvals`: what waits for another person's agreement, and what became of it.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use ledger::approvals::{self, Standing};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Json, Search};
use crate::page::Page;
use crate::problem::Problem;
use crate::scope::READ_APPROVALS;
use crate::wire::approval::Approval;
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// `open`, `applied`, `rejected` or `expired`; all, if left out.
    #[param(value_type = Option<String>)]
    state: Option<Standing>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The proposals, oldest first. A page may be shorter than asked for, and another follow.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Approvals)]
pub(crate) struct Body {
    approvals: Vec<Approval>,
    next: Option<String>,
}

/// Lists proposals.
#[utoipa::path(
    get,
    path = "/api/approvals",
    tag = "approvals",
    operation_id = "list_approvals",
    params(Parameters),
    responses(
        (status = 200, description = "The proposals", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_APPROVALS }>,
    Search(query): Search<Parameters>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("proposals")?;
    let filters = [("state", query.state.map(|state| state.as_str().to_owned()))];
    let (path, cursor) = ("/api/approvals", query.cursor.as_deref());
    let mut page: Page<(DateTime<Utc>, Uuid)> = Page::asked(path, &filters, cursor, query.limit)?;
    let (after, size) = (page.after(), page.size());
    let asked = approvals::Page { standing: query.state, after, size };
    let (found, next) = approvals::list(&app.ledger, asked).await?;
    let now = app.ledger.clock().now();
    let shown: Result<Vec<Approval>, _> =
        found.into_iter().map(|approval| Approval::of(approval, now)).collect();
    let approvals = shown.map_err(Problem::unreadable)?;
    let next = next.map(|last| page.next(last)).unwrap_or_default();
    let body = Body { approvals, next: next.cursor.clone() };
    Ok(next.onto(Json(body)))
}
