//! Orders that left the house and arrive neither there nor back.

use std::time::Duration;

use domain::order::status::Phase;

use super::late::{self, Wait};
use super::{LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

pub(super) const MONITOR: Monitor = Monitor {
    name: "dispatched-not-delivered",
    severity: Severity::Warning,
    owner: Owner::Logistics,
    every: Duration::from_mins(1),
    watches: "orders that have been on the way, in part or whole, there or back, or wait after a \
              failed delivery, for longer than the working time that each of these may take",
    to_do: "Ask the carrier. Then say what is so: delivered, failed, to be tried again, on its way \
            back, or received back; and ship what is still missing.",
    thresholds: &["delivery_hours"],
    reads_views: true,
    look: |scene| Box::pin(look(scene)),
};

const WAITS: [Wait; 4] = [
    (Phase::PartlyShipped, "has been shipped in part"),
    (Phase::Dispatched, "has been on its way and not delivered"),
    (Phase::DeliveryFailed, "could not be delivered and has not been tried again"),
    (Phase::ReturningToOrigin, "has been on its way back"),
];

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let hours = scene.settings.delivery_hours;
    Ok(late::orders(scene, &WAITS, hours).await?)
}
