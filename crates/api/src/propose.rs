//! `?propose=true`: what a command would do is stored and shown, and waits for another person.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger::approvals::{self, NewApproval, Proposed, Standing};
use serde_json::{Map, Value};

use crate::app::App;
use crate::command::{REPLAYED, respond, write};
use crate::extract::Json;
use crate::problem::Problem;
use crate::wire::approval::Approval;

/// Stores the proposal and shows it, with what a dry run says.
pub(crate) async fn propose(app: &App, new: NewApproval<'_>) -> Result<Response, Problem> {
    let principal = new.proposer.principal.clone();
    let (approval, is_replayed) = match approvals::propose(&app.ledger, new).await? {
        Proposed::Stored { approval, is_replayed } => (approval, is_replayed),
        Proposed::Done(answer) => return Ok(write(answer)),
        Proposed::Refused(reply) => {
            app.refusals.count(principal.as_str(), app.ledger.clock().now());
            return Ok(respond(reply.status, reply.body));
        }
    };
    let now = app.ledger.clock().now();
    let is_open = approval.standing(now) == Standing::Open;
    let place = format!("/api/approvals/{}", approval.id);
    let mut body: Map<String, Value> =
        serde_json::from_str(&approval.would).map_err(Problem::unreadable)?;
    let shown = Approval::of(*approval, now).map_err(Problem::unreadable)?;
    let shown = serde_json::to_value(shown).map_err(Problem::unreadable)?;
    body.insert("approval".to_owned(), shown);
    let status = if is_open { StatusCode::ACCEPTED } else { StatusCode::OK };
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    if let Ok(place) = HeaderValue::try_from(place) {
        headers.insert(header::LOCATION, place);
    }
    if is_replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}
