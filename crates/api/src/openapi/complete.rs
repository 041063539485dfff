//! Completes each operation with what follows from its handler's signature: the headers and
//! parameters that it takes, every status that it can answer with, and who may ask.

use serde_json::{Map, Value, json};

use super::common::{self, PROBLEMS, VISIBLE, header};
use super::schemas;
use super::takes::EXTENSION;
use crate::problem::MEDIA_TYPE;

/// What the tags are about, in the order of the document.
const TAGS: &[(&str, &str)] = &[
    ("orders", "Orders, from placing to completion or return"),
    ("customers", "What a customer sees of their own: orders, wallets, statements"),
    ("wallets", "Money in and out of wallets, and their state"),
    ("payments", "Money that came in, and where it went"),
    ("statements", "What the banks say, and which payments it is"),
    ("suspense", "Sums that nobody can explain yet"),
    ("management", "Work lists of finance, warehouse and logistics"),
    ("approvals", "What waits for another person's agreement"),
    ("events", "The log itself, to catch up and to follow"),
    ("webhooks", "The log, delivered to addresses"),
    ("audit", "What auditors read: the chain, the trial balance"),
    ("admin", "Principals, keys, settings, repairs"),
    ("book", "The book and its settings"),
    ("me", "Who asks, as the service sees them"),
    ("health", "What a load balancer and a monitor ask"),
];

pub(super) fn complete(document: &mut Value) {
    let mut tags_seen: Vec<String> = Vec::new();
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                let Some(operation) = operation.as_object_mut() else { continue };
                tags_seen.extend(
                    operation.get("tags").and_then(|tags| Some(tags[0].as_str()?.to_owned())),
                );
                Operation { method, path, taken: takes(operation), inner: operation }.complete();
            }
        }
    }
    let components = &mut document["components"];
    for (name, schema) in common::expired_schemas() {
        components["schemas"][name] = schema;
    }
    components["parameters"] = Value::Object(common::parameters());
    components["headers"] = Value::Object(common::headers());
    components["responses"] = Value::Object(common::responses());
    document["tags"] = TAGS
        .iter()
        .filter(|(name, _)| tags_seen.iter().any(|tag| tag == name))
        .map(|(name, text)| json!({ "name": name, "description": text }))
        .collect();
    schemas::complete(document);
}

/// Takes away what the operation carried for us.
fn takes(operation: &mut Map<String, Value>) -> Value {
    operation.remove(EXTENSION).unwrap_or_default()
}

struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    taken: Value,
    inner: &'a mut Map<String, Value>,
}

