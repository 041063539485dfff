//! Our own extractors: whatever they refuse is a problem.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use domain::id::check_text;
use futures::StreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::app::App;
use crate::limits::RETRY_SECONDS;
use crate::problem::Problem;
use crate::signature::Signature;

/// The longest part of a path.
const SEGMENT_MAX: usize = 128;
/// The longest text of a body, in bytes.
const TEXT_MAX: usize = 4 * 1024;
/// How much of a body that is too large is read off the line.
const DRAINED_MAX: usize = 64 * 1024 * 1024;

/// A JSON body of a known shape; as a reply, one.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + Serialize> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = collect(body, app.limits.body_max).await?;
        if bytes.is_empty() {
            // A command that needs nothing but its path.
            return read(b"{}");
        }
        if !is_json(&parts.headers) {
            return Err(Problem::new("unsupported-media-type"));
        }
        read(&bytes)
    }
}

/// A signed body as it came: to be believed before it is read.
#[derive(Debug)]
pub(crate) struct Raw {
    bytes: Vec<u8>,
    is_json: bool,
}

impl Raw {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn read<T: DeserializeOwned + Serialize>(&self) -> Result<T, Problem> {
        if !self.is_json {
            return Err(Problem::new("unsupported-media-type"));
        }
        read(&self.bytes).map(|Json(value)| value)
    }
}

impl FromRequest<App> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        // Nobody has proved anything before the whole of it is there: such bodies are few, short in
        // coming, and not waited for at all where there is nothing to prove them with.
        if Signature::of(&parts.headers).is_none() {
            return Err(Problem::new("bad-signature"));
        }
        let place = app.gate.unproved().inspect_err(|_| app.metrics.shed("unproved"))?;
        let whole = collect(body, app.limits.body_max);
        let bytes = tokio::time::timeout(app.limits.unproved_within, whole)
            .await
            .map_err(|_elapsed| Problem::new("timeout").retry_after(RETRY_SECONDS))??;
        drop(place);
        Ok(Self { bytes, is_json: is_json(&parts.headers) })
    }
}

/// The body, up to a size. What is more is taken from the line, up to a bound, and thrown away: a
/// caller that is still writing would not read the answer.
pub(crate) async fn collect(body: Body, max: usize) -> Result<Vec<u8>, Problem> {
    let mut body = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut seen = 0_usize;
    while let Some(chunk) = body.next().await {
        let chunk =
            chunk.map_err(|_| Problem::new("invalid-body").detail("the body ended early"))?;
        seen = seen.saturating_add(chunk.len());
        if seen <= max {
            bytes.extend_from_slice(&chunk);
        } else if seen > DRAINED_MAX {
            break;
        }
    }
    if seen > max {
        Err(Problem::new("body-too-large").member("bytes_max", max))
    } else {
        Ok(bytes)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|text| text.split(';').next()).map(str::trim);
    media_type.is_some_and(|text| text.eq_ignore_ascii_case("application/json"))
}

