//! What the routes of wallets share: the wallet or the request that they are about.

use std::sync::Arc;

use domain::id::{Reason, RequestId, WalletId};
use domain::money::Currency;
use domain::{State, StreamKey};
use ledger::queries;
use projections::wallet_requests::{self, WalletRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::find;
use crate::problem::Problem;
use crate::scope::Scope;

pub(super) mod adjust;
pub(super) mod approve_top_up;
pub(super) mod close;
pub(super) mod correct;
pub(super) mod deposit;
pub(super) mod fail_withdrawal;
pub(super) mod freeze;
pub(super) mod get_withdrawal;
pub(super) mod goodwill;
pub(super) mod pay_withdrawal;
pub(super) mod reject_top_up;
pub(super) mod reopen;
pub(super) mod repay_debt;
pub(super) mod request_top_up;
pub(super) mod request_withdrawal;
pub(super) mod requests;
pub(super) mod top_up_file;
pub(super) mod unfreeze;
pub(super) mod write_off_debt;

/// Which of a customer's wallets, and why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GovernWallet)]
pub(super) struct Because {
    #[schema(value_type = String)]
    currency: Currency,
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
}

/// A customer's wallet in one currency, as it is now. It need not be open.
async fn wallet<const SCOPE: Scope>(
    app: &App,
    caller: &Caller<SCOPE>,
    customer: &str,
    currency: Currency,
) -> Result<(WalletId, Arc<State>), Problem> {
    let customer = find::customer(caller, customer)?;
    let id = WalletId::of(&customer, currency);
    let (_, state) =
        queries::state(&app.ledger, StreamKey::Wallet(id)).await.map_err(Problem::unreadable)?;
    Ok((id, state))
}

/// What a customer asks of a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    TopUp,
    Withdrawal,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::TopUp => "top_up",
            Self::Withdrawal => "withdrawal",
        }
    }
}

/// A request that is there and that the caller may see.
struct FoundRequest {
    id: RequestId,
    wallet: WalletId,
    /// The wallet as it is now.
    before: Arc<State>,
    row: WalletRequest,
}

/// The request of an id; one of another kind is not there.
async fn request<const SCOPE: Scope>(
    app: &App,
    caller: &Caller<SCOPE>,
    text: &str,
    kind: Kind,
) -> Result<FoundRequest, Problem> {
    let not_found = || Problem::new("request-not-found");
    let id: RequestId = text.parse().map_err(|_| not_found())?;
    let found = {
        let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
        wallet_requests::find(&mut conn, app.ledger.book(), id.uuid())
            .await
            .map_err(Problem::unreadable)?
    };
    let row = found
        .value
        .filter(|row| row.kind == kind.as_str())
        .filter(|row| caller.credential.may_see(&row.customer_id))
        .ok_or_else(not_found)?;
    let wallet = WalletId::new(row.wallet_id);
    let (_, before) = queries::state(&app.ledger, StreamKey::Wallet(wallet))
        .await
        .map_err(Problem::unreadable)?;
    Ok(FoundRequest { id, wallet, before, row })
}
