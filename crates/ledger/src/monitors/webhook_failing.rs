//! An endpoint of webhooks that cannot be told of anything: it fails, or was given up.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::wording::local;
use super::{CASES_MAX, LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

pub(super) const MONITOR: Monitor = Monitor {
    name: "webhook-failing",
    severity: Severity::Warning,
    owner: Owner::Operations,
    every: Duration::from_secs(30),
    watches: "an endpoint of webhooks that fails for too long, or that daftar gave up",
    to_do: "Find out from its deliveries what the endpoint answers, and put it right; then enable it, \
            from its cursor on. Delete one that nobody needs.",
    thresholds: &["webhook_failing_minutes"],
    reads_views: false,
    look: |scene| Box::pin(look(scene)),
};

#[derive(FromRow)]
struct Endpoint {
    webhook_id: Uuid,
    url: String,
    failing_since: Option<DateTime<Utc>>,
    disabled_at: Option<DateTime<Utc>>,
    disabled_reason: Option<String>,
    last_status: Option<i32>,
    last_error: Option<String>,
}

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let allowed = TimeDelta::minutes(scene.settings.webhook_failing_minutes.into());
    let failing: Vec<Endpoint> = sqlx::query_as(include_str!("sql/find_failing_webhooks.sql"))
        .bind(scene.ledger.book())
        .bind(scene.now - allowed)
        .bind(CASES_MAX)
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(failing.into_iter().map(|webhook| webhook.sighting(scene)).collect())
}

impl Endpoint {
    fn sighting(self, scene: &Scene<'_>) -> Sighting {
        let at = |time: Option<DateTime<Utc>>| {
            time.map_or_else(String::new, |time| local(time, scene.settings))
        };
        let host = url::Url::parse(&self.url).ok();
        let host = host.as_ref().and_then(url::Url::host_str).unwrap_or("an endpoint");
        let (says, severity) = match self.disabled_reason.as_deref() {
            None => (format!("{host} fails since {}", at(self.failing_since)), Severity::Warning),
            Some(reason) => {
                let why = match reason {
                    "gone" => "it answered that it is gone",
                    "diverged" => "the book lost events that it was told of",
                    _ => "every attempt failed for days",
                };
                let says = format!("{host} is told nothing since {}: {why}", at(self.disabled_at));
                (says, Severity::Critical)
            }
        };
        let evidence = json!({
            "webhook": self.webhook_id,
            "host": host,
            "failing_since": self.failing_since,
            "disabled_at": self.disabled_at,
            "disabled_reason": self.disabled_reason,
            "last_status": self.last_status,
            "last_error": self.last_error,
            "allowed_minutes": scene.settings.webhook_failing_minutes,
        });
        let subject = format!("webhook/{}", self.webhook_id);
        Sighting { severity: Some(severity), ..Sighting::new(subject, says, evidence) }
    }
}
