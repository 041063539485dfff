//! `GET /api/statement-lines/{statement_line}`: what the bank says, and which payments it is.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::found;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::problem::Problem;
use crate::scope::READ_STATEMENTS;
use crate::view::View;
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;
use crate::wire::statement_line::StatementLine;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementLineView)]
pub(crate) struct Body {
    statement_line: StatementLine,
}

/// A line, and the payments that it was found to be.
#[utoipa::path(
    get,
    path = "/api/statement-lines/{statement_line}",
    tag = "statements",
    operation_id = "get_statement_line",
    params(("statement_line" = Uuid, Path)),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = 304, description = "It is at a version that If-None-Match names"),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_STATEMENTS }>,
    path: Segments<1>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("statements")?;
    let found = found::statement_line(&app, &path.one()).await?;
    let facts = found.facts();
    let body = Body { statement_line: StatementLine::of(found.id, facts) };
    Ok(View::new(found.at, body).at_version(facts.version))
}
