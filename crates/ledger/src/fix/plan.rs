//! A plan: what would run for each order, decided in earnest and recorded nowhere but here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::decide::{Change, Circumstances};
use domain::id::{Code, CustomerId, OrderId, OrderNumber, Reason};
use domain::money::{Money, MoneyError};
use domain::order::status::Phase;
use domain::order::{self, Facts};
use domain::{Event, Rejection, State, StreamKey, wallet};
use eventstore::BookId;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::four_eyes::above_threshold;
use super::propose::{Proposal, propose};
use super::refer::{Decision, OrderRef, resolve};
use super::sketch::Sketch;
use super::step::Step;
use super::{FixError, Problem, canonical};
use crate::as_of::SNAPSHOT;
use crate::inconsistencies::case::{self, Case};
use crate::inconsistencies::{self, InconsistencyError};
use crate::ledger::Ledger;
use crate::submission::EventSummary;

/// The form of a plan; another one would make another digest of the same.
const PLAN_FORM: u32 = 1;

/// What is to be planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// None: every order in trouble.
    #[serde(default)]
    pub orders: Option<Vec<OrderRef>>,
    #[serde(default)]
    pub decisions: Vec<Decision>,
    /// Both stand on every event that the plan makes.
    pub ticket: Code,
    pub reason: Reason,
}

/// What its digest is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub form: u32,
    pub book: Uuid,
    pub ticket: Code,
    pub reason: Reason,
    pub decisions: Vec<Decision>,
    pub orders: Vec<OrderPlan>,
    /// Why another person has to approve it; empty if nobody has to.
    pub second_person: Vec<String>,
}

/// What would happen to one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlan {
    pub order: OrderId,
    pub number: OrderNumber,
    pub customer: CustomerId,
    /// What is wrong.
    pub classes: Vec<String>,
    pub wrong: Vec<String>,
    /// What shows that the steps are right.
    pub proof: Vec<String>,
    /// A person's reason, where a person has decided; the plan's own stands on the events else.
    pub decided: Option<Reason>,
    /// The commands that would run, as one. Empty: the order is left alone.
    pub steps: Vec<Step>,
    /// What a person has to say before anything, or anything more, can be done.
    pub question: Option<String>,
    /// Why the commands would be refused; then none of them runs.
    pub problem: Option<Problem>,
    pub before: Standing,
    pub after: Standing,
    pub moved: Moved,
    /// The events that the commands would append.
    pub events: Vec<EventSummary>,
    /// The streams the plan rests on, as they were. What the plan's own earlier orders add to them
    /// does not count.
    pub versions: Vec<StreamVersion>,
}

/// Where an order stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub phase: Phase,
    pub customer_status: String,
    pub management_status: String,
    pub payment_status: String,
    pub department: Option<String>,
    pub due: Money,
    pub received: Money,
    pub owed: Money,
}

/// The money that an order's commands move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Taken from the wallet for the order.
    pub taken: Money,
    /// Put into the wallet: what was charged twice, what was too much.
    pub given: Money,
    /// Given to the order out of a verified transfer.
    pub transferred: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamVersion {
    pub stream: StreamKey,
    pub version: u64,
}

/// A plan as it is stored, and what has become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPlan {
    /// SHA-256 of the plan's canonical JSON, in hex.
    pub digest: String,
    pub planned_by: String,
    pub planned_at: DateTime<Utc>,
    pub approved_by: Vec<String>,
    /// Who first applied it.
    pub applied_by: Option<String>,
    pub applied_at: Option<DateTime<Utc>>,
    pub plan: Plan,
}

/// Makes a plan and stores it. The same plan made again is the same plan.
pub async fn plan(
    ledger: &Ledger,
    request: PlanRequest,
    planner: &Actor,
) -> Result<StoredPlan, FixError> {
    let now = ledger.clock().now();
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let plan = make(&mut tx, ledger, request, now).await?;
    tx.rollback().await?;
    let mut conn = ledger.pool().acquire().await?;
    store(&mut conn, ledger.book(), &plan, (planner, now)).await
}

