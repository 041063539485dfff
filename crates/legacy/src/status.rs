//! The old statuses: three vocabularies, each with the texts that were really stored.

use crate::{method::normalise, phase::Phase};

/// `customer_orders.status`: what the customer saw.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CustomerStatus {
    Pending,
    PaymentGracePeriod,
    PendingPayment,
    AwaitingPayment,
    Confirmed,
    Processing,
    FinancePending,
    FinancialApproved,
    WarehouseReady,
    WarehousePending,
    WarehouseVerified,
    Shipped,
    InTransit,
    Delivered,
    Cancelled,
    Deleted,
    PaymentFailed,
    PaymentRejected,
    PendingAdditionalDocuments,
    Refunded,
    PartiallyRefunded,
    Completed,
    Paid,
    Preparing,
    Delayed,
    PartlyShipped,
    DeliveryFailed,
    Returning,
    Expired,
    Returned,
    /// A text that is in no list; it names no phase.
    Other(String),
}

impl CustomerStatus {
    pub fn parse(text: &str) -> Self {
        match normalise(text).as_str() {
            "pending" => Self::Pending,
            "payment_grace_period" => Self::PaymentGracePeriod,
            "pending_payment" => Self::PendingPayment,
            "awaiting_payment" => Self::AwaitingPayment,
            "confirmed" => Self::Confirmed,
            "processing" => Self::Processing,
            "finance_pending" => Self::FinancePending,
            "financial_approved" => Self::FinancialApproved,
            "warehouse_ready" => Self::WarehouseReady,
            "warehouse_pending" => Self::WarehousePending,
            "warehouse_verified" => Self::WarehouseVerified,
            "shipped" => Self::Shipped,
            "in_transit" => Self::InTransit,
            "delivered" => Self::Delivered,
            "cancelled" => Self::Cancelled,
            "deleted" => Self::Deleted,
            "payment_failed" => Self::PaymentFailed,
            "payment_rejected" => Self::PaymentRejected,
            "pending_additional_documents" => Self::PendingAdditionalDocuments,
            "refunded" => Self::Refunded,
            "partially_refunded" => Self::PartiallyRefunded,
            "completed" => Self::Completed,
            "paid" => Self::Paid,
            "preparing" => Self::Preparing,
            "delayed" => Self::Delayed,
            "partly_shipped" => Self::PartlyShipped,
            "delivery_failed" => Self::DeliveryFailed,
            "returning" => Self::Returning,
            "expired" => Self::Expired,
            "returned" => Self::Returned,
            _ => Self::Other(text.trim().to_owned()),
        }
    }

