//! `GET /api/webhooks/{webhook}`: one address that is told of events.

use axum::extract::State;
use eventstore::Cursor;
use ledger::webhooks;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::problem::Problem;
use crate::routes::webhooks::{id, problem, shown};
use crate::scope::READ_WEBHOOKS;
use crate::view::View;
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;
use crate::wire::webhook::{Replay, Webhook};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OneWebhook)]
pub(crate) struct Body {
    webhook: Webhook,
    /// The last replays, the newest first.
    replays: Vec<Replay>,
}

/// One webhook, without its secrets, and how far its replays are.
#[utoipa::path(
    get,
    path = "/api/webhooks/{webhook}",
    tag = "webhooks",
    operation_id = "get_webhook",
    params(("webhook" = String, Path, description = "The webhook's id")),
    responses(
        (status = 200, description = "The webhook", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_WEBHOOKS }>,
    path: Segments<1>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("webhooks")?;
    let id = id(&path.one())?;
    let book = app.ledger.book();
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let head = eventstore::read_head(&mut conn, book).await.map_err(Problem::unreadable)?;
    let webhook = shown(&app, &mut conn, id).await?;
    let replays = webhooks::replays(&mut conn, book, id).await.map_err(problem)?;
    let replays = replays.into_iter().map(Replay::from).collect();
    Ok(View::new(Cursor::new(head.position, head.hash), Body { webhook, replays }))
}
