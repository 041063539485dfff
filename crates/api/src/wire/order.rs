//! An order as replies show it.

use chrono::{DateTime, Utc};
use domain::id::OrderId;
use domain::order::{Facts, Review};
use projections::customer_orders::CustomerOrder;
use projections::order_management::ManagedOrder;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::money::{Money, Stored};

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
    receipts: Vec<Receipt>,
    shipments: Vec<Shipment>,
    version: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderLine)]
#[expect(clippy::struct_field_names, reason = "a line's number is called its line everywhere")]
struct Line {
    line: u16,
    sku: String,
    quantity: String,
    unit_price: Money,
    total: Money,
    shipped: String,
    delivered: String,
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
    delivered: bool,
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
            receipts: facts.receipts.iter().map(Receipt::of).collect(),
            shipments: facts
                .shipments
                .iter()
                .map(|(id, shipment)| Shipment { id: id.uuid(), delivered: shipment.is_delivered() })
                .collect(),
            version: facts.version,
        }
    }
}

impl Line {
    fn of(line: &domain::order::Line) -> Self {
        Self {
            line: line.item.line,
            sku: line.item.sku.to_string(),
            quantity: line.item.quantity.value().to_string(),
            unit_price: line.item.unit_price.into(),
            total: line.item.total.into(),
            shipped: line.shipped.to_string(),
            delivered: line.delivered.to_string(),
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
        }
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
    placed_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
    version: i64,
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
            placed_at: row.placed_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}
