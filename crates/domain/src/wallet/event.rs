//! What happens to a wallet.
//!
//! `moved_alone_on` is the business day on which one person moved the money without another's
//! consent; it is none where two agreed and where no person had a choice.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::account::SuspenseItem;
use crate::id::{Code, CustomerId, OrderId, PaymentId, Reason, ReceiptId, RequestId};
use crate::money::{Amount, Currency, Money};
use crate::order::PersonalRef;
use crate::order::totals::Totals;
use crate::receipt_file::On;

/// What has happened to a wallet. Stored for ever: add variants, never change one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A customer got a wallet in a currency, or it was taken over with its stored balance.
    Opened {
        customer: CustomerId,
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::CurrencyCode"))]
        currency: Currency,
        opening: Option<Opening>,
    },
    /// Money that came in was put into the wallet.
    ToppedUp {
        amount: Amount,
        payment: PaymentId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved_alone_on: Option<NaiveDate>,
    },
    /// Money came into the wallet from somewhere else than a top-up.
    Credited {
        amount: Amount,
        source: Source,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved_alone_on: Option<NaiveDate>,
    },
    /// Money left the wallet, but not as a withdrawal.
    Debited {
        amount: Amount,
        purpose: Purpose,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved_alone_on: Option<NaiveDate>,
    },
    /// The movement with this sequence was a mistake; its mirror image is posted.
    Corrected {
        sequence: u64,
        movement: Movement,
        reason: Reason,
        ticket: Code,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved_alone_on: Option<NaiveDate>,
    },
    /// The customer says that money was sent for the wallet; it moves nothing.
    TopUpRequested(TopUpRequested),
    /// Finance saw the money; the `topped_up` that follows moves it.
    TopUpApproved { request: RequestId, amount: Amount, payment: PaymentId },
    /// Finance did not find the money that the customer told of.
    TopUpRejected { request: RequestId, reason: Reason },
    /// The customer wants money back; it leaves the wallet and waits to be paid out.
    WithdrawalRequested {
        request: RequestId,
        amount: Amount,
        /// Where to, kept outside the log.
        destination: Option<PersonalRef>,
    },
    /// The bank paid the withdrawal out.
    WithdrawalPaid {
        request: RequestId,
        amount: Amount,
        /// Our bank account that it was paid from, and the bank's reference.
        account: Code,
        reference: Code,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved_alone_on: Option<NaiveDate>,
    },
    /// It could not be paid out and is the wallet's again.
    WithdrawalFailed { request: RequestId, amount: Amount, reason: Reason },
    /// Takes credits, and pays nothing.
    Frozen { reason: Reason },
    /// The wallet pays again.
    Unfrozen { reason: Reason },
    /// The wallet is closed, at zero. A credit opens it again.
    Closed,
    /// By the next credit, or by opening it again.
    Reopened,
    /// The customer owes this; posted by the order's or the payment's own event.
    DebtRecorded {
        amount: Amount,
        cause: DebtCause,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved_alone_on: Option<NaiveDate>,
    },
    /// The customer paid a debt back.
    DebtRepaid { customer: CustomerId, amount: Amount, from: Repayment },
    /// The shop gave a debt up: the loss is its own.
    DebtWrittenOff {
        customer: CustomerId,
        amount: Amount,
        reason: Reason,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved_alone_on: Option<NaiveDate>,
    },
    /// One person alone took back a delivery of this order: it counts towards the day's sum.
    DeliveryCorrected { amount: Amount, order: OrderId, moved_alone_on: NaiveDate },
    /// One person alone took this part of a payment out of the books, which was not in the wallet:
    /// it counts towards the day's sum.
    PaymentTakenOut { amount: Amount, payment: PaymentId, moved_alone_on: NaiveDate },
}

/// What a customer says of money that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TopUpRequested {
    pub request: RequestId,
    pub claimed: Option<Amount>,
    /// SHA-256 of the receipt's file, in hex.
    pub file: Option<Code>,
    /// The file itself, kept outside the log.
    pub stored: Option<PersonalRef>,
    /// What the same file was uploaded for before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<On>,
}

/// Why a customer owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DebtCause {
    /// Money that turned out not to exist after it was spent.
    PaymentReversed { payment: PaymentId },
    /// Goods that were handed over unpaid.
    LeftOnAccount { order: OrderId },
}

/// What a debt is repaid with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Repayment {
    Wallet,
    Payment(PaymentId),
}

/// What was taken over from the old system: the stored balance wins, its rows are evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Opening {
    /// The old row: `customer_wallets:3`.
    pub row: Code,
    /// The stored balance, as it was.
    pub balance: Money,
    /// What the wallet's own rows add up to.
    pub explained: Money,
}

/// Where a credit came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// More was transferred than the order owed.
    Excess {
        payment: PaymentId,
        order: OrderId,
        receipt: Option<ReceiptId>,
    },
    /// Money that came for an order that was over.
    Late {
        payment: PaymentId,
        order: OrderId,
    },
    Cancelled {
        order: OrderId,
    },
    Expired {
        order: OrderId,
    },
    /// Returned goods, by the parts of what they cost; what is due of them is the amount.
    Refund {
        order: OrderId,
        parts: Totals,
    },
    Goodwill {
        reason: Reason,
    },
    /// Against a suspense item.
    Adjustment {
        item: SuspenseItem,
        reason: Reason,
    },
    /// The old system charged twice: both of its rows.
    DoubleCharge {
        order: OrderId,
        first: Code,
        second: Code,
    },
}

/// What a debit is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    OrderPayment {
        order: OrderId,
    },
    /// What a transfer lacked, or an old debit.
    Shortfall {
        order: OrderId,
    },
    Adjustment {
        item: SuspenseItem,
        reason: Reason,
    },
    /// Money that turned out not to exist.
    PaymentReversed {
        payment: PaymentId,
    },
}

/// A movement that concerns the wallet alone, so that it alone can take it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    Goodwill { amount: Amount },
    AdjustmentUp { amount: Amount, item: SuspenseItem },
    AdjustmentDown { amount: Amount, item: SuspenseItem },
}

impl Opening {
    /// What the customer may spend: a negative balance opens at zero, the debt stands in 1100.
    pub fn spendable(&self) -> Money {
        if self.balance.is_negative() { Money::zero(self.balance.currency()) } else { self.balance }
    }

    /// What the customer owes from before.
    pub fn debt(&self) -> Money {
        if self.balance.is_negative() {
            self.balance.negated()
        } else {
            Money::zero(self.balance.currency())
        }
    }
}
