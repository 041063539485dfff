//! Everything that happened to an order, the movements of wallets and payments that name it included.

use chrono::{DateTime, Utc};
use domain::id::OrderId;
use domain::money::Money;
use domain::payment::{self, Target};
use domain::receipt_file::{self, On};
use domain::wallet::{self, DebtCause, Purpose, Source};
use domain::{Event, StreamKey, order};
use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row as _};
use uuid::Uuid;

use crate::at::{self, At};
use crate::fact::{Fact, FoldError};
use crate::projection::{Maker, Projection, Rows, Sql, sql};
use crate::row::row;

pub(crate) const SQL: Sql = sql!("timeline");

/// The fold.
#[derive(Debug)]
pub struct Timeline;

row! {
    /// A row of `timeline`.
    "daftar.timeline_row", TimelineEntry {
        order_id: Uuid,
        position: Position,
        /// The stream that the event stands in: the order's, a wallet's or a payment's.
        stream_type: String,
        stream_id: Uuid,
        /// The event's place in that stream: what a correction names.
        sequence: i64,
        event_type: String,
        actor_kind: Option<String>,
        actor_id: Option<String>,
        actor_role: Option<String>,
        reason: Option<String>,
        ticket: Option<String>,
        /// The order's phase after it; none for an event of another stream.
        phase: Option<String>,
        currency: Option<String>,
        /// What the event moved in its stream; negative when it was taken.
        amount: Option<Decimal>,
        recorded_at: DateTime<Utc>,
        effective_at: DateTime<Utc>,
    }
}

/// An entry as a reader sees it, with what only its event says.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub entry: TimelineEntry,
    /// The other persons who agreed to it.
    pub approved_by: Option<String>,
    /// Of whoever acted.
    pub department: Option<String>,
}

impl Step {
    /// As somebody sees it who is told what was done, and not by whom of those who work here.
    #[must_use]
    pub fn without_staff(mut self, reader: &str) -> Self {
        self.entry.actor_id = self.entry.actor_id.filter(|actor| actor == reader);
        self.approved_by = None;
        self
    }
}

impl FromRow<'_, PgRow> for Step {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            entry: TimelineEntry::from_row(row)?,
            approved_by: row.try_get("approved_by")?,
            department: row.try_get("department")?,
        })
    }
}

impl Projection for Timeline {
    const NAME: &'static str = "timeline";
    const FOLD_VERSION: i32 = 1;
    const APPEND_ONLY: bool = true;
    const SQL: Sql = SQL;
    const KEY: &'static [&'static str] = &["order_id", "position"];
    const MAKER: Maker = Maker::Named;
    // A payment tells what came in, and its allocation the same money again.
    const SUMS: &'static [&'static str] = &[];
    type Key = (Uuid, Position);
    type Row = TimelineEntry;

    fn key(row: &TimelineEntry) -> (Uuid, Position) {
        (row.order_id, row.position)
    }

    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError> {
        let Some(order) = order_of(fact.stream, fact.event) else { return Ok(()) };
        let metadata = fact.metadata()?;
        let stated = stated(fact.event);
        let moved = moved(fact);
        rows.put(TimelineEntry {
            order_id: order.uuid(),
            position: fact.position(),
            stream_type: fact.stream.aggregate_type().to_owned(),
            stream_id: fact.stream.aggregate_id(),
            sequence: fact.version(),
            event_type: fact.event.event_type().to_owned(),
            actor_kind: metadata.actor_kind,
            actor_id: metadata.actor_id,
            actor_role: metadata.role,
            reason: stated.0.or(metadata.reason),
            ticket: stated.1.or(metadata.ticket),
            phase: fact.order().map(|(_, _, facts)| facts.phase().as_str().to_owned()),
            currency: moved.map(|money| money.currency().code().to_owned()),
            amount: moved.map(Money::amount),
            recorded_at: fact.recorded.recorded_at,
            effective_at: fact.recorded.effective_at,
        });
        Ok(())
    }
}

/// The order whose story this event is part of.
pub(crate) fn order_of(stream: StreamKey, event: &Event) -> Option<OrderId> {
    match event {
        Event::Order(_) => Some(OrderId::new(stream.aggregate_id())),
        Event::Wallet(wallet::Event::Credited { source, .. }) => match source {
            Source::Excess { order, .. }
            | Source::Late { order, .. }
            | Source::Cancelled { order }
            | Source::Expired { order }
            | Source::Refund { order, .. }
            | Source::DoubleCharge { order, .. } => Some(*order),
            Source::Goodwill { .. } | Source::Adjustment { .. } => None,
        },
        Event::Wallet(wallet::Event::Debited { purpose, .. }) => match purpose {
            Purpose::OrderPayment { order } | Purpose::Shortfall { order } => Some(*order),
            Purpose::Adjustment { .. } | Purpose::PaymentReversed { .. } => None,
        },
        Event::Wallet(
            wallet::Event::DebtRecorded { cause: DebtCause::LeftOnAccount { order }, .. }
            | wallet::Event::DeliveryCorrected { order, .. },
        )
        | Event::Payment(payment::Event::Allocated { to: Target::Order(order), .. })
        | Event::ReceiptFile(
            receipt_file::Event::Uploaded { on: On::Order { order, .. }, .. }
            | receipt_file::Event::Approved { on: On::Order { order, .. }, .. },
        ) => Some(*order),
        Event::Wallet(
            wallet::Event::Opened { .. }
            | wallet::Event::ToppedUp { .. }
            | wallet::Event::Corrected { .. }
            | wallet::Event::TopUpRequested(_)
            | wallet::Event::TopUpApproved { .. }
            | wallet::Event::TopUpRejected { .. }
            | wallet::Event::WithdrawalRequested { .. }
            | wallet::Event::WithdrawalPaid { .. }
            | wallet::Event::WithdrawalFailed { .. }
            | wallet::Event::Frozen { .. }
            | wallet::Event::Unfrozen { .. }
            | wallet::Event::Closed
            | wallet::Event::Reopened
            | wallet::Event::DebtRecorded { cause: DebtCause::PaymentReversed { .. }, .. }
            | wallet::Event::DebtRepaid { .. }
            | wallet::Event::DebtWrittenOff { .. }
            | wallet::Event::PaymentTakenOut { .. },
        )
        | Event::Payment(
            payment::Event::Recorded { .. }
            | payment::Event::Allocated { to: Target::Wallet(_) | Target::Debt(_), .. }
            | payment::Event::Matched { .. }
            | payment::Event::Banked { .. }
            | payment::Event::Reversed { .. }
            | payment::Event::Corrected { .. },
        )
        | Event::ReceiptFile(
            receipt_file::Event::Uploaded { on: On::TopUp { .. }, .. }
            | receipt_file::Event::Approved { on: On::TopUp { .. }, .. },
        )
        | Event::StatementLine(_)
        | Event::Suspense(_)
        | Event::Settings(_) => None,
    }
}

