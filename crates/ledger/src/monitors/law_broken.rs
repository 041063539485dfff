//! Orders in trouble, each with the plan that would put it right where the records carry one, and laws of
//! money that are broken. A plan is proposed and never applied: where money moves, a person decides.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::actor::{Actor, ActorKind, Role};
use domain::id::{OrderId, Text};
use legacy::Class;
use serde_json::{Value, json};
use sqlx::FromRow;
use uuid::Uuid;

use super::{CASES_MAX, LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;
use crate::fix::{self, FixError, OrderRef, PlanRequest};
use crate::inconsistencies::{self, Inconsistency, InconsistencyError, case::Case};

mod money;

const NAME: &str = "law-broken";
/// How many plans are made at one look; the other cases get theirs at the next ones.
const PLANS_MAX: usize = 20;
const ROUTE: &str = "POST /api/admin/emergency-order-fix";

pub(super) const MONITOR: Monitor = Monitor {
    name: NAME,
    severity: Severity::Warning,
    owner: Owner::Finance,
    every: Duration::from_mins(5),
    watches: "orders in trouble: taken over with records that contradict each other, charged \
              twice, delivered and still owing, or shown with statuses that no phase has; and what \
              the scrubber found of money that is not where it must be",
    to_do: "Read the plan that the alert names (daftar fix --show), have it approved where it says \
            so, and apply it. Where it asks something, find that out and plan anew with what you \
            found (--decisions). Where a sum does not agree, verify the book first: it names the \
            lines.",
    thresholds: &[],
    reads_views: true,
    look: |scene| Box::pin(look(scene)),
};

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let suspects = suspects(scene).await?;
    let cases = load(scene, &suspects).await?;
    let mut known = known(scene).await?;
    let mut seen = Vec::new();
    let mut made = 0;
    for case in cases {
        let Some(trouble) = case.inconsistency(scene.now).filter(is_trouble) else { continue };
        let subject = format!("order/{}", case.order);
        let rests_on = rests_on(&case, &trouble);
        let kept = known.remove(&subject).filter(|evidence| evidence["rests_on"] == rests_on);
        let proposal = match kept.map(|mut evidence| evidence["proposal"].take()) {
            Some(proposal) if !proposal.is_null() => proposal,
            Some(_) | None if made < PLANS_MAX => {
                made += 1;
                propose(scene, &case).await?
            }
            Some(_) | None => Value::Null,
        };
        seen.push(sighting(subject, &trouble, rests_on, proposal));
    }
    seen.extend(money::look(scene).await?);
    Ok(seen)
}

/// That a receipt waits is told of in working time, elsewhere.
fn is_trouble(found: &Inconsistency) -> bool {
    found.classes.iter().any(|class| class != Class::ReceiptWaiting.name())
}

/// A plan is of no use any more once one of these has moved.
fn rests_on(case: &Case, trouble: &Inconsistency) -> Value {
    let wallet = case.wallet.as_ref().map(|wallet| wallet.version);
    json!({ "order": case.facts.version, "wallet": wallet, "classes": trouble.classes })
}

async fn suspects(scene: &mut Scene<'_>) -> Result<Vec<OrderId>, sqlx::Error> {
    let (phases, customer, management) = inconsistencies::allowed_statuses();
    let ids: Vec<Uuid> = sqlx::query_scalar(include_str!("sql/find_lawless_orders.sql"))
        .bind(scene.ledger.book())
        .bind(phases)
        .bind(customer)
        .bind(management)
        .bind(CASES_MAX)
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(ids.into_iter().map(OrderId::new).collect())
}

