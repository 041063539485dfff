//! Where the goods go: out in shipments, over to the customer, and back.

use chrono::{DateTime, Utc};

use crate::id::{Code, Reason, ShipmentId, WalletId};
use crate::order::guard::Step;
use crate::order::line::quantity_in;
use crate::order::{Event, Facts, Line, LineQuantity, Proof, Shipment, ShipmentStage};
use crate::rejection::Rejection;

use super::{Delivery, DeliveryProof, Dispatch};

impl Facts {
    pub(super) fn dispatch(&self, dispatch: Dispatch) -> Result<Vec<Event>, Rejection> {
        let Dispatch { shipment, lines, carrier, tracking, code } = dispatch;
        if let Some(sent) = self.shipments.get(&shipment) {
            let same = self.carries(sent, lines.as_deref())
                && sent.carrier.as_ref() == Some(&carrier)
                && sent.tracking == tracking
                && sent.stage != ShipmentStage::ReceivedBack;
            return if same { Ok(vec![]) } else { Err(Rejection::ShipmentExists) };
        }
        self.must_allow(Step::Dispatch)?;
        let unshipped = self.every(Line::unshipped);
        if unshipped.is_empty() {
            return Err(Rejection::NothingToDispatch);
        }
        let lines = lines.unwrap_or(unshipped);
        self.must_have(&lines, Line::unshipped)?;
        Ok(vec![Event::Dispatched { shipment, lines, carrier, tracking, code }])
    }

    /// Whether a shipment has these lines; without lines: whether it left nothing to be shipped.
    fn carries(&self, sent: &Shipment, lines: Option<&[LineQuantity]>) -> bool {
        match lines {
            Some(lines) => {
                lines.len() == sent.lines.len()
                    && sent.lines.iter().all(|carried| lines.contains(carried))
            }
            None => self.every(Line::unshipped).is_empty(),
        }
    }

    pub(super) fn issue_delivery_code(
        &self,
        shipment: ShipmentId,
        code: Code,
    ) -> Result<Vec<Event>, Rejection> {
        let (id, shipment) = self.shipment(Some(shipment))?;
        if shipment.code.as_ref() == Some(&code) && shipment.wrong_tries == 0 {
            return Ok(vec![]);
        }
        self.must_allow(Step::IssueDeliveryCode)?;
        shipment.must_be(&[ShipmentStage::UnderWay, ShipmentStage::Failed])?;
        Ok(vec![Event::DeliveryCodeIssued { shipment: id, code }])
    }

    /// A delivery, or the wrong code that somebody told instead.
    pub(super) fn deliver_shipment(&self, delivery: Delivery) -> Result<Vec<Event>, Rejection> {
        let found = self.shipment(delivery.shipment);
        if let Ok((_, shipment)) = found
            && shipment.is_delivered()
        {
            return Ok(vec![]);
        }
        if delivery.shipment.is_some() {
            found.as_ref().map_err(Clone::clone)?;
        }
        self.must_allow(Step::Deliver)?;
        let (id, shipment) = found?;
        shipment.must_be(&[ShipmentStage::UnderWay])?;
        self.must_be_settled()?;
        let Some(proof) = shipment.proof(delivery.proof, delivery.tries_allowed)? else {
            return Ok(vec![Event::DeliveryCodeRefused { shipment: id }]);
        };
        let lines = shipment.lines.clone();
        let earned = self.earns(&lines)?;
        let last = self
            .lines
            .iter()
            .all(|line| line.delivered.saturating_add(quantity_in(&lines, line)) >= line.live());
        let return_until = last.then_some(delivery.return_until);
        Ok(vec![Event::Delivered { shipment: id, lines, earned, proof: proof.0, return_until }])
    }

    pub(super) fn must_be_settled(&self) -> Result<(), Rejection> {
        if self.settled() { Ok(()) } else { Err(Rejection::NotSettled { owed: self.owed() }) }
    }

    pub(super) fn fail_delivery(
        &self,
        shipment: ShipmentId,
        reason: Reason,
    ) -> Result<Vec<Event>, Rejection> {
        use ShipmentStage as S;
        let event = Event::DeliveryFailed { shipment, reason };
        self.move_shipment(Step::FailDelivery, shipment, &[S::UnderWay], S::Failed, event)
    }

    pub(super) fn retry_delivery(&self, shipment: ShipmentId) -> Result<Vec<Event>, Rejection> {
        use ShipmentStage as S;
        let event = Event::DeliveryRetried { shipment };
        self.move_shipment(Step::RetryDelivery, shipment, &[S::Failed], S::UnderWay, event)
    }

