//! Ending an order early, or some of it: what it holds beyond what is due goes back to its
//! customer's wallet in the same command, and from there to what the customer owes.

use crate::event::{Event, StreamKey};
use crate::id::{OrderId, Reason};
use crate::money::Money;
use crate::order::{self, Facts, LineQuantity, Order};
use crate::rejection::Rejection;
use crate::wallet::Source;

use super::{Decision, Undecided};

pub(super) fn cancel(
    decision: &mut Decision<'_>,
    id: OrderId,
    reason: Reason,
) -> Result<(), Undecided> {
    let cancel = |facts: &Facts| facts.cancel(reason.clone());
    give_back(decision, id, cancel, Source::Cancelled { order: id })
}

pub(super) fn cancel_lines(
    decision: &mut Decision<'_>,
    id: OrderId,
    lines: Vec<LineQuantity>,
    reason: Reason,
) -> Result<(), Undecided> {
    let return_until = decision.return_until()?;
    let cancel =
        |facts: &Facts| facts.cancel_lines(lines.clone(), reason.clone(), return_until).map(Some);
    give_back(decision, id, cancel, Source::Cancelled { order: id })
}

pub(super) fn expire(decision: &mut Decision<'_>, id: OrderId) -> Result<(), Undecided> {
    let now = decision.now;
    let expire = |facts: &Facts| facts.expire(now);
    give_back(decision, id, expire, Source::Expired { order: id })
}

/// Emits the order's event and credits the wallet with what the order then holds less. What was
/// forgiven goes first: it never came, so that it is not given back as money.
pub(super) fn give_back(
    decision: &mut Decision<'_>,
    id: OrderId,
    decide: impl Fn(&Facts) -> Result<Option<order::Event>, Rejection>,
    source: Source,
) -> Result<(), Undecided> {
    let order = decision.order(id)?;
    let facts = order.placed()?;
    let Some(mut event) = decide(facts)? else {
        return Ok(());
    };
    let mut after = Order::clone(&order);
    after.evolve(&event);
    let mut beyond = facts.held().checked_sub(after.placed()?.held())?;
    if let Some(forgiven) = facts.forgiven.min(beyond)?.as_amount() {
        take_forgiveness_back(decision, id, forgiven.money())?;
        beyond = beyond.checked_sub(forgiven.money())?;
        let again = decide(decision.order(id)?.placed()?)?;
        event = again.expect("what is forgiven changes no wish");
    }
    decision.emit(StreamKey::Order(id), Event::Order(event))?;
    match beyond.as_amount() {
        Some(given_back) => {
            decision.credit(&facts.customer, given_back, source)?;
            decision.repay_out_of(&facts.customer, given_back)
        }
        None => Ok(()),
    }
}

/// What was forgiven never came.
pub(super) fn take_forgiveness_back(
    decision: &mut Decision<'_>,
    id: OrderId,
    forgiven: Money,
) -> Result<(), Undecided> {
    match forgiven.as_amount() {
        Some(amount) => {
            let event = order::Event::ForgivenessTakenBack { amount };
            decision.emit(StreamKey::Order(id), Event::Order(event))
        }
        None => Ok(()),
    }
}
