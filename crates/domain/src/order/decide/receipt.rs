//! Receipts: the customer sends one, finance rejects it or (with the payment) approves it.

use chrono::{DateTime, Utc};

use super::Extension;
use crate::id::{Reason, ReceiptId};
use crate::order::guard::Step;
use crate::order::status::Channel;
use crate::order::{Event, Facts, Receipt, Review};
use crate::rejection::Rejection;

impl Facts {
    pub(super) fn upload_receipt(&self, receipt: Receipt) -> Result<Vec<Event>, Rejection> {
        if self.receipts.iter().any(|state| state.receipt == receipt.receipt) {
            return Err(Rejection::ReceiptExists);
        }
        if self.channel != Channel::BankTransfer {
            // A gateway tells of its payments itself, and a wallet needs no receipt.
            return Err(Rejection::NoReceiptNeeded);
        }
        self.must_allow(Step::UploadReceipt)?;
        if let Some(claimed) = receipt.claimed {
            self.in_currency(claimed.currency())?;
        }
        Ok(vec![Event::ReceiptUploaded(receipt)])
    }

    pub(super) fn reject_receipt(
        &self,
        receipt: ReceiptId,
        reason: Reason,
        now: DateTime<Utc>,
        extension: Extension,
    ) -> Result<Vec<Event>, Rejection> {
        match self.review_of(receipt)? {
            Review::Rejected => return Ok(vec![]),
            Review::Approved { .. } => return Err(Rejection::ReceiptDecided),
            Review::Open => self.must_allow(Step::RejectReceipt)?,
        }
        let another = self
            .receipts
            .iter()
            .any(|state| state.receipt != receipt && state.review == Review::Open);
        let deadline = (!another).then(|| self.extended(now, extension)).flatten();
        Ok(vec![Event::ReceiptRejected { receipt, reason, deadline }])
    }

    pub(crate) fn review_of(&self, receipt: ReceiptId) -> Result<Review, Rejection> {
        self.receipts
            .iter()
            .find(|state| state.receipt == receipt)
            .map(|state| state.review)
            .ok_or(Rejection::ReceiptNotFound)
    }

    /// The deadline after a review that ended without settling; none when nothing is owed or the
    /// order is over.
    pub(crate) fn extended(
        &self,
        now: DateTime<Utc>,
        extension: Extension,
    ) -> Option<DateTime<Utc>> {
        if self.settled() || self.ended.is_some() {
            return None;
        }
        let wished = now.checked_add_signed(extension.at_least)?;
        let wished = self.first_deadline.map_or(wished, |first| wished.max(first));
        // Once the cap is reached, the order gets no more time, but never less than it had.
        self.capped(wished, now, extension)
    }

    /// No later than all extensions together may reach.
    pub(super) fn capped(
        &self,
        wished: DateTime<Utc>,
        now: DateTime<Utc>,
        extension: Extension,
    ) -> Option<DateTime<Utc>> {
        let Some(first) = self.first_deadline else {
            return Some(wished);
        };
        let latest = first.checked_add_signed(extension.in_total)?;
        Some(wished.min(latest.max(now)))
    }
}
