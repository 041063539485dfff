//! The API's description, in the form of `OpenAPI` 3.1, made from the code.

mod common;
mod complete;
mod examples;
mod join;
mod schemas;
mod takes;

use serde_json::Value;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

pub(crate) use join::{join, with_takes};
pub(crate) use takes::taken_by;

use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "daftar",
        description = "An event-sourced ledger of orders and wallets. Money is always a string with its currency; every refusal is application/problem+json. A command takes an Idempotency-Key and an If-Match; `?dry_run=true` says what it would do, and `?propose=true` stores that for another person to approve: 202, with the proposal in Location.",
    ),
    servers((url = "/", description = "The service that serves this description")),
    modifiers(&Key),
    security(("key" = [])),
)]
pub(crate) struct Document;

struct Key;

impl Modify for Key {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("dk_<id>_<secret>");
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme.build()));
        let signature = ApiKeyValue::with_description(
            "Daftar-Signature",
            "t=<unix seconds>,v1=<hex of HMAC-SHA256, under the gateway's secret, of t, a dot and the raw body>",
        );
        let signature = SecurityScheme::ApiKey(ApiKey::Header(signature));
        components.add_security_scheme("signature", signature);
    }
}

/// The description as it is served and committed: JSON, indented, its members in order.
pub fn document() -> String {
    let (_, described) = utoipa_axum::router::OpenApiRouter::with_openapi(Document::openapi())
        .merge(routes::all())
        .split_for_parts();
    let mut document = serde_json::to_value(described).expect("a description is JSON");
    complete::complete(&mut document);
    examples::insert(&mut document);
    sort(&mut document);
    let mut text = serde_json::to_string_pretty(&document).expect("a description is JSON");
    text.push('\n');
    text
}

/// The order of members must not depend on which features of a dependency a build has.
fn sort(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<(String, Value)> = std::mem::take(members).into_iter().collect();
            sorted.sort_by(|one, other| one.0.cmp(&other.0));
            members.extend(sorted);
            members.values_mut().for_each(sort);
        }
        Value::Array(items) => items.iter_mut().for_each(sort),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
