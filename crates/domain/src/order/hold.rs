//! Holds: a department stops an order where it stands, until it lets it go on.

use serde::{Deserialize, Serialize};

use super::guard::Step;
use super::{Event, Facts};
use crate::id::Reason;
use crate::rejection::Rejection;

/// Who has work with an order. A hold of one stops the forward steps of that one alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Department {
    Finance,
    Warehouse,
    Logistics,
}

impl Department {
    pub const ALL: [Self; 3] = [Self::Finance, Self::Warehouse, Self::Logistics];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finance => "finance",
            Self::Warehouse => "warehouse",
            Self::Logistics => "logistics",
        }
    }
}

impl Facts {
    pub(super) fn put_on_hold(
        &self,
        department: Department,
        reason: Reason,
    ) -> Result<Vec<Event>, Rejection> {
        if self.holds.get(&department) == Some(&reason) {
            return Ok(vec![]);
        }
        self.must_allow(Step::PutOnHold)?;
        Ok(vec![Event::PutOnHold { department, reason }])
    }

    pub(super) fn lift_hold(&self, department: Department) -> Result<Vec<Event>, Rejection> {
        if !self.holds.contains_key(&department) {
            return Ok(vec![]);
        }
        self.must_allow(Step::LiftHold)?;
        Ok(vec![Event::HoldLifted { department }])
    }
}
