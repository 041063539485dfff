//! When a plan needs another person: who moves more than the book's threshold for one customer on
//! one business day, over all plans.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveTime, TimeZone, Utc};
use domain::id::CustomerId;
use domain::money::{Currency, Money, MoneyError};
use domain::settings::Settings;
use domain::{Rejection, State, StreamKey};
use sqlx::PgConnection;

use super::FixError;
use super::plan::{OrderPlan, Plan};
use crate::ledger::Ledger;
use crate::load;

/// Why these orders need another person, after what other plans have moved today.
pub(super) async fn above_threshold(
    conn: &mut PgConnection,
    ledger: &Ledger,
    now: DateTime<Utc>,
    planned: &[OrderPlan],
    own_digest: &str,
) -> Result<Vec<String>, FixError> {
    let state = load::state(conn, ledger.book(), ledger.upcasters(), StreamKey::Settings).await?;
    let State::Settings(settings) = &*state else { return Ok(Vec::new()) };
    let earlier: Vec<(String, String)> =
        sqlx::query_as(include_str!("../sql/read_plans_applied_since.sql"))
            .bind(ledger.book())
            .bind(day_start(settings, now))
            .bind(own_digest)
            .fetch_all(conn)
            .await?;
    let mut before = Vec::new();
    for (digest, text) in earlier {
        let plan: Plan = serde_json::from_str(&text).map_err(|_| FixError::TamperedPlan(digest))?;
        before.extend(plan.orders);
    }
    Ok(reasons(settings, &before, planned))
}

/// For each customer and currency that these orders move money of: why one person may not, if so.
fn reasons(settings: &Settings, before: &[OrderPlan], planned: &[OrderPlan]) -> Vec<String> {
    let moving: BTreeSet<&CustomerId> = planned
        .iter()
        .filter(|order| order.moved.parts().iter().any(|part| part.is_positive()))
        .map(|order| &order.customer)
        .collect();
    let mut reasons = Vec::new();
    for customer in moving {
        let new = sums(customer, planned);
        let today = sums(customer, before.iter().chain(planned));
        for (code, sum) in today.iter().filter(|(code, _)| new.contains_key(*code)) {
            match sum {
                Err(_) => {
                    reasons.push(format!("customer {customer}: more {code} today than counts"));
                }
                Ok(sum) => {
                    if let Err(Rejection::NeedsSecondPerson { amount, threshold, .. }) =
                        settings.one_person_may_move(*sum, Money::zero(sum.currency()))
                    {
                        let reason =
                            format!("customer {customer}: {amount} today, above {threshold}");
                        reasons.push(reason);
                    }
                }
            }
        }
    }
    reasons
}

/// What these orders move for the customer, by currency; an error where it cannot be counted.
fn sums<'a>(
    customer: &CustomerId,
    orders: impl IntoIterator<Item = &'a OrderPlan>,
) -> BTreeMap<&'static str, Result<Money, MoneyError>> {
    let mut sums: BTreeMap<&'static str, Result<Money, MoneyError>> = BTreeMap::new();
    let orders = orders.into_iter().filter(|order| order.customer == *customer);
    for part in orders.flat_map(|order| order.moved.parts()).filter(|part| part.is_positive()) {
        let currency: Currency = part.currency();
        let sum = sums.entry(currency.code()).or_insert_with(|| Ok(Money::zero(currency)));
        if let Ok(earlier) = sum {
            *sum = earlier.checked_add(part);
        }
    }
    sums
}

/// When the business day began.
fn day_start(settings: &Settings, now: DateTime<Utc>) -> DateTime<Utc> {
    let midnight = now.with_timezone(&settings.time_zone).date_naive().and_time(NaiveTime::MIN);
    let start = settings.time_zone.from_local_datetime(&midnight).earliest();
    start.map_or(now, |start| start.to_utc())
}
