//! Phase and statuses: one total function of an order's facts. Neither view has logic of its own.

use serde::{Deserialize, Serialize};

/// What the remainder of an order, or all of it, is paid with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Method {
    WalletFull,
    WalletPartial,
    BankTransferGrace,
    OnlinePayment,
}

/// How money that is still due will come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Wallet,
    Gateway,
    BankTransfer,
}

/// How an order ended that was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    Cancelled,
    Expired,
}

/// How much of the live lines something is true of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    None,
    Part,
    All,
}

/// How far the warehouse is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Warehouse {
    #[default]
    Waiting,
    Processing,
    Packed,
    StockRejected,
}

/// What stands out among an order's receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReceiptFact {
    /// None, or the last one was approved.
    Nothing,
    /// One waits for finance.
    Open,
    /// None is open and the last one was refused.
    Rejected,
}

/// Trouble on the way, of a shipment that is not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryTrouble {
    Failed,
    Returning,
}

/// Everything that the phase depends on, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, in any combination")]
pub struct PhaseFacts {
    pub ended: Option<Ended>,
    pub in_import_review: bool,
    pub shipped: Extent,
    pub delivered: Extent,
    /// Every delivered unit came back, and there is one.
    pub all_returned: bool,
    pub completed: bool,
    pub trouble: Option<DeliveryTrouble>,
    pub settled: bool,
    pub released: bool,
    pub warehouse: Warehouse,
    pub receipt: ReceiptFact,
    pub channel: Channel,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    ImportReview,
    AwaitingPayment,
    PaymentReview,
    PaymentRejected,
    FinanceReview,
    WarehouseReady,
    WarehouseProcessing,
    StockRejected,
    Packed,
    PartlyShipped,
    Dispatched,
    DeliveryFailed,
    ReturningToOrigin,
    Delivered,
    Completed,
    Cancelled,
    Expired,
    Returned,
}

impl Phase {
    pub const ALL: [Self; 18] = [
        Self::ImportReview,
        Self::AwaitingPayment,
        Self::PaymentReview,
        Self::PaymentRejected,
        Self::FinanceReview,
        Self::WarehouseReady,
        Self::WarehouseProcessing,
        Self::StockRejected,
        Self::Packed,
        Self::PartlyShipped,
        Self::Dispatched,
        Self::DeliveryFailed,
        Self::ReturningToOrigin,
        Self::Delivered,
        Self::Completed,
        Self::Cancelled,
        Self::Expired,
        Self::Returned,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ImportReview => "import_review",
            Self::AwaitingPayment => "awaiting_payment",
            Self::PaymentReview => "payment_review",
            Self::PaymentRejected => "payment_rejected",
            Self::FinanceReview => "finance_review",
            Self::WarehouseReady => "warehouse_ready",
            Self::WarehouseProcessing => "warehouse_processing",
            Self::StockRejected => "stock_rejected",
            Self::Packed => "packed",
            Self::PartlyShipped => "partly_shipped",
            Self::Dispatched => "dispatched",
            Self::DeliveryFailed => "delivery_failed",
            Self::ReturningToOrigin => "returning_to_origin",
            Self::Delivered => "delivered",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Returned => "returned",
        }
    }
}

/// The phase of an order: the first rule that holds.
pub fn phase(facts: &PhaseFacts) -> Phase {
    match facts.ended {
        Some(Ended::Cancelled) => return Phase::Cancelled,
        Some(Ended::Expired) => return Phase::Expired,
        None => {}
    }
    if facts.in_import_review {
        return Phase::ImportReview;
    }
    if facts.delivered == Extent::All && facts.all_returned {
        return Phase::Returned;
    }
    if facts.completed {
        return Phase::Completed;
    }
    if facts.delivered == Extent::All {
        return Phase::Delivered;
    }
    match facts.trouble {
        Some(DeliveryTrouble::Returning) => return Phase::ReturningToOrigin,
        Some(DeliveryTrouble::Failed) => return Phase::DeliveryFailed,
        None => {}
    }
    match facts.shipped {
        Extent::All => return Phase::Dispatched,
        Extent::Part => return Phase::PartlyShipped,
        Extent::None => {}
    }
    if facts.settled && facts.released {
        return match facts.warehouse {
            Warehouse::Packed => Phase::Packed,
            Warehouse::StockRejected => Phase::StockRejected,
            Warehouse::Processing => Phase::WarehouseProcessing,
            Warehouse::Waiting => Phase::WarehouseReady,
        };
    }
    if facts.settled {
        return Phase::FinanceReview;
    }
    match facts.receipt {
        ReceiptFact::Open => Phase::PaymentReview,
        ReceiptFact::Rejected => Phase::PaymentRejected,
        ReceiptFact::Nothing => Phase::AwaitingPayment,
    }
}

