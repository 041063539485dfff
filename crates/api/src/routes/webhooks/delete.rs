//! `DELETE /api/webhooks/{webhook}`: forgets a webhook, its secrets and its log.

use axum::extract::State;
use axum::http::StatusCode;
use ledger::webhooks;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::problem::Problem;
use crate::routes::webhooks::{id, problem};
use crate::scope::MANAGE_WEBHOOKS;
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;

/// Forgets a webhook, its secrets and its log.
#[utoipa::path(
    delete,
    path = "/api/webhooks/{webhook}",
    tag = "webhooks",
    operation_id = "delete_webhook",
    params(("webhook" = String, Path, description = "The webhook's id")),
    responses(
        (status = 204, description = "Deleted"),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ MANAGE_WEBHOOKS }>,
    path: Segments<1>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<StatusCode, Problem> {
    caller.must_see_every_customer("webhooks")?;
    let (id, now) = (id(&path.one())?, app.ledger.clock().now());
    tracing::info!(principal = %caller.credential.principal, webhook = %id, "A webhook is deleted");
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    webhooks::delete(&mut conn, app.ledger.book(), id, now).await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}
