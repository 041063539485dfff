//! `/api/admin/keys`: keys of principals, shown once.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use domain::id::{CustomerId, Text};
use ledger::database::Connection;
use ledger::principals::{self, Key, NewKey, Place, Rotation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::principals::problem;
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

const CREATE: &str = "POST /api/admin/keys";
const ROTATE: &str = "POST /api/admin/keys/{key}/rotate";
const CUSTOMERS_MAX: usize = 1_000;
/// The old key still opens for a while: whoever rotates with it and does not get the reply can ask
/// again.
const OVERLAP_SECONDS: u32 = 600;
/// A week.
const OVERLAP_SECONDS_MAX: u32 = 7 * 24 * 3_600;

/// A key to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewKey)]
pub(crate) struct Body {
    #[schema(value_type = String, max_length = 64)]
    principal: Text<64>,
    /// The customers that it is limited to; all, if left out.
    #[schema(value_type = Option<Vec<String>>)]
    customers: Option<Vec<CustomerId>>,
    expires_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CreatedKey)]
pub(crate) struct Created {
    id: String,
    principal: String,
    /// The whole key. It is not shown again.
    key: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub(crate) struct Shown {
    id: String,
    principal: String,
    customers: Option<Vec<String>>,
    created_at: DateTime<Utc>,
    created_by: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    /// The key that took its place.
    replaced_by: Option<String>,
}

impl From<Key> for Shown {
    fn from(key: Key) -> Self {
        Self {
            id: key.key_id,
            principal: key.principal_id,
            customers: key.customers,
            created_at: key.created_at,
            created_by: key.created_by,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
            replaced_by: key.replaced_by,
        }
    }
}

/// The keys, the newest first. A page may be shorter than asked for, and another follow.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Keys {
    keys: Vec<Shown>,
    next: Option<String>,
}

/// Makes a key for a principal. Nobody can grant what they lack.
#[utoipa::path(
    post,
    path = "/api/admin/keys",
    tag = "admin",
    operation_id = "create_key",
    request_body = Body,
    responses(
        (status = 201, description = "The key, this once", body = Created),
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
    let book = app.ledger.book();
    let principal = principals::find_principal(conn, book, &body.principal)
        .await
        .map_err(problem)?
        .ok_or_else(|| Problem::new("bad-principal").fault("/principal", "unknown-value"))?;
    let own = &caller.credential;
    caller.must_hold(principal.role)?;
    let Body { principal, customers, expires_at } = body.clone();
    if customers.as_ref().is_some_and(|listed| listed.len() > CUSTOMERS_MAX) {
        return Err(Problem::new("invalid-body").fault("/customers", "too-long"));
    }
    let is_within = match (&own.customers, &customers) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(_), Some(listed)) => listed.iter().all(|customer| own.may_see(customer.as_str())),
    };
    if !is_within {
        return Err(Problem::new("forbidden").fault("/customers", "out-of-range"));
    }
    let new = NewKey { principal, customers, expires_at };
    let (random, now) = (app.sources.random(), app.ledger.clock().now());
    let by = own.maker();
    let token =
        principals::create_key(conn, book, &new, &random, Some(by), now).await.map_err(problem)?;
    let resource = format!("key/{}", token.id());
    let created = Created {
        id: token.id().to_owned(),
        principal: new.principal.to_string(),
        key: token.reveal(),
    };
    Ok(operation::about(resource, (StatusCode::CREATED, Json(created))))
}

/// Lists the keys, without their secrets.
#[utoipa::path(
    get,
    path = "/api/admin/keys",
    tag = "admin",
    operation_id = "list_keys",
    params(Paging),
    responses(
        (status = 200, description = "The keys", body = Keys),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller<{ READ_KEYS }>,
    Search(query): Search<Paging>,
) -> Result<Response, Problem> {
    tracing::trace!(principal = %caller.credential.principal, "lists the keys");
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let (path, cursor) = ("/api/admin/keys", query.cursor.as_deref());
    let mut page: Page<Place> = Page::asked(path, &[], cursor, query.limit)?;
    let after = page.after();
    let mut listed =
        principals::list_keys(&mut conn, app.ledger.book(), after.as_ref(), page.rows())
            .await
            .map_err(problem)?;
    let next = page.cut(&mut listed, |key| (key.created_at, key.key_id.clone()));
    listed.retain(|key| key.is_within(&caller.credential));
    let keys = listed.into_iter().map(Shown::from).collect();
    Ok(next.onto(Json(Keys { keys, next: next.cursor.clone() })))
}

