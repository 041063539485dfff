//! `/api/admin/principals`: who may act.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::actor::Role;
use domain::id::Text;
use ledger::database::Connection;
use ledger::principals::{self, NewPrincipal, Place, Principal, PrincipalError, PrincipalKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::{Json, Search, Segments};
use crate::operation;
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::scope::{MANAGE_KEYS, READ_KEYS, Scope};
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;

const CREATE: &str = "POST /api/admin/principals";
const DISABLE: &str = "POST /api/admin/principals/{principal}/disable";

/// A principal to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPrincipal)]
pub(crate) struct Body {
    #[schema(value_type = String, max_length = 64)]
    id: Text<64>,
    /// person or service
    #[schema(value_type = String)]
    kind: PrincipalKind,
    #[schema(value_type = String)]
    role: Role,
    #[schema(value_type = Option<String>, max_length = 64)]
    department: Option<Text<64>>,
    /// The person that a service belongs to.
    #[schema(value_type = Option<String>, max_length = 64)]
    owner: Option<Text<64>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Principal)]
pub(crate) struct Shown {
    id: String,
    kind: &'static str,
    role: &'static str,
    department: Option<String>,
    owner: Option<String>,
    disabled_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<Principal> for Shown {
    fn from(principal: Principal) -> Self {
        Self {
            id: principal.id.to_string(),
            kind: principal.kind.as_str(),
            role: principal.role.as_str(),
            department: principal.department.map(String::from),
            owner: principal.owner.map(String::from),
            disabled_at: principal.disabled_at,
            created_at: principal.created_at,
        }
    }
}

/// The principals, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Principals {
    principals: Vec<Shown>,
    next: Option<String>,
}

/// What a refusal of the principals is to the caller.
pub(crate) fn problem(error: PrincipalError) -> Problem {
    match error {
        PrincipalError::Exists => Problem::new("principal-exists"),
        PrincipalError::UnknownKey => Problem::new("key-not-found"),
        PrincipalError::KeyNotLive => Problem::new("key-not-live"),
        PrincipalError::Unknown | PrincipalError::Owner => {
            Problem::new("bad-principal").detail(error)
        }
        PrincipalError::Stored(_) | PrincipalError::Database(_) => Problem::unreadable(error),
    }
}

/// Makes a principal. Nobody can grant what they lack.
#[utoipa::path(
    post,
    path = "/api/admin/principals",
    tag = "admin",
    operation_id = "create_principal",
    request_body = Body,
    responses(
        (status = 201, description = "The principal", body = Shown),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller<{ MANAGE_KEYS }>,
    attempt: Attempt<false, KeyOnly>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let work = async |conn: &mut Connection| make(&app, &caller, conn, &body).await;
    operation::run(&app, &caller, &attempt, CREATE, &body, work).await
}

async fn make<const SCOPE: Scope>(
    app: &App,
    caller: &Caller<SCOPE>,
    conn: &mut Connection,
    body: &Body,
) -> Result<Response, Problem> {
    caller.must_hold(body.role)?;
    let Body { id, kind, role, department, owner } = body.clone();
    let new = NewPrincipal { id, kind, role, department, owner };
    let now = app.ledger.clock().now();
    let by = caller.credential.maker();
    principals::create_principal(conn, app.ledger.book(), &new, Some(by), now)
        .await
        .map_err(problem)?;
    let shown = Shown {
        id: new.id.to_string(),
        kind: new.kind.as_str(),
        role: new.role.as_str(),
        department: new.department.map(String::from),
        owner: new.owner.map(String::from),
        disabled_at: None,
        created_at: now,
    };
    let resource = format!("principal/{}", shown.id);
    Ok(operation::about(resource, (StatusCode::CREATED, Json(shown))))
}

/// Lists the principals.
#[utoipa::path(
    get,
    path = "/api/admin/principals",
    tag = "admin",
    operation_id = "list_principals",
    params(Paging),
    responses(
        (status = 200, description = "The principals", body = Principals),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller<{ READ_KEYS }>,
    Search(query): Search<Paging>,
) -> Result<Response, Problem> {
    tracing::trace!(principal = %caller.credential.principal, "lists the principals");
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let (path, cursor) = ("/api/admin/principals", query.cursor.as_deref());
    let mut page: Page<Place> = Page::asked(path, &[], cursor, query.limit)?;
    let after = page.after();
    let mut listed = principals::list(&mut conn, app.ledger.book(), after.as_ref(), page.rows())
        .await
        .map_err(problem)?;
    let next = page.cut(&mut listed, |one| (one.created_at, one.id.to_string()));
    let principals = listed.into_iter().map(Shown::from).collect();
    Ok(next.onto(Json(Principals { principals, next: next.cursor.clone() })))
}

/// Makes all keys of a principal worthless, on every node at once. Doing it again changes nothing.
#[utoipa::path(
    post,
    path = "/api/admin/principals/{principal}/disable",
    tag = "admin",
    operation_id = "disable_principal",
    params(("principal" = String, Path)),
    request_body = Nothing,
    responses(
        (status = 200, description = "The principal", body = Shown),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn disable(
    State(app): State<App>,
    caller: Caller<{ MANAGE_KEYS }>,
    path: Segments<1>,
    attempt: Attempt<false, KeyOnly>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Response, Problem> {
    let id = path.one();
    let work = async |conn: &mut Connection| shut_out(&app, &caller, conn, &id).await;
    operation::run(&app, &caller, &attempt, DISABLE, &id, work).await
}

async fn shut_out<const SCOPE: Scope>(
    app: &App,
    caller: &Caller<SCOPE>,
    conn: &mut Connection,
    id: &str,
) -> Result<Response, Problem> {
    let (own, book) = (&caller.credential, app.ledger.book());
    let not_found = || Problem::new("principal-not-found");
    let id = Text::new(id.to_owned()).map_err(|_| not_found())?;
    caller.must_see_every_customer("principals")?;
    let found = principals::find_principal(conn, book, &id).await.map_err(problem)?;
    let found = found.ok_or_else(not_found)?;
    caller.must_hold(found.role)?;
    let now = app.ledger.clock().now();
    principals::disable(conn, book, id.as_str(), now).await.map_err(problem)?;
    tracing::info!(principal = %own.principal, disabled = %id, "A principal is disabled");
    let found = principals::find_principal(conn, book, &id).await.map_err(problem)?;
    let shown = Shown::from(found.ok_or_else(not_found)?);
    Ok(operation::about(format!("principal/{id}"), Json(shown)))
}