/// Both views' statuses and the department that has the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statuses {
    /// `customer_orders.status`
    pub customer: &'static str,
    /// `order_management.current_status`
    pub management: &'static str,
    /// Who has to act; none when it is over.
    pub department: Option<&'static str>,
}

/// The statuses of a phase.
pub fn statuses(phase: Phase, channel: Channel) -> Statuses {
    let (customer, management, department) = match phase {
        Phase::ImportReview => ("under_review", "import_review", Some("finance")),
        Phase::AwaitingPayment => match channel {
            Channel::Wallet | Channel::Gateway => ("pending", "pending_payment", Some("customer")),
            Channel::BankTransfer => {
                ("payment_grace_period", "payment_grace_period", Some("customer"))
            }
        },
        Phase::PaymentReview => ("pending", "payment_uploaded", Some("finance")),
        Phase::PaymentRejected => ("payment_rejected", "financial_rejected", Some("customer")),
        Phase::FinanceReview => ("paid", "financial_reviewing", Some("finance")),
        Phase::WarehouseReady => ("warehouse_ready", "warehouse_pending", Some("warehouse")),
        Phase::WarehouseProcessing => ("preparing", "warehouse_processing", Some("warehouse")),
        Phase::StockRejected => ("delayed", "warehouse_rejected", Some("finance")),
        Phase::Packed => ("preparing", "warehouse_approved", Some("logistics")),
        Phase::PartlyShipped => {
            ("partly_shipped", "logistics_partly_dispatched", Some("logistics"))
        }
        Phase::Dispatched => ("shipped", "logistics_dispatched", Some("logistics")),
        Phase::DeliveryFailed => ("delivery_failed", "logistics_failed", Some("logistics")),
        Phase::ReturningToOrigin => ("returning", "logistics_returning", Some("logistics")),
        Phase::Delivered => ("delivered", "logistics_delivered", None),
        Phase::Completed => ("completed", "completed", None),
        Phase::Cancelled => ("cancelled", "cancelled", None),
        Phase::Expired => ("expired", "expired", None),
        Phase::Returned => ("returned", "returned", None),
    };
    Statuses { customer, management, department }
}

/// Everything that the payment status depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, in any combination")]
pub struct PaymentFacts {
    /// Something was refunded after delivery.
    pub refunded: bool,
    /// Something of what was received is kept.
    pub kept: bool,
    pub settled: bool,
    /// More than zero is due.
    pub due: bool,
    /// More than zero was received.
    pub received: bool,
    pub receipt: ReceiptFact,
    /// A bank transfer, in its time.
    pub in_grace: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    Refunded,
    PartiallyRefunded,
    Paid,
    ReceiptUploaded,
    Rejected,
    Partial,
    GracePeriod,
    Unpaid,
}

impl PaymentStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refunded => "refunded",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Paid => "paid",
            Self::ReceiptUploaded => "receipt_uploaded",
            Self::Rejected => "rejected",
            Self::Partial => "partial",
            Self::GracePeriod => "grace_period",
            Self::Unpaid => "unpaid",
        }
    }
}

/// The payment status: the first rule that holds.
pub fn payment_status(facts: &PaymentFacts) -> PaymentStatus {
    if facts.refunded && !facts.kept {
        return PaymentStatus::Refunded;
    }
    if facts.refunded {
        return PaymentStatus::PartiallyRefunded;
    }
    if facts.settled && facts.due {
        return PaymentStatus::Paid;
    }
    match facts.receipt {
        ReceiptFact::Open => return PaymentStatus::ReceiptUploaded,
        ReceiptFact::Rejected => return PaymentStatus::Rejected,
        ReceiptFact::Nothing => {}
    }
    if facts.due && facts.received {
        return PaymentStatus::Partial;
    }
    if facts.in_grace {
        return PaymentStatus::GracePeriod;
    }
    PaymentStatus::Unpaid
}
