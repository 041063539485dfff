//! What an order alone can decide.

use chrono::{DateTime, TimeDelta, Utc};

use super::import::{Imported, Resolution, ResolvedShipment};
use super::status::{Phase, Warehouse};
use super::{Corrected, Done, Event, Facts, LineQuantity, Order, Placed, Receipt, Review};
use crate::id::{Code, Reason, ReceiptId, ShipmentId};
use crate::rejection::Rejection;

/// A wish that concerns one order and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Places an order that takes nothing from a wallet.
    Place(Box<Placed>),
    Import(Box<Imported>),
    UploadReceipt(Receipt),
    RejectReceipt {
        receipt: ReceiptId,
        reason: Reason,
        now: DateTime<Utc>,
        extension: Extension,
    },
    Release,
    StartProcessing,
    Pack,
    RejectStock {
        reason: Reason,
    },
    Dispatch {
        shipment: ShipmentId,
        carrier: Code,
        tracking: Option<Code>,
    },
    /// Without a shipment: the one that is under way.
    Deliver {
        shipment: Option<ShipmentId>,
    },
    Complete,
    /// Cancels an order that holds no money.
    Cancel {
        reason: Reason,
    },
    /// Expires an order that holds no money.
    Expire {
        now: DateTime<Utc>,
    },
    Reopen {
        deadline: DateTime<Utc>,
    },
    Correct {
        sequence: u64,
        reason: Reason,
        ticket: Code,
    },
    Resolve(ResolveImport),
}

/// How far a review that ends without settling moves the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension {
    /// At least this much from the end of the review.
    pub at_least: TimeDelta,
    /// Never further than this from the first deadline.
    pub in_total: TimeDelta,
}

/// The facts that a person states about an imported order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveImport {
    pub released: bool,
    pub warehouse: Warehouse,
    pub shipped: bool,
    pub delivered: bool,
    pub shipment: ShipmentId,
    /// For when something is still due.
    pub deadline: DateTime<Utc>,
}

impl Order {
    /// Decides a command. No events means: what was asked for is already so.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unplaced, Command::Place(placed)) => {
                if placed.wallet_part.is_zero() {
                    Ok(vec![Event::Placed(*placed)])
                } else {
                    Err(Rejection::NeedsOtherStream)
                }
            }
            (Self::Unplaced, Command::Import(mut imported)) => {
                imported.make_sound()?;
                Ok(vec![Event::Imported(imported)])
            }
            (Self::Unplaced, _) => Err(Rejection::OrderNotFound),
            (Self::Placed(_), Command::Place(_) | Command::Import(_)) => {
                Err(Rejection::OrderExists)
            }
            (Self::Placed(facts), command) => facts.decide(command),
        }
    }
}

