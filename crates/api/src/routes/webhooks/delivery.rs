//! `GET /api/webhooks/{webhook}/deliveries/{delivery}`: one message, and each attempt to send it.

use axum::extract::State;
use eventstore::Cursor;
use ledger::webhooks;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::problem::Problem;
use crate::routes::webhooks::{delivery_id, id, problem, shown, shown_delivery};
use crate::scope::READ_WEBHOOKS;
use crate::view::View;
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;
use crate::wire::webhook::{Attempt, Delivery, DeliveryReply};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OneDelivery)]
pub(crate) struct Body {
    delivery: Delivery,
    /// The last hundred attempts, the newest first.
    attempts: Vec<Attempt>,
}

/// One message to a webhook, and what came of each attempt to send it.
#[utoipa::path(
    get,
    path = "/api/webhooks/{webhook}/deliveries/{delivery}",
    tag = "webhooks",
    operation_id = "get_webhook_delivery",
    params(
        ("webhook" = String, Path, description = "The webhook's id"),
        ("delivery" = String, Path, description = "The delivery's id"),
    ),
    responses(
        (status = 200, description = "The delivery", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_WEBHOOKS }>,
    path: Segments<2>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("webhooks")?;
    let (webhook, delivery) = path.two();
    let (id, delivery) = (id(&webhook)?, delivery_id(&delivery)?);
    let book = app.ledger.book();
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let head = eventstore::read_head(&mut conn, book).await.map_err(Problem::unreadable)?;
    shown(&app, &mut conn, id).await?;
    let DeliveryReply { delivery: shown } = shown_delivery(&app, &mut conn, id, delivery).await?;
    let attempts = webhooks::attempts(&mut conn, book, id, delivery).await.map_err(problem)?;
    let attempts = attempts.into_iter().map(Attempt::from).collect();
    Ok(View::new(Cursor::new(head.position, head.hash), Body { delivery: shown, attempts }))
}
