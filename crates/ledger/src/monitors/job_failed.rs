//! Rebuilds and verifications that failed, and that nobody has done with success since.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::scrubbed::short;
use super::wording::local;
use super::{CASES_MAX, LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

/// How much is told of why it failed.
const WHY_CHARS_MAX: usize = 500;
/// How long the name of what failed may be.
const SUBJECT_CHARS_MAX: usize = 150;

pub(super) const MONITOR: Monitor = Monitor {
    name: "job-failed",
    severity: Severity::Warning,
    owner: Owner::Operations,
    every: Duration::from_mins(1),
    watches: "a rebuild or a verification that failed within the last week, until the same is done",
    to_do: "Read why with daftar jobs show, and what to do there. Then ask for it again.",
    thresholds: &[],
    reads_views: false,
    look: |scene| Box::pin(look(scene)),
};

#[derive(FromRow)]
struct Failed {
    job_id: Uuid,
    kind: String,
    views: Option<Json<Vec<String>>>,
    summary: Option<String>,
    failure: Option<Json<Value>>,
    asked_by: String,
    ended_at: DateTime<Utc>,
}

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let failed: Vec<Failed> = sqlx::query_as(include_str!("sql/find_failed_jobs.sql"))
        .bind(scene.ledger.book())
        .bind(CASES_MAX)
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(failed.into_iter().map(|job| job.sighting(scene)).collect())
}

impl Failed {
    fn sighting(self, scene: &Scene<'_>) -> Sighting {
        let views = self.views.map(|views| views.0).unwrap_or_default();
        let what = match views.as_slice() {
            [] => self.kind.clone(),
            [one] => format!("{} of {one}", self.kind),
            several => format!("{} of {} views", self.kind, several.len()),
        };
        let why = self.summary.unwrap_or_else(|| "it did not say why".to_owned());
        let says = format!(
            "the {what} that {} asked for failed at {}: {}",
            self.asked_by,
            local(self.ended_at, scene.settings),
            short(&why, WHY_CHARS_MAX)
        );
        let evidence = json!({
            "job": self.job_id,
            "kind": self.kind,
            "views": views,
            "failure": self.failure.map(|failure| failure.0),
            "ended_at": self.ended_at,
            "asked_by": self.asked_by,
        });
        // Named after the work and not after the job: asked again, it is the same trouble.
        let named = [vec![self.kind], views].concat().join("/");
        let subject =
            if named.chars().count() > SUBJECT_CHARS_MAX { what.replace(' ', "-") } else { named };
        Sighting::new(subject, says, evidence)
    }
}
