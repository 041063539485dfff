//! An order taken over from the old system: its rows as evidence, its facts as far as proven.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::status::{Channel, Ended, Method, Warehouse};
use super::totals::{LineItem, Quantity, Totals};
use super::{
    Facts, Line, LineQuantity, PersonalRef, Receipt, ReceiptState, Shipment, ShipmentStage,
};
use crate::id::{Code, CustomerId, OrderNumber, ShipmentId, Text};
use crate::money::{Amount, Currency, Money, MoneyError};
use crate::rejection::Rejection;

/// An order of the old system. What it posts is `proven`, unless the order was finished there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Imported {
    pub number: OrderNumber,
    pub series: Option<(Code, u32)>,
    /// Tells apart orders that were given one number.
    pub epoch: Option<Code>,
    pub customer: CustomerId,
    pub method: Method,
    pub channel: Channel,
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::CurrencyCode"))]
    pub currency: Currency,
    pub lines: Vec<LineItem>,
    pub totals: Totals,
    pub placed_at: DateTime<Utc>,
    /// The money that the old records prove was paid for this order.
    pub proven: Money,
    /// The old debits among it, each with what links it.
    pub debits: Vec<LinkedDebit>,
    pub stage: Stage,
    /// A receipt that waits for finance.
    pub receipt: Option<Receipt>,
    pub evidence: Evidence,
    pub personal: Option<PersonalRef>,
    /// Until when it is to be paid; kept only where the order awaits its payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
}

/// An old debit that pays for the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkedDebit {
    /// The old row: `wallet_transactions:17`.
    pub debit: Code,
    pub amount: Amount,
    pub proof: Code,
}

/// How far the order had come, where the old records agree and the money is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The records disagree or the money is unproven: a person decides.
    Review,
    /// Not yet paid, or paid and not yet released.
    Open,
    Released {
        warehouse: Warehouse,
    },
    Dispatched,
    /// Finished in the old system: nothing is posted here.
    Delivered,
    Completed,
    Ended(Ended),
}

/// What the old rows said, word for word where they are codes. Shown, never acted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// The old rows' ids, as `table:id`.
    pub rows: Vec<Code>,
    pub customer_status: Option<Code>,
    pub payment_status: Option<Code>,
    pub management_status: Option<Code>,
    pub payment_method: Option<Code>,
    /// What is wrong with the records, from the closed set of classes.
    pub classes: Vec<Code>,
    /// The classes' evidence: row ids and column values, no personal data.
    pub findings: Vec<String>,
    /// What the old wallet was to pay of the order; none if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet_part: Option<Money>,
    /// Debits that paid for the order once more: to be given back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub double_charges: Vec<DoubleCharge>,
}

/// Two old debits that paid for one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DoubleCharge {
    /// The old row that the order keeps.
    pub first: Code,
    /// The one that its customer is to get back, and how much it took.
    pub second: Code,
    pub amount: Amount,
}

/// What a person states about an imported order, as facts and never as a phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resolution {
    pub released: bool,
    pub warehouse: Warehouse,
    pub shipped: Option<ResolvedShipment>,
    /// What the delivered lines earn; none when nothing was delivered.
    pub delivered: Option<Totals>,
    /// Set when something is still due.
    pub deadline: Option<DateTime<Utc>>,
    /// Set when everything is stated to be delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_until: Option<DateTime<Utc>>,
}

/// What a person states to be shipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ResolvedShipment {
    pub shipment: ShipmentId,
    pub lines: Vec<LineQuantity>,
}

impl Stage {
    /// Finished orders keep no money here: what they earned was earned in the old system.
    pub fn finished(self) -> bool {
        match self {
            Self::Delivered | Self::Completed | Self::Ended(_) => true,
            Self::Review | Self::Open | Self::Released { .. } | Self::Dispatched => false,
        }
    }
}

impl Imported {
    /// Neither paid nor under review: its customer is to pay it.
    pub(crate) fn awaits_payment(&self) -> bool {
        let paid = self.proven.covers(self.totals.due);
        let waits = matches!(self.stage, Stage::Open | Stage::Released { .. });
        waits && !paid && self.receipt.is_none()
    }

