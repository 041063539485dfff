//! What can happen to an order, as it is stored.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::hold::Department;
use super::import::{Imported, Resolution};
use super::status::{Channel, Method};
use super::totals::{LineItem, Quantity, Totals};
use crate::id::{
    Code, CustomerId, OrderNumber, PaymentId, PersonalDataId, Reason, ReceiptId, ShipmentId,
    WalletId,
};
use crate::money::{Amount, Currency, Money};
use crate::receipt_file::On;

/// What has happened to an order. Stored for ever: add variants, never change one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An order was placed: its number, lines, prices and first deadline. The wallet's part was taken in
    /// the same command.
    Placed(Placed),
    /// Money for this order. What came from a wallet is posted by the wallet's own event.
    PaymentReceived { amount: Amount, source: Source },
    /// The customer sent a receipt. What it claims moves nothing; finance looks at it.
    ReceiptUploaded(Receipt),
    /// Finance saw the money on a receipt. The events beside it move it.
    ReceiptApproved(ReceiptApproved),
    /// Finance refused a receipt. The customer may send another one until the deadline.
    ReceiptRejected { receipt: ReceiptId, reason: Reason, deadline: Option<DateTime<Utc>> },
    /// A receipt lacked this little, and the book's tolerance forgave it.
    ShortfallForgiven { amount: Amount },
    /// The order was not bought after all: what was forgiven is not given back as money.
    ForgivenessTakenBack { amount: Amount },
    /// A payment turned out not to exist before anything was shipped: the order is to be paid
    /// anew, and its release is withdrawn.
    PaymentTakenBack {
        payment: PaymentId,
        amount: Amount,
        /// Set when something is due and no receipt is open.
        deadline: Option<DateTime<Utc>>,
    },
    /// The customer is to be reminded of this deadline. Whoever sends messages reads it in the feed.
    Reminded { deadline: DateTime<Utc> },
    /// Finance lets the order into the warehouse: the only gate.
    Released,
    /// The warehouse started to pick the goods.
    ProcessingStarted,
    /// The warehouse packed the goods: they can be dispatched.
    Packed,
    /// The warehouse cannot supply the goods. Finance decides what becomes of the order.
    StockRejected { reason: Reason },
    /// A shipment left with a carrier, with all or some of the goods.
    Dispatched {
        shipment: ShipmentId,
        lines: Vec<LineQuantity>,
        carrier: Code,
        tracking: Option<Code>,
        /// HMAC of the code that the receiver will tell; none when the shipment needs none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<Code>,
    },
    /// Replaces the shipment's code; wrong tries are counted from zero again.
    DeliveryCodeIssued { shipment: ShipmentId, code: Code },
    /// Somebody told a wrong code.
    DeliveryCodeRefused { shipment: ShipmentId },
    /// A shipment arrived; `earned` is its cumulative share of the order's totals.
    Delivered {
        shipment: ShipmentId,
        lines: Vec<LineQuantity>,
        earned: Totals,
        /// How the receiver was known; none when the shipment needed no code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
        /// Set by the delivery that leaves nothing undelivered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        return_until: Option<DateTime<Utc>>,
    },
    /// The carrier could not hand the shipment over.
    DeliveryFailed { shipment: ShipmentId, reason: Reason },
    /// The shipment is under way again after a failed delivery.
    DeliveryRetried { shipment: ShipmentId },
    /// The carrier brings the undelivered shipment back.
    ReturningToOrigin { shipment: ShipmentId },
    /// The undelivered shipment is back: its goods stand packed in the warehouse again.
    ReceivedBack {
        shipment: ShipmentId,
        /// Set when nothing else is under way and something is still due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<DateTime<Utc>>,
    },
    /// Delivered units came back from the customer.
    GoodsReturned { lines: Vec<LineQuantity>, reason: Reason },
    /// Returned units were paid back, into the wallet and in the same command.
    Refunded {
        lines: Vec<LineQuantity>,
        parts: Totals,
        to: WalletId,
        /// The share of delivery fee and surcharge that the shop keeps, if it keeps them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        withheld: Option<Totals>,
    },
    /// The order is over: by hand, or because its return window has passed.
    Completed,
    /// All of the order is wanted no more. What was given back went to the customer's wallet in the
    /// same command.
    Cancelled { reason: Reason, given_back: Money },
    /// Some of what was not shipped yet is wanted no more; `totals` are due from now on.
    LinesCancelled {
        lines: Vec<LineQuantity>,
        reason: Reason,
        totals: Totals,
        given_back: Money,
        /// Set when nothing is left undelivered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        return_until: Option<DateTime<Utc>>,
    },
    /// Other lines and charges instead of the old ones, before anything was packed.
    Edited {
        lines: Vec<LineItem>,
        totals: Totals,
        given_back: Money,
        /// Set when something is due.
        deadline: Option<DateTime<Utc>>,
    },
    /// Nobody paid in time. What had been paid went to the customer's wallet in the same command.
    Expired { given_back: Money },
    /// A cancelled, expired or completed order goes on from where its facts put it.
    Reopened {
        deadline: Option<DateTime<Utc>>,
        /// Set when what is reopened was completed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        return_until: Option<DateTime<Utc>>,
    },
    /// The department does not go on before the hold is lifted.
    PutOnHold { department: Department, reason: Reason },
    /// The department goes on.
    HoldLifted { department: Department },
    /// The step with this sequence was recorded by mistake.
    Corrected(Corrected),
    /// An order was taken over from the old system. What is proven of its money is posted, unless it
    /// was finished there.
    Imported(Box<Imported>),
    /// The old system's own debit turned out to pay this order.
    LegacyDebitLinked { debit: Code, amount: Amount, proof: Code },
    /// A person stated what is true of an imported order whose records disagree.
    ImportResolved(Resolution),
    /// Handed over unpaid: what was owed is the customer's debt from here on.
    LeftOnAccount { amount: Amount, customer: CustomerId },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Placed {
    pub number: OrderNumber,
    /// The number's series and its place in it.
    pub series: Code,
    pub counter: u32,
    pub customer: CustomerId,
    pub method: Method,
    /// How the remainder comes; for a full wallet order: wallet.
    pub channel: Channel,
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::CurrencyCode"))]
    pub currency: Currency,
    pub lines: Vec<LineItem>,
    pub totals: Totals,
    /// Taken from the wallet in the same command.
    pub wallet_part: Money,
    /// None when nothing is left to pay.
    pub deadline: Option<DateTime<Utc>>,
    /// Recipient and address, kept outside the log, with a salted digest.
    pub recipient: Option<PersonalRef>,
}

