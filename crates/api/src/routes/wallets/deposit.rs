//! `POST /api/customers/{customer}/wallet/deposits`: money that came in goes into the wallet.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::{PaymentId, WalletId};
use domain::payment::Kind;
use ledger::queries;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::TOP_UP_WALLETS;
use crate::wire::money::Amount;
use crate::wire::payment::PaymentKind;
use crate::wire::reply::{ProblemReply, WalletReply};

const ROUTE: &str = "POST /api/customers/{customer}/wallet/deposits";

/// What came in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Deposit)]
pub(crate) struct Body {
    amount: Amount,
    payment: PaymentKind,
}

/// Records the payment and puts it into the customer's wallet, which is opened if need be.
#[utoipa::path(
    post,
    path = "/api/customers/{customer}/wallet/deposits",
    tag = "wallets",
    operation_id = "deposit_into_wallet",
    params(("customer" = String, Path)),
    request_body = Body,
    responses(
        (status = 200, description = "The wallet after it", body = WalletReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ TOP_UP_WALLETS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let customer = find::customer(&caller, &path.one())?;
    let name = attempt.name(&app, &caller.credential);
    let kind = Kind::from(body.payment.clone());
    let known = kind.payment_id();
    let payment = known.unwrap_or_else(|| PaymentId::new(name.derive(&app, "payment")));
    let amount = body.amount.0;
    let wallet = StreamKey::Wallet(WalletId::of(&customer, amount.currency()));
    let (_, before) = queries::state(&app.ledger, wallet).await.map_err(Problem::unreadable)?;
    let command = Command::TopUpWallet { customer, payment, kind, amount };
    let mut asked = Asked::about(ROUTE, wallet, before, &body, command);
    if known.is_none() {
        asked.fresh.push(StreamKey::Payment(payment));
    }
    execute(&app, &caller, &attempt, name, asked).await
}
