//! Deadlines that nobody fired: daftar's own work, by the clock and not by anybody's working hours.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use projections::deadlines::Kind;
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::wording::local;
use super::{CASES_MAX, LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

pub(super) const MONITOR: Monitor = Monitor {
    name: "deadline-not-fired",
    severity: Severity::Critical,
    owner: Owner::Operations,
    every: Duration::from_secs(30),
    watches: "deadlines that passed some time ago and have not been fired",
    to_do: "See that a node serves the book and fires deadlines (its log says why one cannot be \
            fired). An order whose stream is quarantined waits for that; any other can be \
            cancelled or completed by hand.",
    thresholds: &["deadline_late_minutes"],
    reads_views: true,
    look: |scene| Box::pin(look(scene)),
};

#[derive(FromRow)]
struct Overdue {
    order_id: Uuid,
    kind: String,
    due_at: DateTime<Utc>,
    set_by: i64,
    number: Option<String>,
    phase: Option<String>,
    department: Option<String>,
    customer_id: Option<String>,
}

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let late = TimeDelta::minutes(scene.settings.deadline_late_minutes.into());
    let overdue: Vec<Overdue> = sqlx::query_as(include_str!("sql/find_late_deadlines.sql"))
        .bind(scene.ledger.book())
        .bind(scene.now.checked_sub_signed(late).unwrap_or(scene.now))
        .bind(CASES_MAX)
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(overdue.into_iter().map(|deadline| deadline.sighting(scene)).collect())
}

impl Overdue {
    fn sighting(self, scene: &Scene<'_>) -> Sighting {
        let order = self.number.clone().unwrap_or_else(|| self.order_id.to_string());
        let what = match Kind::parse(&self.kind) {
            Some(Kind::Expire) => "expired",
            Some(Kind::Complete) => "been completed",
            None => "met a deadline that this build does not know",
        };
        let says = format!(
            "order {order} should have {what} {} ago, at {}",
            how_long(scene.now.signed_duration_since(self.due_at)),
            local(self.due_at, scene.settings)
        );
        let evidence = json!({
            "order": self.order_id,
            "number": self.number,
            "deadline": self.kind,
            "since": self.due_at,
            "set_by": self.set_by,
            "phase": self.phase,
            "department": self.department,
            "customer": self.customer_id,
            "allowed_minutes": scene.settings.deadline_late_minutes,
        });
        Sighting::new(format!("order/{}", self.order_id), says, evidence)
    }
}

/// In the largest unit of which there is one.
fn how_long(time: TimeDelta) -> String {
    let units = [(time.num_days(), "day"), (time.num_hours(), "hour")];
    let whole = units.into_iter().find(|(count, _)| *count > 0);
    let (count, unit) = whole.unwrap_or_else(|| (time.num_minutes(), "minute"));
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
