//! Taking back a step that was a mistake, and stating what became of an imported order.

use super::ResolveImport;
use crate::id::{Code, Reason};
use crate::order::guard::Step;
use crate::order::import::{Resolution, ResolvedShipment};
use crate::order::status::Warehouse;
use crate::order::{Corrected, Done, Event, Facts, Line, LineQuantity};
use crate::rejection::Rejection;

impl Facts {
    pub(super) fn correct(
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

    pub(super) fn resolve_import(&self, resolve: &ResolveImport) -> Result<Vec<Event>, Rejection> {
        self.must_allow(Step::ResolveImport)?;
        let moved = resolve.released
            || resolve.shipped
            || resolve.delivered
            || resolve.warehouse != Warehouse::Waiting;
        if moved {
            self.must_be_settled()?;
        }
        let shipped: Option<Vec<LineQuantity>> =
            (resolve.shipped || resolve.delivered).then(|| self.every(Line::unshipped));
        let delivered = match &shipped {
            Some(lines) if resolve.delivered => Some(self.earns(lines)?),
            Some(_) | None => None,
        };
        let return_until = delivered.is_some().then_some(resolve.return_until);
        let resolution = Resolution {
            released: moved,
            warehouse: if shipped.is_some() { Warehouse::Packed } else { resolve.warehouse },
            shipped: shipped.map(|lines| ResolvedShipment { shipment: resolve.shipment, lines }),
            delivered,
            deadline: self.awaits_money().then_some(resolve.deadline),
            return_until,
        };
        Ok(vec![Event::ImportResolved(resolution)])
    }
}