/// Stores a plan; one that was made before stays whose it is.
pub(crate) async fn store(
    conn: &mut PgConnection,
    book: BookId,
    plan: &Plan,
    (planner, now): (&Actor, DateTime<Utc>),
) -> Result<StoredPlan, FixError> {
    let text = canonical::json(plan);
    let digest = canonical::digest(&text);
    sqlx::query(include_str!("../sql/insert_fix_plan.sql"))
        .bind(book)
        .bind(&digest)
        .bind(text)
        .bind(planner.id.as_str())
        .bind(now)
        .execute(&mut *conn)
        .await?;
    read(conn, book, &digest).await
}

/// The plan with this digest.
pub async fn stored(ledger: &Ledger, digest: &str) -> Result<StoredPlan, FixError> {
    let mut conn = ledger.pool().acquire().await?;
    read(&mut conn, ledger.book(), digest).await
}

#[derive(sqlx::FromRow)]
struct Row {
    digest: String,
    plan: String,
    planned_by: String,
    planned_at: DateTime<Utc>,
    applied_by: Option<String>,
    applied_at: Option<DateTime<Utc>>,
    approved_by: Vec<String>,
}

pub(super) async fn read(
    conn: &mut PgConnection,
    book: BookId,
    digest: &str,
) -> Result<StoredPlan, FixError> {
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_digest {
        return Err(FixError::UnknownPlan(digest.chars().take(80).collect()));
    }
    let row: Option<Row> = sqlx::query_as(include_str!("../sql/read_fix_plan.sql"))
        .bind(book)
        .bind(digest)
        .fetch_optional(conn)
        .await?;
    let row = row.ok_or_else(|| FixError::UnknownPlan(digest.to_owned()))?;
    let tampered = || FixError::TamperedPlan(digest.to_owned());
    // Whatever is applied is what its digest was made of.
    if canonical::digest(&row.plan) != row.digest {
        return Err(tampered());
    }
    let plan: Plan = serde_json::from_str(&row.plan).map_err(|_| tampered())?;
    Ok(StoredPlan {
        digest: row.digest,
        planned_by: row.planned_by,
        planned_at: row.planned_at,
        approved_by: row.approved_by,
        applied_by: row.applied_by,
        applied_at: row.applied_at,
        plan,
    })
}

