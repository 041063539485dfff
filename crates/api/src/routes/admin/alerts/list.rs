//! `GET /api/admin/alerts`: what somebody should look at.

use axum::extract::State;
use ledger::alerts::{self, Filter, Severity};
use ledger::monitors::Owner;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page::Page;
use crate::problem::Problem;
use crate::routes::admin::alerts::WHAT;
use crate::scope::READ_ALERTS;
use crate::view::View;
use crate::wire::alert::{Alert, AlertOwner, AlertSeverity, AlertState};
use crate::wire::reply::ProblemReply;

const PATH: &str = "/api/admin/alerts";

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    #[param(inline)]
    state: Option<AlertState>,
    #[param(inline)]
    severity: Option<AlertSeverity>,
    /// The department that sees to them.
    #[param(inline)]
    owner: Option<AlertOwner>,
    /// The name of the monitor that found them.
    monitor: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of alerts, those that changed last first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Alerts)]
pub(crate) struct Body {
    alerts: Vec<Alert>,
    next: Option<String>,
}

/// What somebody should look at, and what somebody did, those that changed last first.
#[utoipa::path(
    get,
    path = "/api/admin/alerts",
    tag = "admin",
    operation_id = "list_alerts",
    params(Parameters),
    responses(
        (status = 200, description = "The alerts", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_ALERTS }>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let filter = Filter {
        state: query.state.map(alerts::State::from),
        severity: query.severity.map(Severity::from),
        owner: query.owner.map(|owner| Owner::from(owner).as_str().to_owned()),
        monitor: query.monitor,
    };
    let filters = [
        ("state", filter.state.map(|state| state.as_str().to_owned())),
        ("severity", filter.severity.map(|severity| severity.as_str().to_owned())),
        ("owner", filter.owner.clone()),
        ("monitor", filter.monitor.clone()),
    ];
    let mut page: Page<i64> = Page::asked(PATH, &filters, query.cursor.as_deref(), query.limit)?;
    let head = app.ledger.head().await.map_err(Problem::unreadable)?;
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let (book, below) = (app.ledger.book(), page.after());
    let found = alerts::list(&mut conn, book, &filter, below, page.rows()).await;
    let mut found = found.map_err(Problem::unreadable)?;
    let next = page.cut(&mut found, |last| last.number);
    let alerts = found.into_iter().map(Alert::from).collect();
    Ok(View::new(head.cursor(), Body { alerts, next: next.cursor }).with_next(next.link))
}
