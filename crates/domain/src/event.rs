//! Any event of any stream, the streams it can stand in, and the states they fold to.

use std::fmt;

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{OrderId, PaymentId, ReceiptFileId, StatementLineId, SuspenseId, WalletId};
use crate::order::{self, Order};
use crate::payment::{self, Payment};
use crate::receipt_file::{self, ReceiptFile};
use crate::settings::{self, Settings};
use crate::statement_line::{self, StatementLine};
use crate::suspense::{self, Suspense};
use crate::wallet::{self, Wallet};

/// The version of every stored form so far. An event type that changes shape gets its own.
const FIRST_VERSION: &str = "1";

/// A stream's name: what it is about, and which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKey {
    Order(OrderId),
    Wallet(WalletId),
    Payment(PaymentId),
    Suspense(SuspenseId),
    StatementLine(StatementLineId),
    ReceiptFile(ReceiptFileId),
    /// The book's own settings: one stream a book.
    Settings,
}

impl StreamKey {
    /// Every type that a stream can be of.
    pub const AGGREGATE_TYPES: [&'static str; 7] =
        ["order", "wallet", "payment", "suspense", "statement_line", "receipt_file", "settings"];

    pub fn aggregate_type(self) -> &'static str {
        match self {
            Self::Order(_) => "order",
            Self::Wallet(_) => "wallet",
            Self::Payment(_) => "payment",
            Self::Suspense(_) => "suspense",
            Self::StatementLine(_) => "statement_line",
            Self::ReceiptFile(_) => "receipt_file",
            Self::Settings => "settings",
        }
    }

    /// The id as it is stored; nil for the settings, of which a book has one stream.
    pub fn aggregate_id(self) -> Uuid {
        match self {
            Self::Order(id) => id.uuid(),
            Self::Wallet(id) => id.uuid(),
            Self::Payment(id) => id.uuid(),
            Self::Suspense(id) => id.uuid(),
            Self::StatementLine(id) => id.uuid(),
            Self::ReceiptFile(id) => id.uuid(),
            Self::Settings => Uuid::nil(),
        }
    }

    /// The stream of a stored name; none when the type is not one of ours.
    pub fn parse(aggregate_type: &str, aggregate_id: Uuid) -> Option<Self> {
        match aggregate_type {
            "order" => Some(Self::Order(OrderId::new(aggregate_id))),
            "wallet" => Some(Self::Wallet(WalletId::new(aggregate_id))),
            "payment" => Some(Self::Payment(PaymentId::new(aggregate_id))),
            "suspense" => Some(Self::Suspense(SuspenseId::new(aggregate_id))),
            "statement_line" => Some(Self::StatementLine(StatementLineId::new(aggregate_id))),
            "receipt_file" => Some(Self::ReceiptFile(ReceiptFileId::new(aggregate_id))),
            "settings" => Some(Self::Settings),
            _ => None,
        }
    }
}

impl fmt::Display for StreamKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.aggregate_type(), self.aggregate_id())
    }
}

/// An event of any stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Order(order::Event),
    Wallet(wallet::Event),
    Payment(payment::Event),
    Suspense(suspense::Event),
    StatementLine(statement_line::Event),
    ReceiptFile(receipt_file::Event),
    Settings(settings::Event),
}

#[derive(Debug, thiserror::Error)]
pub enum StoredEventError {
    #[error("{0} is not a type of stream")]
    UnknownStream(String),
    #[error("the payload is not an event of this stream")]
    Payload(#[from] serde_json::Error),
}

impl Event {
    /// The type as it is stored: the variant's name in `snake_case`.
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::Order(event) => order_event_type(event),
            Self::Wallet(event) => wallet_event_type(event),
            Self::Payment(event) => payment_event_type(event),
            Self::Suspense(event) => suspense_event_type(event),
            Self::StatementLine(event) => statement_line_event_type(event),
            Self::ReceiptFile(event) => receipt_file_event_type(event),
            Self::Settings(settings::Event::Changed { .. }) => "changed",
        }
    }

    /// The version of the stored form that [`Event::payload`] writes.
    pub fn event_version(&self) -> &'static str {
        FIRST_VERSION
    }

    /// The stored form: the serde form of the whole enum, tag included.
    pub fn payload(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Order(event) => serde_json::to_string(event),
            Self::Wallet(event) => serde_json::to_string(event),
            Self::Payment(event) => serde_json::to_string(event),
            Self::Suspense(event) => serde_json::to_string(event),
            Self::StatementLine(event) => serde_json::to_string(event),
            Self::ReceiptFile(event) => serde_json::to_string(event),
            Self::Settings(event) => serde_json::to_string(event),
        }
    }

    /// Reads a stored form (of the current version: older ones are upcast before).
    pub fn parse(aggregate_type: &str, payload: &str) -> Result<Self, StoredEventError> {
        match aggregate_type {
            "order" => Ok(Self::Order(serde_json::from_str(payload)?)),
            "wallet" => Ok(Self::Wallet(serde_json::from_str(payload)?)),
            "payment" => Ok(Self::Payment(serde_json::from_str(payload)?)),
            "suspense" => Ok(Self::Suspense(serde_json::from_str(payload)?)),
            "statement_line" => Ok(Self::StatementLine(serde_json::from_str(payload)?)),
            "receipt_file" => Ok(Self::ReceiptFile(serde_json::from_str(payload)?)),
            "settings" => Ok(Self::Settings(serde_json::from_str(payload)?)),
            other => Err(StoredEventError::UnknownStream(other.to_owned())),
        }
    }
}

