//! What can be wrong with an old record: a closed list.

use std::fmt;

/// A class of trouble. The list is closed; what each means for an import is documented for those
/// who run one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The two statuses name no phase in common.
    StatusMismatch,
    /// A status is in no list.
    UnknownStatus,
    /// The wallet was to pay and no debit can be linked, named or tied to the order.
    WalletIssue,
    /// The linked debit is less than what the wallet was to pay.
    Shortfall,
    /// The linked debit is more than what the wallet was to pay, by less than 1.
    Excess,
    /// The linked debit names another order number.
    DebitMislabelled,
    /// A later debit paid for the order once more.
    DoubleCharge,
    /// Several orders claim one debit equally.
    LinkTie,
    /// A debit names the order, and nothing else ties it to the order.
    LinkDoubt,
    /// The wallet was to pay and the customer has none.
    NoWallet,
    /// A bank or gateway payment the statuses rely on is not proven by both rows.
    PaymentUnproven,
    /// Both statuses say unpaid and the money is there.
    PaidButPending,
    /// A receipt was uploaded and finance has not answered.
    ReceiptWaiting,
    /// One side says delivered and less than the total is proven.
    DeliveredUnpaid,
    /// Given up after it was paid, and no row gives the money back.
    CancelledUnrefunded,
    /// Several orders bear the number.
    NumberRepeated,
    /// The order has no number.
    NoNumber,
    /// The order has no customer.
    NoCustomer,
    /// A row that belongs to this record names another customer.
    CustomerMismatch,
    /// The order has no items.
    NoItems,
    /// The order has no management row.
    Orphan,
    /// A management row without its order.
    OrphanManagement,
    /// Several management rows name one order.
    ManagementRepeated,
    /// Items, receipts or wallet rows whose order, wallet or customer is gone.
    OrphanRow,
    /// History rows whose management row is gone.
    DanglingHistory,
    /// The history does not join up, or does not end at the current status.
    HistoryBroken,
    /// Items, shipping, tax and surcharge differ from the total by 1 or more.
    TotalsDisagree,
    /// They differ by less than 1.
    TotalsRounded,
    /// The row is not in the shop's currency.
    CurrencyMismatch,
    /// An amount is null, unreadable, negative, or zero where it may not be.
    BadAmount,
    /// The payment method is null or in no list.
    UnknownMethod,
    /// The payment method was stored as a label or synonym.
    MethodLabel,
    /// Money left the wallet and the row names no order by id.
    ReferenceMissing,
    /// Several credits name one reason.
    RepeatedCredit,
    /// A wallet row does not begin with the balance the row before it left.
    ChainBreak,
    /// A balance is or was below zero.
    NegativeBalance,
    /// The wallet's own rows do not add up to its balance.
    UnexplainedBalance,
    /// A wallet row has no amount, or nothing that says which way it went.
    UnclearRow,
}

