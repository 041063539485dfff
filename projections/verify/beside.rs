//! What stands beside the log and is looked at with it: only whoever holds the secret can do that.

use std::future::{Future, ready};

use eventstore::RecordedEvent;
use sqlx::PgConnection;
use uuid::Uuid;

use super::finding::Finding;

/// Looks at what stands beside the log, in the same pages and snapshots.
pub trait Beside: Send {
    /// What is wrong with what these events name.
    fn of_events(
        &mut self,
        conn: &mut PgConnection,
        events: &[RecordedEvent],
    ) -> impl Future<Output = Result<Vec<Finding>, sqlx::Error>> + Send;

    /// What is wrong with the next rows after this one; and the last of them, if there may be more.
    fn of_rows(
        &mut self,
        conn: &mut PgConnection,
        after: Uuid,
    ) -> impl Future<Output = Result<(Vec<Finding>, Option<Uuid>), sqlx::Error>> + Send;

    /// The views of which somebody is filling or sweeping generations at this moment.
    fn under_way(
        &mut self,
        conn: &mut PgConnection,
    ) -> impl Future<Output = Result<Vec<String>, sqlx::Error>> + Send;

    /// What could not be looked at, and why.
    fn left_out(&self) -> Vec<String>;
}

/// There is nothing beside the log.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingBeside;

impl Beside for NothingBeside {
    fn of_events(
        &mut self,
        _: &mut PgConnection,
        _: &[RecordedEvent],
    ) -> impl Future<Output = Result<Vec<Finding>, sqlx::Error>> + Send {
        ready(Ok(Vec::new()))
    }

    fn of_rows(
        &mut self,
        _: &mut PgConnection,
        _: Uuid,
    ) -> impl Future<Output = Result<(Vec<Finding>, Option<Uuid>), sqlx::Error>> + Send {
        ready(Ok((Vec::new(), None)))
    }

    fn under_way(
        &mut self,
        _: &mut PgConnection,
    ) -> impl Future<Output = Result<Vec<String>, sqlx::Error>> + Send {
        ready(Ok(Vec::new()))
    }

    fn left_out(&self) -> Vec<String> {
        Vec::new()
    }
}
