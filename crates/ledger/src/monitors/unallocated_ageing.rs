//! Money that came in and has had no order or wallet for too long: account 2120, payment by payment.

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
    name: "unallocated-ageing",
    severity: Severity::Warning,
    owner: Owner::Finance,
    every: Duration::from_mins(1),
    watches: "money that came in and has had no order or wallet for too long (account 2120)",
    to_do: "Find out whose it is and allocate it to an order, a wallet or a debt; if it was never \
            there, correct or reverse the payment.",
    thresholds: &["unallocated_hours"],
    reads_views: true,
    look: |scene| Box::pin(look(scene)),
};

#[derive(FromRow)]
struct Unplaced {
    payment_id: Uuid,
    kind: String,
    account: Option<String>,
    reference: Option<String>,
    gateway: Option<String>,
    gateway_id: Option<String>,
    note: Option<String>,
    customer_id: Option<String>,
    currency: String,
    amount: Decimal,
    unallocated: Decimal,
    recorded_at: DateTime<Utc>,
}

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let allowed = TimeDelta::hours(scene.settings.unallocated_hours.into());
    let waiting: Vec<Unplaced> = sqlx::query_as(include_str!("sql/find_unallocated.sql"))
        .bind(scene.ledger.book())
        .bind(scene.settings.working_week().before(scene.now, allowed))
        .bind(CASES_MAX)
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(waiting.into_iter().map(|payment| payment.sighting(scene)).collect())
}

impl Unplaced {
    fn sighting(self, scene: &Scene<'_>) -> Sighting {
        let says = format!(
            "{} of {} has no order or wallet since {}",
            sum(self.unallocated, &self.currency),
            self.told_by(),
            local(self.recorded_at, scene.settings),
        );
        let evidence = json!({
            "payment": self.payment_id,
            "kind": self.kind,
            "account": self.account,
            "reference": self.reference,
            "gateway": self.gateway,
            "gateway_id": self.gateway_id,
            "customer": self.customer_id,
            "amount": money(self.amount, &self.currency),
            "unallocated": money(self.unallocated, &self.currency),
            "recorded_at": self.recorded_at,
            "allowed_working_hours": scene.settings.unallocated_hours,
        });
        Sighting::new(format!("payment/{}", self.payment_id), says, evidence)
    }

    /// What people call the payment.
    fn told_by(&self) -> String {
        let named = [(&self.account, &self.reference), (&self.gateway, &self.gateway_id)];
        let named = named.into_iter().find_map(|(by, id)| by.as_ref().zip(id.as_ref()));
        match (named, &self.note) {
            (Some((by, id)), _) => format!("the payment {by} {id}"),
            (None, Some(note)) => format!("the cash {note}"),
            (None, None) => format!("the payment {}", self.payment_id),
        }
    }
}
