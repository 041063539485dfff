//! A book's settings as a list: what each is called, what it holds, starts with and means.
//!
//! The names are those that `Setting` itself is read by, so that none can be left out.

use std::fmt::Write as _;

use domain::settings::{Setting, Settings};
use serde::de::{Deserializer, Error as _, Visitor, value};
use serde::{Deserialize as _, Serialize, forward_to_deserialize_any};
use serde_json::{Map, Value, json};

/// One setting of a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Described {
    pub name: &'static str,
    pub value: Value,
    pub default: Value,
    pub unit: &'static str,
    pub meaning: &'static str,
}

#[derive(Debug, thiserror::Error)]
pub enum BadSetting {
    #[error("there is no setting {name:?}; there are: {}", names().join(", "))]
    UnknownName { name: String },
    #[error("{text:?} is no value of {name}")]
    BadValue {
        name: &'static str,
        text: String,
        #[source]
        cause: serde_json::Error,
    },
}

/// Name, unit and meaning of each.
const ABOUT: &[(&str, &str, &str)] = &[
    ("bank_transfer_hours", "hours", "how long an order may wait for its bank transfer"),
    ("payment_minutes", "minutes", "how long an order may wait for a wallet or gateway payment"),
    (
        "review_extension_hours",
        "hours",
        "what a review of a receipt that settles nothing leaves the customer at least",
    ),
    (
        "review_extension_total_hours",
        "hours",
        "what such extensions may come to, counted from the first deadline",
    ),
    ("four_eyes_threshold", "money", "what one person may move alone"),
    ("time_zone", "IANA name", "where a business day and a business year begin and end"),
    ("number_prefix", "letters", "what the numbers of new orders begin with"),
    ("currencies", "list", "the currencies that the book keeps; the first is the usual one"),
    ("settlement_unit", "amount", "what totals are rounded to; 0 for no rounding"),
    ("delivery_code_tries", "tries", "how many wrong delivery codes lock a shipment's code"),
    ("return_window_days", "days", "how long a delivered order waits before it completes itself"),
    ("shortfall_tolerance", "money", "what a receipt may lack and be forgiven; 0 for nothing"),
    (
        "reminder_hours",
        "hours",
        "how long before its deadline an unpaid order is reminded of; 0 for never",
    ),
    ("working_days", "list of days", "the days on which people work"),
    ("working_hours", "from-to", "when they work on such a day: what waits for them is aged by it"),
    ("release_hours", "working hours", "how long a paid order may wait for its release"),
    ("receipt_hours", "working hours", "how long a receipt may wait for an answer"),
    ("packing_hours", "working hours", "how long an order may be in the warehouse"),
    ("delivery_hours", "working hours", "how long a dispatched order may be under way"),
    (
        "unallocated_hours",
        "working hours",
        "how long money may wait for its order or wallet (account 2120)",
    ),
    (
        "suspense_hours",
        "working hours",
        "how long a suspense item may stay unexplained (account 9010)",
    ),
    ("deadline_late_minutes", "minutes", "how late a deadline may be fired"),
    ("claimed_off_percent", "percent", "how far a receipt's claim may be from what is due"),
    (
        "large_credit",
        "money",
        "what one credit to a wallet may come to before somebody looks at it",
    ),
    ("many_rejections", "receipts", "how many rejected receipts of a customer in a week are many"),
    ("webhook_failing_minutes", "minutes", "how long an endpoint of webhooks may fail"),
    ("scrub_lap_hours", "hours", "how old the scrubber's last whole lap may be"),
    ("disk_free_mib", "MiB", "how much of the database's disk must be free"),
    ("wal_mib", "MiB", "what the database's write-ahead log may come to"),
    (
        "clock_behind_seconds",
        "seconds",
        "how far a node's clock may be behind the log's last event",
    ),
];

/// What every setting is called.
pub fn names() -> &'static [&'static str] {
    let mut names = Names(&[]);
    // It fails as soon as it has said which variants it knows.
    Setting::deserialize(&mut names).ok();
    names.0
}

/// Every setting, in the order of their definition.
pub fn describe(settings: &Settings) -> Vec<Described> {
    let (mut values, mut defaults) = (members(settings), members(&Settings::default()));
    let mut describe = |name: &'static str| {
        let about = ABOUT.iter().find(|(known, ..)| *known == name);
        let (_, unit, meaning) = about.copied().unwrap_or((name, "", ""));
        let take = |from: &mut Map<String, Value>| from.remove(name).unwrap_or(Value::Null);
        Described { name, value: take(&mut values), default: take(&mut defaults), unit, meaning }
    };
    names().iter().map(|name| describe(name)).collect()
}

fn members(settings: &Settings) -> Map<String, Value> {
    let Value::Object(members) = json!(settings) else {
        unreachable!("settings are written as an object")
    };
    members
}

/// Reads a value as people write it: `48`, `Asia/Baghdad`, `1000000 IQD`, `IQD, USD`.
pub fn parse(name: &str, text: &str) -> Result<Setting, BadSetting> {
    let described = describe(&Settings::default());
    let described = described.into_iter().find(|described| described.name == name);
    let Some(Described { name, default, .. }) = described else {
        return Err(BadSetting::UnknownName { name: name.to_owned() });
    };
    let bad = |cause| BadSetting::BadValue { name, text: text.to_owned(), cause };
    let value = read_like(&default, text.trim()).map_err(bad)?;
    serde_json::from_value(json!({ name: value })).map_err(bad)
}

/// The value that a text stands for where such a one is expected.
fn read_like(sample: &Value, text: &str) -> Result<Value, serde_json::Error> {
    match sample {
        Value::String(_) => Ok(json!(text)),
        Value::Array(_) => Ok(text.split(',').map(|item| json!(item.trim())).collect()),
        Value::Object(_) => {
            let (amount, currency) = text
                .split_once(char::is_whitespace)
                .ok_or_else(|| serde_json::Error::custom("write it as in 1000000 IQD"))?;
            Ok(json!({ "amount": amount, "currency": currency.trim() }))
        }
        Value::Number(_) | Value::Bool(_) | Value::Null => serde_json::from_str(text),
    }
}

/// A value as people read and write it.
pub fn display(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(display).collect::<Vec<_>>().join(", "),
        Value::Object(members) => members.values().fold(String::new(), |mut text, member| {
            let gap = if text.is_empty() { "" } else { " " };
            write!(text, "{gap}{}", display(member)).expect("a string takes any text");
            text
        }),
        Value::Number(_) | Value::Bool(_) | Value::Null => value.to_string(),
    }
}

/// Reads nothing, and learns which variants an enum knows.
struct Names(&'static [&'static str]);

impl<'de> Deserializer<'de> for &mut Names {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, value::Error> {
        Err(value::Error::custom("only an enum has names"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, value::Error> {
        self.0 = variants;
        Err(value::Error::custom("only the names were asked for"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
