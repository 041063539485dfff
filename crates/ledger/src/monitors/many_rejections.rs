//! A customer of whom finance refused many receipts within seven days, for orders or for a wallet.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use eventstore::Position;
use serde_json::json;
use sqlx::FromRow;

use super::wording::local;
use super::{CASES_MAX, LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

/// How far back it is counted.
const WITHIN: TimeDelta = TimeDelta::days(7);

pub(super) const MONITOR: Monitor = Monitor {
    name: "many-rejections",
    severity: Severity::Warning,
    owner: Owner::Finance,
    every: Duration::from_mins(1),
    watches: "a customer of whom many receipts were refused within seven days",
    to_do: "Speak with the customer: something is not understood, or somebody tries forged receipts. \
            Freeze the wallet in the second case.",
    thresholds: &["many_rejections"],
    reads_views: true,
    look: |scene| Box::pin(look(scene)),
};

#[derive(FromRow)]
struct Refusals {
    customer_id: String,
    refused: i64,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
    positions: Vec<Position>,
    orders: Option<Vec<String>>,
    reasons: Vec<Option<String>>,
}

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let book = scene.ledger.book();
    let since = scene.now - WITHIN;
    let after = eventstore::read::position_at(&mut *scene.conn, book, since).await?;
    let customers: Vec<Refusals> = sqlx::query_as(include_str!("sql/find_many_rejections.sql"))
        .bind(book)
        .bind(after)
        .bind(i64::from(scene.settings.many_rejections))
        .bind(CASES_MAX)
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(customers.into_iter().map(|customer| customer.sighting(scene)).collect())
}

impl Refusals {
    fn sighting(self, scene: &Scene<'_>) -> Sighting {
        let says = format!(
            "{} receipts of customer {} were refused from {} to {}",
            self.refused,
            self.customer_id,
            local(self.first_at, scene.settings),
            local(self.last_at, scene.settings),
        );
        let evidence = json!({
            "customer": self.customer_id,
            "refused": self.refused,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "positions": self.positions,
            "orders": self.orders,
            "reasons": self.reasons,
            "threshold": scene.settings.many_rejections,
        });
        Sighting::new(format!("customer/{}", self.customer_id), says, evidence)
    }
}
