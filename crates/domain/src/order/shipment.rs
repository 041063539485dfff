//! Shipments: what left the warehouse together, and what became of it.

use serde::{Deserialize, Serialize};

use super::status::DeliveryTrouble;
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

    /// The shipment that is meant: the one named, else the one under way, else the last.
    pub fn shipment(
        &self,
        named: Option<ShipmentId>,
    ) -> Result<(ShipmentId, &Shipment), Rejection> {
        let found = match named {
            Some(id) => self.shipments.get_key_value(&id),
            None => self
                .shipments
                .iter()
                .find(|(_, shipment)| shipment.stage == ShipmentStage::UnderWay)
                .or_else(|| self.shipments.iter().find(|(_, shipment)| !shipment.is_delivered()))
                .or_else(|| self.shipments.iter().next_back()),
        };
        found.map(|(id, shipment)| (*id, shipment)).ok_or(Rejection::ShipmentNotFound)
    }

    pub(super) fn shipment_mut(&mut self, id: ShipmentId) -> &mut Shipment {
        self.shipments.get_mut(&id).expect("corrupt stream: an unknown shipment")
    }
}
