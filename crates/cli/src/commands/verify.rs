//! `daftar verify`: proves that what is shown is what happened.

use std::process::ExitCode;

use anyhow::Context;
use eventstore::Position;
use ledger::Ledger;
use ledger::jobs::{Job, State, Verified, Wish};
use ledger::personal::Vault;
use projections::{Finding, Quarantined};
use serde::Serialize;
use uuid::Uuid;

use super::jobs::{COMMAND_LINE, ask, explain, settle_undone, with_progress};
use crate::config::Config;
use crate::node::Node;
use crate::output::Output;
use crate::service::vault;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Believe what happened up to this position, and look only at what came after it.
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(0..))]
    since: Option<i64>,
    /// Who asks for it.
    #[arg(long = "as", value_name = "PERSON", default_value = COMMAND_LINE)]
    person: String,
}

#[derive(Serialize)]
struct Outcome<'a> {
    job: Uuid,
    verified: bool,
    since: Option<i64>,
    position: i64,
    events: u64,
    rows: u64,
    trial_balance: &'a str,
    findings: Vec<Difference<'a>>,
    /// How many more there are than are listed.
    unlisted: u64,
    quarantined: &'a [Quarantined],
    /// What could not be looked at, and why.
    left_out: &'a [String],
    took_ms: u64,
}

#[derive(Serialize)]
struct Difference<'a> {
    check: &'static str,
    view: Option<&'a str>,
    key: &'a str,
    column: Option<&'a str>,
    expected: Option<&'a str>,
    found: Option<&'a str>,
    positions: Vec<i64>,
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = node.open_to_maintain(config).await?;
    let wish = Wish::Verification { since: args.since.map(Position::new) };
    let work = ask(&ledger, wish, &args.person, output).await.map_err(explain)?;
    let job = with_progress(&ledger, work, Some(vault(&node.secret)), output).await?;
    let code = settle(&job, output)?;
    ledger.stop().await;
    node.stop().await?;
    Ok(code)
}

/// Verifies everything and says what was found.
pub(crate) async fn now(ledger: &Ledger, vault: Vault, output: Output) -> anyhow::Result<Verified> {
    let wish = Wish::Verification { since: None };
    let work = ask(ledger, wish, COMMAND_LINE, output).await.map_err(explain)?;
    let job = with_progress(ledger, work, Some(vault), output).await?;
    let verified = verified(&job)?.filter(|_| job.state == State::Done);
    let verified = verified.with_context(|| {
        format!("job {} {}: {}", job.id, job.state, job.summary.as_deref().unwrap_or_default())
    })?;
    say(&verified, output);
    Ok(verified)
}

fn verified(job: &Job) -> anyhow::Result<Option<Verified>> {
    let verified = job.result.clone().map(serde_json::from_value).transpose();
    verified.context("the job's result is in a form that this build does not know")
}

/// Says what came of a verification, and how the process ends.
pub(crate) fn settle(job: &Job, output: Output) -> anyhow::Result<ExitCode> {
    let found = verified(job)?;
    let Some(verified) = found.filter(|_| job.state == State::Done) else {
        return settle_undone(job, output);
    };
    output.data(&Outcome::of(job, &verified))?;
    say(&verified, output);
    Ok(if verified.report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shows what came of a verification.
pub(crate) fn show(job: &Job, output: Output) -> anyhow::Result<()> {
    if let Some(verified) = verified(job)? {
        say(&verified, output);
    }
    Ok(())
}

fn say(verified: &Verified, output: Output) {
    let report = &verified.report;
    let what = match report.since {
        None => format!("{} events and {} view rows", report.events, report.rows),
        Some(since) => {
            format!("{} events after {since} and {} view rows", report.events, report.rows)
        }
    };
    for left_out in &report.left_out {
        output.say(format!("Not looked at: {left_out}"));
    }
    if report.is_clean() {
        let balance = &verified.trial_balance;
        output.say(format!("Verified {what}: no difference. Trial balance {balance}."));
        return;
    }
    output.table(
        &["check", "view", "key", "column", "expected", "found", "events"],
        report.findings.iter().map(Difference::of).map(Difference::cells),
    );
    let more = match report.unlisted {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let listed = report.findings.len();
    output.say(format!("Verified {what}: {listed} differences{more}."));
    if !report.quarantined.is_empty() {
        output.say(
            "The rows of quarantined streams were compared with nothing: an event of theirs cannot \
             be read by this build, or is impossible.",
        );
    }
    output.say(
        "A view that is not what the events make it is mended by daftar rebuild <view> --preview; \
         whatever else is named here was written past daftar.",
    );
}

impl<'a> Outcome<'a> {
    fn of(job: &Job, verified: &'a Verified) -> Self {
        let report = &verified.report;
        Self {
            job: job.id,
            verified: report.is_clean(),
            since: report.since.map(Position::get),
            position: report.position.get(),
            events: report.events,
            rows: report.rows,
            trial_balance: &verified.trial_balance,
            findings: report.findings.iter().map(Difference::of).collect(),
            unlisted: report.unlisted,
            quarantined: &report.quarantined,
            left_out: &report.left_out,
            took_ms: u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl<'a> Difference<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            check: finding.check.as_str(),
            view: finding.projection.as_deref(),
            key: &finding.key,
            column: finding.column.as_deref(),
            expected: finding.expected.as_deref(),
            found: finding.found.as_deref(),
            positions: finding.positions.iter().map(|position| position.get()).collect(),
        }
    }

    fn cells(self) -> Vec<String> {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let positions: Vec<String> = self.positions.iter().map(i64::to_string).collect();
        vec![
            self.check.to_owned(),
            text(self.view),
            self.key.to_owned(),
            text(self.column),
            text(self.expected),
            text(self.found),
            positions.join(" "),
        ]
    }
}
