//! Receipts that finance has not answered in its time: of orders, and of top-ups that were asked for.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::order::status::Phase;
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::late::{self, Wait};
use super::wording::money;
use super::{CASES_MAX, LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

pub(super) const MONITOR: Monitor = Monitor {
    name: "receipt-waiting",
    severity: Severity::Warning,
    owner: Owner::Finance,
    every: Duration::from_mins(1),
    watches: "receipts of orders and of top-ups that have not been answered in the working time \
              that finance has",
    to_do: "Compare the receipt with the bank's statement, and approve it for what came in, or \
            reject it with a reason that its customer understands.",
    thresholds: &["receipt_hours"],
    reads_views: true,
    look: |scene| Box::pin(look(scene)),
};

const WAITS: [Wait; 1] = [(Phase::PaymentReview, "has a receipt that has not been answered")];

#[derive(FromRow)]
struct TopUp {
    request_id: Uuid,
    customer_id: String,
    currency: String,
    claimed: Option<Decimal>,
    since: DateTime<Utc>,
}

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let hours = scene.settings.receipt_hours;
    let mut seen = late::orders(scene, &WAITS, hours).await?;
    let top_ups: Vec<TopUp> = sqlx::query_as(include_str!("sql/find_late_top_ups.sql"))
        .bind(scene.ledger.book())
        .bind(late::cutoff(scene, hours))
        .bind(CASES_MAX)
        .fetch_all(&mut *scene.conn)
        .await?;
    seen.extend(top_ups.into_iter().map(|asked| asked.sighting(scene, hours)));
    Ok(seen)
}

impl TopUp {
    fn sighting(self, scene: &Scene<'_>, hours: u32) -> Sighting {
        let says = format!(
            "a top-up that customer {} asked for has not been answered for {}",
            self.customer_id,
            late::since(self.since, scene.now, scene.settings)
        );
        let evidence = json!({
            "request": self.request_id,
            "customer": self.customer_id,
            "since": self.since,
            "claimed": self.claimed.map(|claimed| money(claimed, &self.currency)),
            "allowed_working_hours": hours,
        });
        Sighting::new(format!("request/{}", self.request_id), says, evidence)
    }
}
