//! Shipments: what left the warehouse together, and what became of it.

use serde::{Deserialize, Serialize};

use super::status::{DeliveryTrouble, Extent};
use super::{Facts, LineQuantity};
use crate::id::{Code, ShipmentId};
use crate::rejection::Rejection;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    pub lines: Vec<LineQuantity>,
    pub stage: ShipmentStage,
    /// Who carries it; none is known of a shipment that was taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Code>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<Code>,
    /// HMAC of the code that its receiver must tell; none when it needs none.
    pub code: Option<Code>,
    /// How often a wrong code was told.
    pub wrong_tries: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShipmentStage {
    UnderWay,
    Failed,
    Returning,
    ReceivedBack,
    Delivered,
}

impl ShipmentStage {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnderWay => "under_way",
            Self::Failed => "failed",
            Self::Returning => "returning",
            Self::ReceivedBack => "received_back",
            Self::Delivered => "delivered",
        }
    }
}

impl Shipment {
    pub(super) fn sent(lines: Vec<LineQuantity>) -> Self {
        let (carrier, tracking, code) = (None, None, None);
        Self { lines, stage: ShipmentStage::UnderWay, carrier, tracking, code, wrong_tries: 0 }
    }

    /// It is with its carrier, or the carrier has it again after a failed try.
    pub fn is_out(&self) -> bool {
        matches!(self.stage, ShipmentStage::UnderWay | ShipmentStage::Failed)
    }

    pub fn is_delivered(&self) -> bool {
        self.stage == ShipmentStage::Delivered
    }
}

impl Facts {
    /// The worst that befalls a shipment on its way.
    pub fn trouble(&self) -> Option<DeliveryTrouble> {
        let any = |stage| self.shipments.values().any(|shipment| shipment.stage == stage);
        if any(ShipmentStage::Returning) {
            Some(DeliveryTrouble::Returning)
        } else if any(ShipmentStage::Failed) {
            Some(DeliveryTrouble::Failed)
        } else {
            None
        }
    }

    /// The shipment that is meant: the one named, else the only one under way. When none is under
    /// way, one that needs no delivery if everything is delivered, else one that still does.
    pub fn shipment(
        &self,
        named: Option<ShipmentId>,
    ) -> Result<(ShipmentId, &Shipment), Rejection> {
        let Some(id) = named else {
            return self.only_shipment();
        };
        let shipment = self.shipments.get(&id).ok_or(Rejection::ShipmentNotFound)?;
        Ok((id, shipment))
    }

    fn only_shipment(&self) -> Result<(ShipmentId, &Shipment), Rejection> {
        let under_way = |shipment: &Shipment| shipment.stage == ShipmentStage::UnderWay;
        let mut all = self.shipments.iter().filter(|(_, shipment)| under_way(shipment));
        let (one, another) = (all.next(), all.next());
        if another.is_some() {
            return Err(Rejection::ShipmentUnnamed);
        }
        let all_delivered = self.extent(|line| line.delivered) == Extent::All;
        let meant = |shipment: &Shipment| shipment.is_delivered() == all_delivered;
        let found = one.or_else(|| self.shipments.iter().find(|(_, shipment)| meant(shipment)));
        found.map(|(id, shipment)| (*id, shipment)).ok_or(Rejection::ShipmentNotFound)
    }

    pub(super) fn shipment_mut(&mut self, id: ShipmentId) -> &mut Shipment {
        self.shipments.get_mut(&id).expect("corrupt stream: an unknown shipment")
    }
}
