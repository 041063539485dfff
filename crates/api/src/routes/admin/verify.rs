//! `POST /api/admin/verify`: has everything compared with the events.

use axum::extract::State;
use axum::response::Response;
use eventstore::Position;
use ledger::database::Connection;
use ledger::jobs::{self, Wish};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::Json;
use crate::operation;
use crate::problem::Problem;
use crate::routes::admin::jobs::{WHAT, accepted, problem};
use crate::scope::VERIFY;
use crate::wire::job::JobReply;
use crate::wire::reply::ProblemReply;

const ROUTE: &str = "POST /api/admin/verify";

/// What is to be verified.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VerifyBook)]
pub(crate) struct Body {
    /// Only what the events after this position made; everything, if left out.
    #[schema(minimum = 0)]
    since: Option<i64>,
}

/// Has everything compared with the events: the chain, every row of every view both ways, the
/// journal, the commands, and the laws of money. Nobody waits for it.
#[utoipa::path(
    post,
    path = "/api/admin/verify",
    tag = "admin",
    operation_id = "verify_book",
    request_body = Body,
    responses(
        (status = 202, description = "The job, which is under way", body = JobReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ VERIFY }>,
    attempt: Attempt<false, KeyOnly>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let head = app.ledger.head().await.map_err(Problem::unreadable)?;
    let since = body.since.map(Position::new);
    if since.is_some_and(|since| since < Position::ZERO || since > head.position) {
        let detail = format!("the book begins at 0 and ends at {}", head.position);
        return Err(Problem::new("invalid-body").fault("/since", "out-of-range").detail(detail));
    }
    let by = caller.credential.principal.as_str();
    let wish = Wish::Verification { since };
    let work = async |conn: &mut Connection| {
        let job = jobs::ask_in(conn, &app.ledger, wish, by).await.map_err(problem)?;
        Ok(accepted(job))
    };
    operation::run(&app, &caller, &attempt, ROUTE, &body, work).await
}
