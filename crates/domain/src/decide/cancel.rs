//! Ending an order early: whatever it holds goes back to its customer's wallet in the same command.

use crate::event::{Event, StreamKey};
use crate::id::{OrderId, Reason};
use crate::order;
use crate::wallet::Source;

use super::{Decision, Undecided};

pub(super) fn cancel(
    decision: &mut Decision<'_>,
    id: OrderId,
    reason: Reason,
) -> Result<(), Undecided> {
    let cancelled = decision.order(id)?.placed()?.cancel(reason)?;
    end(decision, id, cancelled, Source::Cancelled { order: id })
}

pub(super) fn expire(decision: &mut Decision<'_>, id: OrderId) -> Result<(), Undecided> {
    let expired = decision.order(id)?.placed()?.expire(decision.now)?;
    end(decision, id, expired, Source::Expired { order: id })
}

fn end(
    decision: &mut Decision<'_>,
    id: OrderId,
    event: Option<order::Event>,
    source: Source,
) -> Result<(), Undecided> {
    let Some(event) = event else {
        return Ok(());
    };
    let order = decision.order(id)?;
    let facts = order.placed()?;
    let held = facts.held().as_amount();
    decision.emit(StreamKey::Order(id), Event::Order(event))?;
    match held {
        Some(held) => decision.credit(&facts.customer, held, source),
        None => Ok(()),
    }
}
