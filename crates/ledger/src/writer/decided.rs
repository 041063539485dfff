//! Decides a batch in order, each command on what the ones before it changed.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use domain::decide::{Change, Circumstances, Missing, States, Undecided, decide, decide_all};
use domain::{Event, Rejection, payment};
use eventstore::batch::{BATCH_BYTES_MAX, Prepared};
use eventstore::event::EVENT_BYTES_MAX;
use eventstore::{Batch, Cursor, Head, NewCommand, NewEvent, Position, Snapshot};
use projections::{Fact, Views};
use uuid::Uuid;

use super::remark::Remark;
use crate::load;
use crate::quarantine::QUARANTINED;
use crate::states::{Cache, Working};
use crate::submission::{Answer, Decided, Reply, Submission, SubmitError, stored_version};

/// A batch that is ready to be appended.
pub(super) struct DecidedBatch {
    pub(super) prepared: Prepared,
    pub(super) views: Views,
    /// One a submission, in order, as far as the batch goes.
    pub(super) outcomes: Vec<Result<Answer, SubmitError>>,
    pub(super) snapshots: Vec<Snapshot>,
    /// A rule broke over the states it was given.
    pub(super) has_panicked: bool,
    /// What the log of the process says of each outcome.
    pub(super) remarks: Vec<Remark>,
}

/// Why a batch is not ready.
pub(super) enum NotReady {
    /// These have to be loaded first.
    Missing(BTreeSet<Missing>),
    /// The submission with this index cannot be recorded; the others have to be decided anew.
    Poisoned(usize, SubmitError),
}

/// Decides as many of the submissions as fit into one batch. The working set is spent unless the
/// batch is ready.
pub(super) fn decide_batch(
    head: &Head,
    clock: DateTime<Utc>,
    cache: &Cache,
    working: &mut Working,
    submissions: &[&Submission],
    trusts_fresh: bool,
) -> Result<DecidedBatch, NotReady> {
    let mut deciding = Deciding::new(head, clock);
    for submission in submissions {
        if !deciding.take(cache, working, submission, trusts_fresh)? {
            break;
        }
    }
    if deciding.missing.is_empty() {
        Ok(deciding.finish())
    } else {
        Err(NotReady::Missing(deciding.missing))
    }
}

/// A batch that is being decided, one submission after the other.
pub(super) struct Deciding {
    batch: Batch,
    views: Views,
    outcomes: Vec<Result<Answer, SubmitError>>,
    remarks: Vec<Remark>,
    snapshots: Vec<Snapshot>,
    missing: BTreeSet<Missing>,
    ids: BTreeSet<Uuid>,
    has_panicked: bool,
    bytes: usize,
}

impl Deciding {
    pub(super) fn new(head: &Head, clock: DateTime<Utc>) -> Self {
        Self {
            batch: Batch::new(head, clock),
            views: Views::default(),
            outcomes: Vec::new(),
            remarks: Vec::new(),
            snapshots: Vec::new(),
            missing: BTreeSet::new(),
            ids: BTreeSet::new(),
            has_panicked: false,
            bytes: 0,
        }
    }

    /// How many are decided.
    pub(super) fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Something has to be loaded before the last one can be decided.
    pub(super) fn lacks(&self) -> bool {
        !self.missing.is_empty()
    }

