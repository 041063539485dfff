//! `POST /api/orders/{order}/pay-from-wallet`: takes what is owed, or a part of it, from the wallet.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::decide::WalletPurpose;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::PAY_FROM_WALLET;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/pay-from-wallet";

/// How much.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PayFromWallet)]
pub(crate) struct Body {
    /// What is owed, if left out.
    amount: Option<crate::wire::money::Amount>,
}

/// Pays from the customer's wallet; without an amount, all that is owed.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/pay-from-wallet",
    tag = "orders",
    operation_id = "pay_from_wallet_order",
    params(("order" = String, Path, description = "Id or number")),
    request_body = Body,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ PAY_FROM_WALLET }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let command = Command::PayFromWallet {
        order: found.id,
        amount: body.amount.map(|amount| amount.0),
        purpose: WalletPurpose::Payment,
    };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    execute(&app, &caller, &attempt, name, asked).await
}
