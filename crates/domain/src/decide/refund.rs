//! Paying back what came back: the order says how much, the wallet's event posts it. What the
//! customer owes is repaid from it in the same command.

use crate::event::{Event, StreamKey};
use crate::id::OrderId;
use crate::order::{self, LineQuantity};
use crate::wallet::Source;

use super::{Decision, Undecided};

pub(super) fn refund(
    decision: &mut Decision<'_>,
    id: OrderId,
    lines: Option<Vec<LineQuantity>>,
    fees: bool,
) -> Result<(), Undecided> {
    let order = decision.order(id)?;
    let facts = order.placed()?;
    let refunded = facts.refund(lines, fees)?;
    let order::Event::Refunded { parts, .. } = &refunded else {
        panic!("a refund is decided as {refunded:?}");
    };
    let parts = *parts;
    decision.emit(StreamKey::Order(id), Event::Order(refunded))?;
    match parts.due.as_amount() {
        Some(due) => {
            let source = Source::Refund { order: id, parts };
            decision.credit_by_person(&facts.customer, due, source)?;
            decision.repay_out_of(&facts.customer, due)
        }
        None => Ok(()),
    }
}
