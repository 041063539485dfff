//! What the routes of alerts share.

use ledger::alerts::AlertError;
use uuid::Uuid;

use crate::problem::Problem;

pub(crate) mod acknowledge;
pub(crate) mod changes;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod stream;

/// What a key that is limited to some customers sees none of.
pub(super) const WHAT: &str = "alerts";

fn id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::new("alert-not-found"))
}

fn problem(error: AlertError) -> Problem {
    match &error {
        AlertError::Unknown(_) => Problem::new("alert-not-found"),
        AlertError::Over(id) => Problem::new("alert-over").detail(&error).member("alert", id),
        AlertError::Database(_) => Problem::unreadable(error),
    }
}
