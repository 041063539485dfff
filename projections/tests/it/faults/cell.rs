//! One fault of the table: what is done to what, and what finds it.

use std::fmt;

use projections::{Check, Finding, Report, text_of};
use serde_json::Value;

use super::world::World;

/// How something came to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    BytesFlipped,
    RowChanged,
    RowDeleted,
    RowAdded,
    RowsSwapped,
    RowStale,
    RowDuplicated,
}

impl Kind {
    pub(super) const ALL: [Self; 7] = [
        Self::BytesFlipped,
        Self::RowChanged,
        Self::RowDeleted,
        Self::RowAdded,
        Self::RowsSwapped,
        Self::RowStale,
        Self::RowDuplicated,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::BytesFlipped => "bytes flipped",
            Self::RowChanged => "row changed",
            Self::RowDeleted => "row deleted",
            Self::RowAdded => "row added",
            Self::RowsSwapped => "rows swapped",
            Self::RowStale => "row stale",
            Self::RowDuplicated => "row duplicated",
        }
    }
}

/// A fault and what becomes of it.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) kind: Kind,
    pub(super) place: &'static str,
    /// What is done, as the page tells it.
    pub(super) what: String,
    pub(super) outcome: Outcome,
}

#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// It is planted, and these checks and no others find it. What is returned by the statements
    /// names what has to be named: key, column, expected, found, position.
    Found { force: Force, checks: Vec<Check> },
    /// The book is not there any more, and the verification says so.
    NoBook { force: Force },
    /// The database refuses it, by this constraint, even from the superuser with every guard off.
    Refused { force: Force, by: &'static str },
    /// It is planted and nothing finds it, since nothing is wrong.
    Harmless { force: Force, why: &'static str },
    /// It is planted and nothing finds it, though something is wrong.
    Unseen { force: Force, why: &'static str },
    /// There is no such fault.
    CannotBe { why: &'static str },
    /// It takes more than statements: a test of its own shows it.
    Elsewhere { checks: Vec<Check> },
}

#[derive(Debug, Clone)]
pub(super) struct Force {
    pub(super) tables: Vec<&'static str>,
    pub(super) sql: String,
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {}: {}", self.place, self.kind.as_str(), self.what)
    }
}

impl Cell {
    /// Does it, looks whether it is found as it must be, and undoes it. Says what is not so. With
    /// `deeply` it is looked for a second time without the checks that find it: then nothing may.
    pub(super) async fn try_out(&self, world: &mut World, deeply: bool) -> Vec<String> {
        match &self.outcome {
            Outcome::Found { .. } => try_together(&[self], world, deeply).await,
            Outcome::NoBook { force } => {
                force.by(world).await;
                let outcome = world.try_verify(super::world::BOOK, &[]).await;
                world.restore(&force.tables).await;
                match outcome {
                    Err(projections::VerifyError::Head(_)) => Vec::new(),
                    other => vec![format!("{self}: {other:?}")],
                }
            }
            Outcome::Refused { force, by } => {
                let outcome = world.force(&force.tables, &force.sql).await;
                let constraint = outcome.as_ref().err().and_then(sqlx::Error::as_database_error);
                let constraint = constraint.and_then(|error| error.constraint());
                if constraint == Some(*by) {
                    return Vec::new();
                }
                let faults = vec![format!("{self}: not refused by {by}: {outcome:?}")];
                if outcome.is_ok() {
                    world.restore(&force.tables).await;
                }
                faults
            }
            Outcome::Harmless { force, .. } | Outcome::Unseen { force, .. } => {
                let told = force.by(world).await;
                let report = world.verify(&[]).await;
                world.restore(&force.tables).await;
                if told.is_empty() {
                    return vec![format!("{self}: not done")];
                }
                report.findings.iter().map(|finding| format!("{self}: {finding}")).collect()
            }
            Outcome::CannotBe { .. } | Outcome::Elsewhere { .. } => Vec::new(),
        }
    }

    pub(super) fn found(&self) -> Option<(&Force, &[Check])> {
        let Outcome::Found { force, checks } = &self.outcome else { return None };
        Some((force, checks))
    }
}

/// Does several at once, in places that have nothing to do with each other.
pub(super) async fn try_together(cells: &[&Cell], world: &mut World, deeply: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let mut told = Vec::new();
    let mut tables = Vec::new();
    let mut expected = Vec::new();
    for cell in cells {
        let (force, checks) = cell.found().expect("these are faults that are found");
        match world.force(&force.tables, &force.sql).await {
            Ok(named) if !named.is_empty() => {
                told.extend(named.into_iter().map(|named| (*cell, named)));
                tables.extend(force.tables.iter().copied());
                expected.extend_from_slice(checks);
            }
            other => faults.push(format!("{cell}: not done: {other:?}")),
        }
    }
    expected.sort_unstable();
    expected.dedup();
    tables.sort_unstable();
    tables.dedup();
    let report = world.verify(&[]).await;
    if deeply {
        let unseen = world.verify(&expected).await;
        faults.extend(unseen.findings.iter().map(|one| format!("{}: still {one}", cells[0])));
    }
    world.restore(&tables).await;
    let mut found: Vec<Check> = report.findings.iter().map(|finding| finding.check).collect();
    found.sort_unstable();
    found.dedup();
    if found != expected {
        let (found, expected) = (names_of(&found), names_of(&expected));
        faults.push(format!(
            "{}: found by [{found}], not by [{expected}]{}",
            cells[0],
            listed(&report)
        ));
    }
    for (cell, told) in told {
        if !report.findings.iter().any(|finding| names(finding, &told)) {
            faults.push(format!("{cell}: {told} is not named{}", listed(&report)));
        }
    }
    faults
}

pub(super) fn names_of(checks: &[Check]) -> String {
    checks.iter().map(|check| check.as_str()).collect::<Vec<_>>().join(", ")
}

impl Force {
    pub(super) async fn by(&self, world: &mut World) -> Vec<Value> {
        match world.force(&self.tables, &self.sql).await {
            Ok(told) => told,
            Err(error) => panic!("{}: {error}", self.sql),
        }
    }
}

/// Whether a finding says what the fault is about.
pub(super) fn names(finding: &Finding, told: &Value) -> bool {
    let text = |field: &str| told.get(field).and_then(Value::as_str);
    let is = |field: &str, found: Option<&str>| text(field).is_none_or(|told| found == Some(told));
    let holds = |field: &str, found: &Option<Value>| {
        let holds = |found: &Value, told| text_of(found).contains(told);
        text(field).is_none_or(|told| found.as_ref().is_some_and(|found| holds(found, told)))
    };
    let parts = told.get("key").and_then(Value::as_array).cloned().unwrap_or_default();
    let parts =
        parts.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
    let key = text_of(&finding.key);
    let position = told.get("position").and_then(Value::as_i64);
    is("check", Some(finding.check.as_str()))
        && is("view", finding.projection.as_deref())
        && is("column", finding.column.as_deref())
        && holds("expected", &finding.expected)
        && holds("found", &finding.found)
        && parts.into_iter().all(|part| key.contains(&part))
        && position
            .is_none_or(|position| finding.positions.iter().any(|found| found.get() == position))
}

fn listed(report: &Report) -> String {
    let short = |finding: &Finding| -> String {
        let text = finding.to_string();
        format!("\n      {}", text.chars().take(170).collect::<String>())
    };
    report.findings.iter().take(4).map(short).collect()
}
