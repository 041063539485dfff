//! `GET /api/webhooks/{webhook}/deliveries`: what was sent, and what came of it.

use axum::extract::State;
use eventstore::Cursor;
use ledger::webhooks::{self, DeliveryFilter, DeliveryState, Place};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::page::Page;
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
    let state = query.state.map(|state| match state {
        Wanted::Pending => DeliveryState::Pending,
        Wanted::Delivered => DeliveryState::Delivered,
        Wanted::Failed => DeliveryState::Failed,
    });
    let path = format!("/api/webhooks/{id}/deliveries");
    let filters = [("state", state.map(|state| state.as_str().to_owned()))];
    let mut page: Page<Place> = Page::asked(&path, &filters, query.cursor.as_deref(), query.limit)?;
    let book = app.ledger.book();
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let head = eventstore::read_head(&mut conn, book).await.map_err(Problem::unreadable)?;
    shown(&app, &mut conn, id).await?;
    let filter = DeliveryFilter { state, after: page.after(), limit: page.rows() };
    let mut found = webhooks::deliveries(&mut conn, book, id, filter).await.map_err(problem)?;
    let next = page.cut(&mut found, |last| (last.made_at, last.position, last.delivery_id));
    let deliveries = found.into_iter().map(Delivery::from).collect();
    let at = Cursor::new(head.position, head.hash);
    Ok(View::new(at, Body { deliveries, next: next.cursor }).with_next(next.link))
}
