//! `POST /api/approvals/{approval}/reject`: it will not happen.

use axum::extract::State;
use axum::response::Response;
use domain::id::Reason;
use ledger::approvals;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{find, get, must_be_able_to_do};
use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::{Json, Segments};
use crate::operation;
use crate::problem::Problem;
use crate::scope::DECIDE_APPROVALS;
use crate::wire::approval::Approval;
use crate::wire::reply::ProblemReply;

const ROUTE: &str = "POST /api/approvals/{approval}/reject";

/// Why not.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RejectProposal)]
pub(crate) struct Body {
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
}

/// Rejects a proposal for good; whoever made it may take it back so.
#[utoipa::path(
    post,
    path = "/api/approvals/{approval}/reject",
    tag = "approvals",
    operation_id = "reject_proposal",
    params(("approval" = Uuid, Path)),
    request_body = Body,
    responses(
        (status = 200, description = "The proposal after it", body = get::Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ DECIDE_APPROVALS }>,
    path: Segments<1>,
    attempt: Attempt<false, KeyOnly>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let approval = find(&app, &caller, &path.one()).await?;
    must_be_able_to_do(&caller, &approval)?;
    // What a retry of the proposed request is answered with from now on.
    let refusal = Problem::new("approval-decided")
        .detail("the proposal was rejected")
        .body(&attempt.trace.instance, &attempt.trace.trace_id);
    let (id, by) = (approval.id, &caller.credential);
    operation::run(&app, &caller, &attempt, ROUTE, &(id, &body), async |_conn| {
        let rejected = approvals::reject(&app.ledger, id, by, &body.reason, &refusal).await?;
        let now = app.ledger.clock().now();
        let approval = Approval::of(rejected, now).map_err(Problem::unreadable)?;
        Ok(operation::about(format!("approval/{id}"), Json(get::Body { approval })))
    })
    .await
}
