//! `GET /api/audit/chain`: where the hash chain stands, and whether its end holds.

use axum::extract::State;
use ledger::queries;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::problem::Problem;
use crate::scope::READ_AUDIT;
use crate::view::View;
use crate::wire::reply::ProblemReply;

/// None are taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {}

/// The head, and what the check of the last events found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Chain)]
pub(crate) struct Body {
    book: Uuid,
    name: String,
    revision: i64,
    hash: String,
    checked_after: i64,
    checked_up_to: i64,
    /// Empty when all is well.
    findings: Vec<String>,
}

/// Where the hash chain stands, and whether its end holds.
#[utoipa::path(
    get,
    path = "/api/audit/chain",
    tag = "audit",
    operation_id = "get_chain",
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_AUDIT }>,
    Search(_none): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    tracing::trace!(principal = %caller.credential.principal, "checks the chain");
    let end = queries::chain_end(&app.ledger).await.map_err(Problem::unreadable)?;
    let at = end.head.cursor();
    let body = Body {
        book: end.head.uuid,
        name: end.head.name,
        revision: end.head.revision.get(),
        hash: end.head.hash.to_string(),
        checked_after: end.checked_after.get(),
        checked_up_to: end.checked_up_to.get(),
        findings: end.findings.iter().map(ToString::to_string).collect(),
    };
    Ok(View::new(at, body))
}
