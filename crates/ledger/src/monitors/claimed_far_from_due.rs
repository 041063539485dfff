//! A receipt that claims another sum than its order owes, by far.

use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::json;

use super::waiting::{self, Waiting};
use super::wording::{local, money, sum};
use super::{LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

pub(super) const MONITOR: Monitor = Monitor {
    name: "claimed-far-from-due",
    severity: Severity::Warning,
    owner: Owner::Finance,
    every: Duration::from_mins(1),
    watches: "a receipt under review that claims another sum than its order owes, by far",
    to_do: "Look the transfer up at the bank before approving: it may be of another order, or pay \
            several. Approve what is verified for this order, or reject the receipt.",
    thresholds: &["claimed_off_percent"],
    reads_views: true,
    look: |scene| Box::pin(look(scene)),
};

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let waiting = waiting::all(scene).await?;
    Ok(waiting.iter().filter_map(|one| sighting(one, scene)).collect())
}

/// A request to top a wallet up is due nothing, and to a cancelled or expired order any sum is late:
/// all of it is its customer's.
fn sighting(one: &Waiting, scene: &Scene<'_>) -> Option<Sighting> {
    let percent = scene.settings.claimed_off_percent;
    let (claimed, owed) = (one.claimed?, one.owed?);
    if one.is_over || !is_far(claimed, owed, percent) {
        return None;
    }
    let says = format!(
        "{} of {} claims {}, and {} is owed",
        one.told_by(),
        local(one.sent_at, scene.settings),
        sum(claimed, &one.currency),
        sum(owed, &one.currency),
    );
    let evidence = json!({
        "sent": waiting::ids(one.on),
        "customer": one.customer,
        "number": one.number,
        "claimed": money(claimed, &one.currency),
        "owed": money(owed, &one.currency),
        "allowed_percent": percent,
        "sent_at": one.sent_at,
    });
    Some(Sighting::new(one.subject(), says, evidence))
}

/// Whether the claim is off by more than this part of what is owed; where nothing is, any claim is.
fn is_far(claimed: Decimal, owed: Decimal, percent: u32) -> bool {
    (claimed - owed).abs() * Decimal::ONE_HUNDRED > owed * Decimal::from(percent)
}
