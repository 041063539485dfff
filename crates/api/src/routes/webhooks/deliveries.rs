//! `GET /api/webhooks/{webhook}/deliveries`: what was sent, and what came of it.

use axum::extract::State;
use eventstore::Cursor;
use ledger::webhooks::{self, DeliveryFilter, DeliveryState, Place};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::page;
use crate::problem::Problem;
use crate::routes::webhooks::{id, problem, shown};
use crate::scope::READ_WEBHOOKS;
use crate::view::View;
use crate::wire::reply::ProblemReply;
use crate::wire::webhook::Delivery;

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryState)]
pub(crate) enum Wanted {
    Pending,
    Delivered,
    Failed,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Only those that are in this state.
    #[param(inline)]
    state: Option<Wanted>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of the log of deliveries, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Deliveries)]
pub(crate) struct Body {
    deliveries: Vec<Delivery>,
    next: Option<String>,
}

/// What was sent to a webhook, and what came of it, the newest first. It is kept for 30 days.
#[utoipa::path(
    get,
    path = "/api/webhooks/{webhook}/deliveries",
    tag = "webhooks",
    operation_id = "list_webhook_deliveries",
    params(("webhook" = String, Path, description = "The webhook's id"), Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_WEBHOOKS }>,
    path: Segments<1>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("webhooks")?;
    let id = id(&path.one())?;
    let limit = page::size(query.limit)?;
    let after: Option<Place> = page::read_cursor(query.cursor.as_deref())?;
    let state = query.state.map(|state| match state {
        Wanted::Pending => DeliveryState::Pending,
        Wanted::Delivered => DeliveryState::Delivered,
        Wanted::Failed => DeliveryState::Failed,
    });
    let book = app.ledger.book();
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let head = eventstore::read_head(&mut conn, book).await.map_err(Problem::unreadable)?;
    shown(&app, &mut conn, id).await?;
    let filter = DeliveryFilter { state, after, limit };
    let found = webhooks::deliveries(&mut conn, book, id, filter).await.map_err(problem)?;
    let last = found.last().filter(|_| page::is_full(found.len(), limit));
    let next = last.map(|last| {
        let place: Place = (last.made_at, last.position, last.delivery_id);
        page::write_cursor(&place)
    });
    let link = next.as_ref().map(|next| {
        let state = state.map_or_else(String::new, |state| format!("&state={}", state.as_str()));
        format!("?cursor={next}&limit={limit}{state}")
    });
    let deliveries = found.into_iter().map(Delivery::from).collect();
    let at = Cursor::new(head.position, head.hash);
    Ok(View::new(at, Body { deliveries, next }).with_next(link))
}