impl Operation<'_> {
    fn takes(&self, what: &str) -> bool {
        self.taken[what] == json!(true)
    }

    fn is_of_the_api(&self) -> bool {
        self.path.starts_with("/api/")
    }

    /// Whether its reply has an `ETag`: its handler then says that it answers 304, too.
    fn is_versioned(&self) -> bool {
        self.inner.get("responses").is_some_and(|responses| responses.get("304").is_some())
    }

    fn complete(mut self) {
        self.say_who_may();
        self.add_parameters();
        self.add_statuses();
        self.add_headers();
    }

    fn say_who_may(&mut self) {
        let roles = self.taken["roles"].clone();
        let Some(names) = roles.as_array() else {
            if !self.takes("signed") {
                self.inner.insert("security".to_owned(), json!([]));
            }
            return;
        };
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        let text = self.inner.get("description").or_else(|| self.inner.get("summary"));
        let text = text.and_then(Value::as_str).unwrap_or_default();
        let text = format!("{text}\n\nRoles: {}.", names.join(", "));
        self.inner.insert("description".to_owned(), json!(text));
        self.inner.insert("x-daftar-roles".to_owned(), roles);
    }

    fn add_parameters(&mut self) {
        let (attempt, needs_key, proposes) =
            (self.takes("attempt"), self.takes("needs_key"), self.takes("proposes"));
        let (known, about_one) = (self.taken["roles"].is_array(), self.takes("path"));
        let (is_command, is_versioned) = (self.takes("command"), self.is_versioned());
        let (is_api, is_read) = (self.is_of_the_api(), self.method == "get");
        let parameters = self.inner.entry("parameters").or_insert_with(|| json!([]));
        let Some(parameters) = parameters.as_array_mut() else { return };
        parameters.iter_mut().for_each(bound);
        let requires_version = parameters.iter().any(|one| one["name"] == "If-Match");
        parameters.retain(|one| one["name"] != "If-Match");
        let mut add = |name: &str| {
            let reference = json!({ "$ref": format!("#/components/parameters/{name}") });
            parameters.push(reference);
        };
        if attempt {
            add(if needs_key { "IdempotencyKeyRequired" } else { "IdempotencyKey" });
        }
        if requires_version {
            add("IfMatchRequired");
        } else if is_command && about_one {
            add("IfMatch");
        }
        if is_versioned {
            add("IfNoneMatch");
        }
        if known {
            add("OnBehalfOf");
        }
        if is_api {
            add("Traceparent");
        }
        if known && is_read {
            add("MinPosition");
        }
        let names: Vec<String> =
            parameters.iter().filter_map(|one| Some(one["name"].as_str()?.to_owned())).collect();
        for (applies, name, reference) in
            [(is_command, "dry_run", "DryRun"), (attempt && proposes, "propose", "Propose")]
        {
            if applies && !names.iter().any(|known| known == name) {
                parameters.push(json!({ "$ref": format!("#/components/parameters/{reference}") }));
            }
        }
        if parameters.is_empty() {
            self.inner.remove("parameters");
        }
    }

    /// Whether a command can be refused with this status.
    fn can_answer(&self, status: u16) -> bool {
        let known = self.taken["roles"].is_array();
        let command = self.method != "get";
        let requires_version = self.inner.get("parameters").is_some_and(|parameters| {
            parameters.to_string().contains("components/parameters/IfMatchRequired")
        });
        match status {
            400 | 429 | 500 | 503 => true,
            401 => known || self.takes("signed"),
            403 => known,
            404 => self.takes("path") || (known && command),
            409 => known || command,
            410 => known && (command || self.path.contains('{')),
            // A proposal insists on the versions that its proposer saw.
            412 => self.takes("command") || self.path.ends_with("{approval}/approve"),
            413 | 415 => self.takes("body"),
            422 => command,
            428 => requires_version,
            507 => command && self.path.ends_with("/rebuild"),
            _ => false,
        }
    }

    fn add_statuses(&mut self) {
        if !self.is_of_the_api() {
            return;
        }
        let wanted: Vec<(u16, &str)> = PROBLEMS
            .iter()
            .filter(|(status, ..)| self.can_answer(*status))
            .map(|(status, name, ..)| (*status, *name))
            .collect();
        let attempt = self.takes("attempt");
        let proposes = attempt && self.takes("proposes");
        let again = attempt || self.takes("signed");
        let Some(responses) = self.responses() else { return };
        for (status, name) in wanted {
            let reference = json!({ "$ref": format!("#/components/responses/{name}") });
            responses.entry(status.to_string()).or_insert(reference);
        }
        if again && let Some(made) = responses.get("201").cloned() {
            let mut made = made;
            made["description"] = json!("What is there already: nothing was made");
            responses.entry("200").or_insert(made);
        }
        if proposes {
            let shape = responses
                .get("200")
                .or_else(|| responses.get("201"))
                .map(|response| response["content"]["application/json"]["schema"].clone());
            if let Some(shape) = shape {
                let content = |status: &str| {
                    json!({
                        "description": status,
                        "content": { "application/json": { "schema": {
                            "allOf": [shape, { "$ref": "#/components/schemas/ApprovalReply" }],
                        } } },
                    })
                };
                let waits =
                    content("It waits for another person: what it would do, and the proposal");
                responses.entry("202").or_insert(waits);
            }
        }
        if again {
            // A retry after thirty days is told what was done, and no more.
            for status in ["200", "201", "202"] {
                let schema = responses
                    .get_mut(status)
                    .and_then(|response| response.pointer_mut("/content/application~1json/schema"));
                if let Some(schema) = schema {
                    let late = json!({ "$ref": "#/components/schemas/ExpiredReply" });
                    *schema = json!({ "anyOf": [schema.take(), late] });
                }
            }
        }
    }

    fn responses(&mut self) -> Option<&mut Map<String, Value>> {
        self.inner.entry("responses").or_insert_with(|| json!({})).as_object_mut()
    }

    fn add_headers(&mut self) {
        let is_api = self.is_of_the_api();
        let (attempt, is_versioned) = (self.method != "get", self.is_versioned());
        let pages = self.inner.get("parameters").is_some_and(|parameters| {
            let parameters = parameters.as_array().into_iter().flatten();
            parameters.into_iter().any(|one| one["name"] == "limit")
        });
        let Some(responses) = self.responses() else { return };
        for (status, response) in responses {
            if response.get("$ref").is_some() {
                continue;
            }
            let is_problem = response["content"].get(MEDIA_TYPE).is_some();
            let mut names = vec!["X-Request-Id", "traceparent"];
            if is_problem {
                names.extend(["Retry-After", "WWW-Authenticate"]);
            }
            if is_api {
                names.push("Daftar-Position");
                if attempt || is_problem {
                    names.push("Idempotency-Replayed");
                }
                if attempt || is_versioned || is_problem {
                    names.push("ETag");
                }
                if pages && !is_problem {
                    names.push("Link");
                }
            }
            if matches!(status.as_str(), "201" | "202") || (attempt && status == "200") {
                names.push("Location");
            }
            let binary = response["content"]
                .as_object()
                .is_some_and(|content| content.keys().any(|kind| kind.starts_with("image/")));
            if binary {
                names.push("Content-Disposition");
            }
            if let Some(response) = response.as_object_mut() {
                let headers = response.entry("headers").or_insert_with(|| json!({}));
                for name in names {
                    if headers.get(name).is_none() {
                        headers[name] = header(name);
                    }
                }
            }
        }
    }
}

/// The bounds that every parameter of a kind has.
fn bound(parameter: &mut Value) {
    let name = parameter["name"].as_str().unwrap_or_default().to_owned();
    let place = parameter["in"].as_str().unwrap_or_default().to_owned();
    let Some(schema) = parameter.get_mut("schema").and_then(Value::as_object_mut) else { return };
    if place == "path"
        && schema.get("type") == Some(&json!("string"))
        && !schema.contains_key("format")
    {
        schema.entry("minLength").or_insert_with(|| json!(1));
        schema.entry("maxLength").or_insert_with(|| json!(128));
        schema.entry("pattern").or_insert_with(|| json!(VISIBLE));
    }
    if name == "limit" {
        schema.insert("minimum".to_owned(), json!(1));
        schema.entry("maximum").or_insert_with(|| json!(200));
    }
    if name == "currency" {
        schema.entry("pattern").or_insert_with(|| json!("^[A-Z]{3}$"));
    }
    if name == "claimed" {
        schema.entry("pattern").or_insert_with(|| json!("^[0-9]{1,16}(\\.[0-9]{1,4})?$"));
    }
}
