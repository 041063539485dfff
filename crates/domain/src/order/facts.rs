//! What is known of an order, and what follows from it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::status::{
    self, Channel, Ended, Method, PaymentFacts, PaymentStatus, Phase, PhaseFacts, ReceiptFact,
    Statuses, Warehouse,
};
use super::totals::Totals;
use super::{Department, Line, Placed, Receipt, Shipment};
use crate::id::{Code, CustomerId, OrderNumber, PaymentId, Reason, ReceiptId, ShipmentId};
use crate::money::{Amount, Currency, Money};

/// Everything known of an order that was placed or taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// How many events the stream holds.
    pub version: u64,
    pub number: OrderNumber,
    /// The series and counter of a number that belongs to one.
    pub series: Option<(Code, u32)>,
    /// Which use of a repeated number this is; none for numbers allotted here.
    pub epoch: Option<Code>,
    pub customer: CustomerId,
    pub method: Method,
    pub channel: Channel,
    pub currency: Currency,
    pub lines: Vec<Line>,
    /// What all the lines cost, as placed or last edited.
    pub ordered: Totals,
    /// What is due now: the share of the live lines.
    pub totals: Totals,
    /// What was paid, net of what was given back before delivery.
    pub received: Money,
    /// What deliveries have earned so far.
    pub earned: Totals,
    /// Earned in the old system, before daftar: no journal line here.
    pub earned_before: Money,
    /// What was given back after delivery.
    pub refunded: Money,
    /// The share of what was returned that refunds have dealt with: given back, or fees withheld.
    pub paid_back: Totals,
    pub receipts: Vec<ReceiptState>,
    pub released: bool,
    pub warehouse: Warehouse,
    pub shipments: BTreeMap<ShipmentId, Shipment>,
    pub holds: BTreeMap<Department, Reason>,
    pub completed: bool,
    /// Until when the customer may return what has all been delivered.
    pub return_until: Option<DateTime<Utc>>,
    pub ended: Option<Ended>,
    pub deadline: Option<DateTime<Utc>>,
    /// The first deadline: the extensions are counted from it.
    pub first_deadline: Option<DateTime<Utc>>,
    /// The deadline that the customer was reminded of.
    pub reminded: Option<DateTime<Utc>>,
    /// What of `received` was forgiven, and never came.
    pub forgiven: Money,
    pub in_import_review: bool,
    /// The old rows that were linked as this order's debits.
    pub legacy_debits: Vec<Code>,
    /// Steps that a correction may take back, oldest first.
    pub steps: Vec<Correctable>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptState {
    pub receipt: ReceiptId,
    /// SHA-256 of the file, in hex.
    pub file: Option<Code>,
    pub review: Review,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    Open,
    Approved { verified: Amount, payment: PaymentId },
    Rejected,
}

/// A step that a correction may take back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correctable {
    pub sequence: u64,
    pub done: Done,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    Released,
    Warehouse { before: Warehouse },
    Dispatched { shipment: ShipmentId },
    Delivered { shipment: ShipmentId, earned: Totals },
    Completed,
}

impl ReceiptState {
    pub(super) fn open(receipt: &Receipt) -> Self {
        Self { receipt: receipt.receipt, file: receipt.file.clone(), review: Review::Open }
    }
}

impl Facts {
    pub(super) fn placed(placed: &Placed) -> Self {
        let zero = Money::zero(placed.currency);
        Self {
            version: 1,
            number: placed.number.clone(),
            series: Some((placed.series.clone(), placed.counter)),
            epoch: None,
            customer: placed.customer.clone(),
            method: placed.method,
            channel: placed.channel,
            currency: placed.currency,
            lines: placed.lines.iter().cloned().map(Line::ordered).collect(),
            ordered: placed.totals,
            totals: placed.totals,
            received: zero,
            earned: Totals::zero(placed.currency),
            earned_before: zero,
            refunded: zero,
            paid_back: Totals::zero(placed.currency),
            receipts: Vec::new(),
            released: false,
            warehouse: Warehouse::Waiting,
            shipments: BTreeMap::new(),
            holds: BTreeMap::new(),
            completed: false,
            return_until: None,
            ended: None,
            deadline: placed.deadline,
            first_deadline: placed.deadline,
            reminded: None,
            forgiven: zero,
            in_import_review: false,
            legacy_debits: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Received covers what is due.
    pub fn settled(&self) -> bool {
        self.received.covers(self.totals.due)
    }

    /// What its live lines cost: nothing of an order that ended early, which has none.
    pub fn due(&self) -> Money {
        if self.ended.is_some() { Money::zero(self.currency) } else { self.totals.due }
    }

    /// What is still to be paid; never negative.
    pub fn owed(&self) -> Money {
        let owed = self.due().checked_sub(self.received);
        owed.ok().filter(|owed| owed.is_positive()).unwrap_or_else(|| Money::zero(self.currency))
    }

    /// What of the received was not forgiven.
    pub(super) fn paid(&self) -> Money {
        let paid = self.received.checked_sub(self.forgiven);
        paid.expect("what was forgiven is a part of what was received")
    }

    /// What the order's prepayment account (2200) holds.
    pub fn held(&self) -> Money {
        let held = self
            .received
            .checked_sub(self.earned.due)
            .and_then(|held| held.checked_sub(self.earned_before));
        held.expect("what an order holds is in range and in its own currency")
    }

    /// The first receipt that waits for finance.
    pub fn open_receipt(&self) -> Option<ReceiptId> {
        self.receipts.iter().find(|state| state.review == Review::Open).map(|state| state.receipt)
    }

    /// The digest of a receipt's file, where there is one.
    pub fn file_of(&self, receipt: ReceiptId) -> Option<&Code> {
        let state = self.receipts.iter().find(|state| state.receipt == receipt)?;
        state.file.as_ref()
    }

    /// Something is due, and no receipt says that it came.
    pub(crate) fn awaits_money(&self) -> bool {
        !self.settled() && self.open_receipt().is_none()
    }

    fn receipt_fact(&self) -> ReceiptFact {
        if self.open_receipt().is_some() {
            return ReceiptFact::Open;
        }
        match self.receipts.last().map(|state| state.review) {
            Some(Review::Rejected) => ReceiptFact::Rejected,
            Some(Review::Approved { .. } | Review::Open) | None => ReceiptFact::Nothing,
        }
    }

    /// The facts that the phase is a function of.
    pub fn phase_facts(&self) -> PhaseFacts {
        PhaseFacts {
            ended: self.ended,
            in_import_review: self.in_import_review,
            shipped: self.extent(|line| line.shipped),
            delivered: self.extent(|line| line.delivered),
            all_returned: self.all_returned(),
            completed: self.completed,
            trouble: self.trouble(),
            settled: self.settled(),
            released: self.released,
            warehouse: self.warehouse,
            receipt: self.receipt_fact(),
            channel: self.channel,
        }
    }

    pub fn phase(&self) -> Phase {
        status::phase(&self.phase_facts())
    }

    pub fn statuses(&self) -> Statuses {
        status::statuses(self.phase(), self.channel)
    }

    pub fn payment_status(&self) -> PaymentStatus {
        status::payment_status(&PaymentFacts {
            refunded: self.refunded.is_positive(),
            kept: self.paid().amount() > self.refunded.amount(),
            settled: self.settled(),
            due: self.totals.due.is_positive(),
            received: self.received.is_positive(),
            receipt: self.receipt_fact(),
            in_grace: self.channel == Channel::BankTransfer && self.deadline.is_some(),
        })
    }
}
