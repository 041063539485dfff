//! `POST /api/webhooks/{webhook}/test`: sends a message that is of no event.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use ledger::database::Connection;
use ledger::webhooks;

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::{Json, Segments};
use crate::operation;
use crate::problem::Problem;
use crate::routes::webhooks::{id, problem, shown_delivery};
use crate::scope::MANAGE_WEBHOOKS;
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;
use crate::wire::webhook::DeliveryReply;

const ROUTE: &str = "POST /api/webhooks/{webhook}/test";

/// Sends a message of the type `daftar.test`, which is of no event. What comes of it is in the log.
#[utoipa::path(
    post,
    path = "/api/webhooks/{webhook}/test",
    tag = "webhooks",
    operation_id = "test_webhook",
    params(("webhook" = String, Path, description = "The webhook's id")),
    request_body = Nothing,
    responses(
        (status = 202, description = "The delivery, which is on its way", body = DeliveryReply),
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
    let (book, now, delivery) = (app.ledger.book(), app.ledger.clock().now(), app.sources.id());
    let work = async |conn: &mut Connection| {
        webhooks::test(conn, book, id, delivery, now).await.map_err(problem)?;
        let reply = shown_delivery(&app, conn, id, delivery).await?;
        let mut response = (StatusCode::ACCEPTED, Json(reply)).into_response();
        let location = format!("/api/webhooks/{id}/deliveries/{delivery}");
        if let Ok(location) = HeaderValue::from_str(&location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        Ok(operation::about(format!("webhook/{id}"), response))
    };
    operation::run(&app, &caller, &attempt, ROUTE, &id, work).await
}
