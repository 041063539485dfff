//! Orders that are in a phase for longer than a department has for it.

use chrono::{DateTime, TimeDelta, Utc};
use domain::order::status::Phase;
use domain::settings::Settings;
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::wording::{local, money};
use super::{CASES_MAX, Owner, Scene, Sighting};
use crate::alerts::Severity;

/// What is said of an order in a phase that must not last.
pub(super) type Wait = (Phase, &'static str);

#[derive(FromRow)]
struct Late {
    order_id: Uuid,
    number: String,
    phase: String,
    department: Option<String>,
    customer_id: String,
    due: Decimal,
    currency: String,
    on_hold_departments: Vec<String>,
    /// When it came into its phase.
    since: DateTime<Utc>,
}

/// Orders that have been in one of these phases for so much working time, whatever was noted about
/// them meanwhile. One that a department holds is told of like any other, but as nothing urgent: it
/// stands where somebody wants it to stand, and a hold that is forgotten is found by nobody else.
pub(super) async fn orders(
    scene: &mut Scene<'_>,
    waits: &[Wait],
    hours: u32,
) -> Result<Vec<Sighting>, sqlx::Error> {
    let phases: Vec<&str> = waits.iter().map(|(phase, _)| phase.as_str()).collect();
    let late: Vec<Late> = sqlx::query_as(include_str!("sql/find_late_orders.sql"))
        .bind(scene.ledger.book())
        .bind(phases)
        .bind(cutoff(scene, hours))
        .bind(CASES_MAX)
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(late.into_iter().map(|order| order.sighting(waits, scene, hours)).collect())
}

/// Whatever has waited since then, or for longer, has waited for so much working time.
pub(super) fn cutoff(scene: &Scene<'_>, hours: u32) -> DateTime<Utc> {
    scene.settings.working_week().before(scene.now, TimeDelta::hours(hours.into()))
}

/// How long, and since when: `9 working hours, since 2025-11-20 12:00`.
pub(super) fn since(since: DateTime<Utc>, now: DateTime<Utc>, settings: &Settings) -> String {
    let hours = settings.working_week().between(since, now).num_hours();
    let unit = if hours == 1 { "working hour" } else { "working hours" };
    format!("{hours} {unit}, since {}", local(since, settings))
}

impl Late {
    fn sighting(self, waits: &[Wait], scene: &Scene<'_>, hours: u32) -> Sighting {
        let is = waits.iter().find(|(phase, _)| phase.as_str() == self.phase);
        let (number, phase) = (&self.number, &self.phase);
        let what = is.map_or(phase.as_str(), |(_, what)| what);
        let mut says =
            format!("order {number} {what} for {}", since(self.since, scene.now, scene.settings));
        if !self.on_hold_departments.is_empty() {
            says.push_str(", and is on hold by ");
            says.push_str(&self.on_hold_departments.join(" and "));
        }
        let evidence = json!({
            "order": self.order_id,
            "number": number,
            "phase": phase,
            "since": self.since,
            "department": self.department,
            "customer": self.customer_id,
            "due": money(self.due, &self.currency),
            "on_hold": self.on_hold_departments,
            "allowed_working_hours": hours,
        });
        let owner = self.department.as_deref().and_then(Owner::parse);
        let severity = (!self.on_hold_departments.is_empty()).then_some(Severity::Info);
        Sighting {
            severity,
            owner,
            ..Sighting::new(format!("order/{}", self.order_id), says, evidence)
        }
    }
}
