//! `GET /api/me`: who the key says that I am.

use axum::extract::State;
use chrono::{DateTime, Utc};
use ledger::principals;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Json, Search};
use crate::problem::Problem;
use crate::routes::admin::principals::problem;
use crate::scope::{self, ANYTHING};
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;

/// Who asks, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
pub(crate) struct Body {
    principal: String,
    /// person or service
    kind: &'static str,
    role: &'static str,
    department: Option<String>,
    /// The person that a service belongs to.
    owner: Option<String>,
    key: MyKey,
    /// Names of what the role may do.
    scopes: Vec<&'static str>,
    /// The customers that the key is limited to; all, if null.
    customers: Option<Vec<String>>,
    /// Whether this key may act `On-Behalf-Of` someone: a service may.
    may_act_on_behalf_of: bool,
}

/// The key that was asked with.
#[derive(Debug, Serialize, ToSchema)]
struct MyKey {
    id: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    /// The key that took its place: change over before this one expires.
    replaced_by: Option<String>,
}

/// Says who the key belongs to, what it may do and for how long.
#[utoipa::path(
    get,
    path = "/api/me",
    tag = "me",
    operation_id = "get_me",
    responses(
        (status = 200, description = "Who asks", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ ANYTHING }>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<Json<Body>, Problem> {
    let own = caller.credential;
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let key = principals::read_key(&mut conn, app.ledger.book(), &own.key_id)
        .await
        .map_err(problem)?
        .ok_or_else(|| Problem::new("unauthenticated"))?;
    Ok(Json(Body {
        kind: own.kind.as_str(),
        role: own.role.as_str(),
        scopes: scope::names(scope::of(own.role)),
        may_act_on_behalf_of: own.kind == principals::PrincipalKind::Service,
        principal: own.principal.into(),
        department: own.department.map(String::from),
        owner: own.owner.map(String::from),
        customers: key.customers,
        key: MyKey {
            id: key.key_id,
            created_at: key.created_at,
            expires_at: key.expires_at,
            replaced_by: key.replaced_by,
        },
    }))
}
