//! `POST /api/payments/{payment}/repay-debt`: money that came in repays what a customer owes.

use axum::extract::State;
use axum::response::Response;
use domain::decide::{Allocation, Command};
use domain::id::CustomerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::found;
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::problem::Problem;
use crate::scope::SETTLE_DEBTS;
use crate::wire::money::Amount;
use crate::wire::reply::{PaymentReply, ProblemReply};

const ROUTE: &str = "POST /api/payments/{payment}/repay-debt";

/// Whose debt, and how much.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RepayDebtFromPayment)]
pub(crate) struct Body {
    #[schema(value_type = String, max_length = 64)]
    customer: CustomerId,
    /// As much as is left of the payment and owed, if left out.
    amount: Option<Amount>,
}

/// Repays what a customer owes out of a payment.
#[utoipa::path(
    post,
    path = "/api/payments/{payment}/repay-debt",
    tag = "payments",
    operation_id = "repay_debt_from_payment",
    params(("payment" = Uuid, Path)),
    request_body = Body,
    responses(
        (status = 200, description = "The payment after it", body = PaymentReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ SETTLE_DEBTS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = found::payment(&app, &caller, &path.one()).await?;
    caller.must_see(body.customer.as_str())?;
    let amount = body.amount.map(|amount| amount.0);
    let to = Allocation::Debt(body.customer.clone());
    let command = Command::AllocatePayment { payment: found.id, amount, to };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    let name = attempt.name(&app, &caller.credential);
    execute(&app, &caller, &attempt, name, asked).await
}
