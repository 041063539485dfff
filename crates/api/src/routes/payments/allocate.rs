//! `POST /api/payments/{payment}/allocate`: a payment, or a part of it, finds its place.

use axum::extract::State;
use axum::response::Response;
use domain::decide::{Allocation, Command};
use domain::id::CustomerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::found;
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::RECORD_PAYMENTS;
use crate::wire::money::Amount;
use crate::wire::reply::{PaymentReply, ProblemReply};

const ROUTE: &str = "POST /api/payments/{payment}/allocate";

/// How much, and where to.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AllocatePayment)]
pub(crate) struct Body {
    /// As much as is left and, for an order, owed, if left out.
    amount: Option<Amount>,
    to: To,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = AllocateTo)]
enum To {
    Order(Uuid),
    #[schema(value_type = String)]
    Customer(CustomerId),
}

/// Allocates a payment to an order or to a customer's wallet.
#[utoipa::path(
    post,
    path = "/api/payments/{payment}/allocate",
    tag = "payments",
    operation_id = "allocate_payment",
    params(("payment" = Uuid, Path)),
    request_body = Body,
    responses(
        (status = 200, description = "The payment after it", body = PaymentReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ RECORD_PAYMENTS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = found::payment(&app, &caller, &path.one()).await?;
    let to = match &body.to {
        To::Order(order) => {
            let order = find::order(&app, &caller, &order.to_string()).await?;
            Allocation::Order(order.id)
        }
        To::Customer(customer) => {
            caller.must_see(customer.as_str())?;
            Allocation::Customer(customer.clone())
        }
    };
    let name = attempt.name(&app, &caller.credential);
    let amount = body.amount.map(|amount| amount.0);
    let command = Command::AllocatePayment { payment: found.id, amount, to };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    execute(&app, &caller, &attempt, name, asked).await
}
