//! `POST /api/admin/emergency-order-fix`: plans a fix; with the plan's digest, applies it.

use axum::extract::State;
use axum::response::Response;
use domain::id::{Code, Reason, check_text};
use ledger::fix::{self, Decision, OrderRef, PlanRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::{Json, Segments};
use crate::operation;
use crate::problem::Problem;
use crate::scope::{APPROVE_FIXES, FIX_ORDERS};
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;

const ROUTE: &str = "POST /api/admin/emergency-order-fix";
const APPROVE: &str = "POST /api/admin/emergency-order-fix/{plan}/approve";
const LISTED_MAX: usize = 1_000;

/// What to plan; or `apply` and the `plan` to apply.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EmergencyOrderFix)]
pub(crate) struct Body {
    /// Ids or numbers; every order in trouble, if left out.
    #[schema(value_type = Option<Vec<String>>)]
    orders: Option<Vec<OrderRef>>,
    /// What records cannot say and a person has found out.
    #[schema(value_type = Option<Vec<Object>>)]
    decisions: Option<Vec<Decision>>,
    #[schema(value_type = Option<String>, max_length = 128)]
    ticket: Option<Code>,
    #[schema(value_type = Option<String>, max_length = 500)]
    reason: Option<Reason>,
    apply: Option<bool>,
    /// The digest of the plan that was shown.
    plan: Option<String>,
}

enum Wish {
    Plan(PlanRequest),
    Apply(String),
}

impl Body {
    fn wish(self) -> Result<Wish, Problem> {
        let invalid = |pointer: &str, code| Problem::new("invalid-body").fault(pointer, code);
        let Self { orders, decisions, ticket, reason, apply, plan } = self;
        if apply == Some(true) {
            if orders.is_some() || decisions.is_some() || ticket.is_some() || reason.is_some() {
                return Err(invalid("/apply", "exactly-the-plan"));
            }
            let plan = plan.ok_or_else(|| invalid("/plan", "missing-field"))?;
            if check_text(&plan, 128).is_err() {
                return Err(invalid("/plan", "invalid-value"));
            }
            return Ok(Wish::Apply(plan));
        }
        if plan.is_some() {
            return Err(invalid("/plan", "without-apply"));
        }
        let decisions = decisions.unwrap_or_default();
        if decisions.len() > LISTED_MAX {
            return Err(invalid("/decisions", "too-long"));
        }
        if orders.as_ref().is_some_and(|orders| orders.len() > LISTED_MAX) {
            return Err(invalid("/orders", "too-long"));
        }
        let ticket = ticket.ok_or_else(|| invalid("/ticket", "missing-field"))?;
        let reason = reason.ok_or_else(|| invalid("/reason", "missing-field"))?;
        Ok(Wish::Plan(PlanRequest { orders, decisions, ticket, reason }))
    }
}

/// Stores a plan and shows it, or applies exactly the plan that was shown. Planning changes no
/// order; applying again finishes what is missing and otherwise says what was done.
#[utoipa::path(
    post,
    path = "/api/admin/emergency-order-fix",
    tag = "admin",
    operation_id = "emergency_order_fix",
    request_body = Body,
    responses(
        (status = 200, description = "The stored plan, or what applying it did", body = Object),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ FIX_ORDERS }>,
    attempt: Attempt<false, KeyOnly>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("plans")?;
    let person = caller.person()?;
    let asked = serde_json::to_value(&body).map_err(Problem::unreadable)?;
    let wish = body.wish()?;
    operation::run(&app, &caller, &attempt, ROUTE, &asked, async |_conn| match wish {
        Wish::Plan(request) => {
            let stored = fix::plan(&app.ledger, request, &person).await?;
            Ok(operation::about(format!("plan/{}", stored.digest), Json(stored)))
        }
        Wish::Apply(digest) => {
            let applied = fix::apply(&app.ledger, &digest, &person).await?;
            Ok(operation::about(format!("plan/{digest}"), Json(applied)))
        }
    })
    .await
}

/// A second person agrees to a plan.
#[utoipa::path(
    post,
    path = "/api/admin/emergency-order-fix/{plan}/approve",
    tag = "admin",
    operation_id = "approve_emergency_order_fix",
    params(("plan" = String, Path, description = "The plan's digest")),
    request_body = Nothing,
    responses(
        (status = 200, description = "The plan with its approvals", body = Object),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn approve(
    State(app): State<App>,
    caller: Caller<{ APPROVE_FIXES }>,
    path: Segments<1>,
    attempt: Attempt<false, KeyOnly>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("plans")?;
    let (person, plan) = (caller.person()?, path.one());
    let key_id = &caller.credential.key_id;
    operation::run(&app, &caller, &attempt, APPROVE, &plan, async |_conn| {
        let stored = fix::approve(&app.ledger, &plan, &person, Some(key_id)).await?;
        Ok(operation::about(format!("plan/{plan}"), Json(stored)))
    })
    .await
}
