//! Long work as replies show it.

use chrono::{DateTime, Utc};
use ledger::jobs;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::job_result::JobResult;

/// Long work, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Job {
    id: Uuid,
    /// rebuild or verification
    #[schema(value_type = JobKind)]
    kind: &'static str,
    /// waiting, running, ready (it waits for a decision), done, failed or cancelled
    #[schema(value_type = JobState)]
    state: &'static str,
    wish: JobWish,
    /// Null before its first step.
    progress: Option<JobProgress>,
    /// What came of it, in one line.
    summary: Option<String>,
    /// What came of it, or would; null in lists.
    result: Option<JobResult>,
    /// Why it failed, or was cancelled by nobody.
    failure: Option<JobFailure>,
    /// What was decided about the differences that it waited with.
    decision: Option<JobDecision>,
    /// Somebody asked for it to end before it is done.
    cancel_asked: bool,
    cancel_asked_by: Option<String>,
    /// Until when it waits for a decision.
    ready_until: Option<DateTime<Utc>>,
    /// A principal; `daftar` for what the service asked for by itself.
    asked_by: String,
    asked_at: DateTime<Utc>,
    begun_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobKind {
    Rebuild,
    Verification,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    Waiting,
    Running,
    Ready,
    Done,
    Failed,
    Cancelled,
}

impl From<JobKind> for jobs::Kind {
    fn from(kind: JobKind) -> Self {
        match kind {
            JobKind::Rebuild => Self::Rebuild,
            JobKind::Verification => Self::Verification,
        }
    }
}

impl From<JobState> for jobs::State {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Waiting => Self::Waiting,
            JobState::Running => Self::Running,
            JobState::Ready => Self::Ready,
            JobState::Done => Self::Done,
            JobState::Failed => Self::Failed,
            JobState::Cancelled => Self::Cancelled,
        }
    }
}

/// What is to be done: of a rebuild the first three, of a verification the last.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct JobWish {
    #[serde(skip_serializing_if = "Option::is_none")]
    views: Option<Vec<String>>,
    /// It compares, and waits for a decision before the switch.
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<bool>,
    /// It switches although money in a view changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    accept_differences: Option<bool>,
    /// Only what happened after this position is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
}

/// How far it is in what it does at the moment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobProgress {
    phase: String,
    done: u64,
    /// What `done` comes to; it may grow with the book.
    total: u64,
    text: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobFailure {
    code: String,
    text: String,
    what_to_do: &'static str,
    /// What else there is to know: the events at fault.
    #[schema(value_type = Option<Object>)]
    details: Option<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobDecision {
    accept_differences: bool,
    by: String,
    at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobReply {
    pub(crate) job: Job,
}

impl From<jobs::Job> for JobReply {
    fn from(job: jobs::Job) -> Self {
        Self { job: job.into() }
    }
}

impl From<jobs::Job> for Job {
    fn from(job: jobs::Job) -> Self {
        let kind = job.kind();
        Self {
            id: job.id,
            kind: kind.as_str(),
            state: job.state.as_str(),
            wish: job.wish.into(),
            progress: job.progress.map(JobProgress::from),
            summary: job.summary,
            result: job.result.and_then(|result| JobResult::read(kind, result)),
            failure: job.failure.map(JobFailure::from),
            decision: job.decision.map(JobDecision::from),
            cancel_asked: job.cancel_asked,
            cancel_asked_by: job.cancel_asked_by,
            ready_until: job.ready_until,
            asked_by: job.asked_by,
            asked_at: job.asked_at,
            begun_at: job.begun_at,
            ended_at: job.ended_at,
        }
    }
}

impl From<jobs::Wish> for JobWish {
    fn from(wish: jobs::Wish) -> Self {
        match wish {
            jobs::Wish::Rebuild { views, preview, accept_differences } => Self {
                views: Some(views),
                preview: Some(preview),
                accept_differences: Some(accept_differences),
                since: None,
            },
            jobs::Wish::Verification { since } => {
                Self { since: since.map(eventstore::Position::get), ..Self::default() }
            }
        }
    }
}

impl From<jobs::Step> for JobProgress {
    fn from(step: jobs::Step) -> Self {
        let jobs::Step { phase, done, total, text } = step;
        Self { phase, done, total, text }
    }
}

impl From<jobs::Decision> for JobDecision {
    fn from(decision: jobs::Decision) -> Self {
        let jobs::Decision { accept_differences, by, at } = decision;
        Self { accept_differences, by, at }
    }
}

impl From<jobs::Failure> for JobFailure {
    fn from(failure: jobs::Failure) -> Self {
        let jobs::Failure { code, text, details } = failure;
        let what_to_do = what_to_do(&code);
        Self { code, text, what_to_do, details: Some(details).filter(|details| !details.is_null()) }
    }
}

/// What whoever asked for a job does next, by the code with which it failed. The page on problems lists
/// the same.
pub const FAILURES: &[(&str, &str)] = &[
    (
        "journal-would-change",
        "Mend the fold if it was changed, or the lines if they were written past daftar (verify with \
         the build that wrote them); `details` names the events",
    ),
    ("differences-not-accepted", "Ask for a preview, and accept the differences if they are right"),
    ("not-decided", "Ask again, and decide within a day"),
    ("not-enough-room", "Make room on the database's disk, and ask again"),
    ("too-busy", "Ask again when less is written: what is left at a switch has to be little"),
    ("too-many-quarantined", "Mend the build: it cannot fold what is stored"),
    ("view-not-found", "Ask a node whose build has the view"),
    ("other-build", "Ask again, of a node of the build that is to serve"),
    ("outdated", "Ask a node of the newer build"),
    ("position-not-found", "Ask for a position that the book has"),
    ("gave-up", "Look into the log of the service for what ended it, mend that, and ask again"),
    ("internal", "Look into the log of the service for the job's id, and ask again"),
];

fn what_to_do(code: &str) -> &'static str {
    let known = FAILURES.iter().find(|(known, _)| *known == code);
    known.or(FAILURES.last()).map_or("", |(_, what)| *what)
}