fn order_event_type(event: &order::Event) -> &'static str {
    match event {
        order::Event::Placed(_) => "placed",
        order::Event::PaymentReceived { .. } => "payment_received",
        order::Event::ReceiptUploaded(_) => "receipt_uploaded",
        order::Event::ReceiptApproved(_) => "receipt_approved",
        order::Event::ReceiptRejected { .. } => "receipt_rejected",
        order::Event::ShortfallForgiven { .. } => "shortfall_forgiven",
        order::Event::ForgivenessTakenBack { .. } => "forgiveness_taken_back",
        order::Event::PaymentTakenBack { .. } => "payment_taken_back",
        order::Event::Reminded { .. } => "reminded",
        order::Event::Released => "released",
        order::Event::ProcessingStarted => "processing_started",
        order::Event::Packed => "packed",
        order::Event::StockRejected { .. } => "stock_rejected",
        order::Event::Dispatched { .. } => "dispatched",
        order::Event::DeliveryCodeIssued { .. } => "delivery_code_issued",
        order::Event::DeliveryCodeRefused { .. } => "delivery_code_refused",
        order::Event::Delivered { .. } => "delivered",
        order::Event::DeliveryFailed { .. } => "delivery_failed",
        order::Event::DeliveryRetried { .. } => "delivery_retried",
        order::Event::ReturningToOrigin { .. } => "returning_to_origin",
        order::Event::ReceivedBack { .. } => "received_back",
        order::Event::GoodsReturned { .. } => "goods_returned",
        order::Event::Refunded { .. } => "refunded",
        order::Event::Completed => "completed",
        order::Event::Cancelled { .. } => "cancelled",
        order::Event::LinesCancelled { .. } => "lines_cancelled",
        order::Event::Edited { .. } => "edited",
        order::Event::Expired { .. } => "expired",
        order::Event::Reopened { .. } => "reopened",
        order::Event::PutOnHold { .. } => "put_on_hold",
        order::Event::HoldLifted { .. } => "hold_lifted",
        order::Event::Corrected(_) => "corrected",
        order::Event::Imported(_) => "imported",
        order::Event::LegacyDebitLinked { .. } => "legacy_debit_linked",
        order::Event::ImportResolved(_) => "import_resolved",
        order::Event::LeftOnAccount { .. } => "left_on_account",
    }
}

fn wallet_event_type(event: &wallet::Event) -> &'static str {
    match event {
        wallet::Event::Opened { .. } => "opened",
        wallet::Event::ToppedUp { .. } => "topped_up",
        wallet::Event::Credited { .. } => "credited",
        wallet::Event::Debited { .. } => "debited",
        wallet::Event::Corrected { .. } => "corrected",
        wallet::Event::TopUpRequested(_) => "top_up_requested",
        wallet::Event::TopUpApproved { .. } => "top_up_approved",
        wallet::Event::TopUpRejected { .. } => "top_up_rejected",
        wallet::Event::WithdrawalRequested { .. } => "withdrawal_requested",
        wallet::Event::WithdrawalPaid { .. } => "withdrawal_paid",
        wallet::Event::WithdrawalFailed { .. } => "withdrawal_failed",
        wallet::Event::Frozen { .. } => "frozen",
        wallet::Event::Unfrozen { .. } => "unfrozen",
        wallet::Event::Closed => "closed",
        wallet::Event::Reopened => "reopened",
        wallet::Event::DebtRecorded { .. } => "debt_recorded",
        wallet::Event::DebtRepaid { .. } => "debt_repaid",
        wallet::Event::DebtWrittenOff { .. } => "debt_written_off",
        wallet::Event::DeliveryCorrected { .. } => "delivery_corrected",
        wallet::Event::PaymentTakenOut { .. } => "payment_taken_out",
    }
}

fn suspense_event_type(event: &suspense::Event) -> &'static str {
    match event {
        suspense::Event::Opened { .. } => "opened",
        suspense::Event::Booked { .. } => "booked",
        suspense::Event::Explained { .. } => "explained",
    }
}