/// The orders as they are; one that cannot be read is told of elsewhere, and hides no other.
async fn load(scene: &mut Scene<'_>, suspects: &[OrderId]) -> Result<Vec<Case>, LookError> {
    match inconsistencies::case::load(scene.conn, scene.ledger, suspects).await {
        Ok(cases) => return Ok(cases),
        Err(InconsistencyError::Database(error)) => return Err(error.into()),
        Err(InconsistencyError::Load(_)) => {}
    }
    let mut readable = Vec::new();
    for order in suspects {
        match inconsistencies::case::load(scene.conn, scene.ledger, &[*order]).await {
            Ok(cases) => readable.extend(cases),
            Err(InconsistencyError::Database(error)) => return Err(error.into()),
            Err(InconsistencyError::Load(_)) => {}
        }
    }
    Ok(readable)
}

#[derive(FromRow)]
struct Known {
    subject: String,
    evidence: sqlx::types::Json<Value>,
}

/// What the open alerts were found by, and were proposed.
async fn known(scene: &mut Scene<'_>) -> Result<BTreeMap<String, Value>, sqlx::Error> {
    let known: Vec<Known> = sqlx::query_as(include_str!("sql/read_known_cases.sql"))
        .bind(scene.ledger.book())
        .bind(NAME)
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(known.into_iter().map(|known| (known.subject, known.evidence.0)).collect())
}

/// The plan that the records carry, stored under its digest, or what stands in the way of one.
async fn propose(scene: &mut Scene<'_>, case: &Case) -> Result<Value, LookError> {
    let request = PlanRequest {
        orders: Some(vec![OrderRef(case.order.to_string())]),
        decisions: Vec::new(),
        ticket: Text::new(NAME).expect("a word is a text"),
        reason: Text::new("found in trouble by the watch").expect("a sentence is a text"),
    };
    let made = fix::make(scene.conn, scene.ledger, request, scene.now).await;
    let plan = match made {
        Ok(plan) => plan,
        Err(FixError::Database(error)) => return Err(error.into()),
        Err(error) => return Ok(json!({ "problem": error.to_string() })),
    };
    let planned = plan.orders.first();
    let question = planned.and_then(|order| order.question.clone());
    let problem = planned.and_then(|order| order.problem.as_ref());
    let problem = problem.map(|problem| problem.detail.clone());
    if planned.is_none_or(|order| order.steps.is_empty()) {
        let command = format!(
            "daftar fix --as PERSON --order {} --decisions FILE --ticket TICKET --reason REASON",
            case.order
        );
        return Ok(json!({
            "question": question,
            "problem": problem,
            "command": command,
            "route": ROUTE,
        }));
    }
    let mut conn = scene.ledger.pool().acquire().await?;
    let stored = fix::store(&mut conn, scene.ledger.book(), &plan, (&actor(), scene.now)).await;
    let stored = match stored {
        Ok(stored) => stored,
        Err(FixError::Database(error)) => return Err(error.into()),
        Err(error) => return Ok(json!({ "problem": error.to_string() })),
    };
    Ok(json!({
        "plan": stored.digest,
        "second_person": stored.plan.second_person,
        "moved": planned.map(|order| order.moved),
        "question": question,
        "problem": problem,
        "command": format!("daftar fix --as PERSON --show {}", stored.digest),
        "route": ROUTE,
    }))
}

/// Whose plans these are: whoever applies one and whoever approves it are two others.
fn actor() -> Actor {
    Actor {
        kind: ActorKind::System,
        id: Text::new("watch").expect("a word is a text"),
        role: Role::Admin,
        department: None,
        on_behalf_of: None,
    }
}

fn sighting(
    subject: String,
    trouble: &Inconsistency,
    rests_on: Value,
    proposal: Value,
) -> Sighting {
    let says = format!("order {} is in trouble: {}", trouble.number, trouble.classes.join(", "));
    let evidence = json!({
        "order": trouble.order,
        "number": trouble.number,
        "epoch": trouble.epoch,
        "phase": trouble.phase,
        "department": trouble.department,
        "customer": trouble.customer,
        "classes": trouble.classes,
        "found_by": trouble.evidence,
        "due": trouble.due,
        "paid": trouble.paid,
        "owed": trouble.owed,
        "rests_on": rests_on,
        "proposal": proposal,
    });
    Sighting::new(subject, says, evidence)
}
