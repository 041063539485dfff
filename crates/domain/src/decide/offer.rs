//! What a shop's server says an order costs, recomputed: the two must agree.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::Text;
use crate::money::{Money, MoneyError};
use crate::order::totals::{Charges, LineItem, Quantity, Totals};
use crate::rejection::Rejection;

const LINES_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderedLine {
    pub sku: Text<64>,
    pub quantity: Quantity,
    pub unit_price: Money,
}

/// Lines and charges, and the total that the shop computed from them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer<'a> {
    pub(super) lines: &'a [OrderedLine],
    pub(super) charges: Charges,
    pub(super) total: Money,
}

impl Offer<'_> {
    /// The priced lines and their totals; refuses what does not add up to the shop's total.
    pub(super) fn check(&self, unit: Decimal) -> Result<(Vec<LineItem>, Totals), Rejection> {
        let lines = self.price_lines()?;
        let totals = Totals::compute(&lines, &self.charges, unit, self.total.currency())?;
        if !totals.items.covers(totals.discount) {
            let (discount, items) = (totals.discount, totals.items);
            return Err(Rejection::DiscountTooLarge { discount, items });
        }
        // The delivery's entry debits both, and its sum must be in range.
        totals.due.checked_add(totals.discount)?;
        if totals.due != self.total {
            let (claimed, computed) = (self.total, totals.due);
            return Err(Rejection::TotalsDisagree { claimed, computed });
        }
        Ok((lines, totals))
    }

    fn price_lines(&self) -> Result<Vec<LineItem>, Rejection> {
        if self.lines.is_empty() || self.lines.len() > LINES_MAX {
            return Err(Rejection::LineCount(LINES_MAX));
        }
        let charges = [self.charges.discount, self.charges.delivery, self.total];
        let prices = self.lines.iter().map(|line| line.unit_price);
        for money in charges.into_iter().chain(prices) {
            if money.currency() != self.total.currency() {
                let (ours, theirs) = (self.total.currency(), money.currency());
                return Err(MoneyError::CurrencyMismatch(ours, theirs).into());
            }
            if money.is_negative() {
                return Err(Rejection::NegativeCharge(money));
            }
        }
        (1_u16..)
            .zip(self.lines)
            .map(|(number, line)| {
                Ok(LineItem::price(number, line.sku.clone(), line.quantity, line.unit_price)?)
            })
            .collect()
    }
}
