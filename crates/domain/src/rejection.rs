//! Why a command was refused: the rule that said no, with what a caller needs to go on.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::id::{OrderNumber, Reason, TextError};
use crate::money::{Money, MoneyError};
use crate::order::status::Phase;
use crate::order::totals::QuantityError;
use crate::order::{Department, ShipmentStage, Step};

/// The rule said no. Nothing happened, and asking again from the same state gives the same answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such order")]
    OrderNotFound,
    #[error("an order with this id exists already")]
    OrderExists,
    #[error("the order is in {}, where this is not possible", phase.as_str())]
    WrongPhase { phase: Phase, step: Step },
    #[error("{} has put the order on hold: {reason}", department.as_str())]
    OnHold { department: Department, reason: Reason },
    #[error("the list of lines is empty")]
    NoLines,
    #[error("the order has no line {line}")]
    LineNotFound { line: u16 },
    #[error("line {line} stands in the list twice")]
    LineTwice { line: u16 },
    #[error("of line {line} this can be done with {available} at most")]
    QuantityTooLarge { line: u16, available: Decimal },
    #[error("everything that is wanted is shipped already")]
    NothingToDispatch,
    #[error("the shipment is {}, where this is not possible", stage.as_str())]
    WrongShipmentStage { stage: ShipmentStage },
    #[error("the shipment is handed over against its delivery code")]
    DeliveryCodeNeeded,
    #[error("the shipment has no delivery code")]
    NoDeliveryCode,
    #[error("the delivery code is locked after {tries} wrong tries")]
    DeliveryCodeLocked { tries: u32 },
    #[error("nothing was returned that has not been paid back already")]
    NothingToRefund,
    #[error("the customer may return the goods until {until}")]
    ReturnWindowOpen { until: DateTime<Utc> },
    #[error("the order is not paid by bank transfer: it needs no receipt")]
    NoReceiptNeeded,
    #[error("the lines come to {computed}, not to {claimed}")]
    TotalsDisagree { claimed: Money, computed: Money },
    #[error("an order has between 1 and {0} lines")]
    LineCount(usize),
    #[error("the discount of {discount} is more than the items' {items}")]
    DiscountTooLarge { discount: Money, items: Money },
    #[error("the charge {0} is negative")]
    NegativeCharge(Money),
    #[error("the book does not keep {0}")]
    CurrencyNotKept(String),
    #[error("this payment method and this wallet part do not go together")]
    WalletPartMismatch { due: Money },
    #[error("there is no receipt with this id")]
    ReceiptNotFound,
    #[error("this receipt was already decided on")]
    ReceiptDecided,
    #[error("a receipt with this id exists already")]
    ReceiptExists,
    #[error("there is no such shipment")]
    ShipmentNotFound,
    #[error("a shipment with this id exists already, with other content or come back")]
    ShipmentExists,
    #[error("several shipments are under way: name the one that is meant")]
    ShipmentUnnamed,
    #[error("the order still owes {owed}")]
    NotSettled { owed: Money },
    #[error("the deadline is {deadline}, which is not over yet")]
    DeadlineNotReached { deadline: DateTime<Utc> },
    #[error("the order has no deadline")]
    NoDeadline,
    #[error("there is no wallet yet")]
    WalletNotOpen,
    #[error("the wallet is open already")]
    WalletExists,
    #[error("the wallet is frozen and pays nothing")]
    WalletFrozen,
    #[error("the wallet is closed")]
    WalletClosed,
    #[error("the wallet holds {balance}, its customer owes {debt}, or a request waits")]
    WalletInUse { balance: Money, debt: Money, pending: bool },
    #[error("the customer owes {debt}, which goes before a withdrawal")]
    WalletInDebt { debt: Money },
    #[error("the customer owes {debt}, not {claimed}")]
    DebtDiffers { debt: Money, claimed: Money },
    #[error("there is no request with this id")]
    RequestNotFound,
    #[error("this request was already decided on")]
    RequestDecided,
    #[error("a request with this id exists already")]
    RequestExists,
    #[error("another withdrawal was paid by this transfer")]
    PayoutReferenceUsed,
    #[error("there is no such suspense item")]
    SuspenseNotFound,
    #[error("a suspense item with this id exists already")]
    SuspenseExists,
    #[error("this suspense item is explained")]
    SuspenseSettled,
    #[error("the suspense item holds {balance}, so that {claimed} of it cannot be explained")]
    SuspenseDiffers { balance: Money, claimed: Money },
    #[error("the wallet holds {available}, and {required} is needed")]
    InsufficientFunds { available: Money, required: Money },
    #[error("the wallet belongs to another customer")]
    WrongWallet,
    #[error("there is no such payment")]
    PaymentNotFound,
    #[error("the transfer is known with {recorded}, not with {claimed}")]
    PaymentDiffers { recorded: Money, claimed: Money },
    #[error("the payment is known with another date, note or way")]
    PaymentKindDiffers,
    #[error("this payment was made for another order or customer")]
    PaymentForAnother,
    #[error("such a payment has the id that is derived from what it is known by")]
    PaymentIdNotDerived,
    #[error("the payment was corrected or reversed, and nothing of it is held any more")]
    PaymentNotHeld,
    #[error("the payment is matched with a statement's line, or banked, already")]
    PaymentMatched,
    #[error("only cash is banked")]
    NotCash,
    #[error("there is no such statement line")]
    StatementLineNotFound,
    #[error("the statement line is known with other content")]
    StatementLineDiffers,
    #[error("the statement line is matched already")]
    StatementLineMatched,
    #[error("the payments' {payments} less a fee of {fee} are not the {line} of the line")]
    StatementLineUnbalanced { payments: Money, fee: Money, line: Money },
    #[error("the payment is in another bank account than the statement line")]
    WrongBankAccount,
    #[error("this file is on a receipt that was approved")]
    ReceiptFileUsed,
    #[error("no reminder is due")]
    ReminderNotDue,
    #[error("of this payment {left} is left, and {required} is needed")]
    PaymentUsedUp { left: Money, required: Money },
    #[error("this moves {amount} after {moved} today, and one person may move {threshold} alone")]
    NeedsSecondPerson {
        amount: Money,
        threshold: Money,
        /// What one person has moved of this customer's money today.
        moved: Money,
        /// What one person may still move today.
        left: Money,
    },
    #[error("this is not the last step of the order, and only that can be taken back")]
    NotCorrectable { sequence: u64 },
    #[error("the old debit is linked to this order already")]
    DebitAlreadyLinked,
    #[error("this double charge was given back already")]
    AlreadyGivenBack,
    #[error("this needs the wallet or the payment too: the order alone cannot decide it")]
    NeedsOtherStream,
    #[error("a setting has a value outside its range")]
    SettingOutOfRange,
    #[error("the stream is at version {actual}, not {expected}")]
    Stale { stream: String, expected: u64, actual: u64 },
    #[error("the number series of {0} is used up")]
    SeriesExhausted(OrderNumber),
    #[error("the amounts do not add up")]
    Money(#[from] MoneyError),
    #[error("a text is not acceptable")]
    Text(#[from] TextError),
    #[error("a quantity is not acceptable")]
    Quantity(#[from] QuantityError),
}

impl Rejection {
    /// The refusal's stable name, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OrderNotFound => "order-not-found",
            Self::OrderExists => "order-exists",
            Self::WrongPhase { .. } => "wrong-phase",
            Self::OnHold { .. } => "on-hold",
            Self::NoLines => "no-lines",
            Self::LineNotFound { .. } => "line-not-found",
            Self::LineTwice { .. } => "line-twice",
            Self::QuantityTooLarge { .. } => "quantity-too-large",
            Self::NothingToDispatch => "nothing-to-dispatch",
            Self::WrongShipmentStage { .. } => "wrong-shipment-stage",
            Self::DeliveryCodeNeeded => "delivery-code-needed",
            Self::NoDeliveryCode => "no-delivery-code",
            Self::DeliveryCodeLocked { .. } => "delivery-code-locked",
            Self::NothingToRefund => "nothing-to-refund",
            Self::ReturnWindowOpen { .. } => "return-window-open",
            Self::NoReceiptNeeded => "no-receipt-needed",
            Self::TotalsDisagree { .. } => "totals-disagree",
            Self::LineCount(_) => "line-count",
            Self::DiscountTooLarge { .. } => "discount-too-large",
            Self::NegativeCharge(_) => "negative-charge",
            Self::CurrencyNotKept(_) => "currency-not-kept",
            Self::WalletPartMismatch { .. } => "wallet-part-mismatch",
            Self::ReceiptNotFound => "receipt-not-found",
            Self::ReceiptDecided => "receipt-decided",
            Self::ReceiptExists => "receipt-exists",
            Self::ShipmentNotFound => "shipment-not-found",
            Self::ShipmentExists => "shipment-exists",
            Self::ShipmentUnnamed => "shipment-unnamed",
            Self::NotSettled { .. } => "not-settled",
            Self::DeadlineNotReached { .. } => "deadline-not-reached",
            Self::NoDeadline => "no-deadline",
            Self::WalletNotOpen => "wallet-not-open",
            Self::WalletExists => "wallet-exists",
            Self::WalletFrozen => "wallet-frozen",
            Self::WalletClosed => "wallet-closed",
            Self::WalletInUse { .. } => "wallet-in-use",
            Self::WalletInDebt { .. } => "wallet-in-debt",
            Self::DebtDiffers { .. } => "debt-differs",
            Self::RequestNotFound => "request-not-found",
            Self::RequestDecided => "request-decided",
            Self::RequestExists => "request-exists",
            Self::PayoutReferenceUsed => "payout-reference-used",
            Self::SuspenseNotFound => "suspense-not-found",
            Self::SuspenseExists => "suspense-exists",
            Self::SuspenseSettled => "suspense-settled",
            Self::SuspenseDiffers { .. } => "suspense-differs",
            Self::InsufficientFunds { .. } => "insufficient-funds",
            Self::WrongWallet => "wrong-wallet",
            Self::PaymentNotFound => "payment-not-found",
            Self::PaymentDiffers { .. } | Self::PaymentKindDiffers => "payment-differs",
            Self::PaymentForAnother => "payment-for-another",
            Self::PaymentIdNotDerived => "payment-id-not-derived",
            Self::PaymentNotHeld => "payment-not-held",
            Self::PaymentMatched => "payment-matched",
            Self::NotCash => "not-cash",
            Self::StatementLineNotFound => "statement-line-not-found",
            Self::StatementLineDiffers => "statement-line-differs",
            Self::StatementLineMatched => "statement-line-matched",
            Self::StatementLineUnbalanced { .. } => "statement-line-unbalanced",
            Self::WrongBankAccount => "wrong-bank-account",
            Self::ReceiptFileUsed => "receipt-file-used",
            Self::ReminderNotDue => "reminder-not-due",
            Self::PaymentUsedUp { .. } => "payment-used-up",
            Self::NeedsSecondPerson { .. } => "needs-second-person",
            Self::NotCorrectable { .. } => "not-correctable",
            Self::DebitAlreadyLinked => "debit-already-linked",
            Self::AlreadyGivenBack => "already-given-back",
            Self::NeedsOtherStream => "needs-other-stream",
            Self::SettingOutOfRange => "setting-out-of-range",
            Self::Stale { .. } => "stale",
            Self::SeriesExhausted(_) => "series-exhausted",
            Self::Money(_) => "bad-amount",
            Self::Text(_) => "bad-text",
            Self::Quantity(_) => "bad-quantity",
        }
    }
}