/// Personal data that an event names without holding it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PersonalRef {
    pub id: PersonalDataId,
    /// Salted SHA-256, in hex.
    pub digest: Code,
}

/// Where a payment for an order came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Wallet(WalletId),
    Payment(PaymentId),
}

/// A receipt as the customer sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Receipt {
    pub receipt: ReceiptId,
    /// What the customer says; it moves nothing. None for an imported receipt.
    pub claimed: Option<Amount>,
    /// SHA-256 of the file, in hex.
    pub file: Option<Code>,
    /// The file itself, kept outside the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<PersonalRef>,
    /// What the same file was uploaded for before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<On>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReceiptApproved {
    pub receipt: ReceiptId,
    /// What finance saw for this order.
    pub verified: Amount,
    pub payment: PaymentId,
    /// The part of it that the order takes.
    pub applied: Money,
    /// The part that went to the customer's wallet.
    pub excess: Money,
    /// What the wallet added.
    pub shortfall: Money,
    /// Set when something is still due.
    pub deadline: Option<DateTime<Utc>>,
}

/// How much of a line of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LineQuantity {
    pub line: u16,
    pub quantity: Quantity,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Corrected {
    /// The stream sequence of the step that is taken back.
    pub sequence: u64,
    pub reason: Reason,
    pub ticket: Code,
    /// What the step had earned, if it was a delivery.
    pub earned: Option<Totals>,
}

/// How the receiver of a shipment was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The receiver told the right code.
    Code,
    /// Somebody answers for it that no code was told.
    Override { reason: Reason },
}
