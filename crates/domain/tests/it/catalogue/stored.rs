//! The schema of every event as it is stored, from the types that serde writes.

use std::collections::{BTreeMap, BTreeSet};

use domain::{order, payment, receipt_file, settings, statement_line, suspense, wallet};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::sample::samples;

/// What a schema is written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The type of one event, `order.placed`, its version, and the form it is stored in.
pub(super) struct Stored {
    pub(super) stream: String,
    pub(super) event_type: String,
    pub(super) version: String,
    pub(super) schema: Value,
}

impl Stored {
    /// `order.placed.1`
    pub(super) fn name(&self) -> String {
        format!("{}.{}.{}", self.stream, self.event_type, self.version)
    }

    /// What happened, in words.
    pub(super) fn meaning(&self) -> &str {
        self.schema["description"].as_str().unwrap_or_default()
    }

    /// The types that the form is made of, by name.
    pub(super) fn types(&self) -> Map<String, Value> {
        self.schema["$defs"].as_object().cloned().unwrap_or_default()
    }

    /// What the event holds: the object under its own name; none for an event that is its name.
    pub(super) fn content(&self) -> Option<Value> {
        let content = self.schema["properties"].get(&self.event_type)?;
        Some(resolve(content, &self.types()).clone())
    }
}

/// What a schema stands for, if it only names another.
pub(super) fn resolve<'a>(schema: &'a Value, types: &'a Map<String, Value>) -> &'a Value {
    match named(schema) {
        Some(name) => &types[name],
        None => schema,
    }
}

/// The type that a schema names.
pub(super) fn named(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/"))
}

/// The form of every event, by stream and in the order the code declares them.
pub(super) fn stored() -> Vec<Stored> {
    let versions: BTreeMap<String, &str> = samples()
        .values()
        .map(|(stream, event)| {
            let name = format!("{}.{}", stream.aggregate_type(), event.event_type());
            (name, event.event_version())
        })
        .collect();
    let streams = [
        ("order", root::<order::Event>()),
        ("wallet", root::<wallet::Event>()),
        ("payment", root::<payment::Event>()),
        ("statement_line", root::<statement_line::Event>()),
        ("receipt_file", root::<receipt_file::Event>()),
        ("suspense", root::<suspense::Event>()),
        ("settings", root::<settings::Event>()),
    ];
    let mut stored = Vec::new();
    for (stream, root) in streams {
        let types = root["$defs"].as_object().unwrap();
        for (event_type, form) in forms(&root) {
            let version = versions[&format!("{stream}.{event_type}")].to_owned();
            let name = format!("{stream}.{event_type}.{version}");
            let schema = document(&name, &form, types);
            stored.push(Stored { stream: stream.to_owned(), event_type, version, schema });
        }
    }
    stored
}

fn root<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema: Schema = settings.into_generator().into_root_schema_for::<T>();
    let root = schema.ensure_object();
    tidy(&mut Value::Object(std::mem::take(root)))
}

/// One form of an enum each, with its name: an object of one key, or the name alone.
pub(super) fn forms(schema: &Value) -> Vec<(String, Value)> {
    let Some(choices) = schema["oneOf"].as_array() else {
        return form(schema).into_iter().collect();
    };
    choices
        .iter()
        .flat_map(|choice| match choice["enum"].as_array() {
            Some(names) => {
                names.iter().map(|name| (text(name), json!({ "const": name }))).collect()
            }
            None => form(choice).into_iter().collect::<Vec<_>>(),
        })
        .collect()
}

fn form(choice: &Value) -> Option<(String, Value)> {
    if choice["const"].is_string() {
        return Some((text(&choice["const"]), choice.clone()));
    }
    let [name] = choice["required"].as_array()?.as_slice() else { return None };
    Some((text(name), choice.clone()))
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Nothing is stored beside what is named, and a description is one line.
fn tidy(value: &mut Value) -> Value {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                *field = match field.as_str() {
                    Some(words) if key == "description" => {
                        words.split_whitespace().collect::<Vec<_>>().join(" ").into()
                    }
                    Some(_) | None => tidy(field),
                };
            }
            if fields.get("properties").is_some_and(Value::is_object) {
                fields.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = tidy(item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    value.clone()
}

/// A schema that stands alone: with the types that it names, and no others.
fn document(name: &str, form: &Value, types: &Map<String, Value>) -> Value {
    let mut needed = BTreeSet::new();
    need(form, types, &mut needed);
    let mut document = form.as_object().unwrap().clone();
    document.insert("$schema".to_owned(), json!(DIALECT));
    document.insert("$id".to_owned(), json!(format!("{name}.schema.json")));
    document.insert("title".to_owned(), json!(name));
    if !needed.is_empty() {
        let needed: Map<String, Value> =
            needed.into_iter().map(|name| (name.clone(), types[&name].clone())).collect();
        document.insert("$defs".to_owned(), Value::Object(needed));
    }
    Value::Object(document)
}

fn need(schema: &Value, types: &Map<String, Value>, needed: &mut BTreeSet<String>) {
    if let Some(name) = named(schema)
        && needed.insert(name.to_owned())
    {
        need(&types[name], types, needed);
    }
    match schema {
        Value::Object(fields) => fields.values().for_each(|field| need(field, types, needed)),
        Value::Array(items) => items.iter().for_each(|item| need(item, types, needed)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A schema without the words that explain it: what must never change.
pub(super) fn shape(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .filter(|(key, value)| !(*key == "description" && value.is_string()))
            .map(|(key, value)| (key.clone(), shape(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}
