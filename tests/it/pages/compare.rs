//! Whether a reply holds what a page shows of it.

use serde_json::Value;

/// Stands for what differs from one run to the next, and last in a list for more of it.
const ELLIPSIS: &str = "…";

/// Everything that is shown and is not so.
pub(super) fn differences(shown: &Value, real: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", shown, real, &mut found);
    found
}

fn compare(at: &str, shown: &Value, real: &Value, found: &mut Vec<String>) {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => {
            for (name, shown) in shown {
                match real.get(name) {
                    Some(real) => compare(&format!("{at}/{name}"), shown, real, found),
                    None => found.push(format!("{at}/{name} is missing")),
                }
            }
        }
        (Value::Array(shown), Value::Array(real)) => {
            let (shown, goes_on) = match shown.split_last() {
                Some((last, before)) if last == ELLIPSIS => (before, true),
                _ => (shown.as_slice(), false),
            };
            if real.len() < shown.len() || (!goes_on && real.len() > shown.len()) {
                found.push(format!("{at} has {} and not {}", real.len(), shown.len()));
            }
            for (index, (shown, real)) in shown.iter().zip(real).enumerate() {
                compare(&format!("{at}/{index}"), shown, real, found);
            }
        }
        (Value::String(text), Value::Number(_)) if text == ELLIPSIS => {}
        // An amount is the same on every run.
        (Value::String(text), Value::String(_)) if text == ELLIPSIS && !at.ends_with("/amount") => {
        }
        (shown, real) if shown == real => {}
        (shown, real) => found.push(format!("{at} is {real} and not {shown}")),
    }
}

#[test]
fn a_reply_may_say_more_than_is_shown_and_nothing_else() {
    use serde_json::json;
    let real = json!({ "id": "01-a", "position": 7, "due": { "amount": "5" }, "lines": [1, 2] });
    for same in [
        json!({ "id": "…", "position": "…", "lines": [1, "…"] }),
        json!({ "due": { "amount": "5" }, "lines": [1, 2] }),
    ] {
        assert_eq!(differences(&same, &real), [""; 0], "{same}");
    }
    for other in [
        json!({ "due": { "amount": "…" } }),
        json!({ "due": { "amount": "6" } }),
        json!({ "lines": [1] }),
        json!({ "lines": [1, 2, 3] }),
        json!({ "owed": null }),
        json!({ "due": "…" }),
    ] {
        assert_eq!(differences(&other, &real).len(), 1, "{other}");
    }
}
