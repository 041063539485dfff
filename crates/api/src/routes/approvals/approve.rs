//! `POST /api/approvals/{approval}/approve`: another person agrees, and it happens.

use axum::extract::State;
use axum::response::Response;
use ledger::{approvals, queries};

use super::{find, must_be_able_to_do};
use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::command::{Shown, render, write};
use crate::extract::{Json, Segments};
use crate::operation;
use crate::problem::Problem;
use crate::scope::DECIDE_APPROVALS;
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;

const ROUTE: &str = "POST /api/approvals/{approval}/approve";

/// Does what was proposed, once, in the proposer's name. Approving again answers with what was
/// done; a refusal leaves the proposal open.
#[utoipa::path(
    post,
    path = "/api/approvals/{approval}/approve",
    tag = "approvals",
    operation_id = "approve_proposal",
    params(("approval" = Uuid, Path)),
    request_body = Nothing,
    responses(
        (status = 200, description = "What the proposed route answers, and `approved_by`", body = Object),
        (status = 201, description = "The same, where something was made", body = Object),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ DECIDE_APPROVALS }>,
    path: Segments<1>,
    attempt: Attempt<false, KeyOnly>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Response, Problem> {
    let approval = find(&app, &caller, &path.one()).await?;
    must_be_able_to_do(&caller, &approval)?;
    let (subject, creates) = (approval.subject, approval.creates);
    let (_, before) = queries::state(&app.ledger, subject).await.map_err(Problem::unreadable)?;
    let before = Some(before);
    // A delivery by its code is never proposed.
    let tries_allowed = None;
    let trace = attempt.trace.clone();
    let shown = Shown { subject, before, tries_allowed, creates, dry_run: false, trace };
    let (id, by, render) = (approval.id, &caller.credential, render(shown));
    operation::run(&app, &caller, &attempt, ROUTE, &id, async |_conn| {
        let done = approvals::approve(&app.ledger, id, by, render).await?;
        Ok(operation::about(format!("approval/{id}"), write(done)))
    })
    .await
}
