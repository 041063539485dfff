//! An order: what a customer wants, what it costs, what has been paid, and where the goods are.
//!
//! What the order alone can decide stands in [`Order::decide`]. A rule that needs a wallet or a
//! payment too is a function of both states, in [`crate::decide`].

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::{
    Code, CustomerId, OrderNumber, PaymentId, PersonalDataId, Reason, ReceiptId, ShipmentId,
    WalletId,
};
use crate::money::{Amount, Currency, Money, MoneyError};
use crate::rejection::Rejection;

mod decide;
pub mod import;
pub mod status;
pub mod totals;

pub use decide::{Command, Extension, ResolveImport};
use import::{Imported, Resolution};
use status::{
    Channel, DeliveryTrouble, Ended, Extent, Method, PaymentFacts, PaymentStatus, Phase,
    PhaseFacts, ReceiptFact, Statuses, Warehouse,
};
use totals::{LineItem, Quantity, Totals};

/// What has happened to an order. Stored for ever: add variants, never change one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Placed(Placed),
    /// Money for this order. What came from a wallet is posted by the wallet's own event.
    PaymentReceived {
        amount: Amount,
        source: Source,
    },
    ReceiptUploaded(Receipt),
    ReceiptApproved(ReceiptApproved),
    ReceiptRejected {
        receipt: ReceiptId,
        reason: Reason,
        deadline: Option<DateTime<Utc>>,
    },
    /// Finance lets the order into the warehouse: the only gate.
    Released,
    ProcessingStarted,
    Packed,
    StockRejected {
        reason: Reason,
    },
    Dispatched {
        shipment: ShipmentId,
        lines: Vec<LineQuantity>,
        carrier: Code,
        tracking: Option<Code>,
    },
    /// A shipment arrived; `earned` is its cumulative share of the order's totals.
    Delivered {
        shipment: ShipmentId,
        lines: Vec<LineQuantity>,
        earned: Totals,
    },
    Completed,
    /// What was given back went to the customer's wallet in the same command.
    Cancelled {
        reason: Reason,
        given_back: Money,
    },
    Expired {
        given_back: Money,
    },
    Reopened {
        deadline: Option<DateTime<Utc>>,
    },
    /// The step with this sequence was recorded by mistake.
    Corrected(Corrected),
    Imported(Box<Imported>),
    /// The old system's own debit turned out to pay this order.
    LegacyDebitLinked {
        debit: Code,
        amount: Amount,
        proof: Code,
    },
    ImportResolved(Resolution),
    /// Handed over unpaid: what was owed is the customer's debt from here on.
    LeftOnAccount {
        amount: Amount,
        customer: CustomerId,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    pub number: OrderNumber,
    /// The number's series and its place in it.
    pub series: Code,
    pub counter: u32,
    pub customer: CustomerId,
    pub method: Method,
    /// How the remainder comes; for a full wallet order: wallet.
    pub channel: Channel,
    pub currency: Currency,
    pub lines: Vec<LineItem>,
    pub totals: Totals,
    /// Taken from the wallet in the same command.
    pub wallet_part: Money,
    /// None when nothing is left to pay.
    pub deadline: Option<DateTime<Utc>>,
    /// Recipient and address, kept outside the log, with a salted digest.
    pub recipient: Option<PersonalRef>,
}

/// Personal data that an event names without holding it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalRef {
    pub id: PersonalDataId,
    /// Salted SHA-256, in hex.
    pub digest: Code,
}

/// Where a payment for an order came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Wallet(WalletId),
    Payment(PaymentId),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub receipt: ReceiptId,
    /// What the customer says; it moves nothing. None for an imported receipt.
    pub claimed: Option<Amount>,
    /// SHA-256 of the file, in hex.
    pub file: Option<Code>,
    /// The file itself, kept outside the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<PersonalRef>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptApproved {
    pub receipt: ReceiptId,
    /// What finance saw for this order.
    pub verified: Amount,
    pub payment: PaymentId,
    /// The part of it that the order takes.
    pub applied: Money,
    /// The part that went to the customer's wallet.
    pub excess: Money,
    /// What the wallet added.
    pub shortfall: Money,
    /// Set when something is still due.
    pub deadline: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineQuantity {
    pub line: u16,
    pub quantity: Quantity,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// The stream sequence of the step that is taken back.
    pub sequence: u64,
    pub reason: Reason,
    pub ticket: Code,
    /// What the step had earned, if it was a delivery.
    pub earned: Option<Totals>,
}

