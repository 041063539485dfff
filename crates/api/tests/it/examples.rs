//! Examples for the API's description: recorded from the tests' own requests, with fixed ids and
//! times, and held against the schemas.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::described::{Asked, Request, description, escape};
use crate::service::Answer;

fn setting(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from)
}

/// Where one operation's example is written, if it is a better one than what is there.
pub(crate) fn record(asked: &Asked<'_>, request: &Request, answer: &Answer) {
    let Some(directory) = setting("RECORD_EXAMPLES") else { return };
    let dry = request.query.contains("dry_run") || request.query.contains("propose");
    if !answer.status.is_success() || dry {
        return;
    }
    let id = asked.operation["operationId"].as_str().unwrap();
    let mut example = Map::new();
    let mut parameters: Map<String, Value> = Map::new();
    for (name, value) in &asked.parameters {
        parameters.insert(name.clone(), json!(value));
    }
    for (name, value) in query(&request.query) {
        parameters.insert(name, value);
    }
    example.insert("parameters".to_owned(), Value::Object(parameters));
    if !request.body.is_empty() {
        let media_type = essence(&request.media_type);
        let body = if is_json(media_type) {
            serde_json::from_slice(&request.body).unwrap()
        } else {
            let text: String = String::from_utf8_lossy(&request.body).into_owned();
            json!(
                text.lines()
                    .take(if media_type.starts_with("text/") { 50 } else { 1 })
                    .collect::<Vec<_>>()
                    .join("\n")
            )
        };
        example.insert("request".to_owned(), json!({ "media_type": media_type, "body": body }));
    }
    example.insert("status".to_owned(), json!(answer.status.as_u16()));
    let media_type = essence(answer.header("content-type").unwrap_or_default());
    if is_json(media_type) {
        let reply = json!({ "media_type": media_type, "body": answer.json() });
        example.insert("reply".to_owned(), reply);
    }
    let example = Redaction::default().apply(Value::Object(example));
    let file = directory.join(format!("{id}.json"));
    let text = serde_json::to_string_pretty(&sorted(&example)).unwrap();
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    if known.is_empty() || rank(&text) < rank(&known) {
        std::fs::create_dir_all(&directory).unwrap();
        let new = directory.join(format!("{id}.{}", std::process::id()));
        std::fs::write(&new, &text).unwrap();
        std::fs::rename(&new, &file).unwrap();
    }
}

/// A media type without its parameters, as the description names it.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// One value, not a file of many.
fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
}

/// One that shows something, and of these the shortest: empty lists show nothing.
fn rank(text: &str) -> (usize, bool, usize, String) {
    let empty = text.matches("[]").count() * 2 + text.matches(": null").count();
    let empty = empty + 100 * text.matches('\u{fffd}').count();
    (empty.saturating_sub(4), text.len() > 6_000, text.len(), text.to_owned())
}

fn query(text: &str) -> Vec<(String, Value)> {
    let pairs: Vec<(String, String)> =
        url_pairs(text).into_iter().filter(|(name, _)| name != "cursor").collect();
    let value = |text: String| match text.parse::<i64>() {
        Ok(number) => json!(number),
        Err(_) => text.parse::<bool>().map_or_else(|_| json!(text), |flag| json!(flag)),
    };
    pairs.into_iter().map(|(name, text)| (name, value(text))).collect()
}

