//! What the routes of one statement line share: finding it.

use std::sync::Arc;

use domain::id::StatementLineId;
use domain::statement_line::{Facts, StatementLine};
use domain::{State, StreamKey};
use eventstore::Cursor;
use ledger::queries;

use crate::app::App;
use crate::problem::Problem;

/// A line that is there.
pub(super) struct Found {
    pub(super) id: StatementLineId,
    pub(super) state: Arc<State>,
    pub(super) at: Cursor,
}

impl Found {
    pub(super) fn stream(&self) -> StreamKey {
        StreamKey::StatementLine(self.id)
    }

    pub(super) fn facts(&self) -> &Facts {
        recorded(&self.state).expect("it was found as recorded")
    }
}

pub(super) async fn statement_line(app: &App, id: &str) -> Result<Found, Problem> {
    let not_found = || Problem::new("statement-line-not-found");
    let id: StatementLineId = id.parse().map_err(|_| not_found())?;
    let (at, state) = queries::state(&app.ledger, StreamKey::StatementLine(id))
        .await
        .map_err(Problem::unreadable)?;
    recorded(&state).ok_or_else(not_found)?;
    Ok(Found { id, state, at })
}

fn recorded(state: &State) -> Option<&Facts> {
    match state {
        State::StatementLine(StatementLine::Recorded(facts)) => Some(facts),
        State::StatementLine(StatementLine::Unrecorded)
        | State::Order(_)
        | State::Wallet(_)
        | State::Payment(_)
        | State::Suspense(_)
        | State::ReceiptFile(_)
        | State::Settings(_) => None,
    }
}
