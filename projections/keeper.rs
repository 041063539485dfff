//! Who keeps how far a long piece of work has come.

use std::future::{Future, ready};

use serde::Serialize;
use sqlx::PgConnection;

use crate::progress::Progress;

/// Whether the work goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "work that was cancelled or lost must not commit"]
pub enum GoOn {
    Yes,
    /// Somebody asked for it to end.
    Cancelled,
    /// Another process has taken it over: what this one would write is no longer wanted.
    Lost,
}

/// Keeps the checkpoint of a long piece of work. Each step of it is one transaction, in which its
/// checkpoint is kept: whoever is killed leaves a step done or not, and it can be taken up there.
pub trait Keeper: Send {
    /// Called in the transaction of each step, before that commits.
    fn keep<C: Serialize + Sync>(
        &mut self,
        conn: &mut PgConnection,
        checkpoint: &C,
        progress: &Progress,
    ) -> impl Future<Output = Result<GoOn, sqlx::Error>> + Send;
}

/// Keeps nothing: a run that is killed begins anew.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unkept;

impl Keeper for Unkept {
    fn keep<C: Serialize + Sync>(
        &mut self,
        _: &mut PgConnection,
        _: &C,
        _: &Progress,
    ) -> impl Future<Output = Result<GoOn, sqlx::Error>> + Send {
        ready(Ok(GoOn::Yes))
    }
}
