//! Credits to wallets that are unusually large: by a person, or by what money came to.
//!
//! A credit is a fact, which nothing undoes by itself: it is told of for seven days, so that whoever
//! looks once a week has seen it, and for no longer than it stands. Taken back, or with its payment
//! reversed, it is seen to at once. To acknowledge it says who looked. What a cancelled or expired
//! order or a failed payout gives back was the customer's before, and is not told of.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use eventstore::Position;
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::wording::{local, money, sum};
use super::{CASES_MAX, LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

/// For how long it is told of.
const TOLD_FOR: TimeDelta = TimeDelta::days(7);

pub(super) const MONITOR: Monitor = Monitor {
    name: "large-credit",
    severity: Severity::Warning,
    owner: Owner::Finance,
    // It reads a week of the journal.
    every: Duration::from_mins(5),
    watches: "an unusually large credit to a wallet in the last seven days; in any other currency \
              than the threshold's, each is",
    to_do: "See that the money came in, or that whoever gave it had a reason. If not, correct the \
            credit or reverse its payment; if so, acknowledge.",
    thresholds: &["large_credit"],
    reads_views: true,
    look: |scene| Box::pin(look(scene)),
};

#[derive(FromRow)]
struct Credit {
    wallet_id: Uuid,
    sequence: i64,
    customer_id: String,
    currency: String,
    amount: Decimal,
    kind: String,
    source: String,
    order_id: Option<Uuid>,
    payment_id: Option<Uuid>,
    reason: Option<String>,
    position: Position,
    recorded_at: DateTime<Utc>,
    actor: Option<String>,
    approved_by: Option<String>,
}

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let book = scene.ledger.book();
    let since = scene.now - TOLD_FOR;
    let after = eventstore::read::position_at(&mut *scene.conn, book, since).await?;
    let threshold = scene.settings.large_credit.money();
    let credits: Vec<Credit> = sqlx::query_as(include_str!("sql/find_large_credits.sql"))
        .bind(book)
        .bind(after)
        .bind(threshold.currency().code())
        .bind(threshold.amount())
        .bind(CASES_MAX)
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(credits.into_iter().map(|credit| credit.sighting(scene)).collect())
}

impl Credit {
    fn sighting(self, scene: &Scene<'_>) -> Sighting {
        let threshold = scene.settings.large_credit.money();
        let by = match (&self.actor, &self.approved_by) {
            (Some(actor), Some(others)) => format!(" by {actor} with {others}"),
            (Some(actor), None) => format!(" by {actor}"),
            (None, _) => String::new(),
        };
        let says = format!(
            "customer {} was credited {} ({}) on {}{by}",
            self.customer_id,
            sum(self.amount, &self.currency),
            self.source.replace('_', " "),
            local(self.recorded_at, scene.settings),
        );
        let evidence = json!({
            "wallet": self.wallet_id,
            "sequence": self.sequence,
            "position": self.position,
            "customer": self.customer_id,
            "amount": money(self.amount, &self.currency),
            "kind": self.kind,
            "source": self.source,
            "order": self.order_id,
            "payment": self.payment_id,
            "reason": self.reason,
            "recorded_at": self.recorded_at,
            "actor": self.actor,
            "approved_by": self.approved_by,
            "threshold": money(threshold.amount(), threshold.currency().code()),
        });
        Sighting::new(format!("wallet/{}/{}", self.wallet_id, self.sequence), says, evidence)
    }
}