/// The state of an order's stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    #[default]
    Unplaced,
    Placed(Box<Facts>),
}

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
    pub totals: Totals,
    /// What was paid, net of what was given back before delivery.
    pub received: Money,
    /// What deliveries have earned so far.
    pub earned: Totals,
    /// Earned in the old system, before daftar: no journal line here.
    pub earned_before: Money,
    /// What was given back after delivery.
    pub refunded: Money,
    pub receipts: Vec<ReceiptState>,
    pub released: bool,
    pub warehouse: Warehouse,
    pub shipments: BTreeMap<ShipmentId, Shipment>,
    pub trouble: Option<DeliveryTrouble>,
    pub completed: bool,
    pub ended: Option<Ended>,
    pub deadline: Option<DateTime<Utc>>,
    /// The first deadline: the extensions are counted from it.
    pub first_deadline: Option<DateTime<Utc>>,
    pub in_import_review: bool,
    /// The old rows that were linked as this order's debits.
    pub legacy_debits: Vec<Code>,
    /// Steps that a correction may take back, oldest first.
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub item: LineItem,
    pub shipped: Decimal,
    pub delivered: Decimal,
    pub returned: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptState {
    pub receipt: ReceiptId,
    pub review: Review,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    Open,
    Approved { verified: Amount, payment: PaymentId },
    Rejected,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    pub lines: Vec<LineQuantity>,
    pub delivered: bool,
}

/// A step that a correction may take back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
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

impl Order {
    pub fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Unplaced => None,
            Self::Placed(facts) => Some(facts),
        }
    }

    /// The facts of an order that must exist.
    pub fn placed(&self) -> Result<&Facts, Rejection> {
        self.facts().ok_or(Rejection::OrderNotFound)
    }

    /// How many events the stream holds.
    pub fn version(&self) -> u64 {
        self.facts().map_or(0, |facts| facts.version)
    }

    /// Applies an event. Panics when the history is impossible: a ledger stops, it never skips.
    pub fn evolve(&mut self, event: &Event) {
        match (&mut *self, event) {
            (Self::Unplaced, Event::Placed(placed)) => {
                *self = Self::Placed(Box::new(Facts::placed(placed)));
            }
            (Self::Unplaced, Event::Imported(imported)) => {
                *self = Self::Placed(Box::new(Facts::imported(imported)));
            }
            (Self::Placed(facts), event) => {
                facts.version = facts.version.checked_add(1).expect("fewer than 2^64 events");
                facts
                    .evolve(event)
                    .unwrap_or_else(|error| panic!("corrupt stream: {event:?}: {error}"));
                assert!(
                    !facts.held().is_negative(),
                    "corrupt stream: {event:?} takes more than order {} holds",
                    facts.number
                );
            }
            (Self::Unplaced, event) => panic!("corrupt stream: {event:?} before the order exists"),
        }
    }
}

