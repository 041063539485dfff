//! What the routes of suspense items share: finding one.

use std::sync::Arc;

use domain::id::SuspenseId;
use domain::suspense::{Facts, Suspense};
use domain::{State, StreamKey};
use eventstore::Cursor;
use ledger::queries;

use crate::app::App;
use crate::find::must_be_readable;
use crate::problem::Problem;

pub(super) mod explain;
pub(super) mod get;
pub(super) mod list;
pub(super) mod open;

/// An item that is there.
pub(super) struct FoundItem {
    id: SuspenseId,
    state: Arc<State>,
    at: Cursor,
}

impl FoundItem {
    pub(super) fn facts(&self) -> &Facts {
        let State::Suspense(Suspense::Open(facts)) = &*self.state else {
            unreachable!("{:?} was found as a suspense item", self.state)
        };
        facts
    }
}

fn item(text: &str) -> Result<SuspenseId, Problem> {
    text.parse().map_err(|_| Problem::new("suspense-not-found"))
}

/// The item of an id.
pub(super) async fn find(app: &App, id: SuspenseId) -> Result<FoundItem, Problem> {
    let stream = StreamKey::Suspense(id);
    let (at, state) = queries::state(&app.ledger, stream).await.map_err(Problem::unreadable)?;
    if state.version() == 0 {
        must_be_readable(app, stream)?;
        return Err(Problem::new("suspense-not-found"));
    }
    Ok(FoundItem { id, state, at })
}
