//! From what a handler asks for to the reply: submit, and write what came back.

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::decide::{Change, Command};
use domain::id::{Code, Reason};
use domain::money::Money;
use domain::{Event, State, StreamKey, order};
use ledger::approvals::NewApproval;
use ledger::{Answer, Decided, EventSummary, Provenance, Render, Reply, Submission};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::attempt::{Attempt, CommandName};
use crate::caller::Caller;
use crate::canonical;
use crate::delivery_code;
use crate::if_match::IfMatch;
use crate::problem::{MEDIA_TYPE, Problem};
use crate::propose;
use crate::scope::Scope;
use crate::trace::Trace;
use crate::wire;

/// How requests are fingerprinted. Raise it when the normal form changes.
const FINGERPRINT_VERSION: u8 = 1;

pub(crate) const POSITION: HeaderName = HeaderName::from_static("daftar-position");
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What a handler asks the ledger to do.
pub(crate) struct Asked<'a, B> {
    /// Method and route: a part of the fingerprint.
    pub(crate) route: &'static str,
    /// What it is about, and what the reply shows.
    pub(crate) subject: StreamKey,
    pub(crate) body: &'a B,
    pub(crate) commands: Vec<Command>,
    /// Streams whose ids were made up for this.
    pub(crate) fresh: Vec<StreamKey>,
    /// The subject as it was read before: what the reply shows when nothing changes.
    pub(crate) before: Option<Arc<State>>,
    /// How many wrong delivery codes the book allows, where one may be told.
    pub(crate) tries_allowed: Option<u32>,
    /// It makes the subject, so that success is a 201.
    pub(crate) creates: bool,
    pub(crate) reason: Option<Reason>,
    pub(crate) ticket: Option<Code>,
}

impl<'a, B: Serialize> Asked<'a, B> {
    /// A command about something that is there.
    pub(crate) fn about(
        route: &'static str,
        subject: StreamKey,
        before: Arc<State>,
        body: &'a B,
        command: Command,
    ) -> Self {
        Self {
            route,
            subject,
            body,
            commands: vec![command],
            fresh: Vec::new(),
            before: Some(before),
            tries_allowed: None,
            creates: false,
            reason: None,
            ticket: None,
        }
    }

    /// A command that makes something.
    pub(crate) fn creating(
        route: &'static str,
        subject: StreamKey,
        body: &'a B,
        command: Command,
    ) -> Self {
        Self {
            route,
            subject,
            body,
            commands: vec![command],
            fresh: Vec::new(),
            before: None,
            tries_allowed: None,
            creates: true,
            reason: None,
            ticket: None,
        }
    }

