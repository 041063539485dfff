//! `POST /api/webhooks/{webhook}/enable`: tells a webhook of events again.

use axum::extract::State;
use axum::response::Response;
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
use crate::wire::webhook::WebhookReply;

const ROUTE: &str = "POST /api/webhooks/{webhook}/enable";

/// Where it goes on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EnableWebhook)]
pub(crate) struct Body {
    /// At the book's end, instead of where it stopped; what waits to be sent is not sent either.
    skip_missed: Option<bool>,
}

/// Tells a webhook of events again, from where it stopped.
#[utoipa::path(
    post,
    path = "/api/webhooks/{webhook}/enable",
    tag = "webhooks",
    operation_id = "enable_webhook",
    params(("webhook" = String, Path, description = "The webhook's id")),
    request_body = Body,
    responses(
        (status = 200, description = "The webhook", body = WebhookReply),
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
    let skips_missed = body.skip_missed.unwrap_or(false);
    let work = async |conn: &mut Connection| {
        let (book, now) = (app.ledger.book(), app.ledger.clock().now());
        webhooks::enable(conn, book, id, skips_missed, now).await.map_err(problem)?;
        let reply = WebhookReply { webhook: shown(&app, conn, id).await? };
        Ok(operation::about(format!("webhook/{id}"), Json(reply)))
    };
    operation::run(&app, &caller, &attempt, ROUTE, &(id, &body), work).await
}