impl Class {
    pub const ALL: [Self; 38] = [
        Self::StatusMismatch,
        Self::UnknownStatus,
        Self::WalletIssue,
        Self::Shortfall,
        Self::Excess,
        Self::DebitMislabelled,
        Self::DoubleCharge,
        Self::LinkTie,
        Self::LinkDoubt,
        Self::NoWallet,
        Self::PaymentUnproven,
        Self::PaidButPending,
        Self::ReceiptWaiting,
        Self::DeliveredUnpaid,
        Self::CancelledUnrefunded,
        Self::NumberRepeated,
        Self::NoNumber,
        Self::NoCustomer,
        Self::CustomerMismatch,
        Self::NoItems,
        Self::Orphan,
        Self::OrphanManagement,
        Self::ManagementRepeated,
        Self::OrphanRow,
        Self::DanglingHistory,
        Self::HistoryBroken,
        Self::TotalsDisagree,
        Self::TotalsRounded,
        Self::CurrencyMismatch,
        Self::BadAmount,
        Self::UnknownMethod,
        Self::MethodLabel,
        Self::ReferenceMissing,
        Self::RepeatedCredit,
        Self::ChainBreak,
        Self::NegativeBalance,
        Self::UnexplainedBalance,
        Self::UnclearRow,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::StatusMismatch => "status_mismatch",
            Self::UnknownStatus => "unknown_status",
            Self::WalletIssue => "wallet_issue",
            Self::Shortfall => "shortfall",
            Self::Excess => "excess",
            Self::DebitMislabelled => "debit_mislabelled",
            Self::DoubleCharge => "double_charge",
            Self::LinkTie => "link_tie",
            Self::LinkDoubt => "link_doubt",
            Self::NoWallet => "no_wallet",
            Self::PaymentUnproven => "payment_unproven",
            Self::PaidButPending => "paid_but_pending",
            Self::ReceiptWaiting => "receipt_waiting",
            Self::DeliveredUnpaid => "delivered_unpaid",
            Self::CancelledUnrefunded => "cancelled_unrefunded",
            Self::NumberRepeated => "number_repeated",
            Self::NoNumber => "no_number",
            Self::NoCustomer => "no_customer",
            Self::CustomerMismatch => "customer_mismatch",
            Self::NoItems => "no_items",
            Self::Orphan => "orphan",
            Self::OrphanManagement => "orphan_management",
            Self::ManagementRepeated => "management_repeated",
            Self::OrphanRow => "orphan_row",
            Self::DanglingHistory => "dangling_history",
            Self::HistoryBroken => "history_broken",
            Self::TotalsDisagree => "totals_disagree",
            Self::TotalsRounded => "totals_rounded",
            Self::CurrencyMismatch => "currency_mismatch",
            Self::BadAmount => "bad_amount",
            Self::UnknownMethod => "unknown_method",
            Self::MethodLabel => "method_label",
            Self::ReferenceMissing => "reference_missing",
            Self::RepeatedCredit => "repeated_credit",
            Self::ChainBreak => "chain_break",
            Self::NegativeBalance => "negative_balance",
            Self::UnexplainedBalance => "unexplained_balance",
            Self::UnclearRow => "unclear_row",
        }
    }

    /// Whether an order of this class cannot take the phase its statuses name, so that a person
    /// has to look at it.
    pub fn blocks(self) -> bool {
        match self {
            Self::StatusMismatch
            | Self::UnknownStatus
            | Self::WalletIssue
            | Self::Shortfall
            | Self::LinkTie
            | Self::LinkDoubt
            | Self::NoWallet
            | Self::PaymentUnproven
            | Self::PaidButPending
            | Self::DeliveredUnpaid
            | Self::CancelledUnrefunded
            | Self::NoCustomer
            | Self::CustomerMismatch
            | Self::NoItems
            | Self::Orphan
            | Self::OrphanManagement
            | Self::ManagementRepeated
            | Self::TotalsDisagree
            | Self::CurrencyMismatch
            | Self::BadAmount
            | Self::UnknownMethod => true,
            Self::Excess
            | Self::DebitMislabelled
            | Self::DoubleCharge
            | Self::ReceiptWaiting
            | Self::NumberRepeated
            | Self::NoNumber
            | Self::OrphanRow
            | Self::DanglingHistory
            | Self::HistoryBroken
            | Self::TotalsRounded
            | Self::MethodLabel
            | Self::ReferenceMissing
            | Self::RepeatedCredit
            | Self::ChainBreak
            | Self::NegativeBalance
            | Self::UnexplainedBalance
            | Self::UnclearRow => false,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A class, and the rows and values it was seen in. Never holds personal data or free text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    pub class: Class,
    pub text: String,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

const CODE_LENGTH_MAX: usize = 50;

/// A stored value as evidence may show it: a plain code as it is, anything else withheld, since it
/// may be a name or a sentence.
pub(crate) fn code(text: &str) -> &str {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-');
    if !text.is_empty() && text.len() <= CODE_LENGTH_MAX && text.chars().all(plain) {
        text
    } else {
        "(not a code)"
    }
}