    pub(crate) fn with_reason(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    pub(crate) fn with_ticket(mut self, ticket: Code) -> Self {
        self.ticket = Some(ticket);
        self
    }

    fn fingerprint(&self, app: &App) -> Result<Vec<u8>, Problem> {
        let body = serde_json::to_value(self.body).map_err(Problem::unreadable)?;
        let subject = self.subject.to_string();
        // What is made up for this attempt is no part of what is asked.
        let subject = if self.creates { "" } else { subject.as_str() };
        let mac = app.secrets.mac(&[self.route, subject, &canonical::write(&body)]);
        Ok([vec![FINGERPRINT_VERSION], mac].concat())
    }
}

/// Has it decided and recorded, and writes the answer.
pub(crate) async fn execute<B: Serialize, P, const SCOPE: Scope, const MOVES_MONEY: bool>(
    app: &App,
    caller: &Caller<SCOPE>,
    attempt: &Attempt<MOVES_MONEY, P>,
    name: CommandName,
    asked: Asked<'_, B>,
) -> Result<Response, Problem> {
    must_not_be_refused_too_often(app, caller)?;
    must_be_there(attempt.if_match, &asked)?;
    let fingerprint = asked.fingerprint(app)?;
    let (subject, creates, route) = (asked.subject, asked.creates, asked.route);
    let submission = Submission {
        command_id: name.id,
        fingerprint,
        is_unrepeatable: name.is_unrepeatable,
        keeps_refusal: true,
        commands: asked.commands,
        fresh: asked.fresh,
        expected: attempt.expected(asked.subject),
        provenance: Provenance {
            reason: asked.reason,
            ticket: asked.ticket,
            traceparent: attempt.traceparent(),
            ..Provenance::of(caller.credential.actor(caller.on_behalf_of.clone()))
        },
        render: render(Shown {
            subject: asked.subject,
            before: asked.before,
            tries_allowed: asked.tries_allowed,
            creates: asked.creates,
            dry_run: attempt.dry_run || attempt.propose,
            trace: attempt.trace.clone(),
        }),
    };
    if attempt.propose {
        let proposer = &caller.credential;
        let new = NewApproval { submission, subject, creates, route, scope: SCOPE, proposer };
        return propose::propose(app, new).await;
    }
    if attempt.dry_run {
        let (reply, cursor) = app.ledger.dry_run(submission).await?;
        let mut response = respond(reply.status, reply.body);
        set_position(&mut response, &cursor.to_string());
        // The version that it would have is nobody's yet; the one that it has is worth knowing.
        if response.status() == StatusCode::PRECONDITION_FAILED {
            set_version(&mut response, reply.version);
        }
        return Ok(response);
    }
    let answer = app.ledger.submit(submission).await?;
    if !answer.is_accepted() && !answer.is_replayed {
        app.refusals.count(caller.credential.principal.as_str(), app.ledger.clock().now());
    }
    Ok(write(answer))
}

/// `*` matches whatever is there, and nothing is where something is yet to be made.
fn must_be_there<B>(if_match: Option<IfMatch>, asked: &Asked<'_, B>) -> Result<(), Problem> {
    let version = asked.before.as_deref().map_or(0, State::version);
    if if_match == Some(IfMatch::Anything) && version == 0 {
        return Err(Problem::new("stale").member("version", version).at_version(version));
    }
    Ok(())
}

/// Every refusal leaves a row behind, and what was stored for it: they are limited.
pub(crate) fn must_not_be_refused_too_often<const SCOPE: Scope>(
    app: &App,
    caller: &Caller<SCOPE>,
) -> Result<(), Problem> {
    let principal = caller.credential.principal.as_str();
    let now = app.ledger.clock().now();
    if app.refusals.are_too_many(principal, app.limits.refusals_per_minute_max, now) {
        Err(Problem::new("too-many-refusals").retry_after(60))
    } else {
        Ok(())
    }
}

/// What a reply shows.
pub(crate) struct Shown {
    pub(crate) subject: StreamKey,
    pub(crate) before: Option<Arc<State>>,
    pub(crate) tries_allowed: Option<u32>,
    pub(crate) creates: bool,
    pub(crate) dry_run: bool,
    pub(crate) trace: Trace,
}

pub(crate) fn render(shown: Shown) -> Render {
    Arc::new(move |decided| match decided {
        Decided::Accepted { changes, positions, position, .. } => {
            let last = changes.iter().rev().find(|change| change.stream == shown.subject);
            let state = last.map(|change| &*change.state).or(shown.before.as_deref());
            let events: Vec<EventSummary> = changes
                .iter()
                .enumerate()
                .map(|(index, change)| EventSummary::of(change, positions.get(index).copied()))
                .collect();
            let mut body = Map::new();
            let kind = shown.subject.aggregate_type();
            let resource = Some(format!("{kind}/{}", shown.subject.aggregate_id()));
            let version = state.map(State::version);
            if let Some(problem) = delivery_code::refusal(changes, shown.tries_allowed) {
                let body = problem.body(&shown.trace.instance, &shown.trace.trace_id);
                return Reply { status: problem.status().as_u16(), body, resource, version };
            }
            body.insert(
                kind.to_owned(),
                state.map_or(Value::Null, |state| wire::state(shown.subject, state)),
            );
            if let Some(given_back) = changes.iter().find_map(given_back) {
                body.insert("given_back".to_owned(), json!(given_back));
            }
            let request = changes.iter().find_map(|change| wire::wallet::request_in(&change.event));
            if let Some(request) = request {
                body.insert("request".to_owned(), json!(request));
            }
            body.insert("events".to_owned(), json!(events));
            body.insert("position".to_owned(), json!(position.get()));
            if shown.dry_run {
                body.insert("dry_run".to_owned(), json!(true));
            }
            Reply {
                status: if shown.creates && !changes.is_empty() { 201 } else { 200 },
                body: Value::Object(body).to_string(),
                resource,
                version,
            }
        }
        Decided::Refused(rejection) => {
            let problem = Problem::from(*rejection);
            Reply {
                status: problem.status().as_u16(),
                body: problem.body(&shown.trace.instance, &shown.trace.trace_id),
                resource: None,
                version: problem.version(),
            }
        }
    })
}

/// What an order gave back of the money that it held.
fn given_back(change: &Change) -> Option<Money> {
    if let Event::Order(
        order::Event::Edited { given_back, .. }
        | order::Event::LinesCancelled { given_back, .. }
        | order::Event::Cancelled { given_back, .. }
        | order::Event::Expired { given_back },
    ) = &change.event
    {
        Some(*given_back)
    } else {
        None
    }
}

pub(crate) fn respond(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let media_type = if status.is_success() { "application/json" } else { MEDIA_TYPE };
    (status, [(header::CONTENT_TYPE, media_type)], body).into_response()
}

/// The stored answer as a response, first-hand or again.
pub(crate) fn write(answer: Answer) -> Response {
    let Answer { status, body, resource, version, position, cursor, is_replayed } = answer;
    let mut response = match body {
        Some(body) => respond(status, body),
        None => expired(status, resource.as_deref(), version, Some(position.get())),
    };
    let cursor = cursor.map_or_else(|| position.to_string(), |cursor| cursor.to_string());
    set_position(&mut response, &cursor);
    set_version(&mut response, version);
    let headers = response.headers_mut();
    if is_replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    let made = resource.filter(|_| status == 201);
    let place = made.as_deref().and_then(|made| match made.split_once('/')? {
        ("order", id) => Some(format!("/api/orders/{id}")),
        ("payment", id) => Some(format!("/api/payments/{id}")),
        ("statement_line", id) => Some(format!("/api/statement-lines/{id}")),
        ("suspense", id) => Some(format!("/api/suspense-items/{id}")),
        _ => None,
    });
    if let Some(Ok(place)) = place.map(HeaderValue::try_from) {
        headers.insert(header::LOCATION, place);
    }
    response
}

/// What a retry gets once the reply itself was kept long enough: what was decided, and no more.
pub(crate) fn expired(
    status: u16,
    resource: Option<&str>,
    version: Option<u64>,
    position: Option<i64>,
) -> Response {
    let mut body = json!({
        "status": status,
        "resource": resource,
        "version": version,
        "position": position,
        "expired": true,
    });
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let (Some(members), false) = (body.as_object_mut(), code.is_success()) {
        // Which rule said no went with the reply: no problem of the list, but one all the same.
        members.insert("type".to_owned(), json!("about:blank"));
        members.insert("title".to_owned(), json!(code.canonical_reason()));
    }
    respond(status, body.to_string())
}

/// The same with the headers that the reply had.
pub(crate) fn expired_with_headers(
    status: u16,
    resource: Option<&str>,
    version: Option<u64>,
    position: Option<i64>,
) -> Response {
    let mut response = expired(status, resource, version, position);
    if let Some(position) = position {
        set_position(&mut response, &position.to_string());
    }
    set_version(&mut response, version);
    response
}

fn set_position(response: &mut Response, cursor: &str) {
    if let Ok(value) = HeaderValue::from_str(cursor) {
        response.headers_mut().insert(POSITION, value);
    }
}

fn set_version(response: &mut Response, version: Option<u64>) {
    if let Some(Ok(tag)) = version.map(|version| HeaderValue::from_str(&format!("\"v{version}\"")))
    {
        response.headers_mut().insert(header::ETAG, tag);
    }
}
