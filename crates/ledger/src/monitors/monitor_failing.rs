//! Monitors that could not look: what they watch is not known.

use std::time::Duration;

use serde_json::json;

use super::scrubbed::short;
use super::{LookError, Monitor, Owner, Scene, Sighting, find, looks};
use crate::alerts::Severity;

/// How much is told of why.
const WHY_CHARS_MAX: usize = 500;
const NAME: &str = "monitor-failing";

pub(super) const MONITOR: Monitor = Monitor {
    name: NAME,
    severity: Severity::Warning,
    owner: Owner::Operations,
    every: Duration::from_mins(1),
    watches: "a monitor that could not look the last time: its alerts stay as they were",
    to_do: "The log of the node that has the watch says why. A right that is missing comes back with \
            daftar migrate; a look that takes too long is a defect of daftar.",
    thresholds: &[],
    reads_views: false,
    look: |scene| Box::pin(look(scene)),
};

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let looks = looks(scene.conn, scene.ledger.book()).await?;
    let mut seen = Vec::new();
    for look in looks {
        // One that this build no longer has will not look again.
        if look.monitor == NAME || find(&look.monitor).is_none() {
            continue;
        }
        if let Some(failure) = look.failure {
            let says =
                format!("{} could not look: {}", look.monitor, short(&failure, WHY_CHARS_MAX));
            let evidence = json!({ "failure": failure, "looked_at": look.looked_at });
            seen.push(Sighting::new(format!("monitor/{}", look.monitor), says, evidence));
        }
    }
    Ok(seen)
}
