//! The mark of what is quarantined.

use chrono::{DateTime, Utc};
use ledger::quarantine::Mark;
use serde::Serialize;
use utoipa::ToSchema;

/// An event of it cannot be read: nothing is decided over it until somebody has resumed it. A row of a
/// list stays as it was recorded; shown by itself, it is as it was before that event.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Quarantine)]
pub(crate) struct Quarantined {
    /// The first event that cannot be read.
    position: i64,
    since: DateTime<Utc>,
}

impl From<Mark> for Quarantined {
    fn from(mark: Mark) -> Self {
        Self { position: mark.position.get(), since: mark.since }
    }
}
