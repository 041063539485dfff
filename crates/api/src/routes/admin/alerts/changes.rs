//! `GET /api/admin/alerts/changes`: what happened to alerts, in order.

use axum::extract::State;
use ledger::alerts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page;
use crate::problem::Problem;
use crate::routes::admin::alerts::WHAT;
use crate::scope::READ_ALERTS;
use crate::view::View;
use crate::wire::alert::AlertChange;
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Changes after the one with this number; from the first one on without it.
    #[param(minimum = 0)]
    after: Option<u64>,
    /// How many at most: 50 without it, 200 at most.
    limit: Option<u32>,
}

/// Changes of alerts after a number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertChanges)]
pub(crate) struct Body {
    changes: Vec<AlertChange>,
    /// The number to ask after next; null when nothing follows yet.
    next: Option<i64>,
}

/// What happened to alerts, in order: opened, acknowledged, resolved and reopened. Their numbers have
/// no holes, so that whoever has one has all before it. `GET /api/admin/alerts/stream` tells the same
/// as it happens.
#[utoipa::path(
    get,
    path = "/api/admin/alerts/changes",
    tag = "admin",
    operation_id = "list_alert_changes",
    params(Parameters),
    responses(
        (status = 200, description = "The changes", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_ALERTS }>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let size = page::size(query.limit)?;
    let after = i64::try_from(query.after.unwrap_or(0)).unwrap_or(i64::MAX);
    let head = app.ledger.head().await.map_err(Problem::unreadable)?;
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let rows = size.saturating_add(1);
    let changes = alerts::changes(&mut conn, app.ledger.book(), after, rows).await;
    let mut changes = changes.map_err(Problem::unreadable)?;
    let is_last = u32::try_from(changes.len()).is_ok_and(|count| count <= size);
    changes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let next = changes.last().map(|last| last.number).filter(|_| !is_last);
    let link = next.map(|next| format!("/api/admin/alerts/changes?after={next}&limit={size}"));
    let changes = changes.into_iter().map(AlertChange::from).collect();
    Ok(View::new(head.cursor(), Body { changes, next }).with_next(link))
}
