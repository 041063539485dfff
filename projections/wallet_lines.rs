//! A wallet's movements with the balance after each: its statement.

use chrono::{DateTime, Utc};
use domain::id::{Reason, ReceiptId};
use domain::wallet::{self, DebtCause, Event, Purpose, Repayment, Source};
use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row as _};
use uuid::Uuid;

use crate::at::{self, At};
use crate::fact::{Fact, FoldError};
use crate::projection::{Maker, Projection, Rows, Sql, sql};
use crate::row::row;

pub(crate) const SQL: Sql = sql!("wallet_lines");

/// The fold.
#[derive(Debug)]
pub struct WalletLines;

row! {
    /// A row of `wallet_lines`.
    "daftar.wallet_lines_row", WalletLine {
        wallet_id: Uuid,
        /// The event's place in the wallet's stream.
        sequence: i64,
        /// The event's type: `opened`, `topped_up`, `credited`, `debited` or `corrected`.
        kind: String,
        /// Where it came from or what it was for.
        source: String,
        currency: String,
        /// Negative when it was taken.
        amount: Decimal,
        /// What the wallet held after it.
        balance: Decimal,
        order_id: Option<Uuid>,
        payment_id: Option<Uuid>,
        receipt_id: Option<Uuid>,
        reason: Option<String>,
        recorded_at: DateTime<Utc>,
        position: Position,
    }
}

/// What a movement names.
#[derive(Default)]
struct Named {
    source: &'static str,
    order_id: Option<Uuid>,
    payment_id: Option<Uuid>,
    receipt_id: Option<Uuid>,
    reason: Option<String>,
}

impl Projection for WalletLines {
    const NAME: &'static str = "wallet_lines";
    const FOLD_VERSION: i32 = 1;
    const APPEND_ONLY: bool = true;
    const SQL: Sql = SQL;
    const KEY: &'static [&'static str] = &["wallet_id", "sequence"];
    const MAKER: Maker = Maker::Of { aggregate_type: "wallet", column: "wallet_id" };
    // What is left after a line is no sum of anything.
    const SUMS: &'static [&'static str] = &["amount"];
    type Key = (Uuid, i64);
    type Row = WalletLine;

    fn key(row: &WalletLine) -> (Uuid, i64) {
        (row.wallet_id, row.sequence)
    }

    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError> {
        let Some((wallet_id, event, facts)) = fact.wallet() else { return Ok(()) };
        let Named { source, order_id, payment_id, receipt_id, reason } = named(event);
        rows.put(WalletLine {
            wallet_id,
            sequence: fact.version(),
            kind: fact.event.event_type().to_owned(),
            source: source.to_owned(),
            currency: facts.currency.code().to_owned(),
            amount: facts.moved.amount(),
            balance: facts.balance.amount(),
            order_id,
            payment_id,
            receipt_id,
            reason,
            recorded_at: fact.recorded.recorded_at,
            position: fact.position(),
        });
        Ok(())
    }
}

fn named(event: &Event) -> Named {
    match event {
        Event::Opened { opening: None, .. } => Named { source: "new", ..Named::default() },
        Event::Opened { opening: Some(_), .. } => {
            Named { source: "old_system", ..Named::default() }
        }
        Event::ToppedUp { payment, .. } | Event::PaymentTakenOut { payment, .. } => {
            Named { source: "payment", payment_id: Some(payment.uuid()), ..Named::default() }
        }
        Event::Credited { source, .. } => credit(source),
        Event::Debited { purpose, .. } => debit(purpose),
        Event::Corrected { movement, reason, .. } => Named {
            source: match movement {
                wallet::Movement::Goodwill { .. } => "goodwill",
                wallet::Movement::AdjustmentUp { .. } | wallet::Movement::AdjustmentDown { .. } => {
                    "adjustment"
                }
            },
            reason: Some(reason.to_string()),
            ..Named::default()
        },
        Event::TopUpRequested(_) => because("request", None),
        Event::TopUpRejected { reason, .. } => because("request", Some(reason)),
        Event::TopUpApproved { payment, .. } => {
            Named { source: "request", payment_id: Some(payment.uuid()), ..Named::default() }
        }
        Event::WithdrawalRequested { .. } | Event::WithdrawalPaid { .. } => {
            because("withdrawal", None)
        }
        Event::WithdrawalFailed { reason, .. } => because("withdrawal", Some(reason)),
        Event::Frozen { reason } | Event::Unfrozen { reason } => because("condition", Some(reason)),
        Event::Closed | Event::Reopened => because("condition", None),
        Event::DebtRecorded { cause, .. } => match cause {
            DebtCause::PaymentReversed { payment } => {
                Named { source: "debt", payment_id: Some(payment.uuid()), ..Named::default() }
            }
            DebtCause::LeftOnAccount { order } => {
                Named { source: "debt", order_id: Some(order.uuid()), ..Named::default() }
            }
        },
        Event::DebtRepaid { from: Repayment::Payment(payment), .. } => {
            Named { source: "debt", payment_id: Some(payment.uuid()), ..Named::default() }
        }
        Event::DebtRepaid { from: Repayment::Wallet, .. } => because("debt", None),
        Event::DebtWrittenOff { reason, .. } => because("debt", Some(reason)),
        Event::DeliveryCorrected { order, .. } => {
            Named { source: "delivery", order_id: Some(order.uuid()), ..Named::default() }
        }
    }
}

