//! Orders that are released and do not get out of the house in time.

use std::time::Duration;

use domain::order::status::Phase;

use super::late::{self, Wait};
use super::{LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

pub(super) const MONITOR: Monitor = Monitor {
    name: "processing-too-long",
    severity: Severity::Warning,
    owner: Owner::Warehouse,
    every: Duration::from_mins(1),
    watches: "released orders that wait for the warehouse, are being prepared or are packed for \
              longer than the working time that each of these may take, and such as the warehouse \
              could not fill and finance has not decided on",
    to_do: "Prepare, pack or dispatch the order. Where goods are missing, finance asks the \
            customer: it takes lines off the order, cancels it, or waits, and the warehouse begins \
            anew once they are there.",
    thresholds: &["packing_hours", "release_hours"],
    reads_views: true,
    look: |scene| Box::pin(look(scene)),
};

const IN_THE_HOUSE: [Wait; 3] = [
    (Phase::WarehouseReady, "has been waiting for the warehouse"),
    (Phase::WarehouseProcessing, "has been in preparation"),
    (Phase::Packed, "has been packed and not dispatched"),
];

const WITH_FINANCE: [Wait; 1] =
    [(Phase::StockRejected, "could not be filled, and finance has not decided on it")];

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let (packing, release) = (scene.settings.packing_hours, scene.settings.release_hours);
    let mut seen = late::orders(scene, &IN_THE_HOUSE, packing).await?;
    seen.extend(late::orders(scene, &WITH_FINANCE, release).await?);
    Ok(seen)
}
