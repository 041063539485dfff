//! Applies a stored plan: order by order, each whole, and only where nothing has moved since.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::StreamKey;
use domain::actor::{Actor, ActorKind};
use domain::id::{Code, OrderId, OrderNumber, Reason};
use eventstore::BookId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::four_eyes::above_threshold;
use super::plan::{Moved, OrderPlan, Standing, StoredPlan, read, standing_of};
use super::{FixError, Problem};
use crate::ledger::Ledger;
use crate::principals::{self, Hand};
use crate::quarantine::QUARANTINED;
use crate::stopped::STOPPED;
use crate::submission::{Decided, EventSummary, Provenance, Reply, Submission, SubmitError};

/// What an application did, now or earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    pub digest: String,
    pub ticket: Code,
    pub reason: Reason,
    pub planned_by: String,
    pub approved_by: Vec<String>,
    pub applied_by: String,
    pub applied_at: DateTime<Utc>,
    pub orders: Vec<AppliedOrder>,
    /// Every order with steps was applied.
    pub complete: bool,
}

/// The audit trail of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedOrder {
    pub order: OrderId,
    pub number: OrderNumber,
    pub outcome: Outcome,
    /// It was applied earlier, and this is what happened then.
    pub replayed: bool,
    pub before: Standing,
    /// None if nothing was done.
    pub after: Option<Standing>,
    pub moved: Option<Moved>,
    /// What was appended, with positions.
    pub events: Vec<EventSummary>,
    pub problem: Option<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Applied,
    /// One of its streams moved since the plan was made: left alone.
    Stale,
    /// A rule said no: left alone.
    Refused,
    /// The plan has no steps for it.
    NothingToDo,
    /// There was no answer; apply the plan again.
    Unfinished,
}

/// The stored reply of one order's command.
#[derive(Debug, Serialize, Deserialize)]
struct Body {
    after: Standing,
    moved: Moved,
    events: Vec<EventSummary>,
}

/// A person agrees, with this key, to a plan that somebody else has made.
pub async fn approve(
    ledger: &Ledger,
    digest: &str,
    person: &Actor,
    key_id: Option<&str>,
) -> Result<StoredPlan, FixError> {
    if person.kind != ActorKind::Person {
        return Err(FixError::NotAPerson);
    }
    let mut conn = ledger.pool().acquire().await?;
    let plan = read(&mut conn, ledger.book(), digest).await?;
    if plan.planned_by == person.id.as_str() {
        return Err(FixError::SamePerson);
    }
    let planned = Hand { person: &plan.planned_by, principal: &plan.planned_by, key_id: None };
    let approved = Hand { person: person.id.as_str(), principal: person.id.as_str(), key_id };
    if !principals::are_apart(&mut conn, ledger.book(), planned, approved).await? {
        return Err(FixError::SamePerson);
    }
    sqlx::query(include_str!("../sql/insert_fix_approval.sql"))
        .bind(ledger.book())
        .bind(&plan.digest)
        .bind(person.id.as_str())
        .bind(ledger.clock().now())
        .execute(&mut *conn)
        .await?;
    read(&mut conn, ledger.book(), digest).await
}

/// Applies exactly this plan. Applying it again finishes what is missing and answers otherwise with
/// what was done.
pub async fn apply(ledger: &Ledger, digest: &str, actor: &Actor) -> Result<Applied, FixError> {
    let stored = claim(ledger, digest, actor).await?;
    let applied_by = stored.applied_by.clone().unwrap_or_else(|| actor.id.to_string());
    let applied_at = stored.applied_at.unwrap_or_else(|| ledger.clock().now());

    // What the plan's own orders have added to each stream: that does not make it stale.
    let mut added: BTreeMap<StreamKey, u64> = BTreeMap::new();
    let mut orders = Vec::with_capacity(stored.plan.orders.len());
    let mut is_answering = true;
    for planned in &stored.plan.orders {
        let order = if planned.steps.is_empty() {
            AppliedOrder::left(planned, Outcome::NothingToDo, planned.problem.clone())
        } else if is_answering {
            apply_order(ledger, &stored, planned, actor, &added).await
        } else {
            AppliedOrder::left(planned, Outcome::Unfinished, None)
        };
        match order.outcome {
            Outcome::Applied => {
                for event in &planned.events {
                    if let Some(stream) = StreamKey::parse(&event.stream, event.id) {
                        let count = added.entry(stream).or_default();
                        *count = count.saturating_add(1);
                    }
                }
            }
            // What it has done to the streams of the orders after it is not known.
            Outcome::Unfinished => is_answering = false,
            Outcome::Stale | Outcome::Refused | Outcome::NothingToDo => {}
        }
        orders.push(order);
    }
    let complete =
        orders.iter().all(|order| matches!(order.outcome, Outcome::Applied | Outcome::NothingToDo));
    Ok(Applied {
        digest: stored.digest,
        ticket: stored.plan.ticket,
        reason: stored.plan.reason,
        planned_by: stored.planned_by,
        approved_by: stored.approved_by,
        applied_by,
        applied_at,
        orders,
        complete,
    })
}

