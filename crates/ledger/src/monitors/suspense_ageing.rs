//! Money whose reason nobody has found for too long: account 9010, item by item.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::wording::{local, money, sum};
use super::{CASES_MAX, LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

pub(super) const MONITOR: Monitor = Monitor {
    name: "suspense-ageing",
    severity: Severity::Warning,
    owner: Owner::Finance,
    every: Duration::from_mins(1),
    watches: "suspense items that have stayed unexplained for too long (account 9010)",
    to_do: "Whoever owns the item finds out what it is and explains it: an opening balance, a \
            write-off, goodwill or rounding.",
    thresholds: &["suspense_hours"],
    reads_views: true,
    look: |scene| Box::pin(look(scene)),
};

#[derive(FromRow)]
struct Unexplained {
    suspense_id: Uuid,
    item: String,
    currency: String,
    balance: Decimal,
    owner: String,
    reason: String,
    opened_at: DateTime<Utc>,
}

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let allowed = TimeDelta::hours(scene.settings.suspense_hours.into());
    let items: Vec<Unexplained> = sqlx::query_as(include_str!("sql/find_unexplained.sql"))
        .bind(scene.ledger.book())
        .bind(scene.settings.working_week().before(scene.now, allowed))
        .bind(CASES_MAX)
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(items.into_iter().map(|item| item.sighting(scene)).collect())
}

impl Unexplained {
    fn sighting(self, scene: &Scene<'_>) -> Sighting {
        let says = format!(
            "{} is in suspense since {}, for {} to explain: {}",
            sum(self.balance, &self.currency),
            local(self.opened_at, scene.settings),
            self.owner,
            self.reason,
        );
        let evidence = json!({
            "item": self.suspense_id,
            "kind": self.item,
            "owner": self.owner,
            "reason": self.reason,
            "balance": money(self.balance, &self.currency),
            "opened_at": self.opened_at,
            "allowed_working_hours": scene.settings.suspense_hours,
        });
        Sighting::new(format!("suspense/{}", self.suspense_id), says, evidence)
    }
}
