//! A change beside the log, done once under its key: keys, principals, plans, approvals, webhooks.
//!
//! The same promise as for a command: the same request under the same key is answered with what was
//! answered the first time, another one is refused, and a duplicate waits for the first.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use ledger::database::Connection;
use ledger::operations::{self, Begun, Name, Operation, OperationError, Reply};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::canonical;
use crate::command::{self, POSITION, REPLAYED, must_not_be_refused_too_often};
use crate::limits::RETRY_SECONDS;
use crate::problem::Problem;
use crate::scope::Scope;

/// How requests are fingerprinted. Raise it when the normal form changes.
const FINGERPRINT_VERSION: u8 = 1;
/// The largest reply.
const REPLY_MAX: usize = 16 * 1024 * 1024;
/// What of a reply's headers is its own: the rest belongs to every reply.
const KEPT_HEADERS: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::LOCATION, header::ETAG, POSITION];

/// How many operations a node does or lets wait at a time. Each holds a connection, and some need
/// another one meanwhile, which must be left to be had.
const AT_ONCE_MAX: usize = 4;

/// Whose turn it is.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE_MAX)))
    }
}

/// A reply as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    headers: BTreeMap<String, String>,
    body: String,
}

/// What a reply is about. It is known for ever, also once the reply itself is gone.
#[derive(Debug, Clone)]
struct Resource(String);

/// Says what a reply is about: `key/<id>`.
pub(crate) fn about(resource: String, reply: impl IntoResponse) -> Response {
    let mut response = reply.into_response();
    response.extensions_mut().insert(Resource(resource));
    response
}

/// Does the work once. `asked` is everything that is asked for besides the route: the parts of the
/// path, and the body. What the work changes on its connection is committed with the reply; what it
/// does elsewhere must be the same when it is done again, since a process may be killed in between.
/// A refusal by rule (409, 410, 412, 422) is stored, and what was changed on the connection is taken
/// back; any other refusal or failure leaves no trace, and the same key may be used again.
pub(crate) async fn run<B, P, W, const SCOPE: Scope, const NEEDS_KEY: bool>(
    app: &App,
    caller: &Caller<SCOPE>,
    attempt: &Attempt<NEEDS_KEY, P>,
    route: &'static str,
    asked: &B,
    work: W,
) -> Result<Response, Problem>
where
    B: Serialize + ?Sized,
    W: AsyncFnOnce(&mut Connection) -> Result<Response, Problem>,
{
    must_not_be_refused_too_often(app, caller)?;
    let name = attempt.name(app, &caller.credential);
    let name = if name.is_unrepeatable {
        None
    } else {
        Some(Name { id: name.id, fingerprint: fingerprint(app, route, asked)? })
    };
    let _turn = app.turns.0.acquire().await.map_err(Problem::unreadable)?;
    let mut operation = match operations::begin(&app.ledger, &app.secrets.vault, name).await? {
        Begun::Known(reply) => return replayed(reply),
        Begun::New(operation) => operation,
    };
    let answered = work(operation.conn()).await;
    let response = match answered {
        Ok(response) => response,
        Err(problem) if is_decided(problem.status().as_u16()) => {
            problem.respond(&attempt.trace.instance, &attempt.trace.trace_id)
        }
        Err(problem) => return Err(problem),
    };
    let status = response.status();
    if status.is_success() {
        return finish(operation, response, false).await;
    }
    if !is_decided(status.as_u16()) {
        return Ok(response);
    }
    let replayed = response.headers().contains_key(REPLAYED);
    let response = finish(operation, response, true).await?;
    if !replayed {
        app.refusals.count(caller.credential.principal.as_str(), app.ledger.clock().now());
    }
    Ok(response)
}

/// Whether a refusal is a decision: malformed requests, missing rights and what is not there are
/// none, and asking again is looked at anew.
fn is_decided(status: u16) -> bool {
    matches!(status, 409 | 410 | 412 | 422)
}

fn fingerprint<B: Serialize + ?Sized>(
    app: &App,
    route: &'static str,
    asked: &B,
) -> Result<Vec<u8>, Problem> {
    let asked = serde_json::to_value(asked).map_err(Problem::unreadable)?;
    let mac = app.secrets.mac(&["operation", route, &canonical::write(&asked)]);
    Ok([vec![FINGERPRINT_VERSION], mac].concat())
}

async fn finish(
    operation: Operation,
    response: Response,
    is_refusal: bool,
) -> Result<Response, Problem> {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, REPLY_MAX).await.map_err(Problem::unreadable)?;
    let body = String::from_utf8(bytes.to_vec()).map_err(Problem::unreadable)?;
    let headers = KEPT_HEADERS
        .iter()
        .filter_map(|name| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        })
        .collect();
    let resource = parts.extensions.get::<Resource>().map(|Resource(name)| name.clone());
    let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let version = text(header::ETAG).and_then(|tag| tag.strip_prefix("\"v")?.strip_suffix('"'));
    let version = version.and_then(|version| version.parse().ok());
    // Alone, or with the name of its history after it.
    let position = text(POSITION).and_then(|cursor| cursor.split('.').next()?.parse().ok());
    let stored = Stored { headers, body };
    let text = serde_json::to_string(&stored).map_err(Problem::unreadable)?;
    let status = parts.status.as_u16();
    let reply = Reply { status, resource, version, position, text: Some(text) };
    if is_refusal {
        operation.refuse(&reply).await?;
    } else {
        operation.commit(&reply).await?;
    }
    Ok(Response::from_parts(parts, Body::from(stored.body)))
}

/// What was answered the first time.
fn replayed(reply: Reply) -> Result<Response, Problem> {
    let Reply { status, resource, version, position, text } = reply;
    let mut response = if let Some(text) = text {
        let stored: Stored = serde_json::from_str(&text).map_err(Problem::unreadable)?;
        let mut response = command::respond(status, stored.body);
        for (name, value) in stored.headers {
            let name = HeaderName::try_from(name).map_err(Problem::unreadable)?;
            let value = HeaderValue::try_from(value).map_err(Problem::unreadable)?;
            response.headers_mut().insert(name, value);
        }
        response
    } else {
        let version = version.and_then(|version| u64::try_from(version).ok());
        command::expired_with_headers(status, resource.as_deref(), version, position)
    };
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

impl From<OperationError> for Problem {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Mismatch => Self::new("idempotency-key-reused"),
            OperationError::Busy => {
                Self::new("unavailable").detail(error).retry_after(RETRY_SECONDS)
            }
            OperationError::Sealed(_) | OperationError::Database(_) => Self::unreadable(error),
        }
    }
}
