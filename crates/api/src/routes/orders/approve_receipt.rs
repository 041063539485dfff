//! `POST /api/orders/{order}/receipts/{receipt}/approve`: finance saw the money.

use axum::extract::State;
use axum::response::Response;
use domain::decide::{ApproveReceipt, Command, Transfer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decide_receipt::receipt;
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::DECIDE_RECEIPTS;
use crate::wire::money::Amount;
use crate::wire::payment::BankTransfer;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/receipts/{receipt}/approve";

/// What finance found out.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApproveReceipt)]
pub(crate) struct Body {
    /// The part of the transfer that is for this order.
    verified: Amount,
    transfer: BankTransfer,
    /// The whole transfer; the verified amount, if left out.
    transfer_amount: Option<Amount>,
}

/// Approves a receipt. Excess goes to the wallet; a shortfall is taken from it if it suffices.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/receipts/{receipt}/approve",
    tag = "orders",
    operation_id = "approve_receipt",
    params(
        ("order" = String, Path, description = "Id or number"),
        ("receipt" = Uuid, Path),
    ),
    request_body = Body,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ DECIDE_RECEIPTS }>,
    path: Segments<2>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let (order, text) = path.two();
    let found = find::order(&app, &caller, &order).await?;
    let name = attempt.name(&app, &caller.credential);
    let command = Command::ApproveReceipt(Box::new(ApproveReceipt {
        order: found.id,
        receipt: receipt(&text)?,
        verified: body.verified.0,
        transfer: Transfer {
            account: body.transfer.account.clone(),
            reference: body.transfer.reference.clone(),
            date: body.transfer.date,
            amount: body.transfer_amount.unwrap_or(body.verified).0,
        },
    }));
    // Which receipt is a part of what is asked.
    let told = (text, &body);
    let asked = Asked::about(ROUTE, found.stream(), found.state, &told, command);
    execute(&app, &caller, &attempt, name, asked).await
}