/// Makes a plan of what the book is at this moment of the connection's, and stores nothing.
pub(crate) async fn make(
    conn: &mut PgConnection,
    ledger: &Ledger,
    request: PlanRequest,
    now: DateTime<Utc>,
) -> Result<Plan, FixError> {
    let PlanRequest { orders, decisions, ticket, reason } = request;
    let mut decided: BTreeMap<OrderId, &Decision> = BTreeMap::new();
    for decision in &decisions {
        let id = resolve(conn, ledger.book(), &decision.order).await?;
        if decided.insert(id, decision).is_some() {
            return Err(FixError::DecidedTwice(decision.order.clone()));
        }
    }
    let wanted: Option<BTreeMap<OrderId, OrderRef>> = match orders {
        None => None,
        Some(orders) => {
            let mut wanted = BTreeMap::new();
            for order in orders {
                wanted.insert(resolve(conn, ledger.book(), &order).await?, order);
            }
            Some(wanted)
        }
    };
    let ids: BTreeSet<OrderId> = if let Some(wanted) = &wanted {
        let elsewhere = decided.iter().find(|(id, _)| !wanted.contains_key(id));
        if let Some((_, decision)) = elsewhere {
            return Err(FixError::DecisionElsewhere(decision.order.clone()));
        }
        wanted.keys().copied().collect()
    } else {
        let suspects = inconsistencies::suspects(conn, ledger);
        let suspects = suspects.await.map_err(InconsistencyError::from)?;
        suspects.into_iter().chain(decided.keys().copied()).collect()
    };
    let ids: Vec<OrderId> = ids.into_iter().collect();
    let mut cases = case::load(conn, ledger, &ids).await?;
    if let Some(wanted) = &wanted {
        let known: BTreeSet<OrderId> = cases.iter().map(|case| case.order).collect();
        if let Some((_, unknown)) = wanted.iter().find(|(id, _)| !known.contains(id)) {
            return Err(FixError::UnknownOrder(unknown.clone()));
        }
    }
    cases.sort_by(|left, right| {
        let key = |case: &Case| (case.facts.number.clone(), case.facts.epoch.clone(), case.order);
        key(left).cmp(&key(right))
    });

    let mut sketch = Sketch::default();
    let mut planned = Vec::new();
    let mut second_person = Vec::new();
    for case in &cases {
        let decision = decided.get(&case.order).copied();
        let (order, reason) = plan_order(conn, ledger, now, &mut sketch, case, decision).await?;
        second_person.extend(reason);
        // What only looked suspicious is left out, unless it was asked for.
        if wanted.is_some() || decision.is_some() || !order.is_fine() {
            planned.push(order);
        }
    }
    for order in &planned {
        for step in &order.steps {
            if let Step::ReturnDoubleCharge { second, amount, .. } = step {
                let number = &order.number;
                second_person.push(format!("{number}: {second} gives back {amount}"));
            }
        }
    }
    second_person.extend(above_threshold(conn, ledger, now, &planned, "").await?);
    let book = ledger.book_uuid();
    Ok(Plan { form: PLAN_FORM, book, ticket, reason, decisions, orders: planned, second_person })
}

/// One order's plan, and why it needs a second person, if it does in itself.
async fn plan_order(
    conn: &mut PgConnection,
    ledger: &Ledger,
    now: DateTime<Utc>,
    sketch: &mut Sketch,
    case: &Case,
    decision: Option<&Decision>,
) -> Result<(OrderPlan, Option<String>), FixError> {
    let mut wrong = Vec::new();
    let classes = case.classes(now, &mut wrong);
    let before = Standing::of(&case.facts);
    let mut planned = OrderPlan {
        order: case.order,
        number: case.facts.number.clone(),
        customer: case.facts.customer.clone(),
        classes: classes.iter().map(ToString::to_string).collect(),
        wrong,
        proof: proof(case),
        decided: decision.map(|decision| decision.reason.clone()),
        steps: Vec::new(),
        question: None,
        problem: None,
        after: before.clone(),
        before,
        moved: Moved::nothing(&case.facts),
        events: Vec::new(),
        versions: Vec::new(),
    };
    let Proposal { steps, question } =
        propose(case, &classes, decision).unwrap_or_else(|problem| {
            planned.problem = Some(problem);
            Proposal::default()
        });
    planned.question = question;
    if steps.is_empty() {
        return Ok((planned, None));
    }
    let mut needs = None;
    let mut circumstances = Circumstances::at(now);
    let commands: Vec<_> =
        steps.iter().map(|step| step.command(case.order, &case.facts.customer)).collect();
    let decided = loop {
        match sketch.decide(conn, ledger, circumstances, &commands).await? {
            Err(Rejection::NeedsSecondPerson { amount, threshold, .. })
                if !circumstances.second_person =>
            {
                let number = &case.facts.number;
                needs = Some(format!("{number}: {amount} is above {threshold}"));
                circumstances.second_person = true;
            }
            decided => break decided,
        }
    };
    let changes = match decided {
        Ok(changes) => changes,
        Err(rejection) => {
            planned.problem = Some(Problem::from(&rejection));
            return Ok((planned, None));
        }
    };
    planned.moved = match Moved::by(&changes, &case.facts) {
        Ok(moved) => moved,
        Err(error) => {
            planned.problem = Some(Problem::new("bad-amount", error.to_string()));
            return Ok((planned, None));
        }
    };
    let streams: BTreeSet<StreamKey> =
        changes.iter().map(|change| change.stream).chain([StreamKey::Order(case.order)]).collect();
    planned.versions = streams
        .into_iter()
        .filter_map(|stream| Some(StreamVersion { stream, version: sketch.version(stream)? }))
        .collect();
    planned.events = changes.iter().map(|change| EventSummary::of(change, None)).collect();
    planned.after = standing_of(&changes, &planned.before);
    planned.steps = steps;
    sketch.keep(&changes);
    Ok((planned, needs))
}

