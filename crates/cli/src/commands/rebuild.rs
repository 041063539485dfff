//! `daftar rebuild`: folds views anew from the log while the book is written and read, and switches
//! to them in one commit.

use std::process::ExitCode;

use anyhow::Context;
use indicatif::HumanBytes;
use ledger::Ledger;
use ledger::jobs::{self, Job, JobError, Rebuilt, State, Wish};
use ledger::personal::Vault;
use projections::Quarantined;
use projections::rebuild::{Differences, RowChange, RowDifference};
use serde::Serialize;
use uuid::Uuid;

use super::jobs::{COMMAND_LINE, Work, ask, explain, settle_undone, with_progress};
use crate::config::Config;
use crate::node::Node;
use crate::output::{Output, counted};
use crate::service::vault;

/// What clap ends with, too.
const USAGE: u8 = 2;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which views (`customer_orders`, `order_management`, `journal_lines` …); all of them when
    /// none is named.
    views: Vec<String>,
    /// Build them, say what would change, and wait for a decision before the switch.
    #[arg(long)]
    preview: bool,
    /// Switch although money in a view changes.
    #[arg(long)]
    accept_differences: bool,
    /// Who asks for it.
    #[arg(long = "as", value_name = "PERSON", default_value = COMMAND_LINE)]
    person: String,
}

/// What came of it, for programs.
#[derive(Serialize)]
struct Done<'a> {
    job: Uuid,
    state: State,
    position: i64,
    views: Vec<View<'a>>,
    changes_money: bool,
    differences: &'a Differences,
    quarantined: &'a [Quarantined],
    /// None before the switch.
    writers_waited_ms: Option<u64>,
    swept: Option<u64>,
}

#[derive(Serialize)]
struct View<'a> {
    name: &'a str,
    generation: i32,
    rows: u64,
    changed: u64,
    changes_money: bool,
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = node.open_to_maintain(config).await?;
    let Args { views, preview, accept_differences, person } = args;
    let code = match rebuild(&ledger, views, preview, accept_differences, &person, output).await {
        Ok(work) => {
            let vault = vault(&node.secret);
            let job = with_progress(&ledger, work, Some(vault.clone()), output).await?;
            let job = accept(&ledger, job, accept_differences, &person, vault, output).await?;
            settle(&job, output)?
        }
        Err(error @ JobError::UnknownView { .. }) => {
            Output::complain(error.to_string());
            ExitCode::from(USAGE)
        }
        Err(error) => return Err(explain(error)),
    };
    ledger.stop().await;
    node.stop().await?;
    Ok(code)
}

async fn rebuild(
    ledger: &Ledger,
    views: Vec<String>,
    preview: bool,
    accept_differences: bool,
    person: &str,
    output: Output,
) -> Result<Work, JobError> {
    let wish = Wish::Rebuild { views: views.clone(), preview, accept_differences };
    let work = ask(ledger, wish, person, output).await?;
    if ledger.disk().free().is_none() {
        let needed =
            jobs::check_room(&mut *ledger.pool().acquire().await?, ledger, None, &views).await?;
        output.say(format!(
            "This needs up to {} of the database's disk until it is done; how much is free there \
             cannot be seen from here.",
            HumanBytes(needed)
        ));
    }
    Ok(work)
}

/// One that was begun without it, and that waits for it, is told now that it is accepted.
async fn accept(
    ledger: &Ledger,
    job: Job,
    accept_differences: bool,
    person: &str,
    vault: Vault,
    output: Output,
) -> anyhow::Result<Job> {
    let is_preview = matches!(job.wish, Wish::Rebuild { preview: true, .. });
    if job.state != State::Ready || is_preview || !accept_differences {
        return Ok(job);
    }
    let decided = jobs::decide(ledger, job.id, true, person).await.map_err(explain)?;
    with_progress(ledger, Work::Follow(decided.id), Some(vault), output).await
}

/// Rebuilds and says so.
pub(crate) async fn now(ledger: &Ledger, views: &[&str], output: Output) -> anyhow::Result<()> {
    let views = views.iter().map(|&view| view.to_owned()).collect();
    let wish = Wish::Rebuild { views, preview: false, accept_differences: false };
    let work = ask(ledger, wish, COMMAND_LINE, output).await.map_err(explain)?;
    let job = with_progress(ledger, work, None, output).await?;
    let rebuilt = rebuilt(&job)?.filter(|_| job.state == State::Done);
    let rebuilt = rebuilt.with_context(|| {
        format!("job {} {}: {}", job.id, job.state, job.summary.as_deref().unwrap_or_default())
    })?;
    table(&rebuilt, output);
    say_done(&rebuilt, output);
    Ok(())
}

fn rebuilt(job: &Job) -> anyhow::Result<Option<Rebuilt>> {
    let rebuilt = job.result.clone().map(serde_json::from_value).transpose();
    rebuilt.context("the job's result is in a form that this build does not know")
}