/// Makes sure that the plan may be applied by this actor, and notes who was first. One plan of the
/// book at a time: each sees what the others move today.
async fn claim(ledger: &Ledger, digest: &str, actor: &Actor) -> Result<StoredPlan, FixError> {
    let mut tx = ledger.pool().begin().await?;
    sqlx::query(include_str!("../sql/lock_fix_claims.sql"))
        .bind(ledger.book())
        .bind(ledger.clock().now())
        .execute(&mut *tx)
        .await?;
    let now = ledger.clock().now();
    let stored = read(&mut tx, ledger.book(), digest).await?;
    let mut reasons = stored.plan.second_person.clone();
    if stored.applied_by.is_none() && reasons.is_empty() {
        // Other plans may have been applied since this one was made.
        let orders = &stored.plan.orders;
        reasons = above_threshold(&mut tx, ledger, now, orders, &stored.digest).await?;
    }
    let applier = stored.applied_by.as_deref().unwrap_or(actor.id.as_str());
    if !reasons.is_empty() {
        let another = is_of_another(&mut tx, ledger.book(), &stored, applier).await?;
        // Two persons: a service that applies a plan is none.
        if !another || actor.kind != ActorKind::Person {
            return Err(FixError::NeedsSecondPerson { digest: stored.digest, reasons });
        }
    }
    if stored.applied_by.is_some() {
        return Ok(stored);
    }
    sqlx::query(include_str!("../sql/mark_fix_plan_applied.sql"))
        .bind(ledger.book())
        .bind(&stored.digest)
        .bind(actor.id.as_str())
        .bind(now)
        .execute(&mut *tx)
        .await?;
    let stored = read(&mut tx, ledger.book(), digest).await?;
    tx.commit().await?;
    Ok(stored)
}

