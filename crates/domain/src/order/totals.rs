//! What an order costs: its lines and charges, and the totals they add up to.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::id::Text;
use crate::money::{Currency, Money, MoneyError};

/// How much of a product: more than zero, at most three decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quantity(Decimal);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    #[error("a quantity is a plain decimal of more than zero with at most three decimals")]
    Invalid,
}

impl Quantity {
    /// Refuses zero, less, more than a billion, and what is finer than a thousandth.
    pub fn new(quantity: Decimal) -> Result<Self, QuantityError> {
        let quantity = quantity.normalize();
        let fits = quantity > Decimal::ZERO
            && quantity.scale() <= 3
            && quantity <= Decimal::from(1_000_000_000_u32);
        if fits { Ok(Self(quantity)) } else { Err(QuantityError::Invalid) }
    }

    pub fn value(self) -> Decimal {
        self.0
    }
}

impl TryFrom<String> for Quantity {
    type Error = QuantityError;
    fn try_from(text: String) -> Result<Self, QuantityError> {
        let value = crate::money::parse_decimal(&text).map_err(|_| QuantityError::Invalid)?;
        Self::new(value)
    }
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> Self {
        quantity.0.to_string()
    }
}

/// A share per hundred, such as a tax rate: 0 to 100, at most four decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Percent(Decimal);

impl Percent {
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// In percent: 15 is 15 %.
    pub fn new(rate: Decimal) -> Result<Self, QuantityError> {
        let rate = rate.normalize();
        let fits = rate >= Decimal::ZERO && rate <= Decimal::ONE_HUNDRED && rate.scale() <= 4;
        if fits { Ok(Self(rate)) } else { Err(QuantityError::Invalid) }
    }

    fn of(self, money: Money) -> Result<Money, MoneyError> {
        let share = money
            .amount()
            .checked_mul(self.0)
            .and_then(|product| product.checked_div(Decimal::ONE_HUNDRED))
            .ok_or(MoneyError::OutOfRange)?;
        Money::rounded(share, money.currency())
    }
}

impl TryFrom<String> for Percent {
    type Error = QuantityError;
    fn try_from(text: String) -> Result<Self, QuantityError> {
        let value = crate::money::parse_decimal(&text).map_err(|_| QuantityError::Invalid)?;
        Self::new(value)
    }
}

impl From<Percent> for String {
    fn from(percent: Percent) -> Self {
        percent.0.to_string()
    }
}

/// One line as it is ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LineItem {
    /// 1, 2, 3 …: the line's name within its order.
    pub line: u16,
    pub sku: Text<64>,
    pub quantity: Quantity,
    pub unit_price: Money,
    /// Quantity times price, rounded half up once.
    pub total: Money,
}

impl LineItem {
    /// Prices a line; refuses a total beyond the range.
    pub fn price(
        line: u16,
        sku: Text<64>,
        quantity: Quantity,
        unit_price: Money,
    ) -> Result<Self, MoneyError> {
        let total = unit_price
            .amount()
            .checked_mul(quantity.value())
            .ok_or(MoneyError::OutOfRange)
            .and_then(|total| Money::rounded(total, unit_price.currency()))?;
        Ok(Self { line, sku, quantity, unit_price, total })
    }
}

/// The parts of what is due. `due = items − discount + delivery + surcharge + tax + rounding`.
/// The same seven parts say what a delivery earns and what a refund gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Totals {
    pub items: Money,
    pub discount: Money,
    pub delivery: Money,
    pub surcharge: Money,
    pub tax: Money,
    /// The only part that may be negative: the difference to the book's settlement unit.
    pub rounding: Money,
    pub due: Money,
}

/// What the shop charges beside the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charges {
    pub discount: Money,
    pub delivery: Money,
    pub surcharge_rate: Percent,
    pub tax_rate: Percent,
}

impl Totals {
    pub fn zero(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self {
            items: zero,
            discount: zero,
            delivery: zero,
            surcharge: zero,
            tax: zero,
            rounding: zero,
            due: zero,
        }
    }

    /// Computes the totals from the lines and charges. Surcharge and tax are shares of the items
    /// less the discount, each rounded once; `unit` is the book's settlement unit (zero: none).
    pub fn compute(
        lines: &[LineItem],
        charges: &Charges,
        unit: Decimal,
        currency: Currency,
    ) -> Result<Self, MoneyError> {
        let mut items = Money::zero(currency);
        for line in lines {
            items = items.checked_add(line.total)?;
        }
        let net = items.checked_sub(charges.discount)?;
        let surcharge = charges.surcharge_rate.of(net)?;
        let tax = charges.tax_rate.of(net)?;
        let exact = net.checked_add(charges.delivery)?.checked_add(surcharge)?.checked_add(tax)?;
        let due = settle(exact, unit)?;
        Ok(Self {
            items,
            discount: charges.discount,
            delivery: charges.delivery,
            surcharge,
            tax,
            rounding: due.checked_sub(exact)?,
            due,
        })
    }

