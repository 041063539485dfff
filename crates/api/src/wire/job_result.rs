//! What came of long work as replies show it.

use std::collections::BTreeMap;

use eventstore::{Position, Revision};
use ledger::jobs::{self, Kind};
use projections::rebuild::{self, RowChange};
use projections::{CurrencySums, Quarantined, Report};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Of a rebuild, or of a verification.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum JobResult {
    Rebuild(RebuildResult),
    Verification(VerificationResult),
}

/// What came of a rebuild; of one that waits for a decision, what would.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RebuildResult {
    /// The new rows hold every event up to here.
    position: i64,
    /// Whether money in a view is other than it was.
    changes_money: bool,
    views: Vec<RebuiltView>,
    /// The streams that cannot be folded: their rows are as they were.
    quarantined: Vec<QuarantinedStream>,
    /// Null before the switch.
    switched: Option<Switch>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RebuiltView {
    name: String,
    generation: i32,
    /// How many rows were written.
    rows: u64,
    /// What readers see otherwise than before, or would; null for a view that nobody sees yet.
    differences: Option<ViewDifferences>,
}

/// The rows of a view beside those that readers see.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ViewDifferences {
    live_generation: i32,
    live_fold_version: i32,
    fold_version: i32,
    added: u64,
    gone: u64,
    changed: u64,
    /// The first hundred of all these, in the order of their keys.
    rows: Vec<RowDifference>,
    money: Vec<MoneyDifference>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowDifference {
    /// added, gone or changed
    #[schema(value_type = RowDifferenceKind)]
    kind: &'static str,
    /// The columns of its key.
    key: BTreeMap<String, String>,
    /// The columns that differ; all of them of a row that comes or goes.
    columns: Vec<ColumnDifference>,
}

/// How a row differs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "for the description")]
pub(crate) enum RowDifferenceKind {
    Added,
    Gone,
    Changed,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ColumnDifference {
    column: String,
    /// What readers see.
    before: Option<String>,
    /// What they would see.
    after: Option<String>,
}

/// The money of one column in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MoneyDifference {
    column: String,
    /// Null where the row names none.
    currency: Option<String>,
    /// The sum that readers see.
    before: String,
    /// The sum that they would see.
    after: String,
    /// In how many rows it would change: a sum may stay although its parts do not.
    rows: u64,
}

/// How the switch went.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Switch {
    /// The book's revision after it; null if the process was killed before it could be said.
    revision: Option<i64>,
    /// How long those who write had to wait, likewise.
    writers_waited_ms: Option<u64>,
    /// How many rows that nobody sees any more were deleted.
    swept: u64,
}

/// A stream with an event that cannot be read, or is impossible.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnfoldableStream)]
pub(crate) struct QuarantinedStream {
    stream: String,
    id: String,
    /// Of its first event that cannot be folded.
    position: i64,
    why: String,
}

/// What a verification found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerificationResult {
    /// Whether everything is as it must be.
    verified: bool,
    /// Only what came after this was looked at.
    since: Option<i64>,
    /// Up to where.
    position: i64,
    events: u64,
    /// The rows of all views that were compared.
    rows: u64,
    trial_balance: Vec<TrialSum>,
    findings: Vec<Finding>,
    /// How many more there are than are listed.
    unlisted: u64,
    /// The streams whose rows were compared with nothing.
    quarantined: Vec<QuarantinedStream>,
    /// What could not be looked at, and why.
    left_out: Vec<String>,
    took_ms: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrialSum {
    currency: String,
    debits: String,
    credits: String,
    /// Zero in books that balance.
    difference: String,
}

/// One thing that is not as it must be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VerificationFinding)]
pub(crate) struct Finding {
    /// What was checked: `column`, `missing_row`, `chain` …
    check: &'static str,
    view: Option<String>,
    /// Of a row the columns of its key, of an account's item what tells it from others; otherwise the
    /// name of what is meant: a trigger, a stream, a decision, a place in the log.
    #[schema(value_type = Value)]
    key: Value,
    column: Option<String>,
    /// What ought to be there; of a missing row all of its columns. Left out where nothing ought to
    /// be; null where a column ought to be empty.
    #[schema(value_type = Option<Value>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Value>,
    /// What is there, likewise.
    #[schema(value_type = Option<Value>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Value>,
    /// The events to look at.
    positions: Vec<i64>,
}

