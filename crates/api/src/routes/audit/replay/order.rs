//! `GET /api/audit/replay/orders/{order}`: an order as it was, in every view, folded from the events.

use axum::extract::State;
use projections::past;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::at;
use crate::app::App;
use crate::as_of::AsOf;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::REPLAY;
use crate::view::View;
use crate::wire::replay::{Broken, Place, Row};
use crate::wire::reply::ProblemReply;

/// An order as it was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayedOrder)]
pub(crate) struct Body {
    at: Place,
    order: Uuid,
    /// View by view: its own rows, and of its customer's wallet, its payments and its receipts' files
    /// what names it.
    rows: Vec<Row>,
    quarantined: Vec<Broken>,
}

/// An order as it was, in every view: folded from the events, and never read from a view.
#[utoipa::path(
    get,
    path = "/api/audit/replay/orders/{order}",
    tag = "audit",
    operation_id = "replay_order",
    params(("order" = String, Path, description = "Its id, or its number as it is now"), AsOf),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ REPLAY }>,
    path: Segments<1>,
    Search(query): Search<AsOf>,
) -> Result<View<Body>, Problem> {
    let order = find::order_id(&app, &caller, &path.one()).await?;
    let at = at(&app, query.moment()?).await?;
    let story = {
        let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
        let story = past::order(&mut conn, app.ledger.book(), order, at.position).await;
        story.map_err(Problem::unreadable)?
    };
    let is_seen = match story.customer() {
        Some(customer) => caller.credential.may_see(customer),
        // Whose it was cannot be told where its first event cannot be read.
        None => !story.quarantined.is_empty() && caller.credential.customers.is_none(),
    };
    if !is_seen {
        let problem = Problem::new("order-not-found");
        // Whether there is one is nothing to whoever may not see it.
        let sees_all = caller.credential.customers.is_none();
        let detail = format!("{order} was not there at position {}", at.position);
        return Err(if sees_all { problem.detail(detail) } else { problem });
    }
    let body = Body {
        at: Place::from(&at),
        order: order.uuid(),
        rows: story.rows.into_iter().map(Row::from).collect(),
        quarantined: story.quarantined.into_iter().map(Broken::from).collect(),
    };
    Ok(View::new(at.cursor(), body))
}
