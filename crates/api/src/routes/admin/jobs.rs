//! What the routes of jobs share.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger::jobs::{Job, JobError};
use uuid::Uuid;

use crate::extract::Json;
use crate::operation;
use crate::problem::Problem;
use crate::wire::job::JobReply;

pub(crate) mod cancel;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod progress;
pub(crate) mod switch;

/// What a key that is limited to some customers sees none of.
pub(super) const WHAT: &str = "jobs";

fn id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::new("job-not-found"))
}

pub(super) fn problem(error: JobError) -> Problem {
    let named = |code, job: &Job| {
        Problem::new(code).detail(&error).member("job", job.id).member("state", job.state.as_str())
    };
    match &error {
        JobError::UnknownView { known, .. } => {
            Problem::new("view-not-found").member("views", known)
        }
        JobError::NotFound(_) => Problem::new("job-not-found"),
        JobError::AlreadyRunning(job) => named("job-already-running", job),
        JobError::NotReady(job) => named("job-not-ready", job),
        JobError::Over(job) => named("job-over", job),
        JobError::DifferencesNotAccepted(job) => named("differences-not-accepted", job),
        JobError::OtherBuild { job, .. } => named("job-of-another-build", job),
        JobError::OlderFold { .. } => Problem::new("older-fold").detail(&error),
        JobError::NotEnoughRoom { needed, free } => Problem::new("not-enough-room")
            .detail(&error)
            .member("needed", needed)
            .member("free", free),
        JobError::Head(_) | JobError::Room(_) | JobError::Database(_) | JobError::Stored(_) => {
            Problem::unreadable(error)
        }
    }
}

/// The job, and where it is found.
pub(super) fn accepted(job: Job) -> Response {
    let id = job.id;
    let mut response = (StatusCode::ACCEPTED, Json(JobReply::from(job))).into_response();
    if let Ok(place) = HeaderValue::try_from(format!("/api/admin/jobs/{id}")) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    operation::about(format!("job/{id}"), response)
}
