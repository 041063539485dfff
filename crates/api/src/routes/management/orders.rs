//! `GET /api/management/orders`: a worklist, oldest first.

use axum::extract::State;
use domain::id::check_text;
use projections::order_management::{self, Filter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page::Page;
use crate::problem::Problem;
use crate::scope::READ_MANAGEMENT;
use crate::view::View;
use crate::wire::order::ManagedOrderRow;
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    department: Option<String>,
    status: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of orders.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Worklist)]
pub(crate) struct Body {
    orders: Vec<ManagedOrderRow>,
    next: Option<String>,
}

/// A worklist, oldest first.
#[utoipa::path(
    get,
    path = "/api/management/orders",
    tag = "management",
    operation_id = "get_worklist",
    params(Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_MANAGEMENT }>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    for (name, text) in [("department", &query.department), ("status", &query.status)] {
        if text.as_deref().is_some_and(|text| check_text(text, 64).is_err()) {
            return Err(Problem::new("invalid-query").fault(name, "invalid-value"));
        }
    }
    let filters = [("department", query.department.clone()), ("status", query.status.clone())];
    let (path, cursor) = ("/api/management/orders", query.cursor.as_deref());
    let mut page = Page::asked(path, &filters, cursor, query.limit)?;
    let filter = Filter {
        department: query.department,
        current_status: query.status,
        customers: caller.credential.seen(),
    };
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let (after, rows) = (page.after(), page.rows());
    let mut read = order_management::page(&mut conn, app.ledger.book(), filter, after, rows)
        .await
        .map_err(Problem::unreadable)?;
    let next =
        page.cut(&mut read.value, |last| (last.placed_at.unwrap_or_default(), last.order_id));
    let known = app.ledger.quarantine();
    let rows = read.value.into_iter().map(ManagedOrderRow::from);
    let orders = rows.map(|row| row.marked(known)).collect();
    Ok(View::new(read.cursor, Body { orders, next: next.cursor }).with_next(next.link))
}