    /// Decides one more. False when the batch ends before it.
    pub(super) fn take(
        &mut self,
        cache: &Cache,
        working: &mut Working,
        submission: &Submission,
        trusts_fresh: bool,
    ) -> Result<bool, NotReady> {
        let now = self.batch.recorded_at();
        if !self.ids.insert(submission.command_id) {
            // Once more in one batch: the next one finds the id recorded.
            return Ok(false);
        }
        let decided = match decide_one(working, cache, now, submission, trusts_fresh) {
            Ok(decided) => decided,
            Err(Stopped::Missing(what)) => {
                self.missing.extend(what);
                return Ok(true);
            }
            Err(Stopped::Held(error)) => {
                // Asked again later it is decided anew: no more than a refusal that leaves no trace.
                self.remarks.push(Remark::Refused(QUARANTINED));
                self.outcomes.push(Err(error));
                return Ok(true);
            }
            Err(Stopped::Panicked(error)) => {
                self.has_panicked = true;
                self.outcomes.push(Err(error));
                self.remarks.push(Remark::Failed);
                return Ok(true);
            }
        };
        if !self.missing.is_empty() {
            // This batch will not be sent: only what else is missing is still of interest.
            for change in decided.into_iter().flatten() {
                working.accept(cache, &change);
            }
            return Ok(true);
        }
        let sized = match &decided {
            Ok(changes) => events(submission, changes, now),
            Err(_) => Ok((Vec::new(), 0)),
        };
        let (new_events, size) = match sized {
            Ok(sized) => sized,
            Err(error) => {
                self.outcomes.push(Err(error));
                self.remarks.push(Remark::Failed);
                return Ok(true);
            }
        };
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > BATCH_BYTES_MAX && !self.outcomes.is_empty() {
            return Ok(false);
        }
        let answer =
            record_guarded(&mut self.batch, &mut self.views, submission, &decided, new_events)
                .map_err(|error| NotReady::Poisoned(self.outcomes.len(), error))?;
        let replied = answer.body.as_ref().map_or(0, String::len);
        self.bytes = self.bytes.saturating_add(replied);
        self.remarks.push(Remark::of(&decided));
        for change in decided.into_iter().flatten() {
            working.accept(cache, &change);
            self.snapshots.extend(load::due_snapshot(change.stream, change.version, &change.state));
        }
        self.outcomes.push(Ok(answer));
        Ok(true)
    }

    /// What is decided so far, without whatever lacked something.
    pub(super) fn finish(self) -> DecidedBatch {
        let Self { batch, views, outcomes, remarks, snapshots, has_panicked, .. } = self;
        let prepared = batch.finish();
        DecidedBatch { prepared, views, outcomes, snapshots, has_panicked, remarks }
    }
}

/// Why a submission is not decided.
pub(super) enum Stopped {
    Missing(BTreeSet<Missing>),
    /// It needs a stream over which nothing is decided.
    Held(SubmitError),
    Panicked(SubmitError),
}

/// Decides one submission: its changes, or the rule that said no.
pub(super) fn decide_one(
    working: &Working,
    cache: &Cache,
    now: DateTime<Utc>,
    submission: &Submission,
    trusts_fresh: bool,
) -> Result<Result<Vec<Change>, Rejection>, Stopped> {
    let fresh = if trusts_fresh { submission.fresh.as_slice() } else { &[] };
    let view = working.over(cache, fresh);
    let mut missing = BTreeSet::new();
    let mut stale = None;
    for (stream, expected) in &submission.expected {
        match view.state(*stream) {
            Ok(seen) if seen.version() == *expected => {}
            Ok(seen) => {
                let (stream, actual) = (stream.to_string(), seen.version());
                stale.get_or_insert(Rejection::Stale { stream, expected: *expected, actual });
            }
            Err(what) => {
                missing.insert(what);
            }
        }
    }
    if !missing.is_empty() {
        return Err(Stopped::missing(working, missing));
    }
    if let Some(stale) = stale {
        return Ok(Err(stale));
    }
    let second_person = !submission.provenance.approved_by.is_empty();
    let circumstances = Circumstances { now, second_person };
    match guarded(|| decide_all(&view, circumstances, submission.commands.clone()))? {
        Ok(changes) => Ok(Ok(changes)),
        Err(Undecided::Refused(rejection)) => Ok(Err(rejection)),
        Err(Undecided::Missing(first)) => {
            missing.insert(first);
            if submission.commands.len() > 1 {
                // What each of them lacks by itself, so that many commands take few rounds.
                for command in &submission.commands {
                    let alone = guarded(|| decide(&view, circumstances, command.clone()))?;
                    if let Err(Undecided::Missing(what)) = alone {
                        missing.insert(what);
                    }
                }
            }
            Err(Stopped::missing(working, missing))
        }
    }
}

impl Stopped {
    /// What is quarantined is not loaded, whatever else is missing.
    fn missing(working: &Working, missing: BTreeSet<Missing>) -> Self {
        match working.first_held(&missing) {
            Some((stream, mark)) => {
                Self::Held(SubmitError::Quarantined { stream, position: mark.position })
            }
            None => Self::Missing(missing),
        }
    }
}

