//! What one person moved alone on one business day, so that many small sums are seen as the large
//! one that they are.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::money::{Amount, Currency, Money, MoneyError};

/// The last day on which something was moved by one person alone, and its sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MovedAlone(Option<(NaiveDate, Money)>);

impl MovedAlone {
    /// What was moved on this day.
    pub fn on(self, day: NaiveDate, currency: Currency) -> Money {
        match self.0 {
            Some((last, sum)) if last == day => sum,
            Some(_) | None => Money::zero(currency),
        }
    }

    pub(crate) fn add(&mut self, day: NaiveDate, amount: Amount) -> Result<(), MoneyError> {
        let sum = self.on(day, amount.currency()).checked_add(amount.money())?;
        self.0 = Some((day, sum));
        Ok(())
    }
}
