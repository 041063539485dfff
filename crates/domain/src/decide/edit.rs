//! Editing an order: other lines and charges, checked as in placing; what was paid beyond them goes
//! to the wallet in the same command.

use serde::{Deserialize, Serialize};

use crate::id::OrderId;
use crate::money::Money;
use crate::order::totals::{Charges, Percent};
use crate::order::{self, Facts};
use crate::wallet::Source;

use super::offer::{Offer, OrderedLine};
use super::{Decision, Undecided, cancel};

/// What is wanted instead, whole: lines that are left out are wanted no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditOrder {
    pub order: OrderId,
    pub lines: Vec<OrderedLine>,
    pub discount: Money,
    pub delivery: Money,
    pub surcharge_rate: Percent,
    pub tax_rate: Percent,
    /// What the shop computed; it must agree.
    pub total: Money,
}

pub(super) fn edit(decision: &mut Decision<'_>, edit: EditOrder) -> Result<(), Undecided> {
    let order = decision.order(edit.order)?;
    let facts = order.placed()?;
    facts.must_allow(order::Step::Edit)?;
    facts.in_currency(edit.total.currency())?;
    let charges = Charges {
        discount: edit.discount,
        delivery: edit.delivery,
        surcharge_rate: edit.surcharge_rate,
        tax_rate: edit.tax_rate,
    };
    let offer = Offer { lines: &edit.lines, charges, total: edit.total };
    let (lines, totals) = offer.check(decision.settings()?.settlement_unit)?;
    let deadline = decision.deadline(edit.order)?;
    let (now, extension) = (decision.now, decision.settings()?.extension());
    let change = |facts: &Facts| facts.edit(lines.clone(), totals, deadline, now, extension);
    cancel::give_back(decision, edit.order, change, Source::Cancelled { order: edit.order })
}
