//! What every request passes: names, limits, and the writing of problems.

use std::any::Any;

use axum::body::Body;
use axum::extract::{MatchedPath, State};
use axum::http::{HeaderName, HeaderValue, Request, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use tokio::time::Instant;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use tracing::{Instrument, debug, info_span};

use crate::app::App;
use crate::command::POSITION;
use crate::limits::RETRY_SECONDS;
use crate::problem::{MEDIA_TYPE, Problem};
use crate::sent;
use crate::trace::Trace;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Nothing here is ever a page, a script or a frame.
const SECURITY: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
];

/// Asks for nothing but that the process runs.
const NEVER_TURNED_AWAY: &str = "/livez";
/// Whoever watches a node that has too much to do needs these the most.
const WATCHED: [&str; 2] = ["/readyz", "/metrics"];
/// What stands for the route of a request that has none.
const NO_ROUTE: &str = "none";
const EVENT_STREAM: &str = "text/event-stream";
/// Smaller replies are not worth the work; among them are all that show a secret.
const COMPRESSED_MIN: u64 = 1_024;

/// Which replies are compressed for those who take it. Streams of events are not: each event would
/// wait for the next one.
pub(crate) fn is_worth_compressing() -> impl Predicate {
    DefaultPredicate::new().and(SizeAbove::new(COMPRESSED_MIN))
}

/// The outermost layer: gives the request its names, keeps its time, and writes its problem.
pub(crate) async fn around(
    State(app): State<App>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let under_way = app.metrics.begun();
    let ids = (app.sources.id(), app.sources.random());
    let trace = Trace::of(request.headers(), request.uri(), ids);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    // Neither the path nor the query: they may name a customer.
    let span = info_span!(
        "request",
        http.method = %method,
        http.route = route,
        request.id = %trace.request_id,
        trace.id = %trace.trace_id,
        principal = tracing::field::Empty,
    );
    request.extensions_mut().insert(trace.clone());
    let answered = let_in(&app, route, request, next).instrument(span.clone()).await;
    let mut response = written(answered.unwrap_or_else(IntoResponse::into_response), &trace);
    let status = response.status();
    app.metrics.answered(&method, route, status, begun.elapsed());
    span.in_scope(|| debug!(http.status = status.as_u16(), "answered"));
    drop(under_way);

    let is_stream = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|media_type| media_type.as_bytes().starts_with(EVENT_STREAM.as_bytes()));
    if is_stream {
        response = response.map(|body| until_closing(&app, body));
    }
    let headers = response.headers_mut();
    for (name, value) in SECURITY {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if app.lifecycle.is_draining() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    for (name, value) in [(REQUEST_ID, &trace.request_id), (TRACEPARENT, &trace.traceparent)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// Lets a request in if there is room for it, and gives it its time.
async fn let_in(
    app: &App,
    route: &str,
    mut request: Request<Body>,
    next: Next,
) -> Result<Response, Problem> {
    let limited = |_: &Problem| app.metrics.rate_limited("peer");
    let place = if route == NEVER_TURNED_AWAY {
        None
    } else if WATCHED.contains(&route) {
        app.gate.let_watcher(request.extensions()).inspect_err(limited)?;
        None
    } else {
        app.gate.let_peer(request.extensions()).inspect_err(limited)?;
        Some(app.gate.place().inspect_err(|_| app.metrics.shed("requests"))?)
    };
    if let Some(place) = &place {
        request.extensions_mut().insert(place.clone());
    }
    if let Some(encoding) = request.headers().get(header::CONTENT_ENCODING)
        && encoding != "identity"
    {
        let problem = Problem::new("unsupported-media-type").fault("Content-Encoding", "not-taken");
        return Err(problem);
    }
    let answered = tokio::time::timeout(app.limits.timeout, next.run(request)).await;
    let answered =
        answered.map_err(|_elapsed| Problem::new("timeout").retry_after(RETRY_SECONDS))?;
    Ok(answered.map(|body| sent::holding(body, place)))
}

/// A body that would never end ends when the node does.
fn until_closing(app: &App, body: Body) -> Body {
    let closing = app.lifecycle.closing().cancelled_owned();
    Body::from_stream(body.into_data_stream().take_until(closing))
}

/// The response with its problem written out; what another layer refused becomes a problem too.
fn written(response: Response, trace: &Trace) -> Response {
    if let Some(problem) = response.extensions().get::<Problem>() {
        let mut written = problem.respond(&trace.instance, &trace.trace_id);
        for name in [header::ALLOW, POSITION] {
            if let Some(value) = response.headers().get(&name) {
                written.headers_mut().insert(name, value.clone());
            }
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
