//! One thing that is not as it must be, named so that a person can go and look.

use std::collections::BTreeSet;
use std::fmt;

use eventstore::{Position, verify as log};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::row::text_of;
use crate::whole::Quarantined;

/// How many findings a report lists: a lost table is a finding a row, and they are kept at every step.
const LISTED_MAX: usize = 1_000;

/// How many of them are of one check in one view, so that one kind does not hide the others.
const LISTED_ALIKE_MAX: usize = 100;

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// A trigger, an owner or a function's setting that keeps hands off the log and the views.
    Guard,
    /// Hashes, positions, sequences and times of the log.
    Chain,
    /// What the head says of the log and of the decisions.
    Head,
    /// The live projections are those of this build.
    FoldSet,
    /// A stream whose events cannot be read, or are impossible: its rows were compared with nothing.
    Quarantined,
    /// A row that the events make is not in the view.
    MissingRow,
    /// A row in the view that the events do not make.
    ExtraRow,
    /// A column of a row is not what the events make it.
    Column,
    /// Rows of a generation that is neither live nor being filled.
    Generation,
    /// A saved state is what its stream's events make it.
    Snapshot,
    /// An entry's debits equal its credits, so the trial balance is zero at every position.
    TrialBalance,
    /// No wallet and no order's prepayment is ever negative.
    NegativeBalance,
    /// A view's sum is what the account of the same item holds.
    AccountBalance,
    /// A finished order holds no money.
    FinishedOrder,
    /// Order numbers are allotted one after the other, each once.
    Number,
    /// A decision is as it was recorded, and agrees with the events that it made.
    Command,
    /// A decision names an event that is there.
    CommandPosition,
    /// What stands beside the log is what events say of it.
    PersonalData,
}

impl Check {
    pub const ALL: [Self; 18] = [
        Self::Guard,
        Self::Chain,
        Self::Head,
        Self::FoldSet,
        Self::Quarantined,
        Self::MissingRow,
        Self::ExtraRow,
        Self::Column,
        Self::Generation,
        Self::Snapshot,
        Self::TrialBalance,
        Self::NegativeBalance,
        Self::AccountBalance,
        Self::FinishedOrder,
        Self::Number,
        Self::Command,
        Self::CommandPosition,
        Self::PersonalData,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guard => "guard",
            Self::Chain => "chain",
            Self::Head => "head",
            Self::FoldSet => "fold_set",
            Self::Quarantined => "quarantined",
            Self::MissingRow => "missing_row",
            Self::ExtraRow => "extra_row",
            Self::Column => "column",
            Self::Generation => "generation",
            Self::Snapshot => "snapshot",
            Self::TrialBalance => "trial_balance",
            Self::NegativeBalance => "negative_balance",
            Self::AccountBalance => "account_balance",
            Self::FinishedOrder => "finished_order",
            Self::Number => "number",
            Self::Command => "command",
            Self::CommandPosition => "command_position",
            Self::PersonalData => "personal_data",
        }
    }
}

/// One thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub check: Check,
    pub projection: Option<String>,
    /// Which row, by the columns of its key, or which account, trigger or place in the log.
    pub key: Value,
    pub column: Option<String>,
    /// What ought to be there: none where nothing ought to, null where a column ought to be empty.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    pub expected: Option<Value>,
    /// What is there, likewise.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    pub found: Option<Value>,
    /// The events to look at.
    pub positions: Vec<Position>,
}

