//! Ending an order early, or some of it: what it holds beyond what is due goes back to its
//! customer's wallet in the same command.

use crate::event::{Event, StreamKey};
use crate::id::{OrderId, Reason};
use crate::order::{self, LineQuantity};
use crate::wallet::Source;

use super::{Decision, Undecided};

pub(super) fn cancel(
    decision: &mut Decision<'_>,
    id: OrderId,
    reason: Reason,
) -> Result<(), Undecided> {
    if decision.order(id)?.placed()?.cancel(reason.clone())?.is_some() {
        take_forgiveness_back(decision, id)?;
    }
    match decision.order(id)?.placed()?.cancel(reason)? {
        Some(cancelled) => give_back(decision, id, cancelled, Source::Cancelled { order: id }),
        None => Ok(()),
    }
}

pub(super) fn cancel_lines(
    decision: &mut Decision<'_>,
    id: OrderId,
    lines: Vec<LineQuantity>,
    reason: Reason,
) -> Result<(), Undecided> {
    let return_until = decision.return_until()?;
    let cancelled = decision.order(id)?.placed()?.cancel_lines(lines, reason, return_until)?;
    give_back(decision, id, cancelled, Source::Cancelled { order: id })
}

pub(super) fn expire(decision: &mut Decision<'_>, id: OrderId) -> Result<(), Undecided> {
    if decision.order(id)?.placed()?.expire(decision.now)?.is_some() {
        take_forgiveness_back(decision, id)?;
    }
    match decision.order(id)?.placed()?.expire(decision.now)? {
        Some(expired) => give_back(decision, id, expired, Source::Expired { order: id }),
        None => Ok(()),
    }
}

/// Emits the order's event and credits the wallet with what the order holds less by it.
pub(super) fn give_back(
    decision: &mut Decision<'_>,
    id: OrderId,
    event: order::Event,
    source: Source,
) -> Result<(), Undecided> {
    let held = decision.order(id)?.placed()?.held();
    decision.emit(StreamKey::Order(id), Event::Order(event))?;
    let order = decision.order(id)?;
    let facts = order.placed()?;
    match held.checked_sub(facts.held())?.as_amount() {
        Some(given_back) => decision.credit(&facts.customer, given_back, source),
        None => Ok(()),
    }
}

/// What was forgiven never came: it is not given back as money.
pub(super) fn take_forgiveness_back(
    decision: &mut Decision<'_>,
    id: OrderId,
) -> Result<(), Undecided> {
    match decision.order(id)?.placed()?.forgiven.as_amount() {
        Some(amount) => {
            let event = order::Event::ForgivenessTakenBack { amount };
            decision.emit(StreamKey::Order(id), Event::Order(event))
        }
        None => Ok(()),
    }
}