impl Facts {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Place(_) | Command::Import(_) => Err(Rejection::OrderExists),
            Command::UploadReceipt(receipt) => self.upload_receipt(receipt),
            Command::RejectReceipt { receipt, reason, now, extension } => {
                self.reject_receipt(receipt, reason, now, extension)
            }
            Command::Release if self.released && self.ended.is_none() => Ok(vec![]),
            Command::Release => {
                self.must_be_in(&[Phase::FinanceReview])?;
                Ok(vec![Event::Released])
            }
            Command::StartProcessing => self.warehouse_step(
                Warehouse::Processing,
                &[Phase::WarehouseReady, Phase::StockRejected],
                Event::ProcessingStarted,
            ),
            Command::Pack => {
                self.warehouse_step(Warehouse::Packed, &[Phase::WarehouseProcessing], Event::Packed)
            }
            Command::RejectStock { reason } => self.warehouse_step(
                Warehouse::StockRejected,
                &[Phase::WarehouseReady, Phase::WarehouseProcessing],
                Event::StockRejected { reason },
            ),
            Command::Dispatch { shipment, carrier, tracking } => {
                if self.shipments.contains_key(&shipment) {
                    return Ok(vec![]);
                }
                self.must_be_in(&[Phase::Packed])?;
                let lines = self.all_lines();
                Ok(vec![Event::Dispatched { shipment, lines, carrier, tracking }])
            }
            Command::Deliver { shipment } => self.deliver_shipment(shipment),
            Command::Complete if self.completed => Ok(vec![]),
            Command::Complete => {
                self.must_be_in(&[Phase::Delivered])?;
                Ok(vec![Event::Completed])
            }
            Command::Cancel { reason } => self.without_money(self.cancel(reason)?),
            Command::Expire { now } => self.without_money(self.expire(now)?),
            Command::Reopen { deadline } => {
                self.must_be_in(&[Phase::Cancelled, Phase::Expired])?;
                let deadline = (!self.settled()).then_some(deadline);
                Ok(vec![Event::Reopened { deadline }])
            }
            Command::Correct { sequence, reason, ticket } => self.correct(sequence, reason, ticket),
            Command::Resolve(resolve) => self.resolve_import(&resolve),
        }
    }

    /// Refuses unless the order is in one of these phases.
    pub fn must_be_in(&self, needed: &'static [Phase]) -> Result<(), Rejection> {
        let phase = self.phase();
        if needed.contains(&phase) { Ok(()) } else { Err(Rejection::WrongPhase { phase, needed }) }
    }

    fn warehouse_step(
        &self,
        to: Warehouse,
        from: &'static [Phase],
        event: Event,
    ) -> Result<Vec<Event>, Rejection> {
        let phase = self.phase();
        let there = match to {
            Warehouse::Waiting => Phase::WarehouseReady,
            Warehouse::Processing => Phase::WarehouseProcessing,
            Warehouse::Packed => Phase::Packed,
            Warehouse::StockRejected => Phase::StockRejected,
        };
        if phase == there {
            return Ok(vec![]);
        }
        self.must_be_in(from)?;
        Ok(vec![event])
    }

    fn upload_receipt(&self, receipt: Receipt) -> Result<Vec<Event>, Rejection> {
        if self.receipts.iter().any(|state| state.receipt == receipt.receipt) {
            return Err(Rejection::ReceiptExists);
        }
        if self.channel != super::status::Channel::BankTransfer {
            // A gateway tells of its payments itself, and a wallet needs no receipt.
            return Err(Rejection::WrongPhase { phase: self.phase(), needed: &[] });
        }
        self.must_be_in(&[Phase::AwaitingPayment, Phase::PaymentReview, Phase::PaymentRejected])?;
        if let Some(claimed) = receipt.claimed {
            self.in_currency(claimed.currency())?;
        }
        Ok(vec![Event::ReceiptUploaded(receipt)])
    }

    fn reject_receipt(
        &self,
        receipt: ReceiptId,
        reason: Reason,
        now: DateTime<Utc>,
        extension: Extension,
    ) -> Result<Vec<Event>, Rejection> {
        match self.review_of(receipt)? {
            Review::Rejected => return Ok(vec![]),
            Review::Approved { .. } => return Err(Rejection::ReceiptDecided),
            Review::Open => {}
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
        let Some(first) = self.first_deadline else {
            return Some(wished);
        };
        let latest = first.checked_add_signed(extension.in_total)?;
        // Once the cap is reached, the order gets no more time, but never less than it had.
        Some(wished.max(first).min(latest.max(now)))
    }

    fn deliver_shipment(&self, shipment: Option<ShipmentId>) -> Result<Vec<Event>, Rejection> {
        let named = match shipment {
            Some(id) => Some((id, self.shipments.get(&id).ok_or(Rejection::ShipmentNotFound)?)),
            None => self
                .shipments
                .iter()
                .find(|(_, shipment)| !shipment.delivered)
                .or_else(|| self.shipments.iter().next_back())
                .map(|(id, shipment)| (*id, shipment)),
        };
        if let Some((_, shipment)) = named
            && shipment.delivered
        {
            return Ok(vec![]);
        }
        self.must_be_in(&[Phase::Dispatched, Phase::PartlyShipped])?;
        let (shipment, state) = named.ok_or(Rejection::ShipmentNotFound)?;
        self.must_be_settled()?;
        let earned = self.earns(&state.lines)?;
        Ok(vec![Event::Delivered { shipment, lines: state.lines.clone(), earned }])
    }

    fn must_be_settled(&self) -> Result<(), Rejection> {
        if self.settled() { Ok(()) } else { Err(Rejection::NotSettled { owed: self.owed() }) }
    }

    /// The cancellation, with what it gives back; none when the order is cancelled already.
    pub(crate) fn cancel(&self, reason: Reason) -> Result<Option<Event>, Rejection> {
        if self.phase() == Phase::Cancelled {
            return Ok(None);
        }
        self.must_be_in(&[
            Phase::ImportReview,
            Phase::AwaitingPayment,
            Phase::PaymentReview,
            Phase::PaymentRejected,
            Phase::FinanceReview,
            Phase::WarehouseReady,
            Phase::WarehouseProcessing,
            Phase::StockRejected,
            Phase::Packed,
        ])?;
        Ok(Some(Event::Cancelled { reason, given_back: self.held() }))
    }

    /// The expiry, with what it gives back; none when the order has expired already.
    pub(crate) fn expire(&self, now: DateTime<Utc>) -> Result<Option<Event>, Rejection> {
        if self.phase() == Phase::Expired {
            return Ok(None);
        }
        self.must_be_in(&[Phase::AwaitingPayment, Phase::PaymentRejected])?;
        let deadline = self.deadline.ok_or(Rejection::NoDeadline)?;
        if now < deadline {
            return Err(Rejection::DeadlineNotReached { deadline });
        }
        Ok(Some(Event::Expired { given_back: self.held() }))
    }

    fn without_money(&self, event: Option<Event>) -> Result<Vec<Event>, Rejection> {
        if event.is_some() && !self.held().is_zero() {
            return Err(Rejection::NeedsOtherStream);
        }
        Ok(event.into_iter().collect())
    }

    fn correct(
        &self,
        sequence: u64,
        reason: Reason,
        ticket: Code,
    ) -> Result<Vec<Event>, Rejection> {
        let last = self.steps.last().filter(|step| step.sequence == sequence);
        let step = last.filter(|_| self.ended.is_none());
        let step = step.ok_or(Rejection::NotCorrectable { sequence })?;
        let earned = match &step.done {
            Done::Delivered { earned, .. } => Some(*earned),
            Done::Released | Done::Warehouse { .. } | Done::Dispatched { .. } | Done::Completed => {
                None
            }
        };
        Ok(vec![Event::Corrected(Corrected { sequence, reason, ticket, earned })])
    }

    fn resolve_import(&self, resolve: &ResolveImport) -> Result<Vec<Event>, Rejection> {
        self.must_be_in(&[Phase::ImportReview])?;
        let moved = resolve.released
            || resolve.shipped
            || resolve.delivered
            || resolve.warehouse != Warehouse::Waiting;
        if moved {
            self.must_be_settled()?;
        }
        let shipped: Option<Vec<LineQuantity>> =
            (resolve.shipped || resolve.delivered).then(|| self.all_lines());
        let delivered = match &shipped {
            Some(lines) if resolve.delivered => Some(self.earns(lines)?),
            Some(_) | None => None,
        };
        let resolution = Resolution {
            released: moved,
            warehouse: if shipped.is_some() { Warehouse::Packed } else { resolve.warehouse },
            shipped: shipped.map(|lines| ResolvedShipment { shipment: resolve.shipment, lines }),
            delivered,
            deadline: (!self.settled()).then_some(resolve.deadline),
        };
        Ok(vec![Event::ImportResolved(resolution)])
    }

    pub(crate) fn in_currency(&self, currency: crate::money::Currency) -> Result<(), Rejection> {
        if currency == self.currency {
            Ok(())
        } else {
            Err(crate::money::MoneyError::CurrencyMismatch(self.currency, currency).into())
        }
    }
}
