//! `daftar verify`: proves that what is shown is what happened.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::Context;
use eventstore::Position;
use ledger::Ledger;
use ledger::jobs::{Job, State, Verified, Wish};
use ledger::personal::Vault;
use projections::{Check, Finding, Quarantined, Report, text_of};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::jobs::{COMMAND_LINE, ask, explain, settle_undone, with_progress};
use crate::config::Config;
use crate::node::Node;
use crate::output::{Output, counted};
use crate::service::vault;

/// Of how many rows that are missing, or there without an event, each column is shown.
const WHOLE_ROWS_MAX: usize = 20;
/// What no rebuild changes.
const JOURNAL: &str = "journal_lines";

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
    key: &'a Value,
    column: Option<&'a str>,
    /// Left out where nothing ought to be, null where a column ought to be empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<&'a Value>,
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
    say(job.id, &verified, output);
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
    if output.json && !verified.report.is_clean() {
        // Where only the object is kept, this is what somebody is told.
        Output::complain(format!(
            "{} found: daftar jobs show {}",
            counted(verified.found, "difference"),
            job.id
        ));
    }
    say(job.id, &verified, output);
    Ok(if verified.report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shows what came of a verification.
pub(crate) fn show(job: &Job, output: Output) -> anyhow::Result<()> {
    if let Some(verified) = verified(job)? {
        say(job.id, &verified, output);
    }
    Ok(())
}

fn say(job: Uuid, verified: &Verified, output: Output) {
    let report = &verified.report;
    let rows = counted(report.rows, "view row");
    let what = match report.since {
        None => format!("{} and {rows}", counted(report.events, "event")),
        Some(since) => format!("{} after {since} and {rows}", counted(report.events, "event")),
    };
    for left_out in &report.left_out {
        output.say(format!("Not looked at: {left_out}"));
    }
    let balance = &verified.trial_balance;
    if report.is_clean() {
        output.say(format!("Verified {what}: no difference. Trial balance {balance}."));
        return;
    }
    let mut whole_rows = 0;
    output.table(
        &["check", "view", "key", "column", "expected", "found", "events"],
        report.findings.iter().map(Difference::of).flat_map(|one| one.lines(&mut whole_rows)),
    );
    if whole_rows > WHOLE_ROWS_MAX {
        output.say(format!(
            "Of {WHOLE_ROWS_MAX} rows each column is shown; of all: daftar jobs show {job} --json"
        ));
    }
    let unlisted = match report.unlisted {
        0 => String::new(),
        count => format!(", of which {count} are not listed"),
    };
    let found = counted(verified.found, "difference");
    output.say(format!("Verified {what}: {found}{unlisted}. Trial balance {balance}."));
    for advice in advice(report) {
        output.say(advice);
    }
}

/// What to do about what was found, by what it is.
fn advice(report: &Report) -> Vec<String> {
    let named = |checks: &[Check]| {
        let found = report.findings.iter().map(|finding| finding.check);
        let found: BTreeSet<Check> = found.filter(|check| checks.contains(check)).collect();
        let names: Vec<&str> = found.into_iter().map(Check::as_str).collect();
        names.join(", ")
    };
    let mut advice = Vec::new();
    let log = named(&[Check::Chain, Check::Head, Check::Command, Check::CommandPosition]);
    if !log.is_empty() {
        advice.push(format!(
            "The log itself ({log}) was written past daftar, or its disk is broken. Rebuild nothing: \
             views would be made from what is wrong. Stop, and restore a backup."
        ));
    }
    let rows = [Check::MissingRow, Check::ExtraRow, Check::Column, Check::Generation];
    let of_rows = report.findings.iter().filter(|finding| rows.contains(&finding.check));
    let views: BTreeSet<&str> =
        of_rows.filter_map(|finding| finding.projection.as_deref()).collect();
    let is_journal_wrong = report.findings.iter().any(|finding| {
        finding.projection.as_deref() == Some(JOURNAL) && finding.check != Check::Generation
    });
    let mended: Vec<&str> =
        views.iter().copied().filter(|view| *view != JOURNAL || !is_journal_wrong).collect();
    if log.is_empty() && !mended.is_empty() {
        advice.push(format!(
            "Mend it by daftar rebuild {} --preview, which shows what would change, and the switch \
             that it names (with --accept-differences where that changes money).",
            mended.join(" ")
        ));
    }
    if log.is_empty() && is_journal_wrong {
        advice.push(JOURNAL_ADVICE.to_owned());
    }
    let money = [
        Check::TrialBalance,
        Check::NegativeBalance,
        Check::AccountBalance,
        Check::FinishedOrder,
        Check::Number,
    ];
    let money = named(&money);
    if log.is_empty() && views.is_empty() && !money.is_empty() {
        advice.push(format!(
            "Every row is what the events make it, and yet {money}: a rule of this build is wrong."
        ));
    }
    let several = [
        (
            Check::Guard,
            "A guard that is missing or changed was changed by somebody who owns the database: put it \
             back as it is expected to be.",
        ),
        (
            Check::FoldSet,
            "The live views are of other folds than this build's: ask the build that serves, or \
             rebuild.",
        ),
        (
            Check::Snapshot,
            "A snapshot is only a saved state: stop the nodes, run select \
             daftar.delete_snapshots_1(book_id) as the owner, start them.",
        ),
        (
            Check::PersonalData,
            "What stands beside the log was written past daftar, or restored from another time.",
        ),
    ];
    for (check, text) in several {
        if report.findings.iter().any(|finding| finding.check == check) {
            advice.push(text.to_owned());
        }
    }
    if !report.quarantined.is_empty() {
        advice.push(
            "The rows of quarantined streams were compared with nothing: an event of theirs cannot \
             be read by this build, or is impossible."
                .to_owned(),
        );
    }
    advice
}

/// What to do about a line of the journal.
const JOURNAL_ADVICE: &str = "Journal lines are final: no rebuild changes them. If this build is new, \
    its fold books otherwise than it did: mend the fold. If it wrote them itself, a row was written \
    past daftar: daftar replay --view journal_lines shows what the events make of it, and OPERATING.md \
    (A journal line that is wrong) how it is put back.";

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
            expected: finding.expected.as_ref(),
            found: finding.found.as_ref(),
            positions: finding.positions.iter().map(|position| position.get()).collect(),
        }
    }

    /// A line, or one for each column of a row that is there or not as a whole.
    fn lines(self, whole_rows: &mut usize) -> Vec<Vec<String>> {
        let whole = match (self.expected, self.found) {
            (Some(Value::Object(columns)), None) => Some((columns, true)),
            (None, Some(Value::Object(columns))) => Some((columns, false)),
            _ => None,
        };
        let Some((columns, is_expected)) = whole else {
            return vec![self.line(self.column, said(self.expected), said(self.found))];
        };
        *whole_rows += 1;
        let (row, none) = ("(a row)".to_owned(), "(no row)".to_owned());
        let (expected, found) = if is_expected { (row, none) } else { (none, row) };
        let mut lines = vec![self.line(None, expected, found)];
        if *whole_rows <= WHOLE_ROWS_MAX {
            let others = columns.iter().filter(|(column, _)| self.key.get(column).is_none());
            lines.extend(others.map(|(column, value)| {
                let (value, none) = (said(Some(value)), String::new());
                let (expected, found) = if is_expected { (value, none) } else { (none, value) };
                let blank = String::new;
                vec![blank(), blank(), blank(), column.clone(), expected, found, blank()]
            }));
        }
        lines
    }

    fn line(&self, column: Option<&str>, expected: String, found: String) -> Vec<String> {
        let positions: Vec<String> = self.positions.iter().map(i64::to_string).collect();
        vec![
            self.check.to_owned(),
            self.view.unwrap_or_default().to_owned(),
            text_of(self.key),
            column.unwrap_or_default().to_owned(),
            expected,
            found,
            positions.join(" "),
        ]
    }
}

fn said(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::Null) => "(none)".to_owned(),
        Some(value) => text_of(value),
    }
}