/// Says what came of a rebuild, and how the process ends.
pub(crate) fn settle(job: &Job, output: Output) -> anyhow::Result<ExitCode> {
    let found = rebuilt(job)?;
    let Some(rebuilt) = found.filter(|_| matches!(job.state, State::Ready | State::Done)) else {
        return settle_undone(job, output);
    };
    output.data(&Done::of(job, &rebuilt))?;
    table(&rebuilt, output);
    quarantined(&rebuilt, output);
    differences(&rebuilt, output);
    if job.state == State::Done {
        say_done(&rebuilt, output);
        return Ok(ExitCode::SUCCESS);
    }
    let accept = if rebuilt.changes_money { " --accept-differences" } else { "" };
    let what = match (rebuilt.changes_money, rebuilt.changed()) {
        (true, _) => "Money would change. Nothing is switched; readers see what they saw.",
        (false, 0) => "Nothing would change.",
        (false, _) => "No money would change. Nothing is switched; readers see what they saw.",
    };
    output.say(format!(
        "\n{what} It waits for a decision until {until}:\n\
         \u{20}  switch to it:  daftar jobs switch {id}{accept}\n\
         \u{20}  drop it:       daftar jobs cancel {id}\n\
         \u{20}  look again:    daftar jobs show {id}",
        until = job.ready_until.map(|at| at.format("%F %T UTC").to_string()).unwrap_or_default(),
        id = job.id,
    ));
    Ok(if rebuilt.changed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shows what came of a rebuild.
pub(crate) fn show(job: &Job, output: Output) -> anyhow::Result<()> {
    if let Some(rebuilt) = rebuilt(job)? {
        table(&rebuilt, output);
        quarantined(&rebuilt, output);
        differences(&rebuilt, output);
    }
    Ok(())
}

fn table(rebuilt: &Rebuilt, output: Output) {
    output.table(
        &["view", "generation", "rows", "changed", "money"],
        rebuilt.views.iter().map(|view| {
            let money =
                if has_money(&rebuilt.differences, &view.name) { "changes" } else { "same" };
            vec![
                view.name.clone(),
                view.generation.to_string(),
                view.rows.to_string(),
                view.changed.to_string(),
                money.to_owned(),
            ]
        }),
    );
}

fn has_money(differences: &Differences, name: &str) -> bool {
    differences.views.iter().any(|view| view.name == name && !view.money.is_empty())
}

fn say_done(rebuilt: &Rebuilt, output: Output) {
    let Some(switch) = &rebuilt.switched else { return };
    let waited = match switch.writers_waited_ms {
        Some(waited) => format!("writers waited {waited} ms"),
        None => "its process was killed before it could say for how long writers waited".to_owned(),
    };
    let events = u64::try_from(rebuilt.position.get()).unwrap_or_default();
    output.say(format!(
        "Rebuilt from {} and switched to in one commit: {waited}. {} swept.",
        counted(events, "event"),
        counted(switch.swept, "old row")
    ));
}

fn quarantined(rebuilt: &Rebuilt, output: Output) {
    if rebuilt.quarantined.is_empty() {
        return;
    }
    output.say("These streams cannot be folded; their rows stay as they are:");
    output.table(
        &["stream", "event", "why"],
        rebuilt
            .quarantined
            .iter()
            .map(|one| vec![one.stream.to_string(), one.position.to_string(), one.why.clone()]),
    );
}

/// The rows that differ, or did before the switch, one column a line, and the money.
fn differences(rebuilt: &Rebuilt, output: Output) {
    let differences = &rebuilt.differences;
    let (now, then) = match rebuilt.switched {
        Some(_) => ("before", "after"),
        None => ("now", "would be"),
    };
    let lines: Vec<_> = differences
        .views
        .iter()
        .flat_map(|view| view.rows.iter().flat_map(|row| lines(&view.name, row)))
        .collect();
    if !lines.is_empty() {
        output.table(&["view", "key", "column", now, then], lines);
    }
    for view in &differences.views {
        let listed = u64::try_from(view.rows.len()).unwrap_or(u64::MAX);
        if view.rows() > listed {
            let more = view.rows().saturating_sub(listed);
            let verb = if more == 1 { "differs" } else { "differ" };
            output.say(format!("{}: {} {verb}.", view.name, counted(more, "more row")));
        }
    }
    let money: Vec<_> = differences
        .views
        .iter()
        .flat_map(|view| {
            view.money.iter().map(|money| {
                vec![
                    view.name.clone(),
                    money.column.clone(),
                    money.currency.clone(),
                    money.before.normalize().to_string(),
                    money.after.normalize().to_string(),
                    money.rows.to_string(),
                ]
            })
        })
        .collect();
    if !money.is_empty() {
        output.table(&["view", "money", "currency", now, then, "rows"], money);
    }
}

fn lines(view: &str, row: &RowDifference) -> Vec<Vec<String>> {
    let key: Vec<String> =
        row.key.iter().map(|(column, value)| format!("{column} {value}")).collect();
    let line = |column: &str, now: &str, then: &str| {
        vec![view.to_owned(), key.join(" "), column.to_owned(), now.to_owned(), then.to_owned()]
    };
    match row.kind {
        RowChange::Added => vec![line("", "(no row)", "(a row)")],
        RowChange::Gone => vec![line("", "(a row)", "(no row)")],
        RowChange::Changed => {
            let text =
                |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
            let columns = row.columns.iter();
            columns
                .map(|column| line(&column.column, &text(&column.before), &text(&column.after)))
                .collect()
        }
    }
}

impl<'a> Done<'a> {
    fn of(job: &Job, rebuilt: &'a Rebuilt) -> Self {
        let views = rebuilt.views.iter().map(|view| View {
            name: &view.name,
            generation: view.generation,
            rows: view.rows,
            changed: view.changed,
            changes_money: has_money(&rebuilt.differences, &view.name),
        });
        Self {
            job: job.id,
            state: job.state,
            position: rebuilt.position.get(),
            views: views.collect(),
            changes_money: rebuilt.changes_money,
            differences: &rebuilt.differences,
            quarantined: &rebuilt.quarantined,
            writers_waited_ms: rebuilt.switched.as_ref().and_then(|done| done.writers_waited_ms),
            swept: rebuilt.switched.as_ref().map(|done| done.swept),
        }
    }
}