fn proof(case: &Case) -> Vec<String> {
    let Some(imported) = &case.imported else { return Vec::new() };
    let mut proof: Vec<String> = imported
        .debits
        .iter()
        .map(|debit| format!("{} took {}, linked by {}", debit.debit, debit.amount, debit.proof))
        .collect();
    let is_missing = imported
        .evidence
        .classes
        .iter()
        .any(|class| class.as_str() == legacy::Class::WalletIssue.name());
    if is_missing {
        proof.push(
            "no wallet debit of the customer is linked to the order, claimed for it or names it"
                .to_owned(),
        );
    }
    for charge in case.double_charges() {
        proof.push(format!(
            "{} took {} for the order after {} had paid it",
            charge.second, charge.amount, charge.first
        ));
    }
    if let Some(status) = &imported.evidence.management_status {
        proof.push(format!("the departments' status was {status}"));
    }
    proof
}

/// Where the order stands after these changes.
pub(super) fn standing_of(changes: &[Change], before: &Standing) -> Standing {
    let after = changes.iter().rev().find_map(|change| match &*change.state {
        State::Order(order) => order.facts().map(Standing::of),
        State::Wallet(_)
        | State::Payment(_)
        | State::Suspense(_)
        | State::StatementLine(_)
        | State::ReceiptFile(_)
        | State::Settings(_) => None,
    });
    after.unwrap_or_else(|| before.clone())
}

impl Standing {
    fn of(facts: &Facts) -> Self {
        let statuses = facts.statuses();
        Self {
            phase: facts.phase(),
            customer_status: statuses.customer.to_owned(),
            management_status: statuses.management.to_owned(),
            payment_status: facts.payment_status().as_str().to_owned(),
            department: statuses.department.map(ToOwned::to_owned),
            due: facts.totals.due,
            received: facts.received,
            owed: facts.owed(),
        }
    }
}

impl OrderPlan {
    /// Nothing is wrong and nothing is to be done.
    fn is_fine(&self) -> bool {
        self.classes.is_empty()
            && self.steps.is_empty()
            && self.question.is_none()
            && self.problem.is_none()
    }
}

impl Moved {
    fn nothing(facts: &Facts) -> Self {
        let zero = Money::zero(facts.currency);
        Self { taken: zero, given: zero, transferred: zero }
    }

    /// An error where it cannot be counted: then nobody could tell who has to approve it.
    fn by(changes: &[Change], facts: &Facts) -> Result<Self, MoneyError> {
        let mut moved = Self::nothing(facts);
        for change in changes {
            let (sum, amount) = match &change.event {
                Event::Wallet(wallet::Event::Debited { amount, .. }) => (&mut moved.taken, amount),
                Event::Wallet(
                    wallet::Event::Credited { amount, .. } | wallet::Event::ToppedUp { amount, .. },
                ) => (&mut moved.given, amount),
                Event::Order(order::Event::PaymentReceived {
                    amount,
                    source: order::Source::Payment(_),
                }) => (&mut moved.transferred, amount),
                Event::Wallet(_)
                | Event::Order(_)
                | Event::Payment(_)
                | Event::Suspense(_)
                | Event::StatementLine(_)
                | Event::ReceiptFile(_)
                | Event::Settings(_) => {
                    continue;
                }
            };
            *sum = sum.checked_add(amount.money())?;
        }
        Ok(moved)
    }

    pub(super) fn parts(&self) -> [Money; 3] {
        [self.taken, self.given, self.transferred]
    }
}
