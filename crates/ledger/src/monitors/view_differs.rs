//! Rows of views, saved states, records and guards that are not what they ought to be: there must be
//! none. Rows that the scrubber wrote anew are told of no more.

use std::time::Duration;

use super::scrubbed::{Teller, told_by};
use super::{Monitor, Owner};
use crate::alerts::Severity;

pub(super) const MONITOR: Monitor = Monitor {
    name: "view-differs",
    severity: Severity::Critical,
    owner: Owner::Operations,
    every: Duration::from_secs(30),
    watches: "what the scrubber found to be other than the events make it, and could not put right: \
              rows of views, saved states, records of decisions, personal data, guards",
    to_do: "Read the finding's own line in OPERATING, Verify. Rows of a view are made anew with daftar \
            rebuild; a guard that is gone is put back. Then find out who wrote them: daftar writes no \
            view but through its fold.",
    thresholds: &[],
    reads_views: false,
    look: |scene| Box::pin(async { Ok(told_by(scene, Teller::ViewDiffers).await?) }),
};
