//! The lines of an order, and how much of each has come how far.
//!
//! Of each line: `refunded ≤ returned ≤ delivered ≤ shipped ≤ live`, where what is live is what was
//! ordered less what was cancelled.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::status::Extent;
use super::totals::{LineItem, Quantity};
use super::{Facts, LineQuantity};
use crate::rejection::Rejection;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub item: LineItem,
    pub cancelled: Decimal,
    pub shipped: Decimal,
    pub delivered: Decimal,
    pub returned: Decimal,
    pub refunded: Decimal,
}

impl Line {
    pub(super) fn ordered(item: LineItem) -> Self {
        let none = Decimal::ZERO;
        Self {
            item,
            cancelled: none,
            shipped: none,
            delivered: none,
            returned: none,
            refunded: none,
        }
    }

    /// What is still wanted, wherever it is.
    pub fn live(&self) -> Decimal {
        self.item.quantity.value().saturating_sub(self.cancelled)
    }

    /// What is still to be shipped.
    pub fn unshipped(&self) -> Decimal {
        self.live().saturating_sub(self.shipped)
    }

    /// What has arrived and has not come back.
    pub fn returnable(&self) -> Decimal {
        self.delivered.saturating_sub(self.returned)
    }

    /// What came back and has not been paid back.
    pub fn refundable(&self) -> Decimal {
        self.returned.saturating_sub(self.refunded)
    }
}

/// How much of a line a list names.
pub(super) fn quantity_in(lines: &[LineQuantity], line: &Line) -> Decimal {
    lines
        .iter()
        .find(|named| named.line == line.item.line)
        .map_or(Decimal::ZERO, |named| named.quantity.value())
}

impl Facts {
    /// All that there is of something, line by line.
    pub fn every(&self, available: fn(&Line) -> Decimal) -> Vec<LineQuantity> {
        self.lines
            .iter()
            .filter_map(|line| {
                let quantity = Quantity::new(available(line)).ok()?;
                Some(LineQuantity { line: line.item.line, quantity })
            })
            .collect()
    }

    /// Refuses a list that is empty, names a line twice or one that is not there, or takes more
    /// than there is.
    pub(super) fn must_have(
        &self,
        lines: &[LineQuantity],
        available: fn(&Line) -> Decimal,
    ) -> Result<(), Rejection> {
        if lines.is_empty() {
            return Err(Rejection::NoLines);
        }
        for (index, wished) in lines.iter().enumerate() {
            let number = wished.line;
            let line = self.lines.iter().find(|line| line.item.line == number);
            let line = line.ok_or(Rejection::LineNotFound { line: number })?;
            if lines.iter().take(index).any(|earlier| earlier.line == number) {
                return Err(Rejection::LineTwice { line: number });
            }
            let available = available(line);
            if wished.quantity.value() > available {
                return Err(Rejection::QuantityTooLarge { line: number, available });
            }
        }
        Ok(())
    }

    /// How much of the live lines something is true of.
    pub(super) fn extent(&self, quantity: fn(&Line) -> Decimal) -> Extent {
        if self.lines.iter().all(|line| quantity(line) >= line.live()) {
            Extent::All
        } else if self.lines.iter().any(|line| quantity(line) > Decimal::ZERO) {
            Extent::Part
        } else {
            Extent::None
        }
    }

    /// Every delivered unit came back, and one did.
    pub(super) fn all_returned(&self) -> bool {
        self.lines.iter().all(|line| line.returned >= line.delivered)
            && self.lines.iter().any(|line| line.returned > Decimal::ZERO)
    }

    pub(super) fn line_mut(&mut self, number: u16) -> &mut Line {
        self.lines
            .iter_mut()
            .find(|line| line.item.line == number)
            .expect("corrupt stream: no such line")
    }
}