    /// Makes the facts hold together, whatever the old rows said, and refuses mixed currencies.
    pub(super) fn make_sound(&mut self) -> Result<(), Rejection> {
        let parts = [
            self.totals.items,
            self.totals.discount,
            self.totals.delivery,
            self.totals.surcharge,
            self.totals.tax,
            self.totals.rounding,
            self.totals.due,
            self.proven,
        ];
        let lines = self.lines.iter().map(|line| line.total);
        for money in parts.into_iter().chain(lines) {
            if money.currency() != self.currency {
                return Err(MoneyError::CurrencyMismatch(self.currency, money.currency()).into());
            }
        }
        for money in [self.totals.due, self.proven] {
            if money.is_negative() {
                return Err(Rejection::NegativeCharge(money));
            }
        }
        // An order keeps no more than it costs, or the rest would stay in its account for ever.
        self.proven = self.proven.min(self.totals.due)?;
        if !self.awaits_payment() {
            self.deadline = None;
        }
        if self.lines.is_empty() {
            // The old items are lost. One line stands for them: an order without any would count
            // as delivered, since no line of it is undelivered.
            let line = LineItem::price(
                1,
                Text::new("unknown")?,
                Quantity::new(Decimal::ONE)?,
                self.totals.items,
            )?;
            self.lines.push(line);
        }
        Ok(())
    }
}

impl Facts {
    pub(super) fn imported(imported: &Imported) -> Self {
        let zero = Money::zero(imported.currency);
        let (shipped, delivered) = match imported.stage {
            Stage::Review | Stage::Open | Stage::Released { .. } | Stage::Ended(_) => {
                (false, false)
            }
            Stage::Dispatched => (true, false),
            Stage::Delivered | Stage::Completed => (true, true),
        };
        let quantity = |line: &LineItem, is: bool| {
            if is { line.quantity.value() } else { Decimal::ZERO }
        };
        let lines: Vec<Line> = imported
            .lines
            .iter()
            .map(|item| Line {
                shipped: quantity(item, shipped),
                delivered: quantity(item, delivered),
                ..Line::ordered(item.clone())
            })
            .collect();
        let mut shipments = BTreeMap::new();
        if shipped {
            let lines = imported
                .lines
                .iter()
                .map(|item| LineQuantity { line: item.line, quantity: item.quantity })
                .collect();
            let mut shipment = Shipment::sent(lines);
            if delivered {
                shipment.stage = ShipmentStage::Delivered;
            }
            // The old records name no shipment; the nil id cannot collide with one of ours.
            shipments.insert(ShipmentId::new(uuid::Uuid::nil()), shipment);
        }
        let received = match imported.stage {
            Stage::Ended(_) => zero,
            Stage::Delivered | Stage::Completed => imported.totals.due,
            Stage::Review | Stage::Open | Stage::Released { .. } | Stage::Dispatched => {
                imported.proven
            }
        };
        let finished = imported.stage.finished();
        Self {
            version: 1,
            number: imported.number.clone(),
            series: imported.series.clone(),
            epoch: imported.epoch.clone(),
            customer: imported.customer.clone(),
            method: imported.method,
            channel: imported.channel,
            currency: imported.currency,
            lines,
            ordered: imported.totals,
            totals: imported.totals,
            received,
            earned: Totals::zero(imported.currency),
            earned_before: if finished { received } else { zero },
            refunded: zero,
            paid_back: Totals::zero(imported.currency),
            receipts: imported.receipt.iter().map(ReceiptState::open).collect(),
            released: matches!(
                imported.stage,
                Stage::Released { .. } | Stage::Dispatched | Stage::Delivered | Stage::Completed
            ),
            warehouse: match imported.stage {
                Stage::Released { warehouse } => warehouse,
                Stage::Dispatched | Stage::Delivered | Stage::Completed => Warehouse::Packed,
                Stage::Review | Stage::Open | Stage::Ended(_) => Warehouse::Waiting,
            },
            shipments,
            holds: BTreeMap::new(),
            completed: imported.stage == Stage::Completed,
            return_until: None,
            ended: match imported.stage {
                Stage::Ended(ended) => Some(ended),
                Stage::Review
                | Stage::Open
                | Stage::Released { .. }
                | Stage::Dispatched
                | Stage::Delivered
                | Stage::Completed => None,
            },
            deadline: imported.deadline,
            first_deadline: imported.deadline,
            reminded: None,
            forgiven: zero,
            in_import_review: imported.stage == Stage::Review,
            legacy_debits: imported.debits.iter().map(|debit| debit.debit.clone()).collect(),
            steps: Vec::new(),
        }
    }
}
