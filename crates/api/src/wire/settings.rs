//! The book's settings as replies show them.

use domain::money::Currency;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::money::Money;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Settings {
    bank_transfer_hours: u32,
    payment_minutes: u32,
    review_extension_hours: u32,
    review_extension_total_hours: u32,
    four_eyes_threshold: Money,
    time_zone: String,
    number_prefix: String,
    currencies: Vec<&'static str>,
    settlement_unit: String,
    version: u64,
}

impl Settings {
    pub(crate) fn of(settings: &domain::settings::Settings) -> Self {
        Self {
            bank_transfer_hours: settings.bank_transfer_hours,
            payment_minutes: settings.payment_minutes,
            review_extension_hours: settings.review_extension_hours,
            review_extension_total_hours: settings.review_extension_total_hours,
            four_eyes_threshold: settings.four_eyes_threshold.money().into(),
            time_zone: settings.time_zone.name().to_owned(),
            number_prefix: settings.number_prefix.to_string(),
            currencies: settings.currencies.iter().map(Currency::code).collect(),
            settlement_unit: settings.settlement_unit.to_string(),
            version: settings.version,
        }
    }
}
