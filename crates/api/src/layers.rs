//! What every request passes: names, limits, and the writing of problems.

use std::any::Any;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Request, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::{Instrument, info_span};

use crate::app::App;
use crate::problem::{MEDIA_TYPE, Problem};
use crate::trace::Trace;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Nothing here is ever a page, a script or a frame.
const SECURITY: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
];

/// The outermost layer: gives the request its names, keeps its time, and writes its problem.
pub(crate) async fn around(
    State(app): State<App>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    let trace = Trace::of(request.headers(), request.uri(), app.sources.id());
    let span = info_span!(
        "request",
        http.method = %request.method(),
        request.id = %trace.request_id,
        trace.id = %trace.trace_id,
        principal = tracing::field::Empty,
        http.status = tracing::field::Empty,
    );
    request.extensions_mut().insert(trace.clone());
    let answered = tokio::time::timeout(app.limits.timeout, next.run(request));
    let response = match answered.instrument(span.clone()).await {
        Ok(response) => response,
        Err(_elapsed) => Problem::new("timeout").retry_after(1).into_response(),
    };
    let mut response = written(response, &trace);
    span.record("http.status", response.status().as_u16());
    let headers = response.headers_mut();
    for (name, value) in SECURITY {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(&trace.request_id) {
        headers.insert(REQUEST_ID, value);
    }
    response
}

/// The response with its problem written out; what another layer refused becomes a problem too.
fn written(response: Response, trace: &Trace) -> Response {
    if let Some(problem) = response.extensions().get::<Problem>() {
        let mut written = problem.respond(&trace.instance, &trace.trace_id);
        if let Some(allow) = response.headers().get(header::ALLOW) {
            written.headers_mut().insert(header::ALLOW, allow.clone());
        }
        return written;
    }
    let status = response.status();
    let is_written = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|media_type| media_type == MEDIA_TYPE);
    if is_written || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    Problem::of_status(status).respond(&trace.instance, &trace.trace_id)
}

/// A defect in one handler is that request's problem and nobody else's.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("no text"), "a handler panicked");
    Problem::new("internal").into_response()
}
