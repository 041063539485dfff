//! Views that this build has and the book has not yet: a serving node asks for them to be filled.
//!
//! Until then appends write the others, and what reads them is told to come again. The job's switch
//! makes them live; from then on a build that lacks them can no longer write the book.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::jobs::{self, ITSELF, JobError, Wish};
use crate::ledger::Ledger;
use crate::standing::Standing;

/// How long after a failure it is asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(30);

/// Asks once for whatever is missing, and again when something else is.
pub async fn run(ledger: Ledger, stop: CancellationToken) {
    let mut standing = ledger.standings();
    let mut asked_for: Vec<String> = Vec::new();
    loop {
        let is_new = |standing: &Standing| {
            let missing = missing(standing);
            !missing.is_empty() && missing != asked_for
        };
        let views = tokio::select! {
            () = stop.cancelled() => return,
            seen = standing.wait_for(is_new) => match seen {
                Ok(standing) => missing(&standing).to_vec(),
                Err(_gone) => return,
            },
        };
        if ask(&ledger, &views).await {
            asked_for = views;
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(AGAIN_AFTER) => {}
        }
    }
}

fn missing(standing: &Standing) -> &[String] {
    standing.fit().map_or(&[], |live| live.missing())
}

/// Whether it is asked for, by this node or another.
async fn ask(ledger: &Ledger, views: &[String]) -> bool {
    // Nobody has seen a row of them yet, so that no money can change.
    let wish = Wish::Rebuild { views: views.to_vec(), preview: false, accept_differences: true };
    let named = views.join(" ");
    match jobs::ask(ledger, wish, ITSELF).await {
        Ok(job) => info!(job = %job.id, views = named, "asked for new views to be filled"),
        Err(JobError::AlreadyRunning(job)) => {
            info!(job = %job.id, views = named, "new views are being filled already");
        }
        Err(error) => {
            warn!(%error, views = named, "new views cannot be filled for now");
            return false;
        }
    }
    true
}
