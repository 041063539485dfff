//! `POST /api/suspense-items`: money whose reason nobody knows yet gets an owner.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::{Code, Reason, SuspenseId};
use domain::money::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::Json;
use crate::problem::Problem;
use crate::scope::KEEP_SUSPENSE;
use crate::wire::reply::{ProblemReply, SuspenseReply};

const ROUTE: &str = "POST /api/suspense-items";

/// Who has to explain it, and what it is about.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpenSuspenseItem)]
pub(crate) struct Body {
    #[schema(value_type = String, max_length = 128)]
    owner: Code,
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
    #[schema(value_type = String)]
    currency: Currency,
}

/// Opens a suspense item, so that wallets can be adjusted against it.
#[utoipa::path(
    post,
    path = "/api/suspense-items",
    tag = "suspense",
    operation_id = "open_suspense_item",
    request_body = Body,
    responses(
        (status = 201, description = "The item", body = SuspenseReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ KEEP_SUSPENSE }>,
    attempt: Attempt<false>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("suspense items")?;
    let name = attempt.name(&app, &caller.credential);
    let item = SuspenseId::new(name.derive(&app, "suspense item"));
    let stream = StreamKey::Suspense(item);
    let (owner, reason) = (body.owner.clone(), body.reason.clone());
    let command = Command::OpenSuspense { item, currency: body.currency, owner, reason };
    let mut asked = Asked::creating(ROUTE, stream, &body, command).with_reason(body.reason.clone());
    asked.fresh.push(stream);
    execute(&app, &caller, &attempt, name, asked).await
}
