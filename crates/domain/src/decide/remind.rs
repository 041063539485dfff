//! Reminding a customer of a deadline: once each, and only while there is something to pay.

use chrono::{DateTime, Utc};

use crate::event::{Event, StreamKey};
use crate::id::OrderId;
use crate::order::{self, Facts, Step};
use crate::rejection::Rejection;
use crate::settings::Settings;

use super::{Decision, Undecided};

pub(super) fn remind(decision: &mut Decision<'_>, id: OrderId) -> Result<(), Undecided> {
    let order = decision.order(id)?;
    let facts = order.placed()?;
    facts.must_allow(Step::Remind)?;
    let deadline = facts.deadline.ok_or(Rejection::NoDeadline)?;
    if facts.reminded == Some(deadline) {
        return Ok(());
    }
    let due = facts.reminder_due(&*decision.settings()?);
    if due.is_none_or(|due| decision.now < due) || decision.now >= deadline {
        return Err(Rejection::ReminderNotDue.into());
    }
    let reminded = order::Event::Reminded { deadline };
    decision.emit(StreamKey::Order(id), Event::Order(reminded))
}

impl Facts {
    /// When the customer is to be reminded of the deadline; none when there is nothing to remind
    /// of, or it is done.
    pub fn reminder_due(&self, settings: &Settings) -> Option<DateTime<Utc>> {
        let deadline = self.deadline.filter(|deadline| self.reminded != Some(*deadline))?;
        deadline.checked_sub_signed(settings.reminder_lead(self.channel)?)
    }
}
