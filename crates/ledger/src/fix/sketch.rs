//! Decides a plan's commands one order after the other, without recording anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::decide::{Change, Circumstances, Command, Missing, States, Undecided, decide_all};
use domain::id::Code;
use domain::{Rejection, State, StreamKey};
use sqlx::PgConnection;

use crate::ledger::Ledger;
use crate::load::{self, LoadError};

/// The states as they are, and as the plan's earlier orders would leave them.
#[derive(Default)]
pub(super) struct Sketch {
    loaded: BTreeMap<StreamKey, Arc<State>>,
    sketched: BTreeMap<StreamKey, Arc<State>>,
}

impl States for Sketch {
    fn state(&self, stream: StreamKey) -> Result<Arc<State>, Missing> {
        let state = self.sketched.get(&stream).or_else(|| self.loaded.get(&stream));
        state.cloned().ok_or(Missing::Stream(stream))
    }

    fn last_counter(&self, series: &Code) -> Result<u32, Missing> {
        Err(Missing::Series(series.clone()))
    }
}

impl Sketch {
    /// What the commands would do; the refusal if a rule says no.
    pub(super) async fn decide(
        &mut self,
        conn: &mut PgConnection,
        ledger: &Ledger,
        circumstances: Circumstances,
        commands: &[Command],
    ) -> Result<Result<Vec<Change>, Rejection>, LoadError> {
        loop {
            match decide_all(self, circumstances, commands.to_vec()) {
                Ok(changes) => return Ok(Ok(changes)),
                Err(Undecided::Refused(rejection)) => return Ok(Err(rejection)),
                Err(Undecided::Missing(Missing::Stream(stream))) => {
                    let (book, upcasters) = (ledger.book(), ledger.upcasters());
                    let state = load::state(conn, book, upcasters, stream).await?;
                    self.loaded.insert(stream, state);
                }
                Err(Undecided::Missing(Missing::Series(series))) => {
                    unreachable!("no step of a plan places an order in {series}")
                }
            }
        }
    }

    /// Keeps what an order's commands would do, for the orders after it.
    pub(super) fn keep(&mut self, changes: &[Change]) {
        for change in changes {
            self.sketched.insert(change.stream, Arc::clone(&change.state));
        }
    }

    /// The version at which a stream really is.
    pub(super) fn version(&self, stream: StreamKey) -> Option<u64> {
        self.loaded.get(&stream).map(|state| state.version())
    }
}
