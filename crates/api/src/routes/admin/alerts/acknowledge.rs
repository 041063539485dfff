//! `POST /api/admin/alerts/{alert}/acknowledge`: says that somebody sees to it.

use axum::extract::State;
use axum::response::Response;
use domain::id::Text;
use ledger::alerts::{self, AlertError};
use ledger::database::Connection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::{Json, Segments};
use crate::operation;
use crate::problem::Problem;
use crate::routes::admin::alerts::{WHAT, id, problem};
use crate::scope::{self, ACKNOWLEDGE_ALERTS};
use crate::wire::alert::AlertReply;
use crate::wire::reply::ProblemReply;

const ROUTE: &str = "POST /api/admin/alerts/{alert}/acknowledge";

/// Who sees to it is the caller.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AcknowledgeAlert)]
pub(crate) struct Body {
    /// What there is to say of it: a ticket, or what is being done.
    #[schema(value_type = Option<String>, max_length = 500)]
    note: Option<Text<500>>,
}

/// Says that somebody sees to an alert: one of the department that owns it, or an admin. Said again,
/// whoever said it first stands. It stays open until what it is about is gone.
#[utoipa::path(
    post,
    path = "/api/admin/alerts/{alert}/acknowledge",
    tag = "admin",
    operation_id = "acknowledge_alert",
    params(("alert" = String, Path, description = "The alert's id")),
    request_body = Body,
    responses(
        (status = 200, description = "The alert, as it is now", body = AlertReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ ACKNOWLEDGE_ALERTS }>,
    path: Segments<1>,
    attempt: Attempt<false, KeyOnly>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let id = id(&path.one())?;
    let work = async |conn: &mut Connection| {
        let (book, now) = (app.ledger.book(), app.ledger.clock().now());
        let found = alerts::find(conn, book, id).await.map_err(Problem::unreadable)?;
        let found = found.ok_or_else(|| problem(AlertError::Unknown(id)))?;
        let own = &caller.credential;
        if !alerts::sees_to(own.role, &found.owner) {
            let problem = Problem::new("forbidden").member("role", own.role);
            let problem = problem.member("needs", scope::names(ACKNOWLEDGE_ALERTS));
            return Err(problem.member("owner", found.owner));
        }
        let by = (own.principal.as_str(), body.note.as_ref().map(Text::as_str));
        let alert = alerts::acknowledge(conn, book, id, by, now).await.map_err(problem)?;
        Ok(operation::about(format!("alert/{id}"), Json(AlertReply::from(alert))))
    };
    operation::run(&app, &caller, &attempt, ROUTE, &(id, &body), work).await
}
