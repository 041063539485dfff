//! `daftar fix`: makes a plan that can be read first, has it approved, and applies exactly that.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use domain::actor::{Actor, ActorKind, Role};
use domain::id::{Code, Reason, Text};
use ledger::Ledger;
use ledger::fix::{
    Applied, Decision, OrderRef, PlanRequest, StoredPlan, apply, approve, plan, stored,
};
use ledger::principals::{self, PrincipalKind};

use crate::config::Config;
use crate::node::Node;
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Who asks: a person, by the name of their principal. It stands on every event.
    #[arg(long = "as", value_name = "PERSON")]
    person: Text<64>,

    /// Apply exactly the plan with this digest.
    #[arg(long, value_name = "DIGEST", conflicts_with_all = ["approve", "show", "order", "decisions"])]
    apply: Option<String>,

    /// Agree to the plan with this digest, which another person made.
    #[arg(long, value_name = "DIGEST", conflicts_with_all = ["show", "order", "decisions"])]
    approve: Option<String>,

    /// Show the plan with this digest again.
    #[arg(long, value_name = "DIGEST", conflicts_with_all = ["order", "decisions"])]
    show: Option<String>,

    /// Plan for this order only, by number or id; may be repeated.
    #[arg(long, value_name = "ORDER")]
    order: Vec<String>,

    /// A JSON file with what the records cannot say: a list of
    /// `{order, facts, reason, verified_amount?, transfer?}`.
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,

    /// The ticket that this belongs to.
    #[arg(long, required_unless_present_any = ["apply", "approve", "show"])]
    ticket: Option<Code>,

    /// Why.
    #[arg(long, required_unless_present_any = ["apply", "approve", "show"])]
    reason: Option<Reason>,
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = node.open(config).await?;
    let actor = known(&ledger, &args.person).await?;
    let mut code = ExitCode::SUCCESS;
    if let Some(digest) = &args.apply {
        let applied = apply(&ledger, digest, &actor).await?;
        show_applied(output, &applied);
        output.data(&applied)?;
        if !applied.complete {
            code = ExitCode::FAILURE;
        }
    } else if let Some(digest) = &args.approve {
        let approved = approve(&ledger, digest, &actor, None).await?;
        output.say(format!("Approved by {}.", approved.approved_by.join(", ")));
        output.data(&approved)?;
    } else {
        let made = match &args.show {
            Some(digest) => stored(&ledger, digest).await?,
            None => plan(&ledger, request(args)?, &actor).await?,
        };
        show_plan(output, &made);
        output.say(format!(
            "\nTo apply exactly this: daftar fix --as {} --apply {}",
            actor.id, made.digest
        ));
        output.data(&made)?;
    }
    ledger.stop().await;
    node.stop().await?;
    Ok(code)
}

/// Whose name it is: a person the book knows and trusts with money. Four eyes are counted in them.
pub(crate) async fn known(ledger: &Ledger, name: &Text<64>) -> anyhow::Result<Actor> {
    let mut conn = ledger.pool().acquire().await?;
    let found = principals::find_principal(&mut conn, ledger.book(), name).await?;
    let wrong = match &found {
        None => "nobody is known",
        Some(found) if found.disabled_at.is_some() => "a principal is disabled",
        Some(found) if found.kind != PrincipalKind::Person => "a service and not a person is known",
        Some(found) if !matches!(found.role, Role::Admin | Role::Finance) => {
            "a person who is neither admin nor finance is known"
        }
        Some(found) => {
            return Ok(Actor {
                kind: ActorKind::Person,
                id: found.id.clone(),
                role: found.role,
                department: found.department.clone(),
                on_behalf_of: None,
            });
        }
    };
    bail!(
        "{wrong} by the name {name}; make one who may put orders right with: \
         daftar keys create --role admin --principal NAME"
    )
}

fn request(args: Args) -> anyhow::Result<PlanRequest> {
    let decisions = match &args.decisions {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("could not read {}", file.display()))?;
            decisions(&text).with_context(|| format!("in {}", file.display()))?
        }
        None => Vec::new(),
    };
    let orders = (!args.order.is_empty()).then(|| args.order.into_iter().map(OrderRef).collect());
    Ok(PlanRequest {
        orders,
        decisions,
        ticket: args.ticket.context("--ticket is missing")?,
        reason: args.reason.context("--reason is missing")?,
    })
}

pub(crate) fn decisions(text: &str) -> anyhow::Result<Vec<Decision>> {
    serde_json::from_str(text).context("this is no list of decisions")
}

/// The plan, an order a row.
pub(crate) fn show_plan(output: Output, made: &StoredPlan) {
    output.table(
        &["order", "what is wrong", "what would run", "taken", "given back", "before", "after"],
        made.plan.orders.iter().map(|order| {
            let mut steps: Vec<String> = order.steps.iter().map(ToString::to_string).collect();
            steps.extend(order.question.iter().map(|question| format!("open: {question}")));
            steps
                .extend(order.problem.iter().map(|problem| format!("refused: {}", problem.detail)));
            vec![
                order.number.to_string(),
                order.classes.join("\n"),
                steps.join("\n"),
                order.moved.taken.amount().to_string(),
                order.moved.given.amount().to_string(),
                format!("{}\n{}", order.before.customer_status, order.before.management_status),
                format!("{}\n{}", order.after.customer_status, order.after.management_status),
            ]
        }),
    );
    for reason in &made.plan.second_person {
        output.say(format!("Needs a second person: {reason}"));
    }
    output.say(format!("Plan {} by {}", made.digest, made.planned_by));
}

/// The audit trail.
pub(crate) fn show_applied(output: Output, applied: &Applied) {
    output.table(
        &["order", "outcome", "events", "customer sees", "departments see"],
        applied.orders.iter().map(|order| {
            let events: Vec<String> = order
                .events
                .iter()
                .map(|event| {
                    let position = event.position.map_or(String::new(), |at| format!("{at} "));
                    format!("{position}{} {}", event.stream, event.event_type)
                })
                .collect();
            let after = order.after.as_ref().unwrap_or(&order.before);
            vec![
                order.number.to_string(),
                outcome(order),
                events.join("\n"),
                after.customer_status.clone(),
                after.management_status.clone(),
            ]
        }),
    );
    output.say(format!(
        "Applied by {} for {}: {}",
        applied.applied_by, applied.ticket, applied.reason
    ));
}

fn outcome(order: &ledger::fix::AppliedOrder) -> String {
    use ledger::fix::Outcome;
    let word = match order.outcome {
        Outcome::Applied if order.replayed => "applied earlier",
        Outcome::Applied => "applied",
        Outcome::Stale => "stale: it moved since the plan; plan it again",
        Outcome::Refused => "refused",
        Outcome::NothingToDo => "nothing to do",
        Outcome::Unfinished => "unfinished: apply the plan again",
    };
    match &order.problem {
        Some(problem) => format!("{word}\n{}", problem.detail),
        None => word.to_owned(),
    }
}