fn payment_event_type(event: &payment::Event) -> &'static str {
    match event {
        payment::Event::Recorded { .. } => "recorded",
        payment::Event::Allocated { .. } => "allocated",
        payment::Event::Matched { .. } => "matched",
        payment::Event::Banked { .. } => "banked",
        payment::Event::Reversed { .. } => "reversed",
        payment::Event::Corrected { .. } => "corrected",
    }
}

fn statement_line_event_type(event: &statement_line::Event) -> &'static str {
    match event {
        statement_line::Event::Recorded(_) => "recorded",
        statement_line::Event::Matched { .. } => "matched",
    }
}

fn receipt_file_event_type(event: &receipt_file::Event) -> &'static str {
    match event {
        receipt_file::Event::Uploaded { .. } => "uploaded",
        receipt_file::Event::Approved { .. } => "approved",
    }
}

impl DomainEvent for order::Event {
    fn event_type(&self) -> String {
        order_event_type(self).to_owned()
    }
    fn event_version(&self) -> String {
        FIRST_VERSION.to_owned()
    }
}

impl DomainEvent for wallet::Event {
    fn event_type(&self) -> String {
        wallet_event_type(self).to_owned()
    }
    fn event_version(&self) -> String {
        FIRST_VERSION.to_owned()
    }
}

impl DomainEvent for payment::Event {
    fn event_type(&self) -> String {
        payment_event_type(self).to_owned()
    }
    fn event_version(&self) -> String {
        FIRST_VERSION.to_owned()
    }
}

impl DomainEvent for suspense::Event {
    fn event_type(&self) -> String {
        suspense_event_type(self).to_owned()
    }
    fn event_version(&self) -> String {
        FIRST_VERSION.to_owned()
    }
}

impl DomainEvent for statement_line::Event {
    fn event_type(&self) -> String {
        statement_line_event_type(self).to_owned()
    }
    fn event_version(&self) -> String {
        FIRST_VERSION.to_owned()
    }
}

impl DomainEvent for receipt_file::Event {
    fn event_type(&self) -> String {
        receipt_file_event_type(self).to_owned()
    }
    fn event_version(&self) -> String {
        FIRST_VERSION.to_owned()
    }
}

impl DomainEvent for settings::Event {
    fn event_type(&self) -> String {
        "changed".to_owned()
    }
    fn event_version(&self) -> String {
        FIRST_VERSION.to_owned()
    }
}

/// The state of any stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "there is one state of settings a book")]
pub enum State {
    Order(Order),
    Wallet(Wallet),
    Payment(Payment),
    Suspense(Suspense),
    StatementLine(StatementLine),
    ReceiptFile(ReceiptFile),
    Settings(Settings),
}

impl State {
    /// The state of a stream that holds no events yet.
    pub fn initial(stream: StreamKey) -> Self {
        match stream {
            StreamKey::Order(_) => Self::Order(Order::default()),
            StreamKey::Wallet(_) => Self::Wallet(Wallet::default()),
            StreamKey::Payment(_) => Self::Payment(Payment::default()),
            StreamKey::Suspense(_) => Self::Suspense(Suspense::default()),
            StreamKey::StatementLine(_) => Self::StatementLine(StatementLine::default()),
            StreamKey::ReceiptFile(_) => Self::ReceiptFile(ReceiptFile::default()),
            StreamKey::Settings => Self::Settings(Settings::default()),
        }
    }

    /// How many events the stream holds.
    pub fn version(&self) -> u64 {
        match self {
            Self::Order(order) => order.version(),
            Self::Wallet(wallet) => wallet.version(),
            Self::Payment(payment) => payment.version(),
            Self::Suspense(suspense) => suspense.version(),
            Self::StatementLine(line) => line.version(),
            Self::ReceiptFile(file) => file.version(),
            Self::Settings(settings) => settings.version,
        }
    }

    /// Applies an event. Panics when the history is impossible: a ledger stops, it never skips.
    pub fn evolve(&mut self, event: &Event) {
        match (self, event) {
            (Self::Order(order), Event::Order(event)) => order.evolve(event),
            (Self::Wallet(wallet), Event::Wallet(event)) => wallet.evolve(event),
            (Self::Payment(payment), Event::Payment(event)) => payment.evolve(event),
            (Self::Suspense(suspense), Event::Suspense(event)) => suspense.evolve(event),
            (Self::StatementLine(line), Event::StatementLine(event)) => line.evolve(event),
            (Self::ReceiptFile(file), Event::ReceiptFile(event)) => file.evolve(event),
            (Self::Settings(settings), Event::Settings(event)) => settings.evolve(event),
            (state, event) => panic!("corrupt stream: {event:?} after {state:?}"),
        }
    }
}