    /// The old code; for an unlisted text the text itself.
    pub fn code(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::PaymentGracePeriod => "payment_grace_period",
            Self::PendingPayment => "pending_payment",
            Self::AwaitingPayment => "awaiting_payment",
            Self::Confirmed => "confirmed",
            Self::Processing => "processing",
            Self::FinancePending => "finance_pending",
            Self::FinancialApproved => "financial_approved",
            Self::WarehouseReady => "warehouse_ready",
            Self::WarehousePending => "warehouse_pending",
            Self::WarehouseVerified => "warehouse_verified",
            Self::Shipped => "shipped",
            Self::InTransit => "in_transit",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::Deleted => "deleted",
            Self::PaymentFailed => "payment_failed",
            Self::PaymentRejected => "payment_rejected",
            Self::PendingAdditionalDocuments => "pending_additional_documents",
            Self::Refunded => "refunded",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Completed => "completed",
            Self::Paid => "paid",
            Self::Preparing => "preparing",
            Self::Delayed => "delayed",
            Self::PartlyShipped => "partly_shipped",
            Self::DeliveryFailed => "delivery_failed",
            Self::Returning => "returning",
            Self::Expired => "expired",
            Self::Returned => "returned",
            Self::Other(text) => text,
        }
    }

    /// The phases this status may name.
    ///
    /// A list where the old shop used one word for several: `confirmed` was written when a receipt
    /// arrived as well as when the warehouse began, and `pending` stayed when a wallet had paid.
    /// The refund words say what happened to the money, not where the goods are.
    pub fn phases(&self, payment: &PaymentStatus) -> &'static [Phase] {
        if matches!((self, payment), (Self::Pending, PaymentStatus::Paid)) {
            return &[Phase::AwaitingPayment, Phase::PaymentReview, Phase::FinanceReview];
        }
        match self {
            Self::Pending => &[Phase::AwaitingPayment, Phase::PaymentReview],
            Self::PaymentGracePeriod
            | Self::PendingPayment
            | Self::AwaitingPayment
            | Self::PaymentFailed => &[Phase::AwaitingPayment],
            Self::Confirmed => &[Phase::PaymentReview, Phase::WarehouseProcessing],
            Self::Processing | Self::Preparing => &[Phase::WarehouseProcessing, Phase::Packed],
            Self::FinancePending => &[Phase::PaymentReview, Phase::FinanceReview],
            Self::FinancialApproved => &[Phase::FinanceReview, Phase::WarehouseReady],
            Self::WarehouseReady | Self::WarehousePending => &[Phase::WarehouseReady],
            Self::WarehouseVerified => &[Phase::WarehouseProcessing],
            Self::Shipped | Self::InTransit => &[Phase::Dispatched],
            Self::Delivered => &[Phase::Delivered],
            Self::Cancelled => &[Phase::Cancelled],
            Self::Deleted => &[Phase::Cancelled, Phase::Expired],
            Self::PaymentRejected | Self::PendingAdditionalDocuments => &[Phase::PaymentRejected],
            Self::Refunded | Self::PartiallyRefunded | Self::Other(_) => &[],
            Self::Completed => &[Phase::Completed],
            Self::Paid => &[Phase::FinanceReview],
            Self::Delayed => &[Phase::StockRejected],
            Self::PartlyShipped => &[Phase::PartlyShipped],
            Self::DeliveryFailed => &[Phase::DeliveryFailed],
            Self::Returning => &[Phase::ReturningToOrigin],
            Self::Expired => &[Phase::Expired],
            Self::Returned => &[Phase::Returned],
        }
    }
}

/// `order_management.current_status`: what the departments saw.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ManagementStatus {
    PendingPayment,
    PaymentGracePeriod,
    PaymentUploaded,
    FinancialReviewing,
    FinancialApproved,
    FinancialRejected,
    FinancialAutoApproved,
    WarehousePending,
    WarehouseNotified,
    WarehouseProcessing,
    WarehouseApproved,
    WarehouseRejected,
    LogisticsAssigned,
    LogisticsProcessing,
    LogisticsDispatched,
    LogisticsDelivered,
    Completed,
    Cancelled,
    Pending,
    FinancePending,
    FinancialPending,
    FinancialReview,
    WarehouseReady,
    WarehouseVerified,
    WarehouseFulfilled,
    LogisticsPending,
    InTransit,
    Shipped,
    OutForDelivery,
    Delivered,
    Confirmed,
    AutoApproved,
    PaymentIncomplete,
    FinanceRejected,
    LogisticsPartlyDispatched,
    LogisticsFailed,
    LogisticsReturning,
    Expired,
    Returned,
    /// A text that is in no list; it names no phase.
    Other(String),
}

