//! One text for a plan: JSON with sorted keys and no blanks, and its SHA-256.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The canonical JSON of a plan.
pub(super) fn json(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).expect("a plan holds strings, lists and objects");
    let mut text = String::new();
    write(&value, &mut text);
    text
}

/// The digest of a canonical text, in hex.
pub(super) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(entries) => {
            let sorted: BTreeMap<&String, &Value> = entries.iter().collect();
            text.push('{');
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(value, text);
            }
            text.push(']');
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            text.push_str(&plain.to_string());
        }
    }
}
