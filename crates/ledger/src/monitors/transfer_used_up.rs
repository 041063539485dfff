//! A receipt that waits and names money that is gone: the transfer that its file shows has nothing left,
//! or finance refused the same file for the same order before.
//!
//! A receipt names a transfer by its file alone: finance says which one a file shows when it approves
//! the first receipt that the file stands on. From then on nobody uploads the file anew, so what is left
//! are those that were uploaded before. They can only be approved with the same transfer, and are
//! refused where it is used up, was reversed, or was recorded by mistake.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use domain::id::{OrderId, PaymentId};
use domain::order::Review;
use domain::receipt_file::{On, ReceiptFile};
use domain::{State, StreamKey};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::waiting::{self, Waiting};
use super::wording::{money, sum};
use super::{LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

pub(super) const MONITOR: Monitor = Monitor {
    name: "transfer-used-up",
    severity: Severity::Warning,
    owner: Owner::Finance,
    every: Duration::from_mins(1),
    watches: "a receipt under review whose transfer is used up, or whose file finance refused before",
    to_do: "Do not approve it with another transfer. Ask the customer which transfer it is, and reject \
            the receipt or the request.",
    thresholds: &[],
    reads_views: true,
    look: |scene| Box::pin(look(scene)),
};

/// A payment of which nothing is left.
#[derive(FromRow)]
struct UsedUp {
    payment_id: Uuid,
    account: Option<String>,
    reference: Option<String>,
    currency: String,
    amount: Decimal,
    corrected: bool,
    reversed: bool,
}

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let waiting = waiting::all(scene).await?;
    let files = waiting::files(scene, &waiting).await?;
    let used_up = used_up(scene, &files).await?;
    let orders = orders_with_a_file_twice(scene, &waiting, &files).await?;
    let sighting = |one: &Waiting| {
        let file = files.get(one.file.as_ref()?)?;
        let spent = file.approved.and_then(|payment| used_up.get(&payment.uuid()));
        spent
            .map(|payment| names_spent(one, payment))
            .or_else(|| is_refused_before(one, &orders).then(|| names_refused(one)))
    };
    Ok(waiting.iter().filter_map(sighting).collect())
}

async fn used_up(
    scene: &mut Scene<'_>,
    files: &BTreeMap<String, ReceiptFile>,
) -> Result<BTreeMap<Uuid, UsedUp>, sqlx::Error> {
    let shown: BTreeSet<Uuid> =
        files.values().filter_map(|file| file.approved).map(PaymentId::uuid).collect();
    let used_up: Vec<UsedUp> = sqlx::query_as(include_str!("sql/find_used_up.sql"))
        .bind(scene.ledger.book())
        .bind(shown.into_iter().collect::<Vec<_>>())
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(used_up.into_iter().map(|payment| (payment.payment_id, payment)).collect())
}

/// The few orders that one file was uploaded for more than once.
async fn orders_with_a_file_twice(
    scene: &mut Scene<'_>,
    waiting: &[Waiting],
    files: &BTreeMap<String, ReceiptFile>,
) -> Result<BTreeMap<StreamKey, Arc<State>>, sqlx::Error> {
    let twice = |one: &Waiting| {
        let file = files.get(one.file.as_ref()?)?;
        let order = order_of(one.on)?;
        let uploads = file.uploads.iter().filter(|on| order_of(**on) == Some(order));
        (uploads.count() > 1).then_some(StreamKey::Order(order))
    };
    let orders: BTreeSet<StreamKey> = waiting.iter().filter_map(twice).collect();
    waiting::states(scene, &orders.into_iter().collect::<Vec<_>>()).await
}

fn order_of(on: On) -> Option<OrderId> {
    match on {
        On::Order { order, .. } => Some(order),
        On::TopUp { .. } => None,
    }
}

fn is_refused_before(one: &Waiting, orders: &BTreeMap<StreamKey, Arc<State>>) -> bool {
    let Some(order) = order_of(one.on) else { return false };
    let Some(State::Order(order)) = orders.get(&StreamKey::Order(order)).map(Arc::as_ref) else {
        return false;
    };
    let is_it = |file: &domain::id::Code| one.file.as_deref() == Some(file.as_str());
    order.facts().is_some_and(|facts| {
        facts.receipts.iter().any(|receipt| {
            receipt.review == Review::Rejected && receipt.file.as_ref().is_some_and(is_it)
        })
    })
}

fn names_spent(one: &Waiting, payment: &UsedUp) -> Sighting {
    let UsedUp { payment_id, account, reference, currency, amount, corrected, reversed } = payment;
    let why = match (reversed, corrected) {
        (true, _) => "was reversed",
        (false, true) => "was recorded by mistake",
        (false, false) => "is used up",
    };
    let transfer = match account.as_ref().zip(reference.as_ref()) {
        Some((account, reference)) => format!("{account} {reference}"),
        None => payment_id.to_string(),
    };
    let says = format!(
        "{} shows the transfer {transfer} of {}, which {why}",
        one.told_by(),
        sum(*amount, currency),
    );
    let evidence = json!({
        "sent": waiting::ids(one.on),
        "customer": one.customer,
        "number": one.number,
        "file": one.file,
        "sent_at": one.sent_at,
        "payment": payment_id,
        "account": account,
        "reference": reference,
        "amount": money(*amount, currency),
        "reversed": reversed,
        "corrected": corrected,
    });
    Sighting::new(one.subject(), says, evidence)
}

fn names_refused(one: &Waiting) -> Sighting {
    let says = format!("{} is a file that finance refused for it before", one.told_by());
    let evidence = json!({
        "sent": waiting::ids(one.on),
        "customer": one.customer,
        "number": one.number,
        "file": one.file,
        "sent_at": one.sent_at,
    });
    Sighting::new(one.subject(), says, evidence)
}
