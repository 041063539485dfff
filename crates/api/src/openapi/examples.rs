//! Examples: requests that were made of a running service, and its replies, as they were recorded.

use serde_json::{Value, json};

/// One of each operation, under its id.
const RECORDED: &str = include_str!("examples.json");

pub(super) fn insert(document: &mut Value) {
    let recorded: Value = serde_json::from_str(RECORDED).expect("the examples are JSON");
    for item in document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut()) {
        for operation in item.as_object_mut().into_iter().flat_map(|item| item.values_mut()) {
            let example = recorded[operation["operationId"].as_str().unwrap_or_default()].clone();
            if !example.is_null() {
                add(operation, &example);
            }
        }
    }
}

fn add(operation: &mut Value, example: &Value) {
    for parameter in
        operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten()
    {
        let value = &example["parameters"][parameter["name"].as_str().unwrap_or_default()];
        if !value.is_null() {
            // A query is text; a parameter that is a number only looks like one there.
            let is_text = parameter["schema"]["type"] == "string" && value.is_number();
            parameter["example"] = if is_text { json!(value.to_string()) } else { value.clone() };
        }
    }
    let shown = |media: &mut Value, value: &Value| {
        media["examples"] =
            json!({ "recorded": { "summary": "As it was recorded", "value": value } });
    };
    let asked = &example["request"];
    if let Some(media) = asked["media_type"].as_str()
        && let Some(content) =
            operation.pointer_mut(&format!("/requestBody/content/{}", escape(media)))
    {
        shown(content, &asked["body"]);
    }
    let reply = &example["reply"];
    if let Some(media) = reply["media_type"].as_str() {
        let pointer = format!("/responses/{}/content/{}", example["status"], escape(media));
        if let Some(content) = operation.pointer_mut(&pointer) {
            shown(content, &reply["body"]);
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}
