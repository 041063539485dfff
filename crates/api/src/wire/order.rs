//! An order as replies show it.

use chrono::{DateTime, Utc};
use domain::StreamKey;
use domain::id::{OrderId, ShipmentId};
use domain::order::totals::Quantity;
use domain::order::{Facts, Review};
use ledger::quarantine::Known;
use projections::customer_orders::CustomerOrder;
use projections::order_management::ManagedOrder;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::money::{Money, Stored};
use crate::wire::quarantine::Quarantined;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Order {
    id: Uuid,
    number: String,
    customer: String,
    #[schema(value_type = String)]
    phase: domain::order::status::Phase,
    /// As the customer sees it.
    customer_status: &'static str,
    /// As finance, warehouse and logistics see it.
    management_status: &'static str,
    department: Option<&'static str>,
    payment_status: &'static str,
    #[schema(value_type = String)]
    method: domain::order::status::Method,
    lines: Vec<Line>,
    totals: Totals,
    received: Money,
    owed: Money,
    refunded: Money,
    released: bool,
    deadline: Option<DateTime<Utc>>,
    /// Until when the goods may be returned, once all have arrived.
    return_until: Option<DateTime<Utc>>,
    holds: Vec<Hold>,
    receipts: Vec<Receipt>,
    shipments: Vec<Shipment>,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<Quarantined>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderLine)]
#[expect(clippy::struct_field_names, reason = "a line's number is called its line everywhere")]
struct Line {
    line: u16,
    sku: String,
    ordered: String,
    cancelled: String,
    unit_price: Money,
    total: Money,
    shipped: String,
    delivered: String,
    returned: String,
    refunded: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderTotals)]
struct Totals {
    items: Money,
    discount: Money,
    delivery: Money,
    surcharge: Money,
    tax: Money,
    rounding: Money,
    due: Money,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderReceipt)]
struct Receipt {
    id: Uuid,
    /// open, approved or rejected
    review: &'static str,
    verified: Option<Money>,
    payment: Option<Uuid>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderShipment)]
struct Shipment {
    id: Uuid,
    /// `under_way`, failed, returning, `received_back` or delivered
    state: &'static str,
    delivered: bool,
    carrier: Option<String>,
    tracking: Option<String>,
    lines: Vec<LineQuantity>,
    /// Whether it is handed over against a delivery code.
    with_code: bool,
    /// Wrong codes that were told since the last one was issued.
    wrong_tries: u32,
    /// How many more may be told: only in reads of one order, of a shipment with a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    tries_left: Option<u32>,
}

/// A department's hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderHold)]
struct Hold {
    department: &'static str,
    reason: String,
}

/// How much of a line.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineQuantity {
    line: u16,
    /// A decimal of at most three digits, as a string.
    #[schema(value_type = String)]
    quantity: Quantity,
}

impl LineQuantity {
    /// As the domain has them.
    pub(crate) fn all(lines: impl AsRef<[Self]>) -> Vec<domain::order::LineQuantity> {
        lines
            .as_ref()
            .iter()
            .map(|Self { line, quantity }| domain::order::LineQuantity {
                line: *line,
                quantity: *quantity,
            })
            .collect()
    }
}

impl Order {
    pub(crate) fn of(id: OrderId, facts: &Facts) -> Self {
        let statuses = facts.statuses();
        let totals = &facts.totals;
        Self {
            id: id.uuid(),
            number: facts.number.to_string(),
            customer: facts.customer.to_string(),
            phase: facts.phase(),
            customer_status: statuses.customer,
            management_status: statuses.management,
            department: statuses.department,
            payment_status: facts.payment_status().as_str(),
            method: facts.method,
            lines: facts.lines.iter().map(Line::of).collect(),
            totals: Totals {
                items: totals.items.into(),
                discount: totals.discount.into(),
                delivery: totals.delivery.into(),
                surcharge: totals.surcharge.into(),
                tax: totals.tax.into(),
                rounding: totals.rounding.into(),
                due: totals.due.into(),
            },
            received: facts.received.into(),
            owed: facts.owed().into(),
            refunded: facts.refunded.into(),
            released: facts.released,
            deadline: facts.deadline,
            return_until: facts.return_until,
            holds: facts
                .holds
                .iter()
                .map(|(department, reason)| Hold {
                    department: department.as_str(),
                    reason: reason.to_string(),
                })
                .collect(),
            receipts: facts.receipts.iter().map(Receipt::of).collect(),
            shipments: facts
                .shipments
                .iter()
                .map(|(id, shipment)| Shipment::of(*id, shipment))
                .collect(),
            version: facts.version,
            quarantined: None,
        }
    }
}

impl Order {
    /// Says how many more wrong codes each shipment allows.
    pub(crate) fn with_tries(mut self, allowed: u32) -> Self {
        for shipment in self.shipments.iter_mut().filter(|shipment| shipment.with_code) {
            shipment.tries_left = Some(allowed.saturating_sub(shipment.wrong_tries));
        }
        self
    }

