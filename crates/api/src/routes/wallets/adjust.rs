//! `POST /api/customers/{customer}/wallet/adjustments`: against a suspense item, either way.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::{Reason, SuspenseId};
use domain::wallet::{Purpose, Source};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::wallet;
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::problem::Problem;
use crate::routes::suspense;
use crate::scope::ADJUST_WALLETS;
use crate::wire::money::Amount;
use crate::wire::reply::{ProblemReply, WalletReply};

const ROUTE: &str = "POST /api/customers/{customer}/wallet/adjustments";

/// How much, which way, and against what.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdjustWallet)]
pub(crate) struct Body {
    amount: Amount,
    direction: Direction,
    /// The suspense item that takes the other side.
    item: Uuid,
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AdjustDirection)]
enum Direction {
    /// Into the wallet.
    Credit,
    /// Out of it.
    Debit,
}

/// Adjusts a wallet against an open suspense item, whose owner has to explain it.
#[utoipa::path(
    post,
    path = "/api/customers/{customer}/wallet/adjustments",
    tag = "wallets",
    operation_id = "adjust_wallet",
    params(("customer" = String, Path)),
    request_body = Body,
    responses(
        (status = 200, description = "The wallet after it", body = WalletReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ ADJUST_WALLETS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("suspense items")?;
    let amount = body.amount.0;
    let (wallet, before) = wallet(&app, &caller, &path.one(), amount.currency()).await?;
    let item = suspense::find(&app, SuspenseId::new(body.item)).await?.facts().item;
    let reason = body.reason.clone();
    let command = match body.direction {
        Direction::Credit => {
            let source = Source::Adjustment { item, reason };
            Command::CreditWallet { wallet, amount, source }
        }
        Direction::Debit => {
            let purpose = Purpose::Adjustment { item, reason };
            Command::DebitWallet { wallet, amount, purpose }
        }
    };
    let asked = Asked::about(ROUTE, StreamKey::Wallet(wallet), before, &body, command)
        .with_reason(body.reason.clone());
    let name = attempt.name(&app, &caller.credential);
    execute(&app, &caller, &attempt, name, asked).await
}
