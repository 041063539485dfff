//! Who keeps how far a long piece of work has come.

use std::future::{Future, ready};

use serde::Serialize;
use sqlx::PgConnection;

use crate::progress::Progress;
use crate::verify::Finding;
use crate::whole::Quarantined;

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

/// What a step of a verification looked at, and what it found there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// How many events, rows and decisions.
    pub at: u64,
    pub findings: Vec<Finding>,
    /// How many more there are than are named.
    pub unlisted: u64,
    pub quarantined: Vec<Quarantined>,
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

    /// Whether what a verification finds is taken as it is found: then it is in no report.
    const TAKES: bool = false;

    /// Called in the transaction of each step of a verification, before it is kept, with what was
    /// found since the last one.
    fn take(
        &mut self,
        _: &mut PgConnection,
        _: Looked,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send {
        ready(Ok(()))
    }

    /// Called once a step of a verification is committed, outside of any transaction: here is the
    /// time to rest.
    fn kept(
        &mut self,
        _: &mut PgConnection,
    ) -> impl Future<Output = Result<GoOn, sqlx::Error>> + Send {
        ready(Ok(GoOn::Yes))
    }
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