/// What names nothing but, at most, its reason.
fn because(source: &'static str, reason: Option<&Reason>) -> Named {
    Named { source, reason: reason.map(ToString::to_string), ..Named::default() }
}

fn credit(source: &Source) -> Named {
    match source {
        Source::Excess { payment, order, receipt } => Named {
            source: "excess",
            order_id: Some(order.uuid()),
            payment_id: Some(payment.uuid()),
            receipt_id: receipt.map(ReceiptId::uuid),
            ..Named::default()
        },
        Source::Late { payment, order } => Named {
            source: "late",
            order_id: Some(order.uuid()),
            payment_id: Some(payment.uuid()),
            ..Named::default()
        },
        Source::Cancelled { order } => {
            Named { source: "cancelled", order_id: Some(order.uuid()), ..Named::default() }
        }
        Source::Expired { order } => {
            Named { source: "expired", order_id: Some(order.uuid()), ..Named::default() }
        }
        Source::Refund { order, .. } => {
            Named { source: "refund", order_id: Some(order.uuid()), ..Named::default() }
        }
        Source::Goodwill { reason } => {
            Named { source: "goodwill", reason: Some(reason.to_string()), ..Named::default() }
        }
        Source::Adjustment { reason, .. } => {
            Named { source: "adjustment", reason: Some(reason.to_string()), ..Named::default() }
        }
        Source::DoubleCharge { order, first, second } => Named {
            source: "double_charge",
            order_id: Some(order.uuid()),
            reason: Some(format!("{first} and {second}")),
            ..Named::default()
        },
    }
}

fn debit(purpose: &Purpose) -> Named {
    match purpose {
        Purpose::OrderPayment { order } => {
            Named { source: "order_payment", order_id: Some(order.uuid()), ..Named::default() }
        }
        Purpose::Shortfall { order } => {
            Named { source: "shortfall", order_id: Some(order.uuid()), ..Named::default() }
        }
        Purpose::Adjustment { reason, .. } => {
            Named { source: "adjustment", reason: Some(reason.to_string()), ..Named::default() }
        }
        Purpose::PaymentReversed { payment } => Named {
            source: "payment_reversed",
            payment_id: Some(payment.uuid()),
            ..Named::default()
        },
    }
}

/// A movement as a statement shows it, with what only its event says.
#[derive(Debug, Clone, PartialEq)]
pub struct Movement {
    /// Its balance is the one after it among the movements that are shown.
    pub line: WalletLine,
    pub effective_at: DateTime<Utc>,
}

impl FromRow<'_, PgRow> for Movement {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { line: WalletLine::from_row(row)?, effective_at: row.try_get("effective_at")? })
    }
}

/// A wallet's movements that were recorded after a position and up to another, newest first, before
/// the one that the last page ended with.
pub async fn page(
    conn: &mut PgConnection,
    book: BookId,
    wallet: Uuid,
    (after, up_to): (Position, Position),
    before: Option<i64>,
    size: u32,
) -> Result<At<Vec<Movement>>, sqlx::Error> {
    let query = at::on(include_str!("wallet_lines/page.sql"), book)
        .bind(wallet)
        .bind(after)
        .bind(up_to)
        .bind(before)
        .bind(at::limit(size));
    at::many(conn, query).await
}

/// When what is looked at had taken effect: after a time, and until another.
pub type Effective = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// A wallet's movements as far as they were known at a position, in the order in which they took
/// effect, the latest first.
pub async fn page_effective(
    conn: &mut PgConnection,
    book: BookId,
    wallet: Uuid,
    known: Position,
    (after, until): Effective,
    before: Option<(DateTime<Utc>, i64)>,
    size: u32,
) -> Result<At<Vec<Movement>>, sqlx::Error> {
    let (effective_at, sequence) = before.unzip();
    let query = at::on(include_str!("wallet_lines/page_effective.sql"), book)
        .bind(wallet)
        .bind(known)
        .bind(after)
        .bind(until)
        .bind(effective_at)
        .bind(sequence)
        .bind(at::limit(size));
    at::many(conn, query).await
}

/// What a wallet held at a position.
pub async fn balance(
    conn: &mut PgConnection,
    book: BookId,
    wallet: Uuid,
    at: Position,
) -> Result<Decimal, sqlx::Error> {
    sqlx::query_scalar(include_str!("wallet_lines/balance.sql"))
        .bind(book)
        .bind(wallet)
        .bind(at)
        .fetch_one(conn)
        .await
}

/// What had gone into a wallet, less what had gone out, by what took effect until a time and was
/// known at a position.
pub async fn balance_effective(
    conn: &mut PgConnection,
    book: BookId,
    wallet: Uuid,
    known: Position,
    until: Option<DateTime<Utc>>,
) -> Result<Decimal, sqlx::Error> {
    sqlx::query_scalar(include_str!("wallet_lines/balance_effective.sql"))
        .bind(book)
        .bind(wallet)
        .bind(known)
        .bind(until)
        .fetch_one(conn)
        .await
}
