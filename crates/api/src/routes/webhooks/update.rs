//! `POST /api/webhooks/{webhook}/update`: changes what a webhook is told, and where.

use axum::extract::State;
use axum::response::Response;
use ledger::database::Connection;
use ledger::webhooks;

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::{Json, Segments};
use crate::operation;
use crate::problem::Problem;
use crate::routes::webhooks::{Body, id, problem, shown, wanted};
use crate::scope::MANAGE_WEBHOOKS;
use crate::wire::reply::ProblemReply;
use crate::wire::webhook::WebhookReply;

const ROUTE: &str = "POST /api/webhooks/{webhook}/update";

/// Changes what a webhook is told, and where: what is left out is so no more. What waits to be sent
/// goes to the new address.
#[utoipa::path(
    post,
    path = "/api/webhooks/{webhook}/update",
    tag = "webhooks",
    operation_id = "update_webhook",
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
    let work = async |conn: &mut Connection| {
        let wanted = wanted(&body, app.webhooks)?;
        webhooks::update(conn, app.ledger.book(), id, &wanted).await.map_err(problem)?;
        let reply = WebhookReply { webhook: shown(&app, conn, id).await? };
        Ok(operation::about(format!("webhook/{id}"), Json(reply)))
    };
    operation::run(&app, &caller, &attempt, ROUTE, &(id, &body), work).await
}
