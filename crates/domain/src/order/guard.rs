//! The one table of what may be done with an order in which phase, and whose work it is.

use super::Facts;
use super::hold::Department;
use super::status::Phase;
use crate::rejection::Rejection;

/// Everything that can be wished of an order that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Pay,
    UploadReceipt,
    ApproveReceipt,
    RejectReceipt,
    Release,
    StartProcessing,
    Pack,
    RejectStock,
    Dispatch,
    IssueDeliveryCode,
    Deliver,
    FailDelivery,
    RetryDelivery,
    ReturnToOrigin,
    ReceiveBack,
    ReturnGoods,
    Refund,
    Complete,
    LeaveOnAccount,
    Edit,
    CancelLines,
    Cancel,
    Expire,
    Remind,
    Reopen,
    PutOnHold,
    LiftHold,
    LinkLegacyDebit,
    ResolveImport,
}

/// From the first shipment on until everything has arrived.
const ON_ITS_WAY: &[Phase] =
    &[Phase::PartlyShipped, Phase::Dispatched, Phase::DeliveryFailed, Phase::ReturningToOrigin];

impl Step {
    pub const ALL: [Self; 29] = [
        Self::Pay,
        Self::UploadReceipt,
        Self::ApproveReceipt,
        Self::RejectReceipt,
        Self::Release,
        Self::StartProcessing,
        Self::Pack,
        Self::RejectStock,
        Self::Dispatch,
        Self::IssueDeliveryCode,
        Self::Deliver,
        Self::FailDelivery,
        Self::RetryDelivery,
        Self::ReturnToOrigin,
        Self::ReceiveBack,
        Self::ReturnGoods,
        Self::Refund,
        Self::Complete,
        Self::LeaveOnAccount,
        Self::Edit,
        Self::CancelLines,
        Self::Cancel,
        Self::Expire,
        Self::Remind,
        Self::Reopen,
        Self::PutOnHold,
        Self::LiftHold,
        Self::LinkLegacyDebit,
        Self::ResolveImport,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::UploadReceipt => "upload_receipt",
            Self::ApproveReceipt => "approve_receipt",
            Self::RejectReceipt => "reject_receipt",
            Self::Release => "release",
            Self::StartProcessing => "start_processing",
            Self::Pack => "pack",
            Self::RejectStock => "reject_stock",
            Self::Dispatch => "dispatch",
            Self::IssueDeliveryCode => "issue_delivery_code",
            Self::Deliver => "deliver",
            Self::FailDelivery => "fail_delivery",
            Self::RetryDelivery => "retry_delivery",
            Self::ReturnToOrigin => "return_to_origin",
            Self::ReceiveBack => "receive_back",
            Self::ReturnGoods => "return_goods",
            Self::Refund => "refund",
            Self::Complete => "complete",
            Self::LeaveOnAccount => "leave_on_account",
            Self::Edit => "edit",
            Self::CancelLines => "cancel_lines",
            Self::Cancel => "cancel",
            Self::Expire => "expire",
            Self::Remind => "remind",
            Self::Reopen => "reopen",
            Self::PutOnHold => "put_on_hold",
            Self::LiftHold => "lift_hold",
            Self::LinkLegacyDebit => "link_legacy_debit",
            Self::ResolveImport => "resolve_import",
        }
    }

    /// The phases in which this can be done.
    #[expect(clippy::too_many_lines, reason = "one arm a step: it is the table")]
    pub fn phases(self) -> &'static [Phase] {
        use Phase as P;
        match self {
            Self::Pay => &[
                P::ImportReview,
                P::AwaitingPayment,
                P::PaymentReview,
                P::PaymentRejected,
                // An order can be taken over as under way with a little still owed.
                P::PartlyShipped,
                P::Dispatched,
                P::DeliveryFailed,
                P::ReturningToOrigin,
            ],
            Self::UploadReceipt => &[P::AwaitingPayment, P::PaymentReview, P::PaymentRejected],
            // A receipt waits for its answer whatever becomes of the order: its money may be real.
            // And a hold can always be lifted.
            Self::ApproveReceipt | Self::RejectReceipt | Self::LiftHold => &P::ALL,
            Self::Release => &[P::FinanceReview],
            Self::StartProcessing => &[P::WarehouseReady, P::StockRejected],
            Self::Pack => &[P::WarehouseProcessing],
            Self::RejectStock => &[P::WarehouseReady, P::WarehouseProcessing],
            Self::Dispatch => {
                &[P::Packed, P::PartlyShipped, P::DeliveryFailed, P::ReturningToOrigin]
            }
            Self::IssueDeliveryCode | Self::Deliver | Self::FailDelivery | Self::ReturnToOrigin => {
                ON_ITS_WAY
            }
            Self::RetryDelivery => &[P::DeliveryFailed, P::ReturningToOrigin],
            Self::ReceiveBack => &[P::ReturningToOrigin],
            Self::ReturnGoods => &[
                P::PartlyShipped,
                P::Dispatched,
                P::DeliveryFailed,
                P::ReturningToOrigin,
                P::Delivered,
            ],
            Self::Refund => &[
                P::PartlyShipped,
                P::Dispatched,
                P::DeliveryFailed,
                P::ReturningToOrigin,
                P::Delivered,
                P::Completed,
                P::Returned,
            ],
            Self::Complete => &[P::Delivered],
            // Where goods are, or may be, with the customer.
            Self::LeaveOnAccount => &[
                P::ImportReview,
                P::PartlyShipped,
                P::Dispatched,
                P::DeliveryFailed,
                P::ReturningToOrigin,
                P::Delivered,
            ],
            Self::Edit => &[
                P::AwaitingPayment,
                P::PaymentReview,
                P::PaymentRejected,
                P::FinanceReview,
                P::WarehouseReady,
                P::WarehouseProcessing,
                P::StockRejected,
            ],
            Self::CancelLines => &[
                P::AwaitingPayment,
                P::PaymentReview,
                P::PaymentRejected,
                P::FinanceReview,
                P::WarehouseReady,
                P::WarehouseProcessing,
                P::StockRejected,
                P::Packed,
                P::PartlyShipped,
                P::DeliveryFailed,
                P::ReturningToOrigin,
            ],
            Self::Cancel => &[
                P::ImportReview,
                P::AwaitingPayment,
                P::PaymentReview,
                P::PaymentRejected,
                P::FinanceReview,
                P::WarehouseReady,
                P::WarehouseProcessing,
                P::StockRejected,
                P::Packed,
            ],
            Self::Expire | Self::Remind => &[P::AwaitingPayment, P::PaymentRejected],
            Self::Reopen => &[P::Cancelled, P::Expired, P::Completed],
            Self::PutOnHold => &[
                P::ImportReview,
                P::AwaitingPayment,
                P::PaymentReview,
                P::PaymentRejected,
                P::FinanceReview,
                P::WarehouseReady,
                P::WarehouseProcessing,
                P::StockRejected,
                P::Packed,
                P::PartlyShipped,
                P::Dispatched,
                P::DeliveryFailed,
                P::ReturningToOrigin,
                P::Delivered,
            ],
            Self::LinkLegacyDebit | Self::ResolveImport => &[P::ImportReview],
        }
    }

    /// The department whose hold stops this; none for what no hold stops.
    pub fn department(self) -> Option<Department> {
        match self {
            Self::ApproveReceipt | Self::Release => Some(Department::Finance),
            Self::StartProcessing | Self::Pack => Some(Department::Warehouse),
            Self::Dispatch | Self::Deliver => Some(Department::Logistics),
            Self::Pay
            | Self::UploadReceipt
            | Self::RejectReceipt
            | Self::RejectStock
            | Self::IssueDeliveryCode
            | Self::FailDelivery
            | Self::RetryDelivery
            | Self::ReturnToOrigin
            | Self::ReceiveBack
            | Self::ReturnGoods
            | Self::Refund
            | Self::Complete
            | Self::LeaveOnAccount
            | Self::Edit
            | Self::CancelLines
            | Self::Cancel
            | Self::Expire
            | Self::Remind
            | Self::Reopen
            | Self::PutOnHold
            | Self::LiftHold
            | Self::LinkLegacyDebit
            | Self::ResolveImport => None,
        }
    }

    /// What can be done in a phase.
    pub fn allowed_in(phase: Phase) -> Vec<Self> {
        Self::ALL.into_iter().filter(|step| step.phases().contains(&phase)).collect()
    }
}

impl Facts {
    /// Refuses what the order's phase does not allow, and what a department's hold stops.
    pub fn must_allow(&self, step: Step) -> Result<(), Rejection> {
        let phase = self.phase();
        if !step.phases().contains(&phase) {
            return Err(Rejection::WrongPhase { phase, step });
        }
        let held = step.department().and_then(|department| self.holds.get_key_value(&department));
        match held {
            Some((department, reason)) => {
                Err(Rejection::OnHold { department: *department, reason: reason.clone() })
            }
            None => Ok(()),
        }
    }
}