/// Makes a key worthless. Doing it again changes nothing.
#[utoipa::path(
    delete,
    path = "/api/admin/keys/{key}",
    tag = "admin",
    operation_id = "revoke_key",
    params(("key" = String, Path, description = "The key's id, without the secret")),
    responses(
        (status = 204, description = "Revoked"),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller<{ MANAGE_KEYS }>,
    path: Segments<1>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<StatusCode, Problem> {
    let now = app.ledger.clock().now();
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let key = find(&app, &caller, &mut conn, &path.one()).await?;
    // What was asked for may be a whole key by mistake.
    tracing::info!(principal = %caller.credential.principal, key.id = %key.key_id, "A key is revoked");
    principals::revoke(&mut conn, app.ledger.book(), &key.key_id, now).await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A key that sees no more than the caller's own; any other is not there.
async fn find<const SCOPE: Scope>(
    app: &App,
    caller: &Caller<SCOPE>,
    conn: &mut Connection,
    id: &str,
) -> Result<Key, Problem> {
    let found = principals::read_key(conn, app.ledger.book(), id).await.map_err(problem)?;
    found
        .filter(|key| key.is_within(&caller.credential))
        .ok_or_else(|| Problem::new("key-not-found"))
}

/// How a key is replaced.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RotateKey)]
pub(crate) struct RotateBody {
    /// How long the old key still opens: ten minutes, if left out, and a week at most. With 0 it is
    /// revoked at once, which a key cannot do that replaces itself.
    #[schema(minimum = 0, maximum = 604_800)]
    overlap_seconds: Option<u32>,
    /// When the new key expires; when the old one would have, if left out.
    expires_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RotatedKey)]
pub(crate) struct Rotated {
    id: String,
    principal: String,
    /// The whole key. It is not shown again.
    key: String,
    customers: Option<Vec<String>>,
    expires_at: Option<DateTime<Utc>>,
    /// The key whose place it takes.
    replaces: String,
    /// When the old key stops to open.
    replaced_at: DateTime<Utc>,
}

/// Makes a new key for the same principal with the same limits, in the place of an old one.
#[utoipa::path(
    post,
    path = "/api/admin/keys/{key}/rotate",
    tag = "admin",
    operation_id = "rotate_key",
    params(("key" = String, Path, description = "The old key's id, without the secret")),
    request_body = RotateBody,
    responses(
        (status = 201, description = "The new key, this once", body = Rotated),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn rotate(
    State(app): State<App>,
    caller: Caller<{ MANAGE_KEYS }>,
    path: Segments<1>,
    attempt: Attempt<false, KeyOnly>,
    Json(body): Json<RotateBody>,
) -> Result<Response, Problem> {
    let id = path.one();
    let work = async |conn: &mut Connection| replace(&app, &caller, conn, &id, &body).await;
    operation::run(&app, &caller, &attempt, ROTATE, &(&id, &body), work).await
}

async fn replace<const SCOPE: Scope>(
    app: &App,
    caller: &Caller<SCOPE>,
    conn: &mut Connection,
    id: &str,
    body: &RotateBody,
) -> Result<Response, Problem> {
    let (now, own) = (app.ledger.clock().now(), &caller.credential);
    let overlap = body.overlap_seconds.unwrap_or(OVERLAP_SECONDS);
    let out_of_range = || Problem::new("invalid-body").fault("/overlap_seconds", "out-of-range");
    if overlap > OVERLAP_SECONDS_MAX {
        return Err(out_of_range());
    }
    let book = app.ledger.book();
    let old = find(app, caller, conn, id).await?;
    if overlap == 0 && old.key_id == own.key_id {
        // The reply may be lost, and with it the only key.
        return Err(out_of_range().detail("a key that replaces itself needs an overlap"));
    }
    let principal = Text::new(old.principal_id.clone()).map_err(Problem::unreadable)?;
    let principal = principals::find_principal(conn, book, &principal)
        .await
        .map_err(problem)?
        .ok_or_else(|| Problem::new("key-not-found"))?;
    // Whoever rotates it holds the new one.
    caller.must_hold(principal.role)?;
    let overlap = TimeDelta::seconds(overlap.into());
    let rotation = Rotation { overlap, expires_at: body.expires_at };
    let random = app.sources.random();
    let (token, key) =
        principals::rotate(conn, book, id, rotation, &random, Some(own.maker()), now)
            .await
            .map_err(problem)?;
    tracing::info!(principal = %own.principal, key.id = %old.key_id, "A key is replaced");
    // As precise as what is stored.
    let replaced_at = (now + overlap).trunc_subsecs(6);
    let resource = format!("key/{}", key.key_id);
    let rotated = Rotated {
        id: key.key_id,
        principal: key.principal_id,
        key: token.reveal(),
        customers: key.customers,
        expires_at: key.expires_at,
        replaces: old.key_id,
        replaced_at: old.expires_at.map_or(replaced_at, |expires_at| expires_at.min(replaced_at)),
    };
    Ok(operation::about(resource, (StatusCode::CREATED, Json(rotated))))
}
