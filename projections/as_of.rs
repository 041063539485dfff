//! Rows as they were: the same folds, over the events of one stream up to a position.

use domain::{State, StreamKey};
use eventstore::{RecordedEvent, Upcasters};

use crate::fact::Fact;
use crate::projection::{Projection, Rows};
use crate::replay::{ReplayError, decode, evolve};
use crate::wallet_balances::{WalletBalance, WalletBalances};
use crate::wallet_requests::{WalletRequest, WalletRequests};

/// What the views held of one wallet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wallet {
    /// None before its first event.
    pub balance: Option<WalletBalance>,
    pub requests: Vec<WalletRequest>,
}

/// Folds a wallet's events, from its first one on.
pub fn wallet(events: &[RecordedEvent], upcasters: &Upcasters) -> Result<Wallet, ReplayError> {
    let mut state: Option<(StreamKey, State)> = None;
    let mut balances = Rows::<WalletBalances>::default();
    let mut requests = Rows::<WalletRequests>::default();
    for recorded in events {
        let (stream, event) = decode(recorded, upcasters)?;
        let (_, state) = state.get_or_insert_with(|| (stream, State::initial(stream)));
        evolve(state, &event)
            .map_err(|why| ReplayError::Impossible { position: recorded.position, why })?;
        let fact = Fact { recorded, stream, event: &event, state };
        WalletBalances::fold(&fact, &mut balances)?;
        WalletRequests::fold(&fact, &mut requests)?;
    }
    Ok(Wallet {
        balance: balances.iter().next().cloned(),
        requests: requests.iter().cloned().collect(),
    })
}
