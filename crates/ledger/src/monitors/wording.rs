//! How monitors write sums and times, in the lines that people read and beside them.

use chrono::{DateTime, Utc};
use domain::settings::Settings;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// A sum in its plain form, with its currency.
pub(super) fn sum(amount: Decimal, currency: &str) -> String {
    format!("{} {currency}", amount.normalize())
}

/// The same, as replies have it.
pub(super) fn money(amount: Decimal, currency: &str) -> Value {
    json!({ "amount": amount.normalize().to_string(), "currency": currency })
}

/// A time by the book's own clocks, to the minute.
pub(super) fn local(time: DateTime<Utc>, settings: &Settings) -> String {
    time.with_timezone(&settings.time_zone).format("%Y-%m-%d %H:%M").to_string()
}
