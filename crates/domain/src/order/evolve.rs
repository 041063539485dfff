//! What each event changes in what is known of an order.

use chrono::{DateTime, Utc};

use super::facts::{Correctable, Done, Facts, ReceiptState, Review};
use super::import::Resolution;
use super::status::{Ended, Warehouse};
use super::totals::Totals;
use super::{Corrected, Event, Line, LineQuantity, Shipment, ShipmentStage};
use crate::id::{ReceiptId, ShipmentId};
use crate::money::{Money, MoneyError};

impl Facts {
    #[expect(clippy::too_many_lines, reason = "one arm an event: the table of contents")]
    pub(super) fn evolve(&mut self, event: &Event) -> Result<(), MoneyError> {
        match event {
            Event::Placed(_) | Event::Imported(_) => panic!("corrupt stream: placed twice"),
            Event::PaymentReceived { amount, .. } => {
                self.received = self.received.checked_add(amount.money())?;
                if self.settled() {
                    self.deadline = None;
                }
            }
            Event::ReceiptUploaded(receipt) => {
                self.receipts.push(ReceiptState::open(receipt));
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
            Event::ShortfallForgiven { amount } => {
                self.received = self.received.checked_add(amount.money())?;
                self.forgiven = self.forgiven.checked_add(amount.money())?;
            }
            Event::ForgivenessTakenBack { amount } => {
                self.received = self.received.checked_sub(amount.money())?;
                self.forgiven = self.forgiven.checked_sub(amount.money())?;
            }
            Event::PaymentTakenBack { amount, deadline, .. } => {
                self.received = self.received.checked_sub(amount.money())?;
                self.deadline = *deadline;
                self.first_deadline = *deadline;
                self.released = false;
                self.warehouse = Warehouse::Waiting;
                self.steps.clear();
            }
            Event::Reminded { deadline } => self.reminded = Some(*deadline),
            Event::Released => {
                self.released = true;
                self.step(Done::Released);
            }
            Event::ProcessingStarted => self.warehouse_moves(Warehouse::Processing),
            Event::Packed => self.warehouse_moves(Warehouse::Packed),
            Event::StockRejected { .. } => self.warehouse_moves(Warehouse::StockRejected),
            Event::Dispatched { shipment, lines, carrier, tracking, code } => {
                let sent = Shipment::sent(lines.clone());
                let (carrier, tracking) = (Some(carrier.clone()), tracking.clone());
                let sent = Shipment { carrier, tracking, code: code.clone(), ..sent };
                self.ship(*shipment, sent);
                self.step(Done::Dispatched { shipment: *shipment });
            }
            Event::DeliveryCodeIssued { shipment, code } => {
                let shipment = self.shipment_mut(*shipment);
                shipment.code = Some(code.clone());
                shipment.wrong_tries = 0;
            }
            Event::DeliveryCodeRefused { shipment } => {
                let shipment = self.shipment_mut(*shipment);
                shipment.wrong_tries = shipment.wrong_tries.saturating_add(1);
            }
            Event::Delivered { shipment, lines, earned, return_until, .. } => {
                self.deliver(*shipment, lines, earned)?;
                self.return_until = *return_until;
                self.step(Done::Delivered { shipment: *shipment, earned: *earned });
            }
            Event::DeliveryFailed { shipment, .. } => {
                self.shipment_mut(*shipment).stage = ShipmentStage::Failed;
            }
            Event::DeliveryRetried { shipment } => {
                self.shipment_mut(*shipment).stage = ShipmentStage::UnderWay;
            }
            Event::ReturningToOrigin { shipment } => {
                self.shipment_mut(*shipment).stage = ShipmentStage::Returning;
            }
            Event::ReceivedBack { shipment, deadline } => {
                self.unship(*shipment);
                self.shipment_mut(*shipment).stage = ShipmentStage::ReceivedBack;
                self.warehouse = Warehouse::Packed;
                self.deadline = *deadline;
                // What led here cannot be taken back one by one any more.
                self.steps.clear();
            }
            Event::GoodsReturned { lines, .. } => {
                for returned in lines {
                    let line = self.line_mut(returned.line);
                    line.returned = line.returned.saturating_add(returned.quantity.value());
                    assert!(line.returned <= line.delivered, "corrupt stream: returned too much");
                }
                self.steps.clear();
            }
            Event::Refunded { lines, parts, withheld, .. } => {
                self.pay_back(lines, parts, withheld.as_ref())?;
            }
            Event::Completed => {
                self.completed = true;
                self.step(Done::Completed);
            }
            Event::Cancelled { given_back, .. } => self.end(Ended::Cancelled, *given_back)?,
            Event::LinesCancelled { lines, totals, given_back, return_until, .. } => {
                for cancelled in lines {
                    let line = self.line_mut(cancelled.line);
                    line.cancelled = line.cancelled.saturating_add(cancelled.quantity.value());
                    assert!(line.shipped <= line.live(), "corrupt stream: cancelled too much");
                }
                self.costs(totals, *given_back)?;
                self.return_until = *return_until;
            }
            Event::Edited { lines, totals, given_back, deadline } => {
                let was_settled = self.settled();
                self.lines = lines.iter().cloned().map(Line::ordered).collect();
                self.ordered = *totals;
                self.costs(totals, *given_back)?;
                self.await_money(was_settled && self.released, *deadline);
            }
            Event::Expired { given_back } => self.end(Ended::Expired, *given_back)?,
            Event::Reopened { deadline, return_until } => {
                self.starts_again(*deadline, *return_until);
            }
            Event::PutOnHold { department, reason } => {
                self.holds.insert(*department, reason.clone());
            }
            Event::HoldLifted { department } => {
                self.holds.remove(department);
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
        self.steps.push(Correctable { sequence: self.version, done });
    }

    fn warehouse_moves(&mut self, to: Warehouse) {
        let before = std::mem::replace(&mut self.warehouse, to);
        self.step(Done::Warehouse { before });
    }

    fn ship(&mut self, id: ShipmentId, shipment: Shipment) {
        for shipped in &shipment.lines {
            let line = self.line_mut(shipped.line);
            line.shipped = line.shipped.saturating_add(shipped.quantity.value());
            assert!(line.shipped <= line.live(), "corrupt stream: shipped too much");
        }
        self.shipments.insert(id, shipment);
    }

    /// What the shipment carried is in the warehouse again.
    fn unship(&mut self, shipment: ShipmentId) {
        for shipped in self.shipment_mut(shipment).lines.clone() {
            let line = self.line_mut(shipped.line);
            line.shipped = line.shipped.saturating_sub(shipped.quantity.value());
        }
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
        self.shipment_mut(shipment).stage = ShipmentStage::Delivered;
        self.earned = self.earned.checked_add(earned)?;
        Ok(())
    }

    fn pay_back(
        &mut self,
        lines: &[LineQuantity],
        parts: &Totals,
        withheld: Option<&Totals>,
    ) -> Result<(), MoneyError> {
        for refunded in lines {
            let line = self.line_mut(refunded.line);
            line.refunded = line.refunded.saturating_add(refunded.quantity.value());
            assert!(line.refunded <= line.returned, "corrupt stream: refunded before returned");
        }
        self.refunded = self.refunded.checked_add(parts.due)?;
        assert!(self.received.covers(self.refunded), "corrupt stream: refunded more than was paid");
        self.paid_back = self.paid_back.checked_add(parts)?;
        if let Some(withheld) = withheld {
            self.paid_back = self.paid_back.checked_add(withheld)?;
        }
        Ok(())
    }

    /// Something else is due from now on; what was paid beyond it was given back.
    fn costs(&mut self, totals: &Totals, given_back: Money) -> Result<(), MoneyError> {
        self.totals = *totals;
        self.received = self.received.checked_sub(given_back)?;
        if self.settled() {
            self.deadline = None;
        }
        Ok(())
    }

    /// After an edit: what is not paid waits for its money before the warehouse sees it again.
    /// The time that an order gets is counted anew only if finance had released it: one that is
    /// edited down to what it holds and up again has no more than it had.
    fn await_money(&mut self, was_released: bool, deadline: Option<DateTime<Utc>>) {
        if self.settled() {
            return;
        }
        if was_released || self.first_deadline.is_none() {
            self.first_deadline = deadline;
        }
        self.deadline = deadline;
        self.released = false;
        self.warehouse = Warehouse::Waiting;
        self.steps.clear();
    }

    fn starts_again(
        &mut self,
        deadline: Option<DateTime<Utc>>,
        return_until: Option<DateTime<Utc>>,
    ) {
        if self.completed {
            self.completed = false;
            self.return_until = return_until;
            self.steps.retain(|step| step.done != Done::Completed);
            return;
        }
        self.ended = None;
        self.deadline = deadline;
        self.first_deadline = deadline;
        self.released = false;
        self.warehouse = Warehouse::Waiting;
        self.steps.clear();
    }

    fn end(&mut self, ended: Ended, given_back: Money) -> Result<(), MoneyError> {
        self.ended = Some(ended);
        self.holds.clear();
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
        self.return_until = resolution.return_until;
        if let Some(shipment) = &resolution.shipped {
            self.ship(shipment.shipment, Shipment::sent(shipment.lines.clone()));
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
                self.unship(shipment);
                self.shipments.remove(&shipment);
            }
            Done::Delivered { shipment, earned } => {
                for delivered in self.shipment_mut(shipment).lines.clone() {
                    let line = self.line_mut(delivered.line);
                    line.delivered = line.delivered.saturating_sub(delivered.quantity.value());
                }
                self.shipment_mut(shipment).stage = ShipmentStage::UnderWay;
                self.earned = self.earned.checked_sub(&earned)?;
                self.return_until = None;
            }
            Done::Completed => {
                self.completed = false;
                // Or the end of the window would complete it again at once.
                self.return_until = None;
            }
        }
        Ok(())
    }
}
