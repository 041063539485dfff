//! Commands that are in the log, until their callers are told. The next batch is sent first, if it is
//! ready: to write the lines of the process's log and to wake whoever waits takes time, in which the
//! database would have nothing to do.

use super::Pending;
use super::remark::Remark;
use crate::metrics::Metrics;
use crate::submission::{Answer, SubmitError};

/// A command with what came of it.
type Decided = (Pending, Result<Answer, SubmitError>, Remark);

#[derive(Default)]
pub(super) struct Unanswered(Vec<Decided>);

impl Unanswered {
    pub(super) fn extend(&mut self, decided: impl Iterator<Item = Decided>) {
        self.0.extend(decided);
    }

    /// Answers them all.
    pub(super) fn give(&mut self, metrics: &Metrics) {
        for (pending, outcome, remark) in self.0.drain(..) {
            remark.write(&pending.submission, outcome.as_ref().ok(), metrics);
            // Whoever asked may have gone; the answer is stored.
            pending.answer.send(outcome).ok();
        }
    }
}
