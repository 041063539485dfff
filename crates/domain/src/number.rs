//! Order numbers: prefix, two-digit year, counter (`M2511128`); gapless within a series.

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;

use crate::id::{Code, OrderNumber, TextError};

const DIGITS_MIN: usize = 5;

/// The series of an order placed now: the prefix and the year in the business time zone.
pub fn series(prefix: &str, now: DateTime<Utc>, zone: Tz) -> Result<Code, TextError> {
    let year = now.with_timezone(&zone).year().rem_euclid(100);
    Code::new(format!("{prefix}{year:02}"))
}

/// The number with this counter: `M25` and 1 make `M2500001`.
pub fn number(series: &Code, counter: u32) -> Result<OrderNumber, TextError> {
    OrderNumber::new(format!("{series}{counter:05}"))
}

/// Reads a number that belongs to a series of this prefix; none for any other text.
pub fn parse(prefix: &str, number: &str) -> Option<(Code, u32)> {
    let digits = number.strip_prefix(prefix)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, counter) = digits.split_at_checked(2)?;
    // `M25000001` is nobody's number: the series writes that counter `M2500001`.
    if counter.len() < DIGITS_MIN || (counter.len() > DIGITS_MIN && counter.starts_with('0')) {
        return None;
    }
    let series = Code::new(format!("{prefix}{year}")).ok()?;
    Some((series, counter.parse().ok()?))
}
