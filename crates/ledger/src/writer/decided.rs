//! Decides a batch in order, each command on what the ones before it changed.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use domain::decide::{Change, Missing, States, Undecided, decide_all};
use domain::{Rejection, StreamKey};
use eventstore::batch::{BATCH_BYTES_MAX, Prepared};
use eventstore::event::EVENT_BYTES_MAX;
use eventstore::{Batch, Cursor, Head, NewCommand, NewEvent, Position, Snapshot};
use projections::{Fact, Views};
use uuid::Uuid;

use crate::load;
use crate::states::{Cache, Working};
use crate::submission::{Answer, Decided, Reply, Submission, SubmitError, stored_version};

/// A batch that is ready to be appended.
pub(super) struct DecidedBatch {
    pub(super) prepared: Prepared,
    pub(super) views: Views,
    /// One a submission, in order, as far as the batch goes.
    pub(super) outcomes: Vec<Result<Answer, SubmitError>>,
    pub(super) snapshots: Vec<Snapshot>,
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
) -> Result<DecidedBatch, NotReady> {
    let mut batch = Batch::new(head, clock);
    let mut views = Views::default();
    let mut outcomes = Vec::with_capacity(submissions.len());
    let mut snapshots = Vec::new();
    let mut missing = BTreeSet::new();
    let mut bytes = 0_usize;
    for submission in submissions {
        match decide_one(working, cache, batch.recorded_at(), submission) {
            Ok(decided) => {
                // Once something is missing this batch will not be sent: only what else is
                // missing is still of interest.
                if !missing.is_empty() {
                    for change in decided.into_iter().flatten() {
                        working.accept(cache, &change);
                    }
                    continue;
                }
                let size = match &decided {
                    Ok(changes) => events(submission, changes, batch.recorded_at()),
                    Err(_) => Ok((Vec::new(), 0)),
                };
                let (new_events, size) = match size {
                    Ok(sized) => sized,
                    Err(error) => {
                        outcomes.push(Err(error));
                        continue;
                    }
                };
                bytes = bytes.saturating_add(size);
                if bytes > BATCH_BYTES_MAX && !outcomes.is_empty() {
                    break;
                }
                let answer = record(&mut batch, &mut views, submission, &decided, new_events)
                    .map_err(|error| NotReady::Poisoned(outcomes.len(), error))?;
                for change in decided.into_iter().flatten() {
                    working.accept(cache, &change);
                    let due = load::due_snapshot(change.stream, change.version, &change.state);
                    snapshots.extend(due);
                }
                outcomes.push(Ok(answer));
            }
            Err(Stopped::Missing(what)) => {
                missing.insert(what);
            }
            Err(Stopped::Failed(error)) => outcomes.push(Err(error)),
        }
    }
    if !missing.is_empty() {
        return Err(NotReady::Missing(missing));
    }
    Ok(DecidedBatch { prepared: batch.finish(), views, outcomes, snapshots })
}

enum Stopped {
    Missing(Missing),
    Failed(SubmitError),
}

/// Decides one submission: its changes, or the rule that said no.
fn decide_one(
    working: &Working,
    cache: &Cache,
    now: DateTime<Utc>,
    submission: &Submission,
) -> Result<Result<Vec<Change>, Rejection>, Stopped> {
    let view = working.over(cache, &submission.fresh);
    for (stream, expected) in &submission.expected {
        let actual = view.state(*stream).map_err(Stopped::Missing)?.version();
        if actual != *expected {
            let stream = stream.to_string();
            return Ok(Err(Rejection::Stale { stream, expected: *expected, actual }));
        }
    }
    // A defect in one rule must not stop the book for everyone.
    let decided = catch_unwind(AssertUnwindSafe(|| {
        decide_all(&view, now, submission.commands.clone())
    }));
    match decided {
        Ok(Ok(changes)) => Ok(Ok(changes)),
        Ok(Err(Undecided::Refused(rejection))) => Ok(Err(rejection)),
        Ok(Err(Undecided::Missing(missing))) => Err(Stopped::Missing(missing)),
        Err(_panic) => {
            let text = "deciding it broke a rule that must always hold".to_owned();
            Err(Stopped::Failed(SubmitError::Failed(text)))
        }
    }
}

/// The events of a decision as the log takes them, and their size.
fn events(
    submission: &Submission,
    changes: &[Change],
    now: DateTime<Utc>,
) -> Result<(Vec<NewEvent>, usize), SubmitError> {
    let metadata = submission.provenance.metadata();
    let effective_at = submission.provenance.effective_at.map_or(now, |at| at.min(now));
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
            effective_at,
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
    batch.record(NewCommand {
        command_id: submission.command_id,
        fingerprint: submission.fingerprint.clone(),
        status: i16::try_from(status).unwrap_or(500),
        resource: resource.clone(),
        version: version.map(stored_version),
        position: Some(position),
        reply: Some(body.clone()),
    });
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

/// Decides without appending: the same guards and the resulting events.
pub(super) fn dry_run(
    head: &Head,
    clock: DateTime<Utc>,
    cache: &Cache,
    working: &Working,
    submission: &Submission,
) -> Result<Result<Reply, SubmitError>, Missing> {
    let now = Batch::new(head, clock).recorded_at();
    match decide_one(working, cache, now, submission) {
        Ok(Ok(changes)) => Ok(Ok((submission.render)(&Decided::Accepted {
            changes: &changes,
            positions: &[],
            position: head.position,
            recorded_at: now,
        }))),
        Ok(Err(rejection)) => Ok(Ok((submission.render)(&Decided::Refused(&rejection)))),
        Err(Stopped::Missing(missing)) => Err(missing),
        Err(Stopped::Failed(error)) => Ok(Err(error)),
    }
}

/// The streams and series among what is missing.
pub(super) fn sort_missing(
    missing: BTreeSet<Missing>,
) -> (Vec<StreamKey>, Vec<domain::id::Code>) {
    let mut streams = Vec::new();
    let mut series = Vec::new();
    for what in missing {
        match what {
            Missing::Stream(stream) => streams.push(stream),
            Missing::Series(name) => series.push(name),
        }
    }
    (streams, series)
}
