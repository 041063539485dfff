//! `GET /api/management/deadlines`: what falls due, the most overdue first.

use axum::extract::State;
use chrono::{DateTime, Utc};
use projections::deadlines::{self, DueOrder, Filter, Place};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page::Page;
use crate::problem::Problem;
use crate::scope::READ_DEADLINES;
use crate::view::View;
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Only what falls due before this time.
    before: Option<DateTime<Utc>>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of deadlines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadlinesPage)]
pub(crate) struct Body {
    deadlines: Vec<DeadlineRow>,
    next: Option<String>,
}

/// What daftar does to an order when the time comes, unless something else comes first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Deadline)]
pub(crate) struct DeadlineRow {
    order: Uuid,
    number: String,
    customer: String,
    phase: String,
    /// `expire` or `complete`.
    kind: String,
    due_at: DateTime<Utc>,
    is_overdue: bool,
    /// The event that set it, by its number in the order's history.
    set_by: i64,
}

/// What falls due, the most overdue first.
#[utoipa::path(
    get,
    path = "/api/management/deadlines",
    tag = "management",
    operation_id = "get_deadlines",
    params(Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_DEADLINES }>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    let before = query.before.map(|before| before.format("%FT%T%.6fZ").to_string());
    let (path, cursor) = ("/api/management/deadlines", query.cursor.as_deref());
    let mut page: Page<Place> = Page::asked(path, &[("before", before)], cursor, query.limit)?;
    let filter = Filter { before: query.before, customers: caller.credential.seen() };
    let (after, rows) = (page.after(), page.rows());
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let mut read = deadlines::page(&mut conn, app.ledger.book(), filter, after, rows)
        .await
        .map_err(Problem::unreadable)?;
    let next = page.cut(&mut read.value, |last| (last.due_at, last.order_id, last.kind.clone()));
    let now = app.ledger.clock().now();
    let deadlines = read.value.into_iter().map(|due| row(due, now)).collect();
    Ok(View::new(read.cursor, Body { deadlines, next: next.cursor }).with_next(next.link))
}

fn row(due: DueOrder, now: DateTime<Utc>) -> DeadlineRow {
    DeadlineRow {
        order: due.order_id,
        number: due.number,
        customer: due.customer_id,
        phase: due.phase,
        kind: due.kind,
        due_at: due.due_at,
        is_overdue: due.due_at <= now,
        set_by: due.set_by,
    }
}
