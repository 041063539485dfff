//! Holds every reply that a test gets against the API's description, and records examples for it.
//!
//! `RECORD_EXAMPLES=<directory>` writes one file for each operation and outcome there; `document`
//! puts them together.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

use crate::examples;
use crate::service::Answer;

pub(crate) struct Description {
    pub(crate) document: Value,
    validators: Mutex<BTreeMap<String, &'static Validator>>,
}

/// A request as it was made.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) media_type: String,
    pub(crate) body: Vec<u8>,
}

/// An operation, and what the path's parameters are in a request for it.
pub(crate) struct Asked<'a> {
    pub(crate) operation: &'a Value,
    pub(crate) pointer: String,
    pub(crate) parameters: BTreeMap<String, String>,
}

pub(crate) fn description() -> &'static Description {
    static ONE: OnceLock<Description> = OnceLock::new();
    ONE.get_or_init(|| Description {
        document: serde_json::from_str(&api::openapi_document()).unwrap(),
        validators: Mutex::default(),
    })
}

/// The reply must be one that the description states: its status by itself, its headers, its body.
pub(crate) fn check(request: &Request, answer: &Answer) {
    let described = description();
    let Some(asked) = described.find(&request.method, &request.path) else { return };
    let id = asked.operation["operationId"].as_str().unwrap();
    let status = answer.status.as_u16();
    if status == 405 {
        return;
    }
    let place = format!("{id}: {status}");
    let (pointer, response) = described
        .resolve(&format!("{}/responses/{status}", asked.pointer))
        .unwrap_or_else(|| panic!("{place} is not described: {}", answer.text));
    for name in answer.headers.keys().map(reqwest::header::HeaderName::as_str) {
        let known = response["headers"]
            .as_object()
            .is_some_and(|headers| headers.keys().any(|known| known.eq_ignore_ascii_case(name)));
        let is_ours = ["etag", "daftar-position", "idempotency-replayed", "location", "link"]
            .contains(&name)
            || ["retry-after", "x-request-id", "traceparent", "www-authenticate"].contains(&name);
        assert!(known || !is_ours, "{place} does not describe the header {name}");
    }
    let media_type = answer.header("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default();
    if answer.text.is_empty() {
        assert!(response.get("content").is_none(), "{place} is described with a body");
        examples::record(&asked, request, answer);
        return;
    }
    let content = response["content"].get(media_type);
    assert!(content.is_some(), "{place} is not described with {media_type}");
    // A file of many values, of which the first is described, is checked where it is read.
    if !media_type.ends_with("json") || media_type.ends_with("ndjson") {
        examples::record(&asked, request, answer);
        return;
    }
    let body: Value = serde_json::from_str(&answer.text).unwrap();
    let pointer = format!("{pointer}/content/{}/schema", escape(media_type));
    described.must_hold(&pointer, &body, &place);
    examples::record(&asked, request, answer);
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

impl Description {
    pub(crate) fn document(&self) -> &Value {
        &self.document
    }

    /// The operation that a path belongs to: a literal part goes before a parameter.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Option<Asked<'_>> {
        let method = method.as_str().to_lowercase();
        let given: Vec<&str> = path.split('/').collect();
        let mut found: Option<Asked<'_>> = None;
        for (template, item) in self.document["paths"].as_object().unwrap() {
            let parts: Vec<&str> = template.split('/').collect();
            let name = |part: &str| -> Option<String> {
                Some(part.strip_prefix('{')?.strip_suffix('}')?.to_owned())
            };
            let fits = parts.len() == given.len()
                && parts.iter().zip(&given).all(|(part, given)| {
                    (name(part).is_some() && !given.is_empty()) || part == given
                });
            let Some(operation) = item.get(&method).filter(|_| fits) else { continue };
            let parameters: BTreeMap<String, String> = parts
                .iter()
                .zip(&given)
                .filter_map(|(part, given)| Some((name(part)?, (*given).to_owned())))
                .collect();
            let pointer = format!("/paths/{}/{method}", escape(template));
            let fewer = found.as_ref().is_none_or(|one| parameters.len() < one.parameters.len());
            if fewer {
                found = Some(Asked { operation, pointer, parameters });
            }
        }
        found
    }

    /// What is at a pointer, through one reference.
    pub(crate) fn resolve(&self, pointer: &str) -> Option<(String, &Value)> {
        let value = self.document.pointer(pointer)?;
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let pointer = reference.trim_start_matches('#').to_owned();
                let value = self.document.pointer(&pointer)?;
                Some((pointer, value))
            }
            None => Some((pointer.to_owned(), value)),
        }
    }

    /// A value must be as the schema at the pointer says.
    pub(crate) fn must_hold(&self, pointer: &str, value: &Value, place: &str) {
        let validator = self.validator(pointer);
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{place}: {errors:#?}\n{value:#}");
    }

    fn validator(&self, pointer: &str) -> &'static Validator {
        let mut validators = self.validators.lock().unwrap();
        validators.entry(pointer.to_owned()).or_insert_with(|| {
            let schema = self.document.pointer(pointer).unwrap();
            let mut schema = schema.clone();
            schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
            schema["components"] = json!({ "schemas": self.document["components"]["schemas"] });
            let validator = jsonschema::options()
                .should_validate_formats(true)
                .build(&schema)
                .unwrap_or_else(|error| panic!("{pointer}: {error}"));
            Box::leak(Box::new(validator))
        })
    }
}