fn url_pairs(text: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://localhost/?{text}")).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Made up ids, keys, hashes and times become fixed ones, the same one alike everywhere.
#[derive(Default)]
struct Redaction {
    ids: BTreeMap<String, String>,
}

impl Redaction {
    fn apply(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.apply(item)).collect(),
            Value::Object(members) => {
                let mut members: Vec<(String, Value)> = members.into_iter().collect();
                members.sort_by(|one, other| one.0.cmp(&other.0));
                let members = members.into_iter();
                Value::Object(members.map(|(name, member)| (name, self.apply(member))).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value,
        }
    }

    fn text(&mut self, text: &str) -> String {
        if uuid::Uuid::parse_str(text).is_ok() && text.len() == 36 {
            let next = self.ids.len() + 1;
            let fixed = || format!("0190a1b2-0000-7000-8000-{next:012x}");
            return self.ids.entry(text.to_owned()).or_insert_with(fixed).clone();
        }
        if text.len() > 19 && chrono::DateTime::parse_from_rfc3339(text).is_ok() {
            return "2026-01-15T09:30:00Z".to_owned();
        }
        if text.starts_with("whsec_") {
            return "whsec_c2hvd24gdGhpcyBvbmNlIGFuZCBuZXZlciBhZ2Fpbg==".to_owned();
        }
        if text.starts_with("dk_") {
            return "dk_0123456789ab_shown-this-once-and-never-again".to_owned();
        }
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return "5f".repeat(32);
        }
        text.to_owned()
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<&String, Value> =
                members.iter().map(|(name, member)| (name, sorted(member))).collect();
            Value::Object(
                members.into_iter().map(|(name, member)| (name.clone(), member)).collect(),
            )
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/openapi/examples.json")
}

/// `JOIN_EXAMPLES=<directory>` puts together what was recorded there.
#[test]
fn every_operation_has_an_example_of_its_request_and_of_its_reply() {
    if let Some(directory) = setting("JOIN_EXAMPLES") {
        let text = std::fs::read_to_string(committed()).unwrap();
        let mut all: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let id = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            all.insert(id, serde_json::from_str(&text).unwrap());
        }
        let text = serde_json::to_string_pretty(&all).unwrap();
        std::fs::write(committed(), text + "\n").unwrap();
        return;
    }
    let described = description();
    let mut missing = Vec::new();
    for (path, item) in described.document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let pointer = format!("/paths/{}/{method}", escape(path));
            missing.extend(check(&pointer, id));
        }
    }
    assert!(missing.is_empty(), "there is no example of {missing:#?}");
}

/// What has no example; what there is must be as its schema says.
fn check(pointer: &str, id: &str) -> Vec<String> {
    let described = description();
    let operation = described.document().pointer(pointer).unwrap();
    let mut missing = Vec::new();
    for (index, parameter) in operation["parameters"].as_array().into_iter().flatten().enumerate() {
        let name = parameter["name"].as_str().unwrap_or_default();
        match parameter.get("example") {
            Some(example) => {
                let schema = format!("{pointer}/parameters/{index}/schema");
                described.must_hold(&schema, example, &format!("{id}: {name}"));
            }
            None if parameter["required"] == true => missing.push(format!("{id}: {name}")),
            None => {}
        }
    }
    let mut bodies = Vec::new();
    if operation.get("requestBody").is_some() {
        bodies.push((format!("{pointer}/requestBody"), format!("{id}: the request")));
    }
    let mut replies = Vec::new();
    for (status, response) in operation["responses"].as_object().unwrap() {
        let is_success = status.starts_with('2');
        if is_success && response.get("content").is_some() {
            replies.push((format!("{pointer}/responses/{status}"), format!("{id}: {status}")));
        }
    }
    for (index, group) in [bodies, replies].into_iter().enumerate() {
        let mut shown = group.is_empty();
        let mut is_text = false;
        for (pointer, place) in &group {
            let content = described.document().pointer(&format!("{pointer}/content")).unwrap();
            for (media_type, content) in content.as_object().unwrap() {
                is_text |= is_json(media_type) || media_type.starts_with("text/csv");
                for (name, example) in content["examples"].as_object().into_iter().flatten() {
                    shown = true;
                    let schema = format!("{pointer}/content/{}/schema", escape(media_type));
                    described.must_hold(&schema, &example["value"], &format!("{place}: {name}"));
                }
            }
        }
        // A file that is given back cannot be shown as text.
        if !shown && (index == 0 || is_text) {
            missing.push(group[0].1.clone());
        }
    }
    missing
}