/// The reason and the ticket that the event itself states.
fn stated(event: &Event) -> (Option<String>, Option<String>) {
    match event {
        Event::Order(order::Event::Corrected(corrected)) => {
            (Some(corrected.reason.to_string()), Some(corrected.ticket.to_string()))
        }
        Event::Payment(payment::Event::Reversed { reason, .. })
        | Event::Order(
            order::Event::ReceiptRejected { reason, .. }
            | order::Event::StockRejected { reason }
            | order::Event::Cancelled { reason, .. }
            | order::Event::LinesCancelled { reason, .. }
            | order::Event::DeliveryFailed { reason, .. }
            | order::Event::GoodsReturned { reason, .. }
            | order::Event::PutOnHold { reason, .. }
            | order::Event::Delivered { proof: Some(order::Proof::Override { reason }), .. },
        ) => (Some(reason.to_string()), None),
        Event::Order(_)
        | Event::Wallet(_)
        | Event::Payment(_)
        | Event::Suspense(_)
        | Event::StatementLine(_)
        | Event::ReceiptFile(_)
        | Event::Settings(_) => (None, None),
    }
}

/// What the event moved in its stream.
fn moved(fact: &Fact<'_>) -> Option<Money> {
    match fact.event {
        Event::Order(event) => order_moved(event),
        Event::Wallet(_) => fact.wallet().map(|(_, _, facts)| facts.moved),
        Event::Payment(payment::Event::Recorded { amount, .. }) => Some(amount.money()),
        Event::Payment(
            payment::Event::Allocated { amount, .. }
            | payment::Event::Corrected { amount, .. }
            | payment::Event::Reversed { amount, .. },
        ) => Some(amount.money().negated()),
        // From one account of ours to another.
        Event::Payment(payment::Event::Matched { .. } | payment::Event::Banked { .. })
        | Event::Suspense(_)
        | Event::StatementLine(_)
        | Event::ReceiptFile(_)
        | Event::Settings(_) => None,
    }
}

fn order_moved(event: &order::Event) -> Option<Money> {
    match event {
        order::Event::PaymentReceived { amount, .. }
        | order::Event::LeftOnAccount { amount, .. }
        | order::Event::ShortfallForgiven { amount }
        | order::Event::LegacyDebitLinked { amount, .. } => Some(amount.money()),
        order::Event::ForgivenessTakenBack { amount }
        | order::Event::PaymentTakenBack { amount, .. } => Some(amount.money().negated()),
        order::Event::Delivered { earned, .. } => Some(earned.due.negated()),
        order::Event::Cancelled { given_back, .. }
        | order::Event::LinesCancelled { given_back, .. }
        | order::Event::Edited { given_back, .. }
        | order::Event::Expired { given_back } => Some(given_back.negated()),
        order::Event::Corrected(corrected) => corrected.earned.map(|earned| earned.due),
        order::Event::Imported(imported) => Some(imported.proven),
        order::Event::ImportResolved(resolution) => {
            resolution.delivered.map(|earned| earned.due.negated())
        }
        order::Event::Placed(_)
        | order::Event::ReceiptUploaded(_)
        | order::Event::ReceiptApproved(_)
        | order::Event::ReceiptRejected { .. }
        | order::Event::Reminded { .. }
        | order::Event::Released
        | order::Event::ProcessingStarted
        | order::Event::Packed
        | order::Event::StockRejected { .. }
        | order::Event::Dispatched { .. }
        | order::Event::DeliveryCodeIssued { .. }
        | order::Event::DeliveryCodeRefused { .. }
        | order::Event::DeliveryFailed { .. }
        | order::Event::DeliveryRetried { .. }
        | order::Event::ReturningToOrigin { .. }
        | order::Event::ReceivedBack { .. }
        | order::Event::GoodsReturned { .. }
        // What is paid back after delivery moves in the wallet's stream.
        | order::Event::Refunded { .. }
        | order::Event::Completed
        | order::Event::Reopened { .. }
        | order::Event::PutOnHold { .. }
        | order::Event::HoldLifted { .. } => None,
    }
}

/// What happened to an order after a position, in order.
pub async fn page(
    conn: &mut PgConnection,
    book: BookId,
    order: Uuid,
    after: Position,
    size: u32,
) -> Result<At<Vec<Step>>, sqlx::Error> {
    let query = at::on(include_str!("timeline/page.sql"), book)
        .bind(order)
        .bind(after)
        .bind(at::limit(size));
    at::many(conn, query).await
}
