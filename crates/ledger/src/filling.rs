//! Views that this build has and the book has not yet: a serving node asks for them to be filled.
//!
//! Until then appends write the others, and what reads them is told to come again. The job's switch
//! makes them live; from then on a build that lacks them can no longer write the book.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use crate::jobs::{self, ITSELF, JobError, State, Wish};
use crate::ledger::Ledger;
use crate::standing::Standing;

/// How long after it was asked it is asked again: the job may fail, or be cancelled.
const AGAIN_AFTER: Duration = Duration::from_secs(30);
/// How often the pause is doubled while one job after another comes to nothing.
const DOUBLED_MAX: u32 = 6;

/// Asks for whatever is missing, for as long as it is missing.
pub async fn run(ledger: Ledger, stop: CancellationToken) {
    run_every(ledger, AGAIN_AFTER, stop).await;
}

/// The same, asking again after another while.
pub async fn run_every(ledger: Ledger, again_after: Duration, stop: CancellationToken) {
    let mut standing = ledger.standings();
    let mut asked = Asked::default();
    loop {
        let views = tokio::select! {
            () = stop.cancelled() => return,
            seen = standing.wait_for(|standing| !missing(standing).is_empty()) => match seen {
                Ok(standing) => missing(&standing).to_vec(),
                Err(_gone) => return,
            },
        };
        if asked.views != views {
            asked = Asked { views: views.clone(), ..Asked::default() };
        }
        asked.again(&ledger).await;
        let pause = again_after * 2_u32.pow(asked.jobs.saturating_sub(1).min(DOUBLED_MAX));
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(pause) => {}
            // Something else is missing, or nothing any more.
            seen = standing.wait_for(|standing| missing(standing) != views) => {
                if seen.is_err() {
                    return;
                }
            }
        }
    }
}

fn missing(standing: &Standing) -> &[String] {
    standing.fit().map_or(&[], |live| live.missing())
}

/// What this node asked for.
#[derive(Debug, Default)]
struct Asked {
    views: Vec<String>,
    /// How many jobs, one after another.
    jobs: u32,
    /// The one that is in the way.
    other: Option<Uuid>,
}

impl Asked {
    async fn again(&mut self, ledger: &Ledger) {
        // Nobody has seen a row of them yet, so that no money can change.
        let views = self.views.clone();
        let wish = Wish::Rebuild { views, preview: false, accept_differences: true };
        let named = self.views.join(" ");
        match jobs::ask(ledger, wish, ITSELF).await {
            Ok(job) => {
                info!(job = %job.id, views = named, "asked for new views to be filled");
                self.jobs += 1;
                self.other = Some(job.id);
            }
            Err(JobError::AlreadyRunning(job)) => {
                if self.other.replace(job.id) != Some(job.id) {
                    info!(job = %job.id, views = named, "new views wait for a job that is at them");
                } else if job.is_foreign() && !job.is_held && job.state != State::Ready {
                    // Nobody went on with it since it was seen last: what it wrote is to be swept.
                    match jobs::cancel(ledger, job.id, ITSELF).await {
                        Ok(_) => info!(job = %job.id, "cancelled a job of a build that is gone"),
                        Err(error) => warn!(%error, "a job of a build that is gone is in the way"),
                    }
                }
            }
            Err(error) => warn!(%error, views = named, "new views cannot be filled for now"),
        }
    }
}
