//! `GET /api/approvals/{approval}`: one proposal.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::find;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Json, Search, Segments};
use crate::problem::Problem;
use crate::scope::{DECIDE_APPROVALS, READ_APPROVALS};
use crate::wire::Nothing;
use crate::wire::approval::Approval;
use crate::wire::reply::ProblemReply;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApprovalReply)]
pub(crate) struct Body {
    pub(super) approval: Approval,
}

/// One proposal: what it would do, who made it, and what became of it.
#[utoipa::path(
    get,
    path = "/api/approvals/{approval}",
    tag = "approvals",
    operation_id = "get_approval",
    params(("approval" = Uuid, Path)),
    responses(
        (status = 200, description = "The proposal", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_APPROVALS | DECIDE_APPROVALS }>,
    path: Segments<1>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<Json<Body>, Problem> {
    let found = find(&app, &caller, &path.one()).await?;
    let approval = Approval::of(found, app.ledger.clock().now()).map_err(Problem::unreadable)?;
    Ok(Json(Body { approval }))
}
