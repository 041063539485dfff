//! Streams with an event that cannot be read: nothing is decided over them.

use std::time::Duration;

use serde_json::json;

use super::scrubbed::short;
use super::wording::local;
use super::{LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;
use crate::quarantine;

/// How much is told of why it cannot be read.
const WHY_CHARS_MAX: usize = 300;

pub(super) const MONITOR: Monitor = Monitor {
    name: "stream-quarantined",
    severity: Severity::Critical,
    owner: Owner::Operations,
    every: Duration::from_secs(10),
    watches: "orders, wallets and whatever else has an event that this build cannot read: commands over \
              them are refused, and their rows stay as they are",
    to_do: "Look at the event with daftar event show. Have a build made that reads it, run that, and \
            lead the stream on with daftar event resume.",
    thresholds: &[],
    reads_views: false,
    look: |scene| Box::pin(look(scene)),
};

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let quarantined = quarantine::list(scene.conn, scene.ledger.book()).await?;
    let sightings = quarantined.into_iter().map(|one| {
        let says = format!(
            "{} cannot be read at position {}, and takes nothing since {}: {}",
            one.stream,
            one.position,
            local(one.found_at, scene.settings),
            short(&one.why, WHY_CHARS_MAX)
        );
        let evidence = json!({
            "stream": one.stream.to_string(),
            "position": one.position,
            "why": one.why,
            "found_at": one.found_at,
            "found_by": one.found_by,
            "command": format!("daftar event show {}", one.position),
        });
        Sighting::new(format!("stream/{}", one.stream), says, evidence)
    });
    Ok(sightings.collect())
}
