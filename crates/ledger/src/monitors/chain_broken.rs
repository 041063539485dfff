//! A book that is stopped, and a log that is not what was chained.

use std::time::Duration;

use serde_json::json;

use super::scrubbed::{Teller, short, told_by};
use super::wording::local;
use super::{LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;
use crate::stopped;

/// How long a line may be.
const SAYS_CHARS_MAX: usize = 1_000;

pub(super) const MONITOR: Monitor = Monitor {
    name: "chain-broken",
    severity: Severity::Critical,
    owner: Owner::Operations,
    every: Duration::from_secs(10),
    watches: "a book that is stopped, by a person or because its chain is broken, and whatever the \
              scrubber found of the log itself",
    to_do: "Nothing is added to the book until it is resumed. Go by OPERATING, A chain that is broken: \
            compare with a backup, a standby or a signed checkpoint, restore or mend, and only then \
            daftar book resume with the reason.",
    thresholds: &[],
    reads_views: false,
    look: |scene| Box::pin(look(scene)),
};

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    // Still told of once the book goes on: the log is what it is.
    let mut seen = told_by(scene, Teller::ChainBroken).await?;
    if let Some(stopped) = stopped::state(scene.conn, scene.ledger.book()).await? {
        let since = local(stopped.since, scene.settings);
        let says = format!("the book is stopped since {since} by {}: {}", stopped.by, stopped.why);
        let evidence = json!({
            "why": stopped.why,
            "findings": stopped.findings,
            "since": stopped.since,
            "by": stopped.by,
        });
        seen.insert(0, Sighting::new("book".to_owned(), short(&says, SAYS_CHARS_MAX), evidence));
    }
    Ok(seen)
}
