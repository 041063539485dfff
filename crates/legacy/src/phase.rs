//! Where an order stands: the phases both old statuses are read as.

/// A phase of an order, in the order in which a plain order passes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
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
    pub fn name(self) -> &'static str {
        match self {
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

    /// Before finance has the money: nothing but a wallet part may have been paid.
    pub fn is_before_payment(self) -> bool {
        matches!(self, Self::AwaitingPayment | Self::PaymentReview | Self::PaymentRejected)
    }

    /// Given up: whatever was paid is owed back.
    pub fn is_void(self) -> bool {
        matches!(self, Self::Cancelled | Self::Expired)
    }

    pub fn is_delivered(self) -> bool {
        matches!(self, Self::Delivered | Self::Completed)
    }
}
