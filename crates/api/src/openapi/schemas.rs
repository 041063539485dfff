//! Completes the schemas: closed where requests use them, with the values and forms that texts have.

use serde_json::{Value, json};

use crate::problem::CODES;

const QUANTITY: &str = "^[0-9]{1,10}(\\.[0-9]{1,3})?$";
const PERCENT: &str = "^[0-9]{1,3}(\\.[0-9]{1,4})?$";
const CURRENCY: &str = "^[A-Z]{3}$";

/// Texts of requests that are one of a few.
const VALUES: &[(&str, &str, &[&str])] = &[
    (
        "PlaceOrder",
        "method",
        &["wallet_full", "wallet_partial", "bank_transfer_grace", "online_payment"],
    ),
    ("PlaceOrder", "remainder", &["gateway", "bank_transfer"]),
    ("HoldOrder", "department", &["finance", "warehouse", "logistics"]),
    ("LiftHold", "department", &["finance", "warehouse", "logistics"]),
    ("NewPrincipal", "kind", &["person", "service"]),
    (
        "NewPrincipal",
        "role",
        &["client", "gateway", "finance", "warehouse", "logistics", "auditor", "admin"],
    ),
];

/// Texts that have a form, wherever a property of the name is.
const FORMS: &[(&str, &str)] = &[
    ("quantity", QUANTITY),
    ("surcharge_rate", PERCENT),
    ("tax_rate", PERCENT),
    ("currency", CURRENCY),
];

pub(super) fn complete(document: &mut Value) {
    let used = used_by_requests(document);
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let codes: Vec<&str> = CODES.iter().map(|(code, _, _)| *code).collect();
    if let Some(problem) = schemas.get_mut("ProblemReply") {
        problem["properties"]["code"]["enum"] = json!(codes);
        problem["properties"]["status"]["minimum"] = json!(400);
        problem["properties"]["status"]["maximum"] = json!(599);
    }
    for (name, schema) in schemas.iter_mut() {
        for (_, property, values) in VALUES.iter().filter(|(of, _, _)| of == name) {
            let shape = &mut schema["properties"][property];
            let mut values: Vec<Value> = values.iter().map(|value| json!(value)).collect();
            if shape["type"].is_array() {
                values.push(Value::Null);
            }
            shape["enum"] = Value::Array(values);
        }
        let is_of_a_request = used.contains(name);
        walk(schema, &|schema| {
            form(schema);
            if is_of_a_request {
                close(schema);
                bound_texts(schema);
            }
        });
    }
    for item in document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut()) {
        for operation in item.as_object_mut().into_iter().flat_map(|item| item.values_mut()) {
            files(operation);
        }
    }
}

/// Files are bytes, not lists of numbers.
fn files(operation: &mut Value) {
    let is_file = |kind: &str| kind.starts_with("image/") || kind == "application/pdf";
    let set = |content: &mut Value| {
        for (kind, media) in content.as_object_mut().into_iter().flatten() {
            if is_file(kind) {
                media["schema"] = json!({ "type": "string", "format": "binary" });
            }
        }
    };
    if let Some(content) = operation.get_mut("requestBody").and_then(|body| body.get_mut("content"))
    {
        set(content);
    }
    for response in
        operation["responses"].as_object_mut().into_iter().flat_map(|all| all.values_mut())
    {
        if let Some(content) = response.get_mut("content") {
            set(content);
        }
    }
}

/// The names of the schemas that requests are made of.
fn used_by_requests(document: &Value) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let paths = document["paths"].as_object().into_iter().flat_map(|paths| paths.values());
    for operation in
        paths.flat_map(|item| item.as_object().into_iter().flat_map(|item| item.values()))
    {
        collect(&operation["requestBody"], &mut found);
    }
    let mut next = 0;
    while let Some(name) = found.get(next).cloned() {
        collect(&document["components"]["schemas"][&name], &mut found);
        next += 1;
    }
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            let name = reference.and_then(|text| text.strip_prefix("#/components/schemas/"));
            if let Some(name) = name.filter(|name| !found.iter().any(|known| known == name)) {
                found.push(name.to_owned());
            }
            members.values().for_each(|member| collect(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn walk(schema: &mut Value, visit: &impl Fn(&mut Value)) {
    visit(schema);
    match schema {
        Value::Object(members) => members.values_mut().for_each(|member| walk(member, visit)),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_text(schema: &Value) -> bool {
    schema["type"] == "string"
        || schema["type"].as_array().is_some_and(|kinds| kinds.contains(&json!("string")))
}

fn form(schema: &mut Value) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, pattern) in FORMS {
        if let Some(property) = properties.get_mut(*name).filter(|property| is_text(property))
            && property.get("pattern").is_none()
        {
            property["pattern"] = json!(pattern);
        }
    }
}

/// Nothing else is taken than what is named.
fn close(schema: &mut Value) {
    if let Some(schema) = schema.as_object_mut()
        && schema.get("properties").is_some_and(Value::is_object)
        && schema.get("type") == Some(&json!("object"))
    {
        schema.entry("additionalProperties").or_insert_with(|| json!(false));
    }
}

/// Texts are never empty, and lists and numbers have an end.
fn bound_texts(schema: &mut Value) {
    let bounded = is_text(schema) && schema.get("maxLength").is_some();
    if bounded && schema.get("minLength").is_none() {
        schema["minLength"] = json!(1);
    }
    if schema["format"] == "int64" && schema.get("maximum").is_none() {
        schema["maximum"] = json!(i64::MAX);
    }
}
