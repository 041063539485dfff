//! What commands are made of, with as few words as may be.

use domain::id::{Code, Reason, Text};
use domain::money::{Amount, Currency, Money};
use domain::order::totals::Percent;
use rust_decimal::Decimal;

pub(super) const CURRENCY: Currency = Currency::IQD;

pub(super) fn iqd(whole: u64) -> Money {
    Money::new(Decimal::from(whole), CURRENCY).expect("it is in range")
}

/// So many thousandths of a dinar.
pub(super) fn fils(thousandths: u64) -> Money {
    let thousandths = i64::try_from(thousandths).expect("it is in range");
    Money::new(Decimal::new(thousandths, 3), CURRENCY).expect("it is in range")
}

pub(super) fn amount(whole: u64) -> Amount {
    iqd(whole).as_amount().expect("it is more than nothing")
}

pub(super) fn plus(money: Money, other: Money) -> Money {
    money.checked_add(other).expect("sums are far from the limit")
}

pub(super) fn less(money: Money, other: Money) -> Money {
    money.checked_sub(other).expect("sums are far from the limit")
}

pub(super) fn code(text: impl Into<String>) -> Code {
    Text::new(text).expect("it is a short, visible text")
}

pub(super) fn because(text: &str) -> Reason {
    Text::new(text).expect("it is a short, visible text")
}

pub(super) fn percent(hundredths: i64) -> Percent {
    Percent::new(Decimal::new(hundredths, 2)).expect("it is between none and all")
}