    pub(super) fn return_to_origin(&self, shipment: ShipmentId) -> Result<Vec<Event>, Rejection> {
        use ShipmentStage as S;
        let (event, from) = (Event::ReturningToOrigin { shipment }, &[S::UnderWay, S::Failed]);
        self.move_shipment(Step::ReturnToOrigin, shipment, from, S::Returning, event)
    }

    /// `deadline` is for an order that goes back to waiting for its money.
    pub(super) fn receive_back(
        &self,
        shipment: ShipmentId,
        deadline: DateTime<Utc>,
    ) -> Result<Vec<Event>, Rejection> {
        use ShipmentStage as S;
        let back = self.shipment(Some(shipment))?.1.lines.clone();
        let all_back = self.lines.iter().all(|line| line.shipped <= quantity_in(&back, line));
        let waits = all_back && !self.settled() && self.open_receipt().is_none();
        let event = Event::ReceivedBack { shipment, deadline: waits.then_some(deadline) };
        self.move_shipment(Step::ReceiveBack, shipment, &[S::Returning], S::ReceivedBack, event)
    }

    fn move_shipment(
        &self,
        step: Step,
        shipment: ShipmentId,
        from: &'static [ShipmentStage],
        to: ShipmentStage,
        event: Event,
    ) -> Result<Vec<Event>, Rejection> {
        let (_, shipment) = self.shipment(Some(shipment))?;
        if shipment.stage == to {
            return Ok(vec![]);
        }
        self.must_allow(step)?;
        shipment.must_be(from)?;
        Ok(vec![event])
    }

    pub(super) fn return_goods(
        &self,
        lines: Vec<LineQuantity>,
        reason: Reason,
    ) -> Result<Vec<Event>, Rejection> {
        self.must_allow(Step::ReturnGoods)?;
        self.must_have(&lines, Line::returnable)?;
        Ok(vec![Event::GoodsReturned { lines, reason }])
    }

    /// The refund of returned units, all that there are if none are named; with delivery fee and
    /// surcharge, or without.
    pub(crate) fn refund(
        &self,
        lines: Option<Vec<LineQuantity>>,
        fees: bool,
    ) -> Result<Event, Rejection> {
        self.must_allow(Step::Refund)?;
        let lines = lines.unwrap_or_else(|| self.every(Line::refundable));
        match self.must_have(&lines, Line::refundable) {
            Err(Rejection::NoLines | Rejection::QuantityTooLarge { .. }) => {
                return Err(Rejection::NothingToRefund);
            }
            checked => checked?,
        }
        let all = self.pays_back(&lines)?;
        let parts = if fees { all } else { all.without_fees()? };
        let withheld = (!fees).then(|| all.checked_sub(&parts)).transpose()?;
        // What was forgiven earned the order its goods, but never came.
        let parts = parts.at_most(self.paid().checked_sub(self.refunded)?)?;
        let to = WalletId::of(&self.customer, self.currency);
        Ok(Event::Refunded { lines, parts, to, withheld })
    }
}

/// What is stored of an accepted proof; nothing of a delivery that needed none.
struct Accepted(Option<Proof>);

impl Shipment {
    fn must_be(&self, stages: &[ShipmentStage]) -> Result<(), Rejection> {
        if stages.contains(&self.stage) {
            Ok(())
        } else {
            Err(Rejection::WrongShipmentStage { stage: self.stage })
        }
    }

    /// Whether the receiver is known; none when the code is wrong.
    fn proof(
        &self,
        proof: DeliveryProof,
        tries_allowed: u32,
    ) -> Result<Option<Accepted>, Rejection> {
        match (proof, &self.code) {
            (DeliveryProof::None, None) => Ok(Some(Accepted(None))),
            (DeliveryProof::None, Some(_)) => Err(Rejection::DeliveryCodeNeeded),
            (DeliveryProof::Override { reason }, _) => {
                Ok(Some(Accepted(Some(Proof::Override { reason }))))
            }
            (DeliveryProof::Code(_), None) => Err(Rejection::NoDeliveryCode),
            (DeliveryProof::Code(_), Some(_)) if self.wrong_tries >= tries_allowed => {
                Err(Rejection::DeliveryCodeLocked { tries: self.wrong_tries })
            }
            (DeliveryProof::Code(told), Some(code)) => {
                Ok((told == *code).then_some(Accepted(Some(Proof::Code))))
            }
        }
    }
}
