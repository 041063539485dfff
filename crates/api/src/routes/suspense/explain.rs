//! `POST /api/suspense-items/{item}/explain`: a part of it found its reason, or all of it.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::Reason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{find, item};
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::problem::Problem;
use crate::scope::KEEP_SUSPENSE;
use crate::wire::money::Money;
use crate::wire::reply::{ProblemReply, SuspenseReply};
use crate::wire::suspense::Against;

const ROUTE: &str = "POST /api/suspense-items/{item}/explain";

/// How much, what it turned out to be, and why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExplainSuspenseItem)]
pub(crate) struct Body {
    /// All of it, if left out; of the balance's sign.
    amount: Option<Money>,
    against: Against,
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
}

/// Explains a suspense item, or a part of it.
#[utoipa::path(
    post,
    path = "/api/suspense-items/{item}/explain",
    tag = "suspense",
    operation_id = "explain_suspense_item",
    params(("item" = Uuid, Path)),
    request_body = Body,
    responses(
        (status = 200, description = "The item after it", body = SuspenseReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ KEEP_SUSPENSE }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("suspense items")?;
    let found = find(&app, item(&path.one())?).await?;
    let command = Command::ExplainSuspense {
        item: found.id,
        amount: body.amount.map(|amount| amount.0),
        against: body.against.into(),
        reason: body.reason.clone(),
    };
    let stream = StreamKey::Suspense(found.id);
    let asked =
        Asked::about(ROUTE, stream, found.state, &body, command).with_reason(body.reason.clone());
    let name = attempt.name(&app, &caller.credential);
    execute(&app, &caller, &attempt, name, asked).await
}
