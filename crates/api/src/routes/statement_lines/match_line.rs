//! `POST /api/statement-lines/{statement_line}/match`: which payments a line is.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::PaymentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::found;
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::problem::Problem;
use crate::scope::KEEP_STATEMENTS;
use crate::wire::money::Money;
use crate::wire::reply::{ProblemReply, StatementLineReply};

const ROUTE: &str = "POST /api/statement-lines/{statement_line}/match";
/// How many payments one line may be.
const PAYMENTS_MAX: usize = 500;

/// The payments, and what the bank or the gateway kept of them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MatchStatementLine)]
pub(crate) struct Body {
    payments: Vec<Uuid>,
    /// None, if left out.
    fee: Option<Money>,
}

/// Says that a line is these payments: less the fee they come to its amount.
#[utoipa::path(
    post,
    path = "/api/statement-lines/{statement_line}/match",
    tag = "statements",
    operation_id = "match_statement_line",
    params(("statement_line" = Uuid, Path)),
    request_body = Body,
    responses(
        (status = 200, description = "The line after it", body = StatementLineReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ KEEP_STATEMENTS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("statements")?;
    if body.payments.len() > PAYMENTS_MAX {
        return Err(Problem::new("invalid-body").fault("/payments", "out-of-range"));
    }
    let found = found::statement_line(&app, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let currency = found.facts().recorded.amount.currency();
    let fee = body.fee.map_or_else(|| domain::money::Money::zero(currency), |fee| fee.0);
    let payments = body.payments.iter().copied().map(PaymentId::new).collect();
    let command = Command::MatchStatementLine { line: found.id, payments, fee };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    execute(&app, &caller, &attempt, name, asked).await
}