    /// Says whether it is quarantined.
    pub(crate) fn marked(mut self, known: &Known) -> Self {
        self.quarantined = mark(known, self.id);
        self
    }

    pub(crate) fn is_marked(&self) -> bool {
        self.quarantined.is_some()
    }

    /// Whether it shows what the settings decide.
    pub(crate) fn shows_tries(&self) -> bool {
        self.shipments.iter().any(|shipment| shipment.tries_left.is_some())
    }
}

impl Shipment {
    fn of(id: ShipmentId, shipment: &domain::order::Shipment) -> Self {
        Self {
            id: id.uuid(),
            state: shipment.stage.as_str(),
            delivered: shipment.is_delivered(),
            carrier: shipment.carrier.as_ref().map(ToString::to_string),
            tracking: shipment.tracking.as_ref().map(ToString::to_string),
            lines: shipment
                .lines
                .iter()
                .map(|shipped| LineQuantity { line: shipped.line, quantity: shipped.quantity })
                .collect(),
            with_code: shipment.code.is_some(),
            wrong_tries: shipment.wrong_tries,
            tries_left: None,
        }
    }
}

impl Line {
    fn of(line: &domain::order::Line) -> Self {
        Self {
            line: line.item.line,
            sku: line.item.sku.to_string(),
            ordered: line.item.quantity.value().to_string(),
            cancelled: line.cancelled.to_string(),
            unit_price: line.item.unit_price.into(),
            total: line.item.total.into(),
            shipped: line.shipped.to_string(),
            delivered: line.delivered.to_string(),
            returned: line.returned.to_string(),
            refunded: line.refunded.to_string(),
        }
    }
}

impl Receipt {
    fn of(state: &domain::order::ReceiptState) -> Self {
        let id = state.receipt.uuid();
        match state.review {
            Review::Open => Self { id, review: "open", verified: None, payment: None },
            Review::Approved { verified, payment } => Self {
                id,
                review: "approved",
                verified: Some(verified.money().into()),
                payment: Some(payment.uuid()),
            },
            Review::Rejected => Self { id, review: "rejected", verified: None, payment: None },
        }
    }
}

/// A row of `customer_orders`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CustomerOrderRow {
    id: Uuid,
    number: String,
    epoch: Option<String>,
    customer: String,
    status: String,
    payment_status: String,
    payment_method: String,
    total: Stored,
    paid: Stored,
    placed_at: Option<DateTime<Utc>>,
    deadline: Option<DateTime<Utc>>,
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<Quarantined>,
}

impl From<CustomerOrder> for CustomerOrderRow {
    fn from(row: CustomerOrder) -> Self {
        Self {
            id: row.order_id,
            number: row.number,
            epoch: row.epoch,
            customer: row.customer_id,
            status: row.status,
            payment_status: row.payment_status,
            payment_method: row.payment_method,
            total: Stored::new(row.total, &row.currency),
            paid: Stored::new(row.paid, &row.currency),
            placed_at: row.placed_at,
            deadline: row.deadline,
            version: row.version,
            quarantined: None,
        }
    }
}

impl CustomerOrderRow {
    pub(crate) fn marked(mut self, known: &Known) -> Self {
        self.quarantined = mark(known, self.id);
        self
    }
}

/// A row of `order_management`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ManagedOrderRow {
    id: Uuid,
    number: String,
    customer: String,
    status: String,
    department: Option<String>,
    phase: String,
    payment_status: String,
    payment_method: String,
    released: bool,
    due: Stored,
    received: Stored,
    owed: Stored,
    deadline: Option<DateTime<Utc>>,
    open_receipt: Option<Uuid>,
    in_import_review: bool,
    on_hold_departments: Vec<String>,
    on_hold_reasons: Vec<String>,
    placed_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantined: Option<Quarantined>,
}

impl From<ManagedOrder> for ManagedOrderRow {
    fn from(row: ManagedOrder) -> Self {
        Self {
            id: row.order_id,
            number: row.number,
            customer: row.customer_id,
            status: row.current_status,
            department: row.department,
            phase: row.phase,
            payment_status: row.payment_status,
            payment_method: row.payment_method,
            released: row.released,
            due: Stored::new(row.due, &row.currency),
            received: Stored::new(row.received, &row.currency),
            owed: Stored::new(row.owed, &row.currency),
            deadline: row.deadline,
            open_receipt: row.open_receipt_id,
            in_import_review: row.in_import_review,
            on_hold_departments: row.on_hold_departments,
            on_hold_reasons: row.on_hold_reasons,
            placed_at: row.placed_at,
            updated_at: row.updated_at,
            version: row.version,
            quarantined: None,
        }
    }
}

impl ManagedOrderRow {
    pub(crate) fn marked(mut self, known: &Known) -> Self {
        self.quarantined = mark(known, self.id);
        self
    }
}

fn mark(known: &Known, order: Uuid) -> Option<Quarantined> {
    known.mark(StreamKey::Order(OrderId::new(order))).map(Quarantined::from)
}