impl ManagementStatus {
    pub fn parse(text: &str) -> Self {
        match normalise(text).as_str() {
            "pending_payment" => Self::PendingPayment,
            "payment_grace_period" => Self::PaymentGracePeriod,
            "payment_uploaded" => Self::PaymentUploaded,
            "financial_reviewing" => Self::FinancialReviewing,
            "financial_approved" => Self::FinancialApproved,
            "financial_rejected" => Self::FinancialRejected,
            "financial_auto_approved" => Self::FinancialAutoApproved,
            "warehouse_pending" => Self::WarehousePending,
            "warehouse_notified" => Self::WarehouseNotified,
            "warehouse_processing" => Self::WarehouseProcessing,
            "warehouse_approved" => Self::WarehouseApproved,
            "warehouse_rejected" => Self::WarehouseRejected,
            "logistics_assigned" => Self::LogisticsAssigned,
            "logistics_processing" => Self::LogisticsProcessing,
            "logistics_dispatched" => Self::LogisticsDispatched,
            "logistics_delivered" => Self::LogisticsDelivered,
            "completed" => Self::Completed,
            "cancelled" => Self::Cancelled,
            "pending" => Self::Pending,
            "finance_pending" => Self::FinancePending,
            "financial_pending" => Self::FinancialPending,
            "financial_review" => Self::FinancialReview,
            "warehouse_ready" => Self::WarehouseReady,
            "warehouse_verified" => Self::WarehouseVerified,
            "warehouse_fulfilled" => Self::WarehouseFulfilled,
            "logistics_pending" => Self::LogisticsPending,
            "in_transit" => Self::InTransit,
            "shipped" => Self::Shipped,
            "out_for_delivery" => Self::OutForDelivery,
            "delivered" => Self::Delivered,
            "confirmed" => Self::Confirmed,
            "auto_approved" => Self::AutoApproved,
            "payment_incomplete" => Self::PaymentIncomplete,
            "finance_rejected" => Self::FinanceRejected,
            "logistics_partly_dispatched" => Self::LogisticsPartlyDispatched,
            "logistics_failed" => Self::LogisticsFailed,
            "logistics_returning" => Self::LogisticsReturning,
            "expired" => Self::Expired,
            "returned" => Self::Returned,
            _ => Self::Other(text.trim().to_owned()),
        }
    }

    /// The old code; for an unlisted text the text itself.
    pub fn code(&self) -> &str {
        match self {
            Self::PendingPayment => "pending_payment",
            Self::PaymentGracePeriod => "payment_grace_period",
            Self::PaymentUploaded => "payment_uploaded",
            Self::FinancialReviewing => "financial_reviewing",
            Self::FinancialApproved => "financial_approved",
            Self::FinancialRejected => "financial_rejected",
            Self::FinancialAutoApproved => "financial_auto_approved",
            Self::WarehousePending => "warehouse_pending",
            Self::WarehouseNotified => "warehouse_notified",
            Self::WarehouseProcessing => "warehouse_processing",
            Self::WarehouseApproved => "warehouse_approved",
            Self::WarehouseRejected => "warehouse_rejected",
            Self::LogisticsAssigned => "logistics_assigned",
            Self::LogisticsProcessing => "logistics_processing",
            Self::LogisticsDispatched => "logistics_dispatched",
            Self::LogisticsDelivered => "logistics_delivered",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Pending => "pending",
            Self::FinancePending => "finance_pending",
            Self::FinancialPending => "financial_pending",
            Self::FinancialReview => "financial_review",
            Self::WarehouseReady => "warehouse_ready",
            Self::WarehouseVerified => "warehouse_verified",
            Self::WarehouseFulfilled => "warehouse_fulfilled",
            Self::LogisticsPending => "logistics_pending",
            Self::InTransit => "in_transit",
            Self::Shipped => "shipped",
            Self::OutForDelivery => "out_for_delivery",
            Self::Delivered => "delivered",
            Self::Confirmed => "confirmed",
            Self::AutoApproved => "auto_approved",
            Self::PaymentIncomplete => "payment_incomplete",
            Self::FinanceRejected => "finance_rejected",
            Self::LogisticsPartlyDispatched => "logistics_partly_dispatched",
            Self::LogisticsFailed => "logistics_failed",
            Self::LogisticsReturning => "logistics_returning",
            Self::Expired => "expired",
            Self::Returned => "returned",
            Self::Other(text) => text,
        }
    }

