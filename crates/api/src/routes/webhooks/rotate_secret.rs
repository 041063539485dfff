//! `POST /api/webhooks/{webhook}/rotate-secret`: gives a webhook a new secret.

use axum::extract::State;
use axum::response::Response;
use chrono::TimeDelta;
use ledger::database::Connection;
use ledger::webhooks;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::{Json, Segments};
use crate::operation;
use crate::problem::Problem;
use crate::routes::webhooks::{id, problem, shown};
use crate::scope::MANAGE_WEBHOOKS;
use crate::wire::reply::ProblemReply;
use crate::wire::webhook::SecretReply;

const ROUTE: &str = "POST /api/webhooks/{webhook}/rotate-secret";

/// How long the secret before stays good.
const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// What becomes of the secret before.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RotateWebhookSecret)]
pub(crate) struct Body {
    /// It signs nothing more, instead of for another 24 hours: when somebody else knows it.
    expire_previous_now: Option<bool>,
}

/// Gives a webhook a new secret, shown this once. Messages bear the signatures of both for 24 hours.
#[utoipa::path(
    post,
    path = "/api/webhooks/{webhook}/rotate-secret",
    tag = "webhooks",
    operation_id = "rotate_webhook_secret",
    params(("webhook" = String, Path, description = "The webhook's id")),
    request_body = Body,
    responses(
        (status = 200, description = "The webhook, and this once its new secret", body = SecretReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ MANAGE_WEBHOOKS }>,
    path: Segments<1>,
    attempt: Attempt<false, KeyOnly>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("webhooks")?;
    let id = id(&path.one())?;
    let (book, now) = (app.ledger.book(), app.ledger.clock().now());
    let is_over = body.expire_previous_now.unwrap_or(false);
    let overlap = if is_over { TimeDelta::zero() } else { OVERLAP };
    let (vault, by) = (&app.secrets.vault, caller.credential.principal.as_str());
    let work = async |conn: &mut Connection| {
        let secret = webhooks::rotate(conn, vault, book, id, overlap, Some(by), now)
            .await
            .map_err(problem)?;
        let webhook = shown(&app, conn, id).await?;
        let reply = SecretReply { webhook, secret: secret.reveal() };
        Ok(operation::about(format!("webhook/{id}"), Json(reply)))
    };
    operation::run(&app, &caller, &attempt, ROUTE, &(id, &body), work).await
}
