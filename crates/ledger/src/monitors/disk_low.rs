//! The disk that the database lies on, where a node can see it.

use std::time::Duration;

use serde_json::json;

use super::{Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

const MIB: u64 = 1024 * 1024;

pub(super) const MONITOR: Monitor = Monitor {
    name: "disk-low",
    severity: Severity::Critical,
    owner: Owner::Operations,
    every: Duration::from_secs(30),
    watches: "too little room on the disk that the database lies on; silent where the node cannot see \
              that disk, because it is another machine's or nobody may say where the data is",
    to_do: "Make room, or a larger disk, before it is full: nothing can be recorded then. Look whether \
            the write-ahead log takes it (wal-high), or old generations of a rebuild that was left.",
    thresholds: &["disk_free_mib"],
    reads_views: false,
    look: |scene| Box::pin(async { Ok(look(scene)) }),
};

fn look(scene: &Scene<'_>) -> Vec<Sighting> {
    let wanted = u64::from(scene.settings.disk_free_mib);
    // Of a disk that cannot be seen there is nothing to say.
    let Some(free) = scene.ledger.disk().free().map(|bytes| bytes / MIB) else { return Vec::new() };
    if free >= wanted {
        return Vec::new();
    }
    let says = format!("{free} MiB of the database's disk are free, and {wanted} should be");
    let evidence = json!({ "free_mib": free, "wanted_mib": wanted });
    vec![Sighting::new("disk".to_owned(), says, evidence)]
}
