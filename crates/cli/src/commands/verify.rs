//! `daftar verify`: proves that what is shown is what happened.

use std::process::ExitCode;

use ledger::Ledger;
use projections::{Finding, Report, verify_now};
use serde::Serialize;

use crate::config::Config;
use crate::node::Node;
use crate::output::Output;

#[derive(Serialize)]
struct Outcome {
    verified: bool,
    position: i64,
    events: u64,
    rows: u64,
    trial_balance: String,
    findings: Vec<Difference>,
    /// How many more there are than are listed.
    unlisted: u64,
}

#[derive(Serialize)]
struct Difference {
    check: &'static str,
    view: Option<String>,
    key: String,
    column: Option<String>,
    expected: Option<String>,
    found: Option<String>,
    positions: Vec<i64>,
}

pub(crate) async fn run(config: &Config, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = node.open(config).await?;
    let report = with_progress(&ledger, output).await?;
    output.data(&Outcome {
        verified: report.is_clean(),
        position: report.position.get(),
        events: report.events,
        rows: report.rows,
        trial_balance: trial_balance(&report),
        findings: report.findings.iter().map(Difference::of).collect(),
        unlisted: report.unlisted,
    })?;
    ledger.stop().await;
    node.stop().await?;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Verifies and says what was found.
pub(crate) async fn with_progress(ledger: &Ledger, output: Output) -> anyhow::Result<Report> {
    let bar = output.progress("Verifying", 0);
    let report = verify_now(ledger.pool(), ledger.book()).await?;
    bar.finish_and_clear();
    if report.is_clean() {
        output.say(format!(
            "Verified {} events and {} view rows: no difference. Trial balance {}.",
            report.events,
            report.rows,
            trial_balance(&report)
        ));
    } else {
        output.table(
            &["check", "view", "key", "column", "expected", "found", "events"],
            report.findings.iter().map(Difference::of).map(Difference::cells),
        );
        let more = match report.unlisted {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        output.say(format!("{} differences{more}.", report.findings.len()));
    }
    Ok(report)
}

/// Debits less credits over all currencies: "0", or what does not balance.
pub(crate) fn trial_balance(report: &Report) -> String {
    let off: Vec<String> = report
        .trial_balance
        .iter()
        .filter(|sums| !sums.difference().is_zero())
        .map(|sums| format!("{} {}", sums.difference(), sums.currency))
        .collect();
    if off.is_empty() { "0".to_owned() } else { off.join(", ") }
}

impl Difference {
    fn of(finding: &Finding) -> Self {
        Self {
            check: finding.check.as_str(),
            view: finding.projection.clone(),
            key: finding.key.clone(),
            column: finding.column.clone(),
            expected: finding.expected.clone(),
            found: finding.found.clone(),
            positions: finding.positions.iter().map(|position| position.get()).collect(),
        }
    }

    fn cells(self) -> Vec<String> {
        let positions: Vec<String> = self.positions.iter().map(i64::to_string).collect();
        vec![
            self.check.to_owned(),
            self.view.unwrap_or_default(),
            self.key,
            self.column.unwrap_or_default(),
            self.expected.unwrap_or_default(),
            self.found.unwrap_or_default(),
            positions.join(" "),
        ]
    }
}
