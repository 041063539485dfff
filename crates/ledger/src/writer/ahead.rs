//! Decides ahead: the next batch, on the state as it will be once the one that is on its way is
//! committed. If it is not, or if anything else came between, all of it is decided again.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use eventstore::Head;
use tokio::time::Instant;

use super::Pending;
use super::decided::{DecidedBatch, Deciding};
use crate::states::{Cache, Working};
use crate::submission::Submission;

/// What was decided longer ago than this is decided anew: it would be recorded with a time that has
/// long passed.
const AGE_MAX: Duration = Duration::from_millis(250);

/// Submissions that are decided on a head that is still to come.
pub(super) struct Ahead {
    /// Where the book stands once the batch that is on its way is committed.
    on: Head,
    since: Instant,
    deciding: Deciding,
    working: Working,
    submissions: Vec<Arc<Submission>>,
    /// Nothing more goes in.
    is_closed: bool,
    /// What was decided is of no use.
    is_void: bool,
}

impl Ahead {
    /// `before` is what the batch that is on its way leaves behind.
    pub(super) fn new(on: &Head, clock: DateTime<Utc>, before: &Working) -> Self {
        let working = Working::after(before);
        let deciding = Deciding::new(on, clock);
        let since = Instant::now();
        Self {
            on: on.clone(),
            since,
            deciding,
            working,
            submissions: Vec::new(),
            is_closed: false,
            is_void: false,
        }
    }

    /// Decides one more, if that is possible without the database.
    pub(super) fn take(&mut self, cache: &Cache, submission: &Arc<Submission>) {
        if self.is_closed {
            return;
        }
        self.submissions.push(Arc::clone(submission));
        match self.deciding.take(cache, &mut self.working, submission, true) {
            // Cut short where something has to be loaded, batches would shrink: it is loaded for all.
            Ok(_) if self.deciding.lacks() => (self.is_closed, self.is_void) = (true, true),
            Ok(is_in) => self.is_closed = !is_in,
            Err(_) => (self.is_closed, self.is_void) = (true, true),
        }
    }

    /// What was decided, if it holds on this head and is what this batch begins with.
    pub(super) fn on(self, head: &Head, batch: &[Pending]) -> Option<(DecidedBatch, Working)> {
        let count = self.deciding.len();
        let mut pairs = self.submissions.iter().zip(batch).take(count);
        let is_good = !self.is_void
            && count > 0
            && count <= batch.len()
            && self.on == *head
            && self.since.elapsed() <= AGE_MAX
            && pairs.all(|(ours, pending)| Arc::ptr_eq(ours, &pending.submission));
        is_good.then(|| (self.deciding.finish(), self.working))
    }
}
