//! What the routes of one payment share: finding it, as far as the caller may see it.

use std::sync::Arc;

use domain::id::PaymentId;
use domain::payment::{Facts, Payment};
use domain::{State, StreamKey};
use eventstore::Cursor;
use ledger::queries;

use crate::app::App;
use crate::caller::Caller;
use crate::find::must_be_readable;
use crate::problem::Problem;
use crate::scope::Scope;

/// A payment that is there and that the caller may see.
pub(super) struct Found {
    pub(super) id: PaymentId,
    pub(super) state: Arc<State>,
    pub(super) at: Cursor,
}

impl Found {
    pub(super) fn stream(&self) -> StreamKey {
        StreamKey::Payment(self.id)
    }

    pub(super) fn facts(&self) -> &Facts {
        recorded(&self.state).expect("it was found as recorded")
    }
}

/// The payment of an id. One that is nobody's yet is only for those who see every customer.
pub(super) async fn payment<const SCOPE: Scope>(
    app: &App,
    caller: &Caller<SCOPE>,
    id: &str,
) -> Result<Found, Problem> {
    let not_found = || Problem::new("payment-not-found");
    let id: PaymentId = id.parse().map_err(|_| not_found())?;
    let (at, state) =
        queries::state(&app.ledger, StreamKey::Payment(id)).await.map_err(Problem::unreadable)?;
    if caller.credential.customers.is_none() && recorded(&state).is_none() {
        must_be_readable(app, StreamKey::Payment(id))?;
    }
    let facts = recorded(&state).ok_or_else(not_found)?;
    let is_seen = match &facts.customer {
        Some(customer) => caller.credential.may_see(customer.as_str()),
        None => caller.credential.customers.is_none(),
    };
    if is_seen { Ok(Found { id, state, at }) } else { Err(not_found()) }
}

fn recorded(state: &State) -> Option<&Facts> {
    match state {
        State::Payment(Payment::Recorded(facts)) => Some(facts),
        State::Payment(Payment::Unrecorded)
        | State::Order(_)
        | State::Wallet(_)
        | State::Suspense(_)
        | State::StatementLine(_)
        | State::ReceiptFile(_)
        | State::Settings(_) => None,
    }
}
