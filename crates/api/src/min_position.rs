//! `min_position` on every read: it waits until the book has what its caller has seen. And the
//! position that every other reply to a known caller names: one that it reflects at least.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Request, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use eventstore::Position;
use ledger::history::{HistoryError, Point};
use ledger::{as_of, reached};

use crate::app::App;
use crate::command::POSITION;
use crate::problem::Problem;

const NAME: &str = "min_position";
/// How long a read waits for its position.
const PATIENCE: Duration = Duration::from_secs(5);
/// Nobody known has asked.
const UNKNOWN: i64 = -1;

/// What a request says about the position that it needs, and what its reply reflects at least.
#[derive(Debug, Clone)]
struct Reading {
    /// As they stand in the query.
    wanted: Vec<String>,
    /// Where the book was when the request came.
    known: Position,
    reflected: Arc<AtomicI64>,
}

/// Takes `min_position` out of the query, so that no route has to know it, and names the position
/// in replies that do not do so by themselves.
pub(crate) async fn layer(
    State(app): State<App>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    let wanted = take(&mut request);
    let known = *app.ledger.moved().borrow();
    let reflected = Arc::new(AtomicI64::new(UNKNOWN));
    request.extensions_mut().insert(Reading { wanted, known, reflected: Arc::clone(&reflected) });
    let mut response = next.run(request).await;
    let reflected = reflected.load(Ordering::Acquire);
    if reflected == UNKNOWN
        || response.headers().contains_key(POSITION)
        || !is_named(response.status())
    {
        return response;
    }
    if let Some(value) = name(&app, Position::new(reflected)).await {
        response.headers_mut().insert(POSITION, value);
    }
    response
}

/// Whether such a reply tells anything of the book. What is turned away does not ask the database.
fn is_named(status: StatusCode) -> bool {
    const OF_THE_BOOK: [StatusCode; 6] = [
        StatusCode::NOT_FOUND,
        StatusCode::CONFLICT,
        StatusCode::GONE,
        StatusCode::PRECONDITION_FAILED,
        StatusCode::UNPROCESSABLE_ENTITY,
        StatusCode::BAD_REQUEST,
    ];
    status.is_success() || OF_THE_BOOK.contains(&status)
}

async fn name(app: &App, position: Position) -> Option<HeaderValue> {
    let mut conn = app.ledger.pool().acquire().await.ok()?;
    let cursor = as_of::cursor(&mut conn, app.ledger.book(), position).await.ok()?;
    HeaderValue::from_str(&cursor.to_string()).ok()
}

fn take(request: &mut Request<Body>) -> Vec<String> {
    let mut wanted = Vec::new();
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return wanted;
    }
    let Some(query) = request.uri().query() else { return wanted };
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match serde_urlencoded::from_str::<Vec<(String, String)>>(pair).as_deref() {
            Ok([(name, value)]) if name == NAME => wanted.push(value.clone()),
            _ => rest.push(pair),
        }
    }
    if wanted.is_empty() {
        return wanted;
    }
    let path = request.uri().path();
    let path = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = path.parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    wanted
}

/// Lets a known caller read once the book has what they have seen.
pub(crate) async fn admit(parts: &Parts, app: &App) -> Result<(), Problem> {
    let Some(reading) = parts.extensions.get::<Reading>() else { return Ok(()) };
    reading.reflected.store(reading.known.get(), Ordering::Release);
    let invalid = |code| Problem::new("invalid-query").fault(NAME, code);
    let text = match reading.wanted.as_slice() {
        [] => return Ok(()),
        [one] => one,
        [..] => return Err(invalid("duplicate-field")),
    };
    let point: Point = text.parse().map_err(|_| invalid("invalid-value"))?;
    let position = match reached::wait_for(&app.ledger, &point, Duration::ZERO).await {
        // Those who wait keep their places meanwhile: only so many may.
        Err(HistoryError::NotReached) if let Some(_place) = app.gate.waiter() => {
            reached::wait_for(&app.ledger, &point, PATIENCE).await?
        }
        found => found?,
    };
    reading.reflected.store(reading.known.max(position).get(), Ordering::Release);
    Ok(())
}
