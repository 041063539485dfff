//! How much of an order's totals belongs to a part of its goods.
//!
//! One function answers it, `f`: each line's value is spread evenly over its quantity, and a part of
//! the goods has that share of the ordered totals, fees, discount, tax and rounding included, that
//! its value has in the value of all lines. Everything is a difference of two values of `f`:
//!
//! - due after a cancellation: `f(live)`;
//! - earned by a delivery: `f(delivered)` less what was earned before;
//! - paid back for returned goods: `f(delivered) − f(delivered − refunded)` less what was paid back
//!   before.
//!
//! `f` never falls as the goods grow, and `f(everything)` is the ordered totals to the last digit.
//! So cancelled, delivered and returned parts sum to the whole however an order is split, and an
//! order whose live lines are all delivered holds exactly nothing.

use rust_decimal::Decimal;

use super::line::quantity_in;
use super::totals::Totals;
use super::{Facts, Line, LineQuantity};
use crate::money::MoneyError;

impl Facts {
    /// `f` of this quantity of each line.
    pub(super) fn share(&self, quantity: impl Fn(&Line) -> Decimal) -> Result<Totals, MoneyError> {
        // Lines that cost nothing, or whose old totals make no sense, weigh by their quantity.
        let by_value = self.lines.iter().all(|line| !line.item.total.is_negative())
            && self.lines.iter().any(|line| line.item.total.is_positive());
        let (mut part, mut whole) = (Decimal::ZERO, Decimal::ZERO);
        for line in &self.lines {
            let ordered = line.item.quantity.value();
            let quantity = quantity(line);
            let total = if by_value { line.item.total.amount() } else { ordered };
            let weight = if quantity >= ordered {
                Some(total)
            } else {
                total.checked_mul(quantity).and_then(|product| product.checked_div(ordered))
            };
            let add = |sum: Decimal, weight| sum.checked_add(weight).ok_or(MoneyError::OutOfRange);
            part = add(part, weight.ok_or(MoneyError::OutOfRange)?)?;
            whole = add(whole, total)?;
        }
        self.ordered.share(part, whole)
    }

    /// What is due once this much of each line is cancelled too.
    pub(super) fn due_without(&self, lines: &[LineQuantity]) -> Result<Totals, MoneyError> {
        self.share(|line| line.live().saturating_sub(quantity_in(lines, line)))
    }

    /// What delivering these lines earns.
    pub fn earns(&self, lines: &[LineQuantity]) -> Result<Totals, MoneyError> {
        self.share(|line| line.delivered.saturating_add(quantity_in(lines, line)))?
            .checked_sub(&self.earned)
    }

    /// What is paid back for these lines, all fees included.
    ///
    /// No part is ever negative: after goods came back, more may be delivered, which can move a
    /// rounding by one unit; what was paid back stays paid back until the target catches up.
    pub(super) fn pays_back(&self, lines: &[LineQuantity]) -> Result<Totals, MoneyError> {
        let delivered = self.share(|line| line.delivered)?;
        let kept = self.share(|line| {
            let refunded = line.refunded.saturating_add(quantity_in(lines, line));
            line.delivered.saturating_sub(refunded)
        })?;
        delivered.checked_sub(&kept)?.beyond(&self.paid_back)
    }
}