/// A defect in one rule must not stop the book for everyone.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Stopped> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_panic| {
        let text = "deciding it broke a rule that must always hold".to_owned();
        Stopped::Panicked(SubmitError::Failed(text))
    })
}

/// The events of a decision as the log takes them, and their size.
fn events(
    submission: &Submission,
    changes: &[Change],
    now: DateTime<Utc>,
) -> Result<(Vec<NewEvent>, usize), SubmitError> {
    let metadata = submission.provenance.metadata();
    let stated = submission.provenance.effective_at;
    let mut size = 0_usize;
    let mut events = Vec::with_capacity(changes.len());
    for (index, change) in changes.iter().enumerate() {
        let payload =
            change.event.payload().map_err(|error| SubmitError::Failed(error.to_string()))?;
        let event = NewEvent {
            stream: load::stream_id(change.stream),
            version: stored_version(change.version),
            event_id: Uuid::new_v5(&submission.command_id, &index.to_be_bytes()),
            event_type: change.event.event_type().to_owned(),
            event_version: change.event.event_version().to_owned(),
            payload,
            metadata: metadata.clone(),
            effective_at: stated
                .or_else(|| took_effect(&change.event))
                .map_or(now, |at| at.min(now)),
            command_id: submission.command_id,
        };
        if event.size() > EVENT_BYTES_MAX {
            return Err(SubmitError::TooLarge);
        }
        size = size.saturating_add(event.size());
        events.push(event);
    }
    if size > BATCH_BYTES_MAX {
        return Err(SubmitError::TooLarge);
    }
    Ok((events, size))
}

/// When an event took effect that names a day itself: a transfer came in on the day that the bank
/// says. The hour is not known, and noon is of the same day nearly everywhere.
fn took_effect(event: &Event) -> Option<DateTime<Utc>> {
    let Event::Payment(payment::Event::Recorded {
        kind: payment::Kind::BankTransfer { date, .. },
        ..
    }) = event
    else {
        return None;
    };
    date.and_hms_opt(12, 0, 0).map(|noon| noon.and_utc())
}

/// As [`record`]; a fold or a reply that breaks is this submission's failure alone.
fn record_guarded(
    batch: &mut Batch,
    views: &mut Views,
    submission: &Submission,
    decided: &Result<Vec<Change>, Rejection>,
    events: Vec<NewEvent>,
) -> Result<Answer, SubmitError> {
    let work = AssertUnwindSafe(|| record(batch, views, submission, decided, events));
    catch_unwind(work).unwrap_or_else(|_panic| {
        Err(SubmitError::Failed("recording it broke a rule that must always hold".to_owned()))
    })
}

/// Puts a decision into the batch: events with their positions, view rows, reply.
fn record(
    batch: &mut Batch,
    views: &mut Views,
    submission: &Submission,
    decided: &Result<Vec<Change>, Rejection>,
    events: Vec<NewEvent>,
) -> Result<Answer, SubmitError> {
    let reply = match decided {
        Ok(changes) => {
            let mut positions: Vec<Position> = Vec::with_capacity(changes.len());
            for (change, event) in changes.iter().zip(events) {
                let recorded = batch.push(event);
                positions.push(recorded.position);
                let fact = Fact {
                    recorded,
                    stream: change.stream,
                    event: &change.event,
                    state: &change.state,
                };
                views.fold(&fact).map_err(|error| SubmitError::Failed(error.to_string()))?;
            }
            (submission.render)(&Decided::Accepted {
                changes,
                positions: &positions,
                position: batch.head().position,
                recorded_at: batch.recorded_at(),
            })
        }
        Err(rejection) => (submission.render)(&Decided::Refused(rejection)),
    };
    let Reply { status, body, resource, version } = reply;
    let head = batch.head();
    let (position, hash) = (head.position, head.hash);
    if decided.is_ok() || submission.keeps_refusal {
        batch.record(NewCommand {
            command_id: submission.command_id,
            fingerprint: submission.fingerprint.clone(),
            status: i16::try_from(status).unwrap_or(500),
            resource: resource.clone(),
            version: version.map(stored_version),
            position: Some(position),
            reply: Some(body.clone()),
        });
    }
    Ok(Answer {
        status,
        body: Some(body),
        resource,
        version,
        position,
        cursor: Some(Cursor::new(position, hash)),
        is_replayed: false,
    })
}
