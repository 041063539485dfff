//! `GET /api/statement-lines`: what the banks say came in, by date.

use axum::extract::State;
use domain::id::check_text;
use projections::statement_lines::{self, Filter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page::Page;
use crate::problem::Problem;
use crate::scope::READ_STATEMENTS;
use crate::view::View;
use crate::wire::reply::ProblemReply;
use crate::wire::statement_line::StatementLineRow;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Only lines whose payments are known, or only those that nothing explains yet.
    matched: Option<bool>,
    account: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementLinesPage)]
pub(crate) struct Body {
    statement_lines: Vec<StatementLineRow>,
    next: Option<String>,
}

/// Lines of bank statements, oldest first.
#[utoipa::path(
    get,
    path = "/api/statement-lines",
    tag = "statements",
    operation_id = "get_statement_lines",
    params(Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_STATEMENTS }>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("statements")?;
    if query.account.as_deref().is_some_and(|text| check_text(text, 128).is_err()) {
        return Err(Problem::new("invalid-query").fault("account", "invalid-value"));
    }
    let filters = [
        ("matched", query.matched.map(|matched| matched.to_string())),
        ("account", query.account.clone()),
    ];
    let (path, cursor) = ("/api/statement-lines", query.cursor.as_deref());
    let mut page = Page::asked(path, &filters, cursor, query.limit)?;
    let (after, rows) = (page.after(), page.rows());
    let filter = Filter { matched: query.matched, account: query.account };
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let mut read = statement_lines::page(&mut conn, app.ledger.book(), filter, after, rows)
        .await
        .map_err(Problem::unreadable)?;
    let next = page.cut(&mut read.value, |last| (last.date, last.line_id));
    let statement_lines = read.value.into_iter().map(StatementLineRow::from).collect();
    Ok(View::new(read.cursor, Body { statement_lines, next: next.cursor }).with_next(next.link))
}
