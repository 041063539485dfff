//! `POST /api/statement-lines`: one line of a bank's statement, entered by hand.

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::{Code, StatementLineId};
use ledger::queries;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::Json;
use crate::problem::Problem;
use crate::scope::KEEP_STATEMENTS;
use crate::wire::money::Amount;
use crate::wire::reply::{ProblemReply, StatementLineReply};

const ROUTE: &str = "POST /api/statement-lines";

/// What the bank says came in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordStatementLine)]
pub(crate) struct Body {
    /// The shop's account that it came to.
    #[schema(value_type = String, max_length = 128)]
    account: Code,
    /// The bank's own id of the line: told twice, it is one line.
    #[schema(value_type = String, max_length = 128)]
    line: Code,
    date: NaiveDate,
    amount: Amount,
    /// The transfer's reference, where the bank tells it.
    #[schema(value_type = Option<String>, max_length = 128)]
    reference: Option<Code>,
}

/// Records a line; a transfer that it names, of the same amount, is matched at once.
#[utoipa::path(
    post,
    path = "/api/statement-lines",
    tag = "statements",
    operation_id = "record_statement_line",
    request_body = Body,
    responses(
        (status = 201, description = "The line", body = StatementLineReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ KEEP_STATEMENTS }>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("statements")?;
    let name = attempt.name(&app, &caller.credential);
    let id = StatementLineId::of(body.account.as_str(), body.line.as_str());
    let stream = StreamKey::StatementLine(id);
    let (_, before) = queries::state(&app.ledger, stream).await.map_err(Problem::unreadable)?;
    let command = Command::RecordStatementLine {
        account: body.account.clone(),
        line: body.line.clone(),
        date: body.date,
        amount: body.amount.0,
        reference: body.reference.clone(),
    };
    let mut asked = Asked::creating(ROUTE, stream, &body, command);
    asked.before = Some(before);
    execute(&app, &caller, &attempt, name, asked).await
}
