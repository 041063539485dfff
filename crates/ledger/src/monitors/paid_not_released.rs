//! Orders that are paid and that finance has not released in its time.

use std::time::Duration;

use domain::order::status::Phase;

use super::late::{self, Wait};
use super::{LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

pub(super) const MONITOR: Monitor = Monitor {
    name: "paid-not-released",
    severity: Severity::Warning,
    owner: Owner::Finance,
    every: Duration::from_mins(1),
    watches: "orders that are paid and have not been released in the working time that finance has",
    to_do: "Look at the order's payments and release it; where something is wrong with it, put it \
            on hold or cancel it, which gives its money back.",
    thresholds: &["release_hours"],
    reads_views: true,
    look: |scene| Box::pin(look(scene)),
};

const WAITS: [Wait; 1] = [(Phase::FinanceReview, "is paid and has not been released")];

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let hours = scene.settings.release_hours;
    Ok(late::orders(scene, &WAITS, hours).await?)
}
