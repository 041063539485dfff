//! `daftar alerts`: what somebody should look at, who sees to it, and what happens to it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{anyhow, bail};
use chrono::{DateTime, Utc};
use clap::Subcommand;
use domain::id::Text;
use ledger::Ledger;
use ledger::alerts::{self, Alert, Change, Filter, Severity, State};
use ledger::monitors::{self, Owner};
use ledger::principals::{self, PrincipalKind};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::config::Config;
use crate::node::Node;
use crate::output::Output;
use crate::service::StopSignals;

/// How often it is looked for something new.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How many changes are read at a time.
const PAGE: u32 = 100;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List alerts, those that changed last first.
    List {
        /// Only those in this state: opened, acknowledged or resolved.
        #[arg(long, value_parser = state)]
        state: Option<State>,
        /// Only those that are so bad: info, warning or critical.
        #[arg(long, value_parser = severity)]
        severity: Option<Severity>,
        /// Only those of a department: finance, warehouse, logistics or operations.
        #[arg(long, value_parser = owner)]
        owner: Option<Owner>,
        /// Only those of a monitor, as daftar monitors lists it.
        #[arg(long)]
        monitor: Option<String>,
        /// How many at most.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
    },
    /// Show an alert, what to do about it, and what happened to it.
    Show {
        /// The alert's id, as daftar alerts lists it.
        alert: Uuid,
    },
    /// Say that somebody sees to an alert. It stays open until what it is about is gone.
    Acknowledge {
        /// The alert's id, as daftar alerts lists it.
        alert: Uuid,
        /// Who sees to it: a person of the department that owns it, or an admin.
        #[arg(long = "as", value_name = "PERSON")]
        person: Text<64>,
        /// What there is to say of it.
        #[arg(long)]
        note: Option<Text<500>>,
    },
    /// Follow what happens to alerts, until Ctrl-C.
    Watch {
        /// From the change after this number on, instead of from now on.
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(0..))]
        after: Option<i64>,
    },
}

#[derive(Serialize)]
struct Listed {
    alerts: Vec<Row>,
}

#[derive(Serialize)]
struct Shown {
    alert: Row,
    changes: Vec<Step>,
}

#[derive(Serialize)]
struct Row {
    id: Uuid,
    monitor: String,
    subject: String,
    state: State,
    severity: Severity,
    owner: String,
    says: String,
    what_to_do: &'static str,
    evidence: Value,
    times_opened: i32,
    opened_at: DateTime<Utc>,
    acknowledged_at: Option<DateTime<Utc>>,
    acknowledged_by: Option<String>,
    resolved_at: Option<DateTime<Utc>>,
    number: i64,
}

#[derive(Serialize)]
struct Step {
    number: i64,
    alert: Uuid,
    change: &'static str,
    at: DateTime<Utc>,
    by: Option<String>,
    note: Option<String>,
    monitor: String,
    subject: String,
    severity: Severity,
    owner: String,
    says: String,
}

fn state(text: &str) -> Result<State, String> {
    State::parse(text).ok_or_else(|| "one of opened, acknowledged and resolved".to_owned())
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::parse(text).ok_or_else(|| "one of info, warning and critical".to_owned())
}

fn owner(text: &str) -> Result<Owner, String> {
    let found = Owner::ALL.into_iter().find(|owner| owner.as_str() == text);
    found.ok_or_else(|| "one of finance, warehouse, logistics and operations".to_owned())
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = node.open(config).await?;
    let everything =
        What::List { state: None, severity: None, owner: None, monitor: None, limit: 50 };
    match args.what.unwrap_or(everything) {
        What::List { state, severity, owner, monitor, limit } => {
            let owner = owner.map(|owner| owner.as_str().to_owned());
            list(&ledger, &Filter { state, severity, owner, monitor }, limit, output).await?;
        }
        What::Show { alert } => show(&ledger, alert, output).await?,
        What::Acknowledge { alert, person, note } => {
            acknowledge(&ledger, alert, &person, note.as_ref().map(Text::as_str), output).await?;
        }
        What::Watch { after } => watch(&ledger, after, output).await?,
    }
    ledger.stop().await;
    node.stop().await?;
    Ok(ExitCode::SUCCESS)
}

async fn list(ledger: &Ledger, filter: &Filter, limit: u32, output: Output) -> anyhow::Result<()> {
    let mut conn = ledger.pool().acquire().await?;
    let found = alerts::list(&mut conn, ledger.book(), filter, None, limit).await?;
    output.table(
        &["alert", "state", "severity", "owner", "monitor", "since", "what it is about"],
        found.iter().map(|alert| {
            vec![
                alert.id.to_string(),
                alert.state().to_string(),
                alert.severity.to_string(),
                alert.owner.clone(),
                alert.monitor.clone(),
                alert.opened_at.format("%F %T").to_string(),
                alert.says.clone(),
            ]
        }),
    );
    output.data(&Listed { alerts: found.into_iter().map(row).collect() })
}

