//! A wallet's movements with the balance after each: its statement.

use chrono::{DateTime, Utc};
use domain::id::{Reason, ReceiptId};
use domain::wallet::{DebtCause, Event, Movement, Purpose, Repayment, Source};
use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::at::{self, At};
use crate::fact::{Fact, FoldError};
use crate::projection::{Projection, Rows, Sql, sql};
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
        Event::ToppedUp { payment, .. } => {
            Named { source: "payment", payment_id: Some(payment.uuid()), ..Named::default() }
        }
        Event::Credited { source, .. } => credit(source),
        Event::Debited { purpose, .. } => debit(purpose),
        Event::Corrected { movement, reason, .. } => Named {
            source: match movement {
                Movement::Goodwill { .. } => "goodwill",
                Movement::AdjustmentUp { .. } | Movement::AdjustmentDown { .. } => "adjustment",
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

/// A wallet's movements, newest first, before the one that the last page ended with.
pub async fn page(
    conn: &mut PgConnection,
    book: BookId,
    wallet: Uuid,
    before: Option<i64>,
    size: u32,
) -> Result<At<Vec<WalletLine>>, sqlx::Error> {
    let query = at::on(include_str!("wallet_lines/page.sql"), book)
        .bind(wallet)
        .bind(before)
        .bind(at::limit(size));
    at::many(conn, query).await
}
