//! Money: a decimal and its currency, exact, checked, and never a float.

use std::fmt;

pub use iso_currency::Currency;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// Columns are `numeric(20,4)`: sixteen digits before the point.
const AMOUNT_MAX: Decimal = Decimal::from_parts(0x6FC0_FFFF, 0x0023_86F2, 0, false, 0);
const SCALE_MAX: u32 = 4;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("{0} is not a plain decimal number")]
    NotANumber(String),
    #[error("{amount} has more decimals than {currency} allows ({digits})")]
    TooFine { amount: Decimal, currency: Currency, digits: u32 },
    #[error("the amount is out of range")]
    OutOfRange,
    #[error("{0} is not more than zero")]
    NotPositive(Decimal),
    #[error("{0} and {1} are different currencies")]
    CurrencyMismatch(Currency, Currency),
}

/// How many decimals an input in this currency may have (ISO 4217; IQD: 3).
pub fn minor_digits(currency: Currency) -> u32 {
    currency.exponent().map_or(0, u32::from).min(SCALE_MAX)
}

/// A signed sum in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "MoneyParts", into = "MoneyParts")]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

/// Money as it stands in JSON: `{"amount": "44", "currency": "IQD"}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MoneyParts {
    amount: DecimalText,
    currency: Currency,
}

/// A decimal that JSON carries as a string only: a JSON number would pass through a float somewhere.
struct DecimalText(Decimal);

impl Serialize for DecimalText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DecimalText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = DecimalText;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an amount as a string, such as \"1250000.5\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<DecimalText, E> {
                parse_decimal(text).map(DecimalText).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// The serde form of a bare decimal: a string, never a JSON number.
pub(crate) mod decimal_text {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::DecimalText;

    pub(crate) fn serialize<S: Serializer>(value: &Decimal, to: S) -> Result<S::Ok, S::Error> {
        DecimalText(*value).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
        DecimalText::deserialize(from).map(|text| text.0)
    }
}

/// Reads a plain decimal: an optional minus, digits, and at most one point. No exponent, no
/// separators, no blanks.
pub fn parse_decimal(text: &str) -> Result<Decimal, MoneyError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty()
        && digits.len() <= 40
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().filter(|byte| *byte == b'.').count() <= 1
        && !digits.starts_with('.')
        && !digits.ends_with('.');
    if !plain {
        return Err(MoneyError::NotANumber(text.chars().take(40).collect()));
    }
    Decimal::from_str_exact(text).map_err(|_| MoneyError::OutOfRange)
}

impl TryFrom<MoneyParts> for Money {
    type Error = MoneyError;
    fn try_from(parts: MoneyParts) -> Result<Self, MoneyError> {
        Self::new(parts.amount.0, parts.currency)
    }
}

impl From<Money> for MoneyParts {
    fn from(money: Money) -> Self {
        Self { amount: DecimalText(money.amount), currency: money.currency }
    }
}

impl Money {
    /// Money as it comes in: no finer than the currency's minor unit.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let amount = amount.normalize();
        let digits = minor_digits(currency);
        if amount.scale() > digits {
            return Err(MoneyError::TooFine { amount, currency, digits });
        }
        Self::in_range(amount, currency)
    }

    /// Reads the amount from plain decimal text.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        Self::new(parse_decimal(text)?, currency)
    }

    /// Money that was computed: rounded half up to the currency's minor unit.
    pub fn rounded(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let rounded = amount
            .round_dp_with_strategy(minor_digits(currency), RoundingStrategy::MidpointAwayFromZero);
        Self::in_range(rounded.normalize(), currency)
    }

    fn in_range(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        // A negative zero would be a second spelling of zero.
        let amount = if amount.is_zero() { Decimal::ZERO } else { amount };
        if amount.abs() > AMOUNT_MAX {
            return Err(MoneyError::OutOfRange);
        }
        Ok(Self { amount, currency })
    }

    pub fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }

    /// In the currency itself, not in its minor unit; without trailing zeros.
    pub fn amount(self) -> Decimal {
        self.amount
    }

    pub fn currency(self) -> Currency {
        self.currency
    }

    pub fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    pub fn is_negative(self) -> bool {
        self.amount.is_sign_negative() && !self.amount.is_zero()
    }

    pub fn is_positive(self) -> bool {
        !self.is_zero() && !self.is_negative()
    }

    /// Refuses different currencies and sums beyond the range.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, Decimal::checked_add)
    }

    /// Refuses different currencies and differences beyond the range.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, Decimal::checked_sub)
    }

    #[must_use]
    pub fn negated(self) -> Self {
        let amount = if self.amount.is_zero() { self.amount } else { self.amount.abs() };
        let mut amount = amount;
        amount.set_sign_negative(self.is_positive());
        Self { amount, currency: self.currency }
    }

    /// The smaller of two sums in one currency.
    pub fn min(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(if self.amount <= other.amount { self } else { other })
    }

    /// Whether this covers the other; different currencies never do.
    pub fn covers(self, other: Self) -> bool {
        self.currency == other.currency && self.amount >= other.amount
    }

    /// How much it is, whichever way; none of nothing.
    pub fn magnitude(self) -> Option<Amount> {
        if self.is_negative() { self.negated().as_amount() } else { self.as_amount() }
    }

    /// The positive part as an [`Amount`], or none when nothing is left.
    pub fn as_amount(self) -> Option<Amount> {
        Amount::try_from(self).ok()
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }

    fn combine(
        self,
        other: Self,
        operation: fn(Decimal, Decimal) -> Option<Decimal>,
    ) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let amount = operation(self.amount, other.amount).ok_or(MoneyError::OutOfRange)?;
        Self::in_range(amount.normalize(), self.currency)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.amount, self.currency.code())
    }
}

/// A sum of more than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Money", into = "Money")]
pub struct Amount(Money);

impl Amount {
    pub fn money(self) -> Money {
        self.0
    }

    pub fn currency(self) -> Currency {
        self.0.currency
    }
}

impl TryFrom<Money> for Amount {
    type Error = MoneyError;
    fn try_from(money: Money) -> Result<Self, MoneyError> {
        if money.is_positive() {
            Ok(Self(money))
        } else {
            Err(MoneyError::NotPositive(money.amount))
        }
    }
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
