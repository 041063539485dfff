//! `POST /api/webhooks/{webhook}/disable`: tells a webhook nothing more for now.

use axum::extract::State;
use axum::response::Response;
use ledger::database::Connection;
use ledger::webhooks::{self, DisabledReason};

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::{Json, Segments};
use crate::operation;
use crate::problem::Problem;
use crate::routes::webhooks::{id, problem, shown};
use crate::scope::MANAGE_WEBHOOKS;
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;
use crate::wire::webhook::WebhookReply;

const ROUTE: &str = "POST /api/webhooks/{webhook}/disable";

/// Tells a webhook nothing more until it is enabled again. What waits to be sent goes on waiting.
#[utoipa::path(
    post,
    path = "/api/webhooks/{webhook}/disable",
    tag = "webhooks",
    operation_id = "disable_webhook",
    params(("webhook" = String, Path, description = "The webhook's id")),
    request_body = Nothing,
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
    Json(Nothing {}): Json<Nothing>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("webhooks")?;
    let id = id(&path.one())?;
    let (book, now) = (app.ledger.book(), app.ledger.clock().now());
    let by = caller.credential.principal.as_str();
    let work = async |conn: &mut Connection| {
        webhooks::disable(conn, book, id, DisabledReason::ByHand, Some(by), now)
            .await
            .map_err(problem)?;
        let reply = WebhookReply { webhook: shown(&app, conn, id).await? };
        Ok(operation::about(format!("webhook/{id}"), Json(reply)))
    };
    operation::run(&app, &caller, &attempt, ROUTE, &id, work).await
}