fn read<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<Json<T>, Problem> {
    let invalid = |pointer: String, code| Problem::new("invalid-body").fault(pointer, code);
    let given: Value = serde_json::from_slice(bytes)
        .map_err(|cause| Problem::new("malformed-json").detail(cause))?;
    if let Some(pointer) = find_bad_text(&given) {
        return Err(invalid(pointer, "invalid-value"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        let cause = error.into_inner();
        invalid(pointer, fault_code(&cause.to_string())).detail(&cause)
    })?;
    let understood = serde_json::to_value(&value).map_err(Problem::unreadable)?;
    match find_list_for_object(&given, &understood) {
        None => Ok(Json(value)),
        Some(pointer) => Err(invalid(pointer, "wrong-type")),
    }
}

/// Where a text is longer than any that a route takes, or holds what no column could.
fn find_bad_text(given: &Value) -> Option<String> {
    match given {
        Value::String(text) => {
            let is_bad = text.len() > TEXT_MAX || text.contains('\0') || is_far_off(text);
            is_bad.then(String::new)
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| find_bad_text(item).map(|rest| format!("/{index}{rest}"))),
        Value::Object(members) => members
            .iter()
            .find_map(|(name, member)| find_bad_text(member).map(|rest| format!("/{name}{rest}"))),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// A time or a day of a year that is not of four digits, as only those with a sign are: the database
/// has no room for most of them, and nothing ever happens then.
fn is_far_off(text: &str) -> bool {
    text.trim_start().starts_with(['+', '-'])
        && (text.parse::<DateTime<Utc>>().is_ok() || text.parse::<NaiveDate>().is_ok())
}

/// Where a list stands for an object: serde would take its items for the fields, in order.
fn find_list_for_object(given: &Value, understood: &Value) -> Option<String> {
    match (given, understood) {
        (Value::Array(_), Value::Object(_)) => Some(String::new()),
        (Value::Array(given), Value::Array(understood)) => {
            let pairs = given.iter().zip(understood).enumerate();
            let mut found = pairs.filter_map(|(index, (given, understood))| {
                find_list_for_object(given, understood).map(|rest| format!("/{index}{rest}"))
            });
            found.next()
        }
        (Value::Object(given), Value::Object(understood)) => {
            let mut found = given.iter().filter_map(|(name, given)| {
                let rest = find_list_for_object(given, understood.get(name)?)?;
                Some(format!("/{name}{rest}"))
            });
            found.next()
        }
        _ => None,
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        pointer.push('/');
        match segment {
            serde_path_to_error::Segment::Seq { index } => pointer.push_str(&index.to_string()),
            serde_path_to_error::Segment::Map { key } => {
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            serde_path_to_error::Segment::Enum { variant } => pointer.push_str(variant),
            serde_path_to_error::Segment::Unknown => pointer.push('?'),
        }
    }
    pointer.chars().take(200).collect()
}

/// What kind of fault serde found: its messages begin alike.
fn fault_code(message: &str) -> &'static str {
    const KINDS: [(&str, &str); 7] = [
        ("unknown field", "unknown-field"),
        ("missing field", "missing-field"),
        ("duplicate field", "duplicate-field"),
        ("unknown variant", "unknown-value"),
        ("invalid type", "wrong-type"),
        ("invalid length", "wrong-type"),
        ("expected value", "wrong-type"),
    ];
    KINDS
        .iter()
        .find(|(beginning, _)| message.starts_with(beginning))
        .map_or("invalid-value", |(_, code)| *code)
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_string(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => {
                tracing::error!(%error, "a reply could not be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// The parts of the path, each a bounded text without control characters.
#[derive(Debug)]
pub(crate) struct Segments<const PARTS: usize>([String; PARTS]);

impl Segments<1> {
    pub(crate) fn one(self) -> String {
        let [one] = self.0;
        one
    }
}

impl Segments<2> {
    pub(crate) fn two(self) -> (String, String) {
        let [one, two] = self.0;
        (one, two)
    }
}

impl<const PARTS: usize> FromRequestParts<App> for Segments<PARTS> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let raw = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| Problem::new("invalid-path"))?;
        let mut texts = Vec::with_capacity(PARTS);
        for (name, text) in &raw {
            if check_text(text, SEGMENT_MAX).is_err() {
                return Err(Problem::new("invalid-path").fault(name, "invalid-value"));
            }
            texts.push(text.to_owned());
        }
        texts.try_into().map(Self).map_err(|_| Problem::new("internal"))
    }
}

/// Query parameters of a known shape: unknown ones are refused.
#[derive(Debug)]
pub(crate) struct Search<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Search<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Problem> {
        let text = parts.uri.query().unwrap_or_default();
        if text.contains("%00") {
            return Err(Problem::new("invalid-query").fault("query", "invalid-value"));
        }
        let pairs = serde_urlencoded::from_str::<Vec<(String, String)>>(text).unwrap_or_default();
        if let Some((name, _)) = pairs.into_iter().find(|(_, value)| is_far_off(value)) {
            return Err(Problem::new("invalid-query").fault(name, "invalid-value"));
        }
        serde_urlencoded::from_str(text).map(Self).map_err(|error| {
            let text = error.to_string();
            let name = text.split('`').nth(1).unwrap_or("query").to_owned();
            Problem::new("invalid-query").fault(name, fault_code(&text)).detail(text)
        })
    }
}
