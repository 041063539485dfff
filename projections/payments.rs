//! Money that came in, and how much of it has no order or wallet yet.

use chrono::{DateTime, NaiveDate, Utc};
use domain::id::StatementLineId;
use domain::payment::{Event, Held, Kind};
use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::at::{self, At};
use crate::fact::{Fact, FoldError};
use crate::projection::{Maker, Projection, Rows, Sql, sql};
use crate::row::row;

pub(crate) const SQL: Sql = sql!("payments");

/// The fold.
#[derive(Debug)]
pub struct Payments;

row! {
    /// A row of `payments`.
    "daftar.payments_row", Payment {
        payment_id: Uuid,
        /// `bank_transfer`, `gateway` or `cash`.
        kind: String,
        /// The bank account and the transfer's reference.
        account: Option<String>,
        reference: Option<String>,
        gateway: Option<String>,
        gateway_id: Option<String>,
        transferred_on: Option<NaiveDate>,
        note: Option<String>,
        customer_id: Option<String>,
        currency: String,
        amount: Decimal,
        /// What account 2120 holds of it.
        unallocated: Decimal,
        corrected: bool,
        /// The money turned out not to exist.
        reversed: bool,
        /// Where its money is: `bank_clearing`, `gateway_clearing`, `cash` or `bank`; nowhere once
        /// it was corrected or reversed.
        held: Option<String>,
        /// Our account, if it is in a bank.
        held_account: Option<String>,
        /// The statement's line that it was found on, and its part of what was kept there.
        matched_line: Option<Uuid>,
        fee: Option<Decimal>,
        /// Known from the first event on.
        recorded_at: Option<DateTime<Utc>>,
        version: i64,
        position: Position,
    }
}

impl Projection for Payments {
    const NAME: &'static str = "payments";
    const FOLD_VERSION: i32 = 1;
    const SQL: Sql = SQL;
    const KEY: &'static [&'static str] = &["payment_id"];
    const MAKER: Maker = Maker::Of { aggregate_type: "payment", column: "payment_id" };
    const SUMS: &'static [&'static str] = &["amount", "unallocated", "fee"];
    type Key = Uuid;
    type Row = Payment;

    fn key(row: &Payment) -> Uuid {
        row.payment_id
    }

    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError> {
        let Some((payment_id, event, facts)) = fact.payment() else { return Ok(()) };
        let mut row = Payment {
            payment_id,
            kind: String::new(),
            account: None,
            reference: None,
            gateway: None,
            gateway_id: None,
            transferred_on: None,
            note: None,
            customer_id: facts.customer.as_ref().map(ToString::to_string),
            currency: facts.amount.currency().code().to_owned(),
            amount: facts.amount.money().amount(),
            unallocated: facts.left.amount(),
            corrected: facts.corrected,
            reversed: facts.reversed,
            held: facts.held.as_ref().map(|held| kind_of(held).to_owned()),
            held_account: match &facts.held {
                Some(Held::Bank(account)) => Some(account.to_string()),
                Some(Held::BankClearing | Held::GatewayClearing | Held::Cash) | None => None,
            },
            matched_line: facts.matched.map(StatementLineId::uuid),
            fee: match event {
                Event::Matched { fee, .. } => Some(fee.amount()),
                Event::Recorded { .. }
                | Event::Allocated { .. }
                | Event::Banked { .. }
                | Event::Reversed { .. }
                | Event::Corrected { .. } => None,
            },
            recorded_at: match event {
                Event::Recorded { .. } => Some(fact.recorded.recorded_at),
                Event::Allocated { .. }
                | Event::Matched { .. }
                | Event::Banked { .. }
                | Event::Reversed { .. }
                | Event::Corrected { .. } => None,
            },
            version: fact.version(),
            position: fact.position(),
        };
        match &facts.kind {
            Kind::BankTransfer { account, reference, date } => {
                "bank_transfer".clone_into(&mut row.kind);
                row.account = Some(account.to_string());
                row.reference = Some(reference.to_string());
                row.transferred_on = Some(*date);
            }
            Kind::Gateway { gateway, gateway_id } => {
                "gateway".clone_into(&mut row.kind);
                row.gateway = Some(gateway.to_string());
                row.gateway_id = Some(gateway_id.to_string());
            }
            Kind::Cash { note } => {
                "cash".clone_into(&mut row.kind);
                row.note = note.as_ref().map(ToString::to_string);
            }
        }
        rows.put(row);
        Ok(())
    }

    fn merge(before: &Payment, after: Payment) -> Payment {
        Payment {
            // Recorded anew, what was matched before is no longer its own.
            fee: if after.recorded_at.is_some() { after.fee } else { after.fee.or(before.fee) },
            recorded_at: after.recorded_at.or(before.recorded_at),
            ..after
        }
    }
}

fn kind_of(held: &Held) -> &'static str {
    match held {
        Held::BankClearing => "bank_clearing",
        Held::GatewayClearing => "gateway_clearing",
        Held::Cash => "cash",
        Held::Bank(_) => "bank",
    }
}

/// The payment of an id.
pub async fn find(
    conn: &mut PgConnection,
    book: BookId,
    payment: Uuid,
) -> Result<At<Option<Payment>>, sqlx::Error> {
    at::one(conn, at::on(include_str!("payments/find.sql"), book).bind(payment)).await
}

/// All payments, or those of which something has no order or wallet yet, or those that are used up;
/// after the one that the last page ended with.
pub async fn page(
    conn: &mut PgConnection,
    book: BookId,
    unallocated: Option<bool>,
    after: Option<Uuid>,
    size: u32,
) -> Result<At<Vec<Payment>>, sqlx::Error> {
    let query = at::on(include_str!("payments/page.sql"), book)
        .bind(unallocated)
        .bind(after)
        .bind(at::limit(size));
    at::many(conn, query).await
}
