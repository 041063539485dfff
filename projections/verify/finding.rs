//! One thing that is not as it must be, named so that a person can go and look.

use std::fmt;

use eventstore::{Position, verify as log};

use crate::replay::ReplayError;

/// How many findings a report lists: a lost table is a finding a row.
const LISTED_MAX: usize = 10_000;

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// A trigger, an owner or a function's setting that keeps hands off the log and the views.
    Guard,
    /// Hashes, positions, sequences and times of the log.
    Chain,
    /// The events can be read and are possible.
    Replay,
    /// The live projections are those of this build.
    FoldSet,
    /// A row that the events make is not in the view.
    MissingRow,
    /// A row in the view that the events do not make.
    ExtraRow,
    /// A column of a row is not what the events make it.
    Column,
    /// An entry's debits equal its credits, so the trial balance is zero at every position.
    TrialBalance,
    /// No wallet and no order's prepayment is ever negative.
    NegativeBalance,
    /// A view's sum is what the account of the same item holds.
    AccountBalance,
    /// A finished order holds no money.
    FinishedOrder,
    /// A decision names an event that is there.
    CommandPosition,
}

impl Check {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guard => "guard",
            Self::Chain => "chain",
            Self::Replay => "replay",
            Self::FoldSet => "fold_set",
            Self::MissingRow => "missing_row",
            Self::ExtraRow => "extra_row",
            Self::Column => "column",
            Self::TrialBalance => "trial_balance",
            Self::NegativeBalance => "negative_balance",
            Self::AccountBalance => "account_balance",
            Self::FinishedOrder => "finished_order",
            Self::CommandPosition => "command_position",
        }
    }
}

/// One thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub check: Check,
    pub projection: Option<&'static str>,
    /// Which row, account, trigger or place in the log.
    pub key: String,
    pub column: Option<&'static str>,
    pub expected: Option<String>,
    pub found: Option<String>,
    /// The events to look at.
    pub positions: Vec<Position>,
}

impl Finding {
    pub(super) fn new(check: Check, key: impl Into<String>) -> Self {
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

    pub(super) fn of_log(finding: &log::Finding) -> Self {
        let positions = match finding {
            log::Finding::HashMismatch { position, .. }
            | log::Finding::SequenceGap { position, .. }
            | log::Finding::TimeTurnedBack { position } => vec![*position],
            log::Finding::Hole { first, last } => vec![*first, *last],
            log::Finding::HeadDiffers { head, last } => vec![*head, *last],
            log::Finding::CountDiffers { last, .. } => vec![*last],
        };
        Self { positions, found: Some(finding.to_string()), ..Self::new(Check::Chain, "events") }
    }

    pub(super) fn of_replay(position: Position, error: &ReplayError) -> Self {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        let key = format!("event {position}");
        Self { positions: vec![position], found: Some(text), ..Self::new(Check::Replay, key) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.check.as_str())?;
        if let Some(projection) = self.projection {
            write!(formatter, "{projection} ")?;
        }
        formatter.write_str(&self.key)?;
        if let Some(column) = self.column {
            write!(formatter, " {column}")?;
        }
        if let Some(expected) = &self.expected {
            write!(formatter, ", expected {expected}")?;
        }
        if let Some(found) = &self.found {
            write!(formatter, ", found {found}")?;
        }
        for (index, position) in self.positions.iter().enumerate() {
            formatter.write_str(if index == 0 { ", at position " } else { ", " })?;
            position.fmt(formatter)?;
        }
        Ok(())
    }
}

/// The findings so far: the first are listed, the rest counted.
#[derive(Debug, Default)]
pub(super) struct Findings {
    listed: Vec<Finding>,
    unlisted: u64,
}

impl Findings {
    pub(super) fn add(&mut self, finding: Finding) {
        if self.listed.len() < LISTED_MAX {
            self.listed.push(finding);
        } else {
            self.unlisted = self.unlisted.saturating_add(1);
        }
    }

    pub(super) fn into_listed(self) -> (Vec<Finding>, u64) {
        (self.listed, self.unlisted)
    }
}