async fn show(ledger: &Ledger, id: Uuid, output: Output) -> anyhow::Result<()> {
    let mut conn = ledger.pool().acquire().await?;
    let alert = find(&mut conn, ledger, id).await?;
    let changes = alerts::history(&mut conn, ledger.book(), id, PAGE).await?;
    let shown = Shown { alert: row(alert), changes: changes.into_iter().map(step).collect() };
    let alert = &shown.alert;
    output.say(&alert.says);
    output.say(format!(
        "{}, {}, for {}: {}",
        alert.severity, alert.state, alert.owner, alert.subject
    ));
    if !alert.what_to_do.is_empty() {
        output.say(format!("What to do: {}", alert.what_to_do));
    }
    output.say(format!("Evidence: {}", alert.evidence));
    output.table(
        &["number", "what happened", "at", "by", "note"],
        shown.changes.iter().map(|step| {
            vec![
                step.number.to_string(),
                step.change.to_owned(),
                step.at.format("%F %T").to_string(),
                step.by.clone().unwrap_or_default(),
                step.note.clone().unwrap_or_default(),
            ]
        }),
    );
    output.data(&shown)
}

async fn acknowledge(
    ledger: &Ledger,
    id: Uuid,
    person: &Text<64>,
    note: Option<&str>,
    output: Output,
) -> anyhow::Result<()> {
    let (book, now) = (ledger.book(), ledger.clock().now());
    let mut conn = ledger.pool().acquire().await?;
    let alert = find(&mut conn, ledger, id).await?;
    let found = principals::find_principal(&mut conn, book, person).await?;
    let known = found.filter(|found| found.disabled_at.is_none());
    let Some(known) = known.filter(|found| found.kind == PrincipalKind::Person) else {
        bail!("{person} is no person that is known here: daftar keys list says who is");
    };
    if !alerts::sees_to(known.role, &alert.owner) {
        bail!(
            "{person} is {}, and the alert is for {} or an admin",
            known.role.as_str(),
            alert.owner
        );
    }
    let alert = alerts::acknowledge(&mut conn, book, id, (person.as_str(), note), now).await?;
    let by = alert.acknowledged_by.clone().unwrap_or_default();
    if by == person.as_str() {
        output.say(format!("{by} sees to it."));
    } else {
        output.say(format!("{by} sees to it already."));
    }
    output.data(&row(alert))
}

async fn watch(ledger: &Ledger, after: Option<i64>, output: Output) -> anyhow::Result<()> {
    let signals = StopSignals::listen()?;
    let followed = async {
        let mut conn = ledger.pool().acquire().await?;
        let mut seen = match after {
            Some(after) => after,
            None => alerts::last_number(&mut conn, ledger.book()).await?,
        };
        drop(conn);
        loop {
            let mut conn = ledger.pool().acquire().await?;
            let new = alerts::changes(&mut conn, ledger.book(), seen, PAGE).await?;
            drop(conn);
            let is_all = new.len() < usize::try_from(PAGE)?;
            for change in new {
                seen = change.number;
                let step = step(change);
                output.say(format!(
                    "{} {} {} {} ({}, {}): {}",
                    step.number,
                    step.at.format("%F %T"),
                    step.change,
                    step.subject,
                    step.severity,
                    step.owner,
                    step.says
                ));
                if !output.line(&step)? {
                    return Ok(());
                }
            }
            if is_all {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    };
    tokio::select! {
        followed = followed => followed,
        () = signals.received() => Ok(()),
    }
}

async fn find(
    conn: &mut ledger::database::Connection,
    ledger: &Ledger,
    id: Uuid,
) -> anyhow::Result<Alert> {
    let found = alerts::find(conn, ledger.book(), id).await?;
    found.ok_or_else(|| anyhow!("there is no alert {id}: daftar alerts lists them"))
}

fn row(alert: Alert) -> Row {
    Row {
        id: alert.id,
        state: alert.state(),
        what_to_do: monitors::find(&alert.monitor).map_or("", |monitor| monitor.to_do),
        monitor: alert.monitor,
        subject: alert.subject,
        severity: alert.severity,
        owner: alert.owner,
        says: alert.says,
        evidence: alert.evidence,
        times_opened: alert.times_opened,
        opened_at: alert.opened_at,
        acknowledged_at: alert.acknowledged_at,
        acknowledged_by: alert.acknowledged_by,
        resolved_at: alert.resolved_at,
        number: alert.number,
    }
}

fn step(change: Change) -> Step {
    Step {
        number: change.number,
        alert: change.alert,
        change: change.what.as_str(),
        at: change.at,
        by: change.by,
        note: change.note,
        monitor: change.monitor,
        subject: change.subject,
        severity: change.severity,
        owner: change.owner,
        says: change.says,
    }
}
