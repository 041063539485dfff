//! `POST /api/webhooks`: names an address that is told of events or alerts.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use domain::id::Text;
use ledger::database::Connection;
use ledger::history::{self, Point};
use ledger::webhooks::{self, Begin, New};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::Json;
use crate::operation;
use crate::problem::Problem;
use crate::routes::webhooks::{self as shared, problem, shown, wanted};
use crate::scope::MANAGE_WEBHOOKS;
use crate::wire::reply::ProblemReply;
use crate::wire::webhook::SecretReply;

const ROUTE: &str = "POST /api/webhooks";

/// A webhook to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhook)]
pub(crate) struct Body {
    /// Where its messages are posted to: https, and no private address.
    #[schema(max_length = 2048, pattern = "^https?://", example = "https://shop.example/daftar")]
    url: String,
    /// The types that it is told of. Of events: `order.placed`, or `placed` for that type of every kind
    /// of stream. Of alerts: `alert.opened`, `alert.acknowledged`, `alert.resolved`, `alert.reopened`. If
    /// left out, all events, and no alerts.
    #[schema(min_items = 1, max_items = 200)]
    types: Option<Vec<String>>,
    #[schema(value_type = Option<String>, max_length = 500)]
    description: Option<Text<500>>,
    /// A position or cursor: it is told of the events after it. If left out, of those that come from now
    /// on. Of alerts it is told what happens from now on.
    #[schema(pattern = "^[0-9]{1,19}(\\.[0-9a-f]{8})?$", example = "0")]
    after: Option<String>,
}

/// Names an address that is told of events, or of what happens to alerts. Its secret is shown this once.
#[utoipa::path(
    post,
    path = "/api/webhooks",
    tag = "webhooks",
    operation_id = "create_webhook",
    request_body = Body,
    responses(
        (status = 201, description = "The webhook, and this once its secret", body = SecretReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ MANAGE_WEBHOOKS }>,
    attempt: Attempt<false, KeyOnly>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("webhooks")?;
    let (book, now, id) = (app.ledger.book(), app.ledger.clock().now(), app.sources.id());
    let (vault, by) = (&app.secrets.vault, caller.credential.principal.as_str());
    let work = async |conn: &mut Connection| {
        let Body { url, types, description, after } = body.clone();
        let wanted = wanted(&shared::Body { url, types, description }, app.webhooks)?;
        let begin = match after {
            None => None,
            Some(after) => Some(begin(&app, conn, &after).await?),
        };
        let new = New { id, wanted: &wanted, begin, created_by: Some(by) };
        let secret = webhooks::add(conn, vault, book, new, now).await.map_err(problem)?;
        let webhook = shown(&app, conn, id).await?;
        let reply = SecretReply { webhook, secret: secret.reveal() };
        let mut response = (StatusCode::CREATED, Json(reply)).into_response();
        if let Ok(location) = HeaderValue::from_str(&format!("/api/webhooks/{id}")) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        Ok(operation::about(format!("webhook/{id}"), response))
    };
    operation::run(&app, &caller, &attempt, ROUTE, &body, work).await
}

/// Where a webhook begins that is told of what comes after a point.
async fn begin(app: &App, conn: &mut Connection, after: &str) -> Result<Begin, Problem> {
    let invalid = || Problem::new("invalid-body").fault("/after", "invalid-value");
    let point: Point = after.parse().map_err(|_| invalid())?;
    let found = history::resolve_with_hash(conn, app.ledger.book(), &point).await;
    let (position, hash) = found.map_err(|error| shared::history(error, "/after"))?;
    Ok(Begin { position, hash })
}