/// Whether a person has approved the plan who is another than whoever made it and whoever applies it.
/// That the approver is not in the maker's hands was looked at when he approved; daftar makes plans
/// too, and then it is the one who applies that he must be apart from, whichever key he had.
async fn is_of_another(
    conn: &mut PgConnection,
    book: BookId,
    stored: &StoredPlan,
    applier: &str,
) -> Result<bool, sqlx::Error> {
    for approver in &stored.approved_by {
        if *approver == stored.planned_by || approver.as_str() == applier {
            continue;
        }
        if stored.planned_by == applier
            || principals::are_strangers(conn, book, approver, applier).await?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn apply_order(
    ledger: &Ledger,
    stored: &StoredPlan,
    planned: &OrderPlan,
    actor: &Actor,
    added: &BTreeMap<StreamKey, u64>,
) -> AppliedOrder {
    let answer = match ledger.submit(submission(ledger, stored, planned, actor, added)).await {
        Ok(answer) => answer,
        Err(error @ (SubmitError::Mismatch | SubmitError::TooLarge | SubmitError::Failed(_))) => {
            let problem = Problem::new("failed", error.to_string());
            return AppliedOrder::left(planned, Outcome::Refused, Some(problem));
        }
        Err(error @ SubmitError::Quarantined { .. }) => {
            let problem = Problem::new(QUARANTINED, error.to_string());
            return AppliedOrder::left(planned, Outcome::Refused, Some(problem));
        }
        Err(
            error @ (SubmitError::Overloaded
            | SubmitError::Stopping
            | SubmitError::Unavailable
            | SubmitError::Outdated(_)
            | SubmitError::Stopped { .. }
            | SubmitError::Misfit(_)),
        ) => {
            let is_stopped = matches!(error, SubmitError::Stopped { .. });
            let code = if is_stopped { STOPPED } else { "unavailable" };
            let problem = Problem::new(code, error.to_string());
            return AppliedOrder::left(planned, Outcome::Unfinished, Some(problem));
        }
    };
    let body = answer.body.as_deref().unwrap_or_default();
    if answer.is_accepted() {
        // A reply is kept for a time only; what was planned is what was done.
        let body: Body = serde_json::from_str(body).unwrap_or_else(|_| Body {
            after: planned.after.clone(),
            moved: planned.moved,
            events: planned.events.clone(),
        });
        return AppliedOrder {
            order: planned.order,
            number: planned.number.clone(),
            outcome: Outcome::Applied,
            replayed: answer.is_replayed,
            before: planned.before.clone(),
            after: Some(body.after),
            moved: Some(body.moved),
            events: body.events,
            problem: None,
        };
    }
    let problem: Option<Problem> = serde_json::from_str(body).ok();
    let is_stale = problem.as_ref().is_some_and(|problem| problem.code == "stale");
    let outcome = if is_stale { Outcome::Stale } else { Outcome::Refused };
    AppliedOrder { replayed: answer.is_replayed, ..AppliedOrder::left(planned, outcome, problem) }
}

/// One order's commands as one: all are recorded or none is.
fn submission(
    ledger: &Ledger,
    stored: &StoredPlan,
    planned: &OrderPlan,
    actor: &Actor,
    added: &BTreeMap<StreamKey, u64>,
) -> Submission {
    let digest = stored.digest.as_str();
    let name = format!("fix\u{1f}{digest}\u{1f}{}", planned.order);
    let expected = planned
        .versions
        .iter()
        .map(|seen| {
            let own = added.get(&seen.stream).copied().unwrap_or_default();
            (seen.stream, seen.version.saturating_add(own))
        })
        .collect();
    let commands =
        planned.steps.iter().map(|step| step.command(planned.order, &planned.customer)).collect();
    let reason = planned.decided.clone().unwrap_or_else(|| stored.plan.reason.clone());
    let resource = format!("order/{}", planned.order);
    let (before, moved) = (planned.before.clone(), planned.moved);
    Submission {
        command_id: Uuid::new_v5(&ledger.book_uuid(), name.as_bytes()),
        fingerprint: Sha256::digest(name).to_vec(),
        is_unrepeatable: false,
        keeps_refusal: true,
        commands,
        fresh: Vec::new(),
        expected,
        provenance: Provenance {
            reason: Some(reason),
            ticket: Some(stored.plan.ticket.clone()),
            approved_by: stored.approved_by.clone(),
            correlation_id: Some(Uuid::new_v5(&ledger.book_uuid(), digest.as_bytes())),
            ..Provenance::of(actor.clone())
        },
        render: Arc::new(move |decided| match decided {
            Decided::Accepted { changes, positions, .. } => {
                let events = changes
                    .iter()
                    .zip(*positions)
                    .map(|(change, position)| EventSummary::of(change, Some(*position)))
                    .collect();
                let body = Body { after: standing_of(changes, &before), moved, events };
                let version = changes.iter().rev().find_map(|change| match change.stream {
                    StreamKey::Order(_) => Some(change.version),
                    StreamKey::Wallet(_)
                    | StreamKey::Payment(_)
                    | StreamKey::Suspense(_)
                    | StreamKey::StatementLine(_)
                    | StreamKey::ReceiptFile(_)
                    | StreamKey::Settings => None,
                });
                Reply {
                    status: 200,
                    body: serde_json::to_string(&body).unwrap_or_default(),
                    resource: Some(resource.clone()),
                    version,
                }
            }
            Decided::Refused(rejection) => Reply {
                status: 409,
                body: serde_json::to_string(&Problem::from(*rejection)).unwrap_or_default(),
                resource: Some(resource.clone()),
                version: None,
            },
        }),
    }
}

impl AppliedOrder {
    fn left(planned: &OrderPlan, outcome: Outcome, problem: Option<Problem>) -> Self {
        Self {
            order: planned.order,
            number: planned.number.clone(),
            outcome,
            replayed: false,
            before: planned.before.clone(),
            after: None,
            moved: None,
            events: Vec::new(),
            problem,
        }
    }
}
