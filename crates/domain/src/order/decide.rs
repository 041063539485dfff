//! What an order alone can decide.

use chrono::{DateTime, TimeDelta, Utc};

use serde::{Deserialize, Serialize};

use super::guard::Step;
use super::hold::Department;
use super::import::Imported;
use super::status::{Phase, Warehouse};
use super::{Event, Facts, LineQuantity, Order, Placed, Receipt};
use crate::id::{Code, Reason, ReceiptId, ShipmentId};
use crate::money::{Currency, MoneyError};
use crate::rejection::Rejection;

mod change;
mod correct;
mod goods;
mod receipt;

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
    Dispatch(Dispatch),
    IssueDeliveryCode {
        shipment: ShipmentId,
        code: Code,
    },
    Deliver(Delivery),
    FailDelivery {
        shipment: ShipmentId,
        reason: Reason,
    },
    RetryDelivery {
        shipment: ShipmentId,
    },
    ReturnToOrigin {
        shipment: ShipmentId,
    },
    ReceiveBack {
        shipment: ShipmentId,
        /// For when the order waits for its money again.
        deadline: DateTime<Utc>,
    },
    ReturnGoods {
        lines: Vec<LineQuantity>,
        reason: Reason,
    },
    Complete,
    CompleteAfterReturnWindow {
        now: DateTime<Utc>,
    },
    PutOnHold {
        department: Department,
        reason: Reason,
    },
    LiftHold {
        department: Department,
    },
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
        /// For an order that was completed.
        return_until: DateTime<Utc>,
    },
    Correct {
        sequence: u64,
        reason: Reason,
        ticket: Code,
    },
    Resolve(ResolveImport),
}

/// What leaves the warehouse; without lines: everything that is still to be shipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    pub shipment: ShipmentId,
    pub lines: Option<Vec<LineQuantity>>,
    pub carrier: Code,
    pub tracking: Option<Code>,
    pub code: Option<Code>,
}

/// A delivery that somebody reports; without a shipment: of the one that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub shipment: Option<ShipmentId>,
    pub proof: DeliveryProof,
    /// How many wrong tries lock the code.
    pub tries_allowed: u32,
    /// Until when goods may be returned, if this is the last delivery.
    pub return_until: DateTime<Utc>,
}

/// How the receiver is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryProof {
    /// HMAC of the code that was told.
    Code(Code),
    /// Somebody answers for it that no code was told.
    Override {
        reason: Reason,
    },
    None,
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
    /// For when everything is delivered.
    pub return_until: DateTime<Utc>,
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
            Command::Release => self.allowed(Step::Release, Event::Released),
            Command::StartProcessing => self.warehouse_step(
                Step::StartProcessing,
                Phase::WarehouseProcessing,
                Event::ProcessingStarted,
            ),
            Command::Pack => self.warehouse_step(Step::Pack, Phase::Packed, Event::Packed),
            Command::RejectStock { reason } => self.warehouse_step(
                Step::RejectStock,
                Phase::StockRejected,
                Event::StockRejected { reason },
            ),
            Command::Dispatch(dispatch) => self.dispatch(dispatch),
            Command::IssueDeliveryCode { shipment, code } => {
                self.issue_delivery_code(shipment, code)
            }
            Command::Deliver(delivery) => self.deliver_shipment(delivery),
            Command::FailDelivery { shipment, reason } => self.fail_delivery(shipment, reason),
            Command::RetryDelivery { shipment } => self.retry_delivery(shipment),
            Command::ReturnToOrigin { shipment } => self.return_to_origin(shipment),
            Command::ReceiveBack { shipment, deadline } => self.receive_back(shipment, deadline),
            Command::ReturnGoods { lines, reason } => self.return_goods(lines, reason),
            Command::Complete if self.completed => Ok(vec![]),
            Command::Complete => self.allowed(Step::Complete, Event::Completed),
            Command::CompleteAfterReturnWindow { now } => self.complete_after_return_window(now),
            Command::PutOnHold { department, reason } => self.put_on_hold(department, reason),
            Command::LiftHold { department } => self.lift_hold(department),
            Command::Cancel { reason } => self.without_money(self.cancel(reason)?),
            Command::Expire { now } => self.without_money(self.expire(now)?),
            Command::Reopen { deadline, return_until } => self.reopen(deadline, return_until),
            Command::Correct { sequence, reason, ticket } => self.correct(sequence, reason, ticket),
            Command::Resolve(resolve) => self.resolve_import(&resolve),
        }
    }

    fn allowed(&self, step: Step, event: Event) -> Result<Vec<Event>, Rejection> {
        self.must_allow(step)?;
        Ok(vec![event])
    }

    fn warehouse_step(&self, step: Step, to: Phase, event: Event) -> Result<Vec<Event>, Rejection> {
        if self.phase() == to { Ok(vec![]) } else { self.allowed(step, event) }
    }

    fn without_money(&self, event: Option<Event>) -> Result<Vec<Event>, Rejection> {
        if event.is_some() && !self.held().is_zero() {
            return Err(Rejection::NeedsOtherStream);
        }
        Ok(event.into_iter().collect())
    }

    pub(crate) fn in_currency(&self, currency: Currency) -> Result<(), Rejection> {
        if currency == self.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, currency).into())
        }
    }
}
