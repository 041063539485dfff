//! `POST /api/webhooks/{webhook}/deliveries/{delivery}/retry`: sends a message once more.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ledger::database::Connection;
use ledger::webhooks;

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::{Json, Segments};
use crate::operation;
use crate::problem::Problem;
use crate::routes::webhooks::{delivery_id, id, problem, shown_delivery};
use crate::scope::MANAGE_WEBHOOKS;
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;
use crate::wire::webhook::DeliveryReply;

const ROUTE: &str = "POST /api/webhooks/{webhook}/deliveries/{delivery}/retry";

/// Sends a message once more, now, whatever came of it so far.
#[utoipa::path(
    post,
    path = "/api/webhooks/{webhook}/deliveries/{delivery}/retry",
    tag = "webhooks",
    operation_id = "retry_webhook_delivery",
    params(
        ("webhook" = String, Path, description = "The webhook's id"),
        ("delivery" = String, Path, description = "The delivery's id"),
    ),
    request_body = Nothing,
    responses(
        (status = 202, description = "The delivery, which is on its way", body = DeliveryReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ MANAGE_WEBHOOKS }>,
    path: Segments<2>,
    attempt: Attempt<false, KeyOnly>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("webhooks")?;
    let (webhook, delivery) = path.two();
    let (id, delivery) = (id(&webhook)?, delivery_id(&delivery)?);
    let (book, now) = (app.ledger.book(), app.ledger.clock().now());
    let work = async |conn: &mut Connection| {
        webhooks::retry(conn, book, id, delivery, now).await.map_err(problem)?;
        let reply = shown_delivery(&app, conn, id, delivery).await?;
        Ok(operation::about(format!("webhook/{id}"), (StatusCode::ACCEPTED, Json(reply))))
    };
    operation::run(&app, &caller, &attempt, ROUTE, &(id, delivery), work).await
}