/// A null that is there is a value.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Finding {
    pub fn new(check: Check, key: impl Into<Value>) -> Self {
        Self {
            check,
            projection: None,
            key: key.into(),
            column: None,
            expected: None,
            found: None,
            positions: Vec::new(),
        }
    }

    #[must_use]
    pub fn expected(self, expected: impl Into<Value>) -> Self {
        Self { expected: Some(expected.into()), ..self }
    }

    #[must_use]
    pub fn found(self, found: impl Into<Value>) -> Self {
        Self { found: Some(found.into()), ..self }
    }

    #[must_use]
    pub fn at(self, position: Position) -> Self {
        Self { positions: vec![position], ..self }
    }

    #[must_use]
    pub(super) fn of_view(self, projection: &str) -> Self {
        Self { projection: Some(projection.to_owned()), ..self }
    }

    #[must_use]
    pub fn in_column(self, column: &str) -> Self {
        Self { column: Some(column.to_owned()), ..self }
    }

    /// What the log says of itself.
    pub fn of_log(finding: &log::Finding) -> Self {
        let positions = match finding {
            log::Finding::HashMismatch { position, .. }
            | log::Finding::SequenceGap { position, .. }
            | log::Finding::TimeTurnedBack { position } => vec![*position],
            log::Finding::Hole { first, last } => vec![*first, *last],
            log::Finding::HeadDiffers { head, last } => vec![*head, *last],
            log::Finding::CountDiffers { last, .. } => vec![*last],
        };
        Self { positions, ..Self::new(Check::Chain, "events").found(finding.to_string()) }
    }

    pub(super) fn of_quarantined(quarantined: &Quarantined) -> Self {
        let Quarantined { stream, position, why } = quarantined;
        Self::new(Check::Quarantined, stream.to_string()).found(why.as_str()).at(*position)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.check.as_str())?;
        if let Some(projection) = &self.projection {
            write!(formatter, "{projection} ")?;
        }
        formatter.write_str(&text_of(&self.key))?;
        if let Some(column) = &self.column {
            write!(formatter, " {column}")?;
        }
        if let Some(expected) = &self.expected {
            write!(formatter, ", expected {}", text_of(expected))?;
        }
        if let Some(found) = &self.found {
            write!(formatter, ", found {}", text_of(found))?;
        }
        for (index, position) in self.positions.iter().enumerate() {
            formatter.write_str(if index == 0 { ", at position " } else { ", " })?;
            position.fmt(formatter)?;
        }
        Ok(())
    }
}

/// The findings so far: the first are listed, the rest counted. What is not to be checked is let go
/// of here, so that there is one place that does it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Findings {
    listed: Vec<Finding>,
    unlisted: u64,
    quarantined: Vec<Quarantined>,
    /// The checks that are switched off.
    #[serde(skip)]
    without: BTreeSet<Check>,
}

impl Findings {
    /// None yet, with the same checks switched off.
    pub(super) fn empty(&self) -> Self {
        Self::without(self.without.clone())
    }

    pub(super) fn without(without: BTreeSet<Check>) -> Self {
        Self { without, ..Self::default() }
    }

    pub(super) fn leave_out(&mut self, without: BTreeSet<Check>) {
        self.without = without;
    }

    pub(super) fn looks_for(&self, check: Check) -> bool {
        !self.without.contains(&check)
    }

    pub(super) fn add(&mut self, finding: Finding) {
        if !self.looks_for(finding.check) {
            return;
        }
        let is_alike = |listed: &&Finding| {
            listed.check == finding.check && listed.projection == finding.projection
        };
        if self.listed.len() < LISTED_MAX
            && self.listed.iter().filter(is_alike).count() < LISTED_ALIKE_MAX
        {
            self.listed.push(finding);
        } else {
            self.unlisted = self.unlisted.saturating_add(1);
        }
    }

    /// Names a stream once.
    pub(super) fn quarantine(&mut self, quarantined: Quarantined) {
        if self.quarantined.iter().any(|known| known.stream == quarantined.stream) {
            return;
        }
        self.add(Finding::of_quarantined(&quarantined));
        if self.quarantined.len() < LISTED_MAX {
            self.quarantined.push(quarantined);
        }
    }

    pub(super) fn quarantined(&self) -> &[Quarantined] {
        &self.quarantined
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.unlisted = self.unlisted.saturating_add(other.unlisted);
        for finding in other.listed {
            self.add(finding);
        }
        for quarantined in other.quarantined {
            if !self.quarantined.contains(&quarantined) {
                self.quarantined.push(quarantined);
            }
        }
    }

    /// What was found since this was asked last, how much more there is, and what was quarantined.
    pub(super) fn take(&mut self) -> (Vec<Finding>, u64, Vec<Quarantined>) {
        let empty = self.empty();
        let Self { listed, unlisted, quarantined, .. } = std::mem::replace(self, empty);
        (listed, unlisted, quarantined)
    }

    pub(super) fn listed(&self) -> &[Finding] {
        &self.listed
    }

    pub(super) fn unlisted(&self) -> u64 {
        self.unlisted
    }
}
