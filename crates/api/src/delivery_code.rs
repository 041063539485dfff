//! Which delivery code a shipment has, and what a wrong one is answered with.

use domain::Event;
use domain::State;
use domain::decide::Change;
use domain::id::{Code, OrderId, ShipmentId};
use domain::order::{self, Facts};
use ledger::delivery_codes::DeliveryCode;

use crate::app::App;
use crate::problem::Problem;

/// What events know the first code of a shipment by.
pub(crate) fn first(app: &App, order: OrderId, shipment: ShipmentId) -> Code {
    digest(app, order, shipment, 0)
}

/// What events will know the next code of a shipment by; the first one of a shipment without any.
pub(crate) fn next(app: &App, order: OrderId, facts: &Facts, shipment: ShipmentId) -> Code {
    let Some(issue) = issue(app, order, facts, shipment) else {
        return first(app, order, shipment);
    };
    let mut later = issue.saturating_add(1);
    // Two issues may happen to give the same six digits.
    while digest(app, order, shipment, later) == digest(app, order, shipment, issue) {
        later = later.saturating_add(1);
    }
    digest(app, order, shipment, later)
}

/// The code that the shipment is handed over against now; none if it needs none.
pub(crate) fn active(
    app: &App,
    order: OrderId,
    facts: &Facts,
    shipment: ShipmentId,
) -> Option<DeliveryCode> {
    let issue = issue(app, order, facts, shipment)?;
    Some(app.delivery_codes.issue(order, shipment, issue))
}

fn digest(app: &App, order: OrderId, shipment: ShipmentId, issue: u32) -> Code {
    app.delivery_codes.digest(order, shipment, app.delivery_codes.issue(order, shipment, issue))
}

/// Which issue the active code is: events do not say, but only one fits.
fn issue(app: &App, order: OrderId, facts: &Facts, shipment: ShipmentId) -> Option<u32> {
    let code = facts.shipments.get(&shipment)?.code.as_ref()?;
    // Each issue is an event of the order.
    let issues = u32::try_from(facts.version).unwrap_or(u32::MAX);
    (0..=issues).find(|issue| digest(app, order, shipment, *issue) == *code)
}

/// The problem of a delivery for which a wrong code was told: it happened, as that.
pub(crate) fn refusal(changes: &[Change], tries_allowed: Option<u32>) -> Option<Problem> {
    let change = changes.last()?;
    let Event::Order(order::Event::DeliveryCodeRefused { shipment }) = &change.event else {
        return None;
    };
    let State::Order(order) = &*change.state else { return None };
    let tries = order.facts()?.shipments.get(shipment)?.wrong_tries;
    let left = tries_allowed.map(|allowed| allowed.saturating_sub(tries));
    let problem = Problem::new("delivery-code-wrong").member("shipment", shipment.uuid());
    Some(problem.member("tries", tries).member("tries_left", left))
}
