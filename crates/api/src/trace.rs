//! What names a request: its own id, and the trace that it is part of.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use uuid::Uuid;

use crate::app::App;

const REQUEST_ID_MAX: usize = 128;

/// A request's names, kept beside it from the first layer on.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_field_names, reason = "each is named as its header and its member are")]
pub(crate) struct Trace {
    pub(crate) request_id: String,
    pub(crate) trace_id: String,
    /// As it came in, if it was well-formed.
    pub(crate) traceparent: Option<String>,
    /// The path that was asked for.
    pub(crate) instance: String,
}

impl Trace {
    pub(crate) fn of(headers: &HeaderMap, uri: &Uri, new_id: Uuid) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let request_id = text("x-request-id")
            .filter(|text| !text.is_empty() && text.len() <= REQUEST_ID_MAX)
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()))
            .map_or_else(|| new_id.to_string(), str::to_owned);
        let traceparent = text("traceparent").filter(|text| is_traceparent(text));
        let trace_id = traceparent.and_then(|text| text.split('-').nth(1));
        let trace_id = trace_id.map_or_else(|| new_id.simple().to_string(), str::to_owned);
        let instance = uri.path().chars().take(200).collect();
        Self { request_id, trace_id, traceparent: traceparent.map(str::to_owned), instance }
    }
}

impl FromRequestParts<App> for Trace {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// W3C trace context, version 00: `00-<32 hex>-<16 hex>-<2 hex>`.
fn is_traceparent(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [2, 32, 16, 2]
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}