    /// The phases this status may name; a list where the old shop used one word for several.
    pub fn phases(&self) -> &'static [Phase] {
        match self {
            Self::PendingPayment | Self::PaymentGracePeriod | Self::PaymentIncomplete => {
                &[Phase::AwaitingPayment]
            }
            Self::PaymentUploaded => &[Phase::PaymentReview],
            Self::FinancialReviewing
            | Self::FinancePending
            | Self::FinancialPending
            | Self::FinancialReview => &[Phase::PaymentReview, Phase::FinanceReview],
            Self::FinancialApproved | Self::FinancialAutoApproved | Self::AutoApproved => {
                &[Phase::FinanceReview, Phase::WarehouseReady]
            }
            Self::FinancialRejected | Self::FinanceRejected => &[Phase::PaymentRejected],
            Self::WarehousePending | Self::WarehouseNotified | Self::WarehouseReady => {
                &[Phase::WarehouseReady]
            }
            Self::WarehouseProcessing | Self::WarehouseVerified => &[Phase::WarehouseProcessing],
            Self::WarehouseApproved
            | Self::LogisticsAssigned
            | Self::LogisticsProcessing
            | Self::WarehouseFulfilled
            | Self::LogisticsPending => &[Phase::Packed],
            Self::WarehouseRejected => &[Phase::StockRejected],
            Self::LogisticsDispatched | Self::InTransit | Self::Shipped | Self::OutForDelivery => {
                &[Phase::Dispatched]
            }
            Self::LogisticsDelivered | Self::Delivered => &[Phase::Delivered],
            Self::Completed => &[Phase::Completed],
            Self::Cancelled => &[Phase::Cancelled],
            Self::Pending => &[Phase::AwaitingPayment, Phase::PaymentReview],
            Self::Confirmed => &[Phase::PaymentReview, Phase::WarehouseProcessing],
            Self::LogisticsPartlyDispatched => &[Phase::PartlyShipped],
            Self::LogisticsFailed => &[Phase::DeliveryFailed],
            Self::LogisticsReturning => &[Phase::ReturningToOrigin],
            Self::Expired => &[Phase::Expired],
            Self::Returned => &[Phase::Returned],
            Self::Other(_) => &[],
        }
    }
}

/// `customer_orders.payment_status`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaymentStatus {
    Pending,
    Unpaid,
    GracePeriod,
    Processing,
    Partial,
    ReceiptUploaded,
    AdditionalDocumentsRequired,
    Paid,
    Rejected,
    Failed,
    Refunded,
    PartialRefund,
    /// A text that is in no list; it proves nothing.
    Other(String),
}

impl PaymentStatus {
    pub fn parse(text: &str) -> Self {
        match normalise(text).as_str() {
            "pending" => Self::Pending,
            "unpaid" => Self::Unpaid,
            "grace_period" => Self::GracePeriod,
            "processing" => Self::Processing,
            "partial" => Self::Partial,
            "receipt_uploaded" => Self::ReceiptUploaded,
            "additional_documents_required" => Self::AdditionalDocumentsRequired,
            "paid" | "confirmed" | "successful" => Self::Paid,
            "rejected" => Self::Rejected,
            "failed" => Self::Failed,
            "refunded" => Self::Refunded,
            "partial_refund" | "partially_refunded" => Self::PartialRefund,
            _ => Self::Other(text.trim().to_owned()),
        }
    }

    /// The old code; for an unlisted text the text itself.
    pub fn code(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Unpaid => "unpaid",
            Self::GracePeriod => "grace_period",
            Self::Processing => "processing",
            Self::Partial => "partial",
            Self::ReceiptUploaded => "receipt_uploaded",
            Self::AdditionalDocumentsRequired => "additional_documents_required",
            Self::Paid => "paid",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Refunded => "refunded",
            Self::PartialRefund => "partial_refund",
            Self::Other(text) => text,
        }
    }
}
