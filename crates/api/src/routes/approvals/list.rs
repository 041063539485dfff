//! `GET /api/approvals`: what waits for another person's agreement, and what became of it.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use ledger::approvals::{self, Page, Standing};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Json, Search};
use crate::page;
use crate::problem::Problem;
use crate::scope::READ_APPROVALS;
use crate::wire::approval::Approval;
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// `open`, `applied`, `rejected` or `expired`; all, if left out.
    #[param(value_type = Option<String>)]
    state: Option<Standing>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The proposals, oldest first. A page may be shorter than asked for, and another follow.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Approvals)]
pub(crate) struct Body {
    approvals: Vec<Approval>,
    next: Option<String>,
}

/// Lists proposals.
#[utoipa::path(
    get,
    path = "/api/approvals",
    tag = "approvals",
    operation_id = "list_approvals",
    params(Parameters),
    responses(
        (status = 200, description = "The proposals", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_APPROVALS }>,
    Search(query): Search<Parameters>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("proposals")?;
    let size = page::size(query.limit)?;
    let after: Option<(DateTime<Utc>, Uuid)> = page::read_cursor(query.cursor.as_deref())?;
    let asked = Page { standing: query.state, after, size };
    let (found, next) = approvals::list(&app.ledger, asked).await?;
    let now = app.ledger.clock().now();
    let shown: Result<Vec<Approval>, _> =
        found.into_iter().map(|approval| Approval::of(approval, now)).collect();
    let approvals = shown.map_err(Problem::unreadable)?;
    let next = next.map(|last| page::write_cursor(&last));
    let link = next.as_ref().map(|next| {
        let state = query.state.map(|state| format!("&state={}", state.as_str()));
        let state = state.unwrap_or_default();
        format!("</api/approvals?cursor={next}&limit={size}{state}>; rel=\"next\"")
    });
    let mut response = Json(Body { approvals, next }).into_response();
    if let Some(Ok(link)) = link.map(HeaderValue::try_from) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}
