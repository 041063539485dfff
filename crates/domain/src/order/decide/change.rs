//! Changing what is wanted: cancel all or some of it, edit it, let it expire, reopen it.

use chrono::{DateTime, Utc};

use super::Extension;
use crate::id::Reason;
use crate::money::{Money, MoneyError};
use crate::order::guard::Step;
use crate::order::line::quantity_in;
use crate::order::status::Ended;
use crate::order::totals::{LineItem, Totals};
use crate::order::{Event, Facts, Line, LineQuantity};
use crate::rejection::Rejection;

impl Facts {
    /// The cancellation, with what it gives back; none when the order is cancelled already.
    pub(crate) fn cancel(&self, reason: Reason) -> Result<Option<Event>, Rejection> {
        if self.ended == Some(Ended::Cancelled) {
            return Ok(None);
        }
        self.must_allow(Step::Cancel)?;
        Ok(Some(Event::Cancelled { reason, given_back: self.held() }))
    }

    /// The cancellation of some of what is not shipped yet.
    pub(crate) fn cancel_lines(
        &self,
        lines: Vec<LineQuantity>,
        reason: Reason,
        return_until: DateTime<Utc>,
    ) -> Result<Event, Rejection> {
        self.must_allow(Step::CancelLines)?;
        self.must_have(&lines, Line::unshipped)?;
        let left = |line: &Line| line.live().saturating_sub(quantity_in(&lines, line));
        if self.lines.iter().all(|line| left(line).is_zero()) {
            // Nothing is shipped, or something would be left.
            return Ok(Event::Cancelled { reason, given_back: self.held() });
        }
        let all_delivered = self.lines.iter().all(|line| line.delivered >= left(line));
        let totals = self.due_without(&lines)?;
        let given_back = self.paid_beyond(&totals)?;
        let return_until = all_delivered.then_some(return_until);
        Ok(Event::LinesCancelled { lines, reason, totals, given_back, return_until })
    }

    /// Other lines and charges; none when they are what is ordered already. `deadline` is for an
    /// order that was paid and no longer is: unless finance had released it, it is an extension.
    pub(crate) fn edit(
        &self,
        lines: Vec<LineItem>,
        totals: Totals,
        deadline: DateTime<Utc>,
        now: DateTime<Utc>,
        extension: Extension,
    ) -> Result<Option<Event>, Rejection> {
        self.must_allow(Step::Edit)?;
        let same = self.lines.iter().map(|line| &line.item).eq(&lines)
            && self.lines.iter().all(|line| line.cancelled.is_zero());
        if same && self.totals == totals {
            return Ok(None);
        }
        let given_back = self.paid_beyond(&totals)?;
        let owes = !self.received.covers(totals.due);
        let anew = if self.settled() && self.released {
            Some(deadline)
        } else {
            self.capped(deadline, now, extension)
        };
        // A receipt under review stops the clock, and an edit gives an unpaid order no more time.
        let deadline = if self.open_receipt().is_some() {
            None
        } else if self.settled() {
            anew
        } else {
            self.deadline.or(anew)
        };
        let deadline = deadline.filter(|_| owes);
        Ok(Some(Event::Edited { lines, totals, given_back, deadline }))
    }

    /// What was paid beyond what these totals ask for.
    fn paid_beyond(&self, totals: &Totals) -> Result<Money, MoneyError> {
        let beyond = self.received.checked_sub(totals.due)?;
        Ok(if beyond.is_negative() { Money::zero(self.currency) } else { beyond })
    }

    /// The expiry, with what it gives back; none when the order has expired already.
    pub(crate) fn expire(&self, now: DateTime<Utc>) -> Result<Option<Event>, Rejection> {
        if self.ended == Some(Ended::Expired) {
            return Ok(None);
        }
        self.must_allow(Step::Expire)?;
        let deadline = self.deadline.ok_or(Rejection::NoDeadline)?;
        if now < deadline {
            return Err(Rejection::DeadlineNotReached { deadline });
        }
        Ok(Some(Event::Expired { given_back: self.held() }))
    }

    pub(super) fn reopen(
        &self,
        deadline: DateTime<Utc>,
        return_until: DateTime<Utc>,
    ) -> Result<Vec<Event>, Rejection> {
        self.must_allow(Step::Reopen)?;
        let deadline = self.awaits_money().then_some(deadline);
        let return_until = self.completed.then_some(return_until);
        Ok(vec![Event::Reopened { deadline, return_until }])
    }

    /// Completion without a person, once the customer can return nothing any more.
    pub(super) fn complete_after_return_window(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, Rejection> {
        if self.completed {
            return Ok(vec![]);
        }
        self.must_allow(Step::Complete)?;
        let until = self.return_until.ok_or(Rejection::NoDeadline)?;
        if now < until {
            return Err(Rejection::ReturnWindowOpen { until });
        }
        Ok(vec![Event::Completed])
    }
}