impl Facts {
    fn placed(placed: &Placed) -> Self {
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
            totals: placed.totals,
            received: zero,
            earned: Totals::zero(placed.currency),
            earned_before: zero,
            refunded: zero,
            receipts: Vec::new(),
            released: false,
            warehouse: Warehouse::Waiting,
            shipments: BTreeMap::new(),
            trouble: None,
            completed: false,
            ended: None,
            deadline: placed.deadline,
            first_deadline: placed.deadline,
            in_import_review: false,
            legacy_debits: Vec::new(),
            steps: Vec::new(),
        }
    }

    fn evolve(&mut self, event: &Event) -> Result<(), MoneyError> {
        match event {
            Event::Placed(_) | Event::Imported(_) => panic!("corrupt stream: placed twice"),
            Event::PaymentReceived { amount, .. } => {
                self.received = self.received.checked_add(amount.money())?;
                if self.settled() {
                    self.deadline = None;
                }
            }
            Event::ReceiptUploaded(receipt) => {
                self.receipts.push(ReceiptState { receipt: receipt.receipt, review: Review::Open });
                self.deadline = None;
            }
            Event::ReceiptApproved(approved) => {
                let review =
                    Review::Approved { verified: approved.verified, payment: approved.payment };
                self.review(approved.receipt, review);
                self.deadline = approved.deadline;
            }
            Event::ReceiptRejected { receipt, deadline, .. } => {
                self.review(*receipt, Review::Rejected);
                self.deadline = *deadline;
            }
            Event::Released => {
                self.released = true;
                self.step(Done::Released);
            }
            Event::ProcessingStarted => self.warehouse_moves(Warehouse::Processing),
            Event::Packed => self.warehouse_moves(Warehouse::Packed),
            Event::StockRejected { .. } => self.warehouse_moves(Warehouse::StockRejected),
            Event::Dispatched { shipment, lines, .. } => {
                self.ship(*shipment, lines);
                self.step(Done::Dispatched { shipment: *shipment });
            }
            Event::Delivered { shipment, lines, earned } => {
                self.deliver(*shipment, lines, earned)?;
                self.step(Done::Delivered { shipment: *shipment, earned: *earned });
            }
            Event::Completed => {
                self.completed = true;
                self.step(Done::Completed);
            }
            Event::Cancelled { given_back, .. } => self.end(Ended::Cancelled, *given_back)?,
            Event::Expired { given_back } => self.end(Ended::Expired, *given_back)?,
            Event::Reopened { deadline } => {
                self.ended = None;
                self.deadline = *deadline;
                self.first_deadline = *deadline;
                self.released = false;
                self.warehouse = Warehouse::Waiting;
                self.steps.clear();
            }
            Event::Corrected(corrected) => self.take_back(corrected)?,
            Event::LegacyDebitLinked { debit, amount, .. } => {
                self.received = self.received.checked_add(amount.money())?;
                self.legacy_debits.push(debit.clone());
                if self.settled() {
                    self.deadline = None;
                }
            }
            Event::ImportResolved(resolution) => self.resolve(resolution)?,
            Event::LeftOnAccount { amount, .. } => {
                self.received = self.received.checked_add(amount.money())?;
                self.deadline = None;
            }
        }
        Ok(())
    }

    fn review(&mut self, receipt: ReceiptId, review: Review) {
        let state = self.receipts.iter_mut().find(|state| state.receipt == receipt);
        state.expect("corrupt stream: a review of an unknown receipt").review = review;
    }

    fn step(&mut self, done: Done) {
        self.steps.push(Step { sequence: self.version, done });
    }

    fn warehouse_moves(&mut self, to: Warehouse) {
        let before = std::mem::replace(&mut self.warehouse, to);
        self.step(Done::Warehouse { before });
    }

    fn ship(&mut self, shipment: ShipmentId, lines: &[LineQuantity]) {
        for shipped in lines {
            let line = self.line_mut(shipped.line);
            line.shipped = line.shipped.saturating_add(shipped.quantity.value());
            assert!(line.shipped <= line.item.quantity.value(), "corrupt stream: shipped too much");
        }
        let shipment_state = Shipment { lines: lines.to_vec(), delivered: false };
        self.shipments.insert(shipment, shipment_state);
    }

    fn deliver(
        &mut self,
        shipment: ShipmentId,
        lines: &[LineQuantity],
        earned: &Totals,
    ) -> Result<(), MoneyError> {
        for delivered in lines {
            let line = self.line_mut(delivered.line);
            line.delivered = line.delivered.saturating_add(delivered.quantity.value());
            assert!(line.delivered <= line.shipped, "corrupt stream: delivered before shipped");
        }
        self.shipments
            .get_mut(&shipment)
            .expect("corrupt stream: a delivery of an unknown shipment")
            .delivered = true;
        self.earned = self.earned.checked_add(earned)?;
        Ok(())
    }

    fn end(&mut self, ended: Ended, given_back: Money) -> Result<(), MoneyError> {
        self.ended = Some(ended);
        self.deadline = None;
        self.received = self.received.checked_sub(given_back)?;
        Ok(())
    }

    fn resolve(&mut self, resolution: &Resolution) -> Result<(), MoneyError> {
        self.in_import_review = false;
        self.released = resolution.released;
        self.warehouse = resolution.warehouse;
        self.deadline = resolution.deadline;
        self.first_deadline = resolution.deadline;
        if let Some(shipment) = &resolution.shipped {
            self.ship(shipment.shipment, &shipment.lines);
            if let Some(earned) = &resolution.delivered {
                self.deliver(shipment.shipment, &shipment.lines, earned)?;
            }
        }
        Ok(())
    }

    fn take_back(&mut self, corrected: &Corrected) -> Result<(), MoneyError> {
        let step = self.steps.pop().expect("corrupt stream: nothing to correct");
        assert_eq!(step.sequence, corrected.sequence, "corrupt stream: not the last step");
        match step.done {
            Done::Released => self.released = false,
            Done::Warehouse { before } => self.warehouse = before,
            Done::Dispatched { shipment } => {
                let shipment = self.shipments.remove(&shipment);
                for shipped in shipment.expect("corrupt stream: no such shipment").lines {
                    let line = self.line_mut(shipped.line);
                    line.shipped = line.shipped.saturating_sub(shipped.quantity.value());
                }
            }
            Done::Delivered { shipment, earned } => {
                let state = self.shipments.get_mut(&shipment);
                let state = state.expect("corrupt stream: no such shipment");
                state.delivered = false;
                for delivered in state.lines.clone() {
                    let line = self.line_mut(delivered.line);
                    line.delivered = line.delivered.saturating_sub(delivered.quantity.value());
                }
                self.earned = self.earned.checked_sub(&earned)?;
            }
            Done::Completed => self.completed = false,
        }
        Ok(())
    }

    fn line_mut(&mut self, number: u16) -> &mut Line {
        self.lines
            .iter_mut()
            .find(|line| line.item.line == number)
            .expect("corrupt stream: no such line")
    }

    /// Received covers what is due.
    pub fn settled(&self) -> bool {
        self.received.covers(self.totals.due)
    }

    /// What is still to be paid; never negative.
    pub fn owed(&self) -> Money {
        let owed = self.totals.due.checked_sub(self.received);
        owed.ok().filter(|owed| owed.is_positive()).unwrap_or_else(|| Money::zero(self.currency))
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

    fn receipt_fact(&self) -> ReceiptFact {
        if self.open_receipt().is_some() {
            return ReceiptFact::Open;
        }
        match self.receipts.last().map(|state| state.review) {
            Some(Review::Rejected) => ReceiptFact::Rejected,
            Some(Review::Approved { .. } | Review::Open) | None => ReceiptFact::Nothing,
        }
    }

    fn extent(&self, quantity: fn(&Line) -> Decimal) -> Extent {
        if self.lines.iter().all(|line| quantity(line) >= line.item.quantity.value()) {
            Extent::All
        } else if self.lines.iter().any(|line| quantity(line) > Decimal::ZERO) {
            Extent::Part
        } else {
            Extent::None
        }
    }

    /// The facts that the phase is a function of.
    pub fn phase_facts(&self) -> PhaseFacts {
        PhaseFacts {
            ended: self.ended,
            in_import_review: self.in_import_review,
            shipped: self.extent(|line| line.shipped),
            delivered: self.extent(|line| line.delivered),
            all_returned: self.lines.iter().all(|line| line.returned >= line.delivered)
                && self.lines.iter().any(|line| line.returned > Decimal::ZERO),
            completed: self.completed,
            trouble: self.trouble,
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
            kept: self.received.amount() > self.refunded.amount(),
            settled: self.settled(),
            due: self.totals.due.is_positive(),
            received: self.received.is_positive(),
            receipt: self.receipt_fact(),
            in_grace: self.channel == Channel::BankTransfer && self.deadline.is_some(),
        })
    }

    /// Every live line in full, as a shipment carries it.
    pub fn all_lines(&self) -> Vec<LineQuantity> {
        self.lines
            .iter()
            .map(|line| LineQuantity { line: line.item.line, quantity: line.item.quantity })
            .collect()
    }

    /// What delivering these lines earns, by cumulative allocation over the lines' values.
    pub fn earns(&self, lines: &[LineQuantity]) -> Result<Totals, MoneyError> {
        let mut whole = Decimal::ZERO;
        let mut done = Decimal::ZERO;
        let mut all = true;
        for line in &self.lines {
            let ordered = line.item.quantity.value();
            let now = lines.iter().find(|quantity| quantity.line == line.item.line);
            let now = now.map_or(Decimal::ZERO, |quantity| quantity.quantity.value());
            let delivered = line.delivered.checked_add(now).ok_or(MoneyError::OutOfRange)?;
            all = all && delivered >= ordered;
            let value = line.item.total.amount();
            whole = whole.checked_add(value).ok_or(MoneyError::OutOfRange)?;
            let share = value
                .checked_mul(delivered)
                .and_then(|product| product.checked_div(ordered))
                .and_then(|share| done.checked_add(share))
                .ok_or(MoneyError::OutOfRange)?;
            done = share;
        }
        // Lines that cost nothing earn nothing until the last of them arrives.
        if all || whole.is_zero() {
            whole = if all { done } else { Decimal::ONE };
            done = if all { done } else { Decimal::ZERO };
        }
        self.totals.share(done, whole, &self.earned)
    }
}

impl Line {
    fn ordered(item: LineItem) -> Self {
        Self { item, shipped: Decimal::ZERO, delivered: Decimal::ZERO, returned: Decimal::ZERO }
    }
}
