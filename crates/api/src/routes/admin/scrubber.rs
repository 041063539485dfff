//! `GET /api/admin/scrubber`: how far the scrubber is, and what it found.

use axum::extract::State;
use chrono::{DateTime, Utc};
use ledger::scrubber::{self, Found, Scrub};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::problem::Problem;
use crate::scope::READ_JOBS;
use crate::view::View;
use crate::wire::Nothing;
use crate::wire::job::JobProgress;
use crate::wire::job_result::Finding;
use crate::wire::reply::ProblemReply;

/// What a key that is limited to some customers sees none of.
const WHAT: &str = "what the scrubber found";

/// How far the scrubber is, and what it found that has not gone since.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScrubberReply)]
pub(crate) struct Body {
    /// Null before any node began.
    scrubber: Option<Scrubber>,
    /// The oldest first, a thousand at most.
    findings: Vec<ScrubFinding>,
    /// How many there are.
    found: i64,
}

/// Where the scrubber is on its way round the book.
#[derive(Debug, Serialize, ToSchema)]
struct Scrubber {
    /// Some node goes round at this moment.
    running: bool,
    /// That node, or the one that went last.
    node: Option<String>,
    /// The lap under way, counted from 1.
    lap: i64,
    /// Null between two laps.
    lap_began: Option<DateTime<Utc>>,
    progress: Option<JobProgress>,
    last_lap_ended: Option<DateTime<Utc>>,
    /// With its rests.
    last_lap_seconds: Option<i64>,
    /// What was found in all of it, also what was repaired.
    last_lap_findings: Option<i64>,
}

/// One thing that is not as it must be.
#[derive(Debug, Serialize, ToSchema)]
struct ScrubFinding {
    id: Uuid,
    /// What was checked: `column`, `missing_row`, `chain` …
    check: String,
    view: Option<String>,
    /// Which row, account or place.
    subject: String,
    /// In one line.
    says: String,
    found_at: DateTime<Utc>,
    /// As a verification names it; null if another build wrote it otherwise.
    finding: Option<Finding>,
}

impl From<Scrub> for Scrubber {
    fn from(scrub: Scrub) -> Self {
        Self {
            running: scrub.is_held,
            node: scrub.node,
            lap: scrub.lap,
            lap_began: scrub.lap_began,
            progress: scrub.progress.map(|progress| progress.0.into()),
            last_lap_ended: scrub.last_lap_ended,
            last_lap_seconds: scrub.last_lap_seconds,
            last_lap_findings: scrub.last_lap_findings,
        }
    }
}

impl From<Found> for ScrubFinding {
    fn from(found: Found) -> Self {
        let Found { id, check, subject, view, says, evidence, found_at } = found;
        let finding = serde_json::from_value::<projections::Finding>(evidence);
        Self { id, check, view, subject, says, found_at, finding: finding.ok().map(Finding::from) }
    }
}

/// The scrubber verifies the book all the time. What it finds in the rows of a view it has written anew
/// by the fold: what stood there is in the repairs. What is listed here is for people to look at.
#[utoipa::path(
    get,
    path = "/api/admin/scrubber",
    tag = "admin",
    operation_id = "get_scrubber",
    responses(
        (status = 200, description = "The scrubber", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_JOBS }>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let head = app.ledger.head().await.map_err(Problem::unreadable)?;
    let overview = scrubber::overview(&app.ledger).await.map_err(Problem::unreadable)?;
    let (scrub, findings, found) = overview;
    let findings = findings.into_iter().map(ScrubFinding::from).collect();
    Ok(View::new(head.cursor(), Body { scrubber: scrub.map(Scrubber::from), findings, found }))
}
