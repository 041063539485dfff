//! JSON Schemas of what is stored, where serde writes something else than the fields of a type.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::id::Text;
use crate::money::{Amount, Money};
use crate::order::totals::Quantity;
use crate::working_week::WorkingHours;

/// More than zero: at most sixteen digits, then at most four, without trailing zeros.
const POSITIVE: &str = r"([1-9][0-9]{0,15}(\.[0-9]{0,3}[1-9])?|0\.[0-9]{0,3}[1-9])";

/// A currency, as it is stored.
#[derive(Debug)]
pub struct CurrencyCode;

/// A time zone, as it is stored.
#[derive(Debug)]
pub struct TimeZoneName;

/// A day of the week, as it is stored.
#[derive(Debug)]
pub struct Day;

/// A settlement unit, as it is stored.
#[derive(Debug)]
pub struct SettlementUnit;

fn money(generator: &mut SchemaGenerator, description: &str, pattern: &str) -> Schema {
    let currency = generator.subschema_for::<CurrencyCode>();
    json_schema!({
        "description": description,
        "type": "object",
        "properties": {
            "amount": { "type": "string", "pattern": pattern },
            "currency": currency,
        },
        "required": ["amount", "currency"],
    })
}

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let pattern = format!("^(0|-?{POSITIVE})$");
        money(generator, "A sum in one currency, which may be zero or less.", &pattern)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        money(generator, "A sum of more than zero in one currency.", &format!("^{POSITIVE}$"))
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How much of a product: more than zero, at most three decimals.",
            "type": "string",
            "pattern": r"^([1-9][0-9]{0,9}(\.[0-9]{0,2}[1-9])?|0\.[0-9]{0,2}[1-9])$",
        })
    }
}

impl<const MAX: usize> JsonSchema for Text<MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Text{MAX}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": MAX,
            // No control character but the line feed.
            "pattern": r"^[^\u0000-\u0009\u000B-\u001F\u007F-\u009F]*$",
        })
    }
}

impl JsonSchema for CurrencyCode {
    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A currency's code (ISO 4217).",
            "type": "string",
            "pattern": "^[A-Z]{3}$",
        })
    }
}

impl JsonSchema for TimeZoneName {
    fn schema_name() -> Cow<'static, str> {
        "TimeZone".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A time zone's name in the IANA database: Asia/Baghdad.",
            "type": "string",
            "pattern": "^[A-Za-z0-9_+/-]+$",
        })
    }
}

impl JsonSchema for SettlementUnit {
    fn schema_name() -> Cow<'static, str> {
        "SettlementUnit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What totals are rounded to: at most a million, at most three decimals.",
            "type": "string",
            "pattern": r"^(0|[1-9][0-9]{0,6})(\.[0-9]{1,3})?$",
        })
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A day of the week.",
            "type": "string",
            "enum": ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
        })
    }
}

impl JsonSchema for WorkingHours {
    fn schema_name() -> Cow<'static, str> {
        "WorkingHours".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "When work begins and ends on a day: 09:00-17:00.",
            "type": "string",
            "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$",
        })
    }
}
