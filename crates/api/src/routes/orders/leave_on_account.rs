//! `POST /api/orders/{order}/leave-on-account`: what it still owes becomes the customer's debt.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::LEAVE_ON_ACCOUNT;
use crate::wire::Nothing;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/leave-on-account";

/// Leaves what the order still owes on the customer's account; takes two persons.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/leave-on-account",
    tag = "orders",
    operation_id = "leave_on_account_order",
    params(("order" = String, Path, description = "Id or number")),
    request_body = Nothing,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ LEAVE_ON_ACCOUNT }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Nothing>,
) -> Result<Response, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let command = Command::LeaveOnAccount { order: found.id };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    execute(&app, &caller, &attempt, name, asked).await
}