impl JobResult {
    /// As it is stored; none if an older build wrote it in a form of its own.
    pub(crate) fn read(kind: Kind, stored: Value) -> Option<Self> {
        let read = match kind {
            Kind::Rebuild => serde_json::from_value::<jobs::Rebuilt>(stored)
                .map(|rebuilt| Self::Rebuild(rebuilt.into())),
            Kind::Verification => serde_json::from_value::<jobs::Verified>(stored)
                .map(|verified| Self::Verification(verified.report.into())),
        };
        read.inspect_err(|error| tracing::warn!(%error, "the result of a job cannot be read")).ok()
    }
}

impl From<jobs::Rebuilt> for RebuildResult {
    fn from(rebuilt: jobs::Rebuilt) -> Self {
        let mut differences: BTreeMap<String, rebuild::ViewDifferences> =
            rebuilt.differences.views.into_iter().map(|view| (view.name.clone(), view)).collect();
        let views = rebuilt.views.into_iter().map(|view| RebuiltView {
            differences: differences.remove(&view.name).map(ViewDifferences::from),
            name: view.name,
            generation: view.generation,
            rows: view.rows,
        });
        Self {
            position: rebuilt.position.get(),
            changes_money: rebuilt.changes_money,
            views: views.collect(),
            quarantined: all(rebuilt.quarantined),
            switched: rebuilt.switched.map(|switched| Switch {
                revision: switched.revision.map(Revision::get),
                writers_waited_ms: switched.writers_waited_ms,
                swept: switched.swept,
            }),
        }
    }
}

impl From<rebuild::ViewDifferences> for ViewDifferences {
    fn from(view: rebuild::ViewDifferences) -> Self {
        Self {
            live_generation: view.live.get(),
            live_fold_version: view.live_fold_version,
            fold_version: view.fold_version,
            added: view.added,
            gone: view.gone,
            changed: view.changed,
            rows: all(view.rows),
            money: all(view.money),
        }
    }
}

impl From<rebuild::RowDifference> for RowDifference {
    fn from(row: rebuild::RowDifference) -> Self {
        let kind = match row.kind {
            RowChange::Added => "added",
            RowChange::Gone => "gone",
            RowChange::Changed => "changed",
        };
        Self { kind, key: row.key.into_iter().collect(), columns: all(row.columns) }
    }
}

impl From<rebuild::ColumnDifference> for ColumnDifference {
    fn from(difference: rebuild::ColumnDifference) -> Self {
        let rebuild::ColumnDifference { column, before, after } = difference;
        Self { column, before, after }
    }
}

impl From<rebuild::MoneyDifference> for MoneyDifference {
    fn from(money: rebuild::MoneyDifference) -> Self {
        Self {
            column: money.column,
            currency: Some(money.currency).filter(|currency| !currency.is_empty()),
            before: money.before.normalize().to_string(),
            after: money.after.normalize().to_string(),
            rows: money.rows,
        }
    }
}

impl From<Quarantined> for QuarantinedStream {
    fn from(quarantined: Quarantined) -> Self {
        Self {
            stream: quarantined.stream.aggregate_type.to_string(),
            id: quarantined.stream.aggregate_id,
            position: quarantined.position.get(),
            why: quarantined.why,
        }
    }
}

impl From<Report> for VerificationResult {
    fn from(report: Report) -> Self {
        Self {
            verified: report.is_clean(),
            since: report.since.map(Position::get),
            position: report.position.get(),
            events: report.events,
            rows: report.rows,
            trial_balance: all(report.trial_balance),
            findings: all(report.findings),
            unlisted: report.unlisted,
            quarantined: all(report.quarantined),
            left_out: report.left_out,
            took_ms: u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl From<CurrencySums> for TrialSum {
    fn from(sums: CurrencySums) -> Self {
        Self {
            difference: sums.difference().to_string(),
            currency: sums.currency,
            debits: sums.debits.normalize().to_string(),
            credits: sums.credits.normalize().to_string(),
        }
    }
}

impl From<projections::Finding> for Finding {
    fn from(finding: projections::Finding) -> Self {
        Self {
            check: finding.check.as_str(),
            view: finding.projection,
            key: finding.key,
            column: finding.column,
            expected: finding.expected,
            found: finding.found,
            positions: finding.positions.into_iter().map(Position::get).collect(),
        }
    }
}

fn all<T, U: From<T>>(items: Vec<T>) -> Vec<U> {
    items.into_iter().map(U::from).collect()
}