    /// The share of these totals that a part has in the whole, each part of it rounded half up; the
    /// whole has them all.
    pub fn share(&self, part: Decimal, whole: Decimal) -> Result<Self, MoneyError> {
        if part >= whole {
            return Ok(*self);
        }
        let of = |total: Money| -> Result<Money, MoneyError> {
            let share = total
                .amount()
                .checked_mul(part)
                .and_then(|product| product.checked_div(whole))
                .ok_or(MoneyError::OutOfRange)?;
            Money::rounded(share, total.currency())
        };
        Self {
            items: of(self.items)?,
            discount: of(self.discount)?,
            delivery: of(self.delivery)?,
            surcharge: of(self.surcharge)?,
            tax: of(self.tax)?,
            rounding: self.rounding,
            due: of(self.due)?,
        }
        .balanced()
    }

    /// The same with a rounding that takes up what the other parts leave over.
    fn balanced(self) -> Result<Self, MoneyError> {
        let rounding = self
            .due
            .checked_sub(self.items)?
            .checked_add(self.discount)?
            .checked_sub(self.delivery)?
            .checked_sub(self.surcharge)?
            .checked_sub(self.tax)?;
        Ok(Self { rounding, ..self })
    }

    /// What these totals have more than others; a part that has less counts as nothing.
    pub(super) fn beyond(&self, other: &Self) -> Result<Self, MoneyError> {
        self.zip(other, |more, less| Ok(not_negative(more.checked_sub(less)?)))?.balanced()
    }

    /// The same without delivery fee and surcharge; never negative.
    pub(super) fn without_fees(&self) -> Result<Self, MoneyError> {
        let due = self.due.checked_sub(self.delivery)?.checked_sub(self.surcharge)?;
        let zero = Money::zero(self.due.currency());
        Self { delivery: zero, surcharge: zero, due: not_negative(due), ..*self }.balanced()
    }

    /// The same with no more due than this; the rounding takes up what is not.
    pub(super) fn at_most(&self, limit: Money) -> Result<Self, MoneyError> {
        Self { due: self.due.min(not_negative(limit))?, ..*self }.balanced()
    }

    pub fn checked_add(&self, other: &Self) -> Result<Self, MoneyError> {
        self.zip(other, Money::checked_add)
    }

    pub fn checked_sub(&self, other: &Self) -> Result<Self, MoneyError> {
        self.zip(other, Money::checked_sub)
    }

    fn zip(
        &self,
        other: &Self,
        with: fn(Money, Money) -> Result<Money, MoneyError>,
    ) -> Result<Self, MoneyError> {
        Ok(Self {
            items: with(self.items, other.items)?,
            discount: with(self.discount, other.discount)?,
            delivery: with(self.delivery, other.delivery)?,
            surcharge: with(self.surcharge, other.surcharge)?,
            tax: with(self.tax, other.tax)?,
            rounding: with(self.rounding, other.rounding)?,
            due: with(self.due, other.due)?,
        })
    }

    /// The totals of an imported order: the stored total wins; what its parts do not explain
    /// counts as items.
    pub fn imported(
        total: Money,
        delivery: Money,
        surcharge: Money,
        tax: Money,
    ) -> Result<Self, MoneyError> {
        let zero = Money::zero(total.currency());
        let items = total.checked_sub(delivery)?.checked_sub(surcharge)?.checked_sub(tax)?;
        let whole = Self { items: total, due: total, ..Self::zero(total.currency()) };
        if items.is_negative() {
            return Ok(whole);
        }
        Ok(Self { items, discount: zero, delivery, surcharge, tax, rounding: zero, due: total })
    }
}

fn not_negative(money: Money) -> Money {
    if money.is_negative() { Money::zero(money.currency()) } else { money }
}

/// Rounds half up to a multiple of the settlement unit.
fn settle(money: Money, unit: Decimal) -> Result<Money, MoneyError> {
    if unit.is_zero() {
        return Ok(money);
    }
    let units = money
        .amount()
        .checked_div(unit)
        .ok_or(MoneyError::OutOfRange)?
        .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    let settled = units.checked_mul(unit).ok_or(MoneyError::OutOfRange)?;
    Money::new(settled, money.currency())
}
