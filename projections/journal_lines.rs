//! The journal: a row a posting. Its lines never change, not even by a rebuild.

use chrono::{DateTime, Utc};
use domain::posting;
use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::at::{self, At};
use crate::fact::{Fact, FoldError};
use crate::projection::{Projection, Rows, Sql, sql};
use crate::row::row;

pub(crate) const SQL: Sql = sql!("journal_lines");

/// The fold.
#[derive(Debug)]
pub struct JournalLines;

row! {
    /// A row of `journal_lines`.
    "daftar.journal_lines_row", JournalLine {
        position: Position,
        /// The posting's place in the event's entry, from 1.
        line: i32,
        /// The account's number in the chart.
        account: String,
        /// The item in the account's sub-ledger; empty where it has none.
        item: String,
        /// debit or credit.
        side: String,
        amount: Decimal,
        currency: String,
        /// The version of the posting rules.
        rules: String,
        stream_type: String,
        stream_id: Uuid,
        recorded_at: DateTime<Utc>,
        effective_at: DateTime<Utc>,
    }
}

impl Projection for JournalLines {
    const NAME: &'static str = "journal_lines";
    const FOLD_VERSION: i32 = 1;
    const APPEND_ONLY: bool = true;
    const SQL: Sql = SQL;
    type Key = (Position, i32);
    type Row = JournalLine;

    fn key(row: &JournalLine) -> (Position, i32) {
        (row.position, row.line)
    }

    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError> {
        let position = fact.position();
        let entry = posting::entry(fact.stream, fact.event)
            .map_err(|cause| FoldError::Entry { position, cause })?;
        if entry.is_empty() {
            return Ok(());
        }
        let rules = fact.metadata()?.posting_rule;
        let rules = rules.unwrap_or_else(|| posting::RULE_VERSION.to_owned());
        if rules != posting::RULE_VERSION {
            return Err(FoldError::UnknownRules { position, rules });
        }
        for (line, posting) in (1..).zip(entry.postings()) {
            rows.put(JournalLine {
                position,
                line,
                account: posting.account.code().to_owned(),
                item: posting.account.item(),
                side: posting.side.as_str().to_owned(),
                amount: posting.amount.money().amount(),
                currency: posting.amount.currency().code().to_owned(),
                rules: rules.clone(),
                stream_type: fact.stream.aggregate_type().to_owned(),
                stream_id: fact.stream.aggregate_id(),
                recorded_at: fact.recorded.recorded_at,
                effective_at: fact.recorded.effective_at,
            });
        }
        Ok(())
    }
}

/// An account's sums in one currency.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountSums {
    pub account: String,
    pub currency: String,
    pub debits: Decimal,
    pub credits: Decimal,
}

/// Every account's sums up to a position, or to the last one.
pub async fn trial_balance(
    conn: &mut PgConnection,
    book: BookId,
    as_of: Option<Position>,
) -> Result<At<Vec<AccountSums>>, sqlx::Error> {
    let sql = include_str!("journal_lines/trial_balance.sql");
    at::many(conn, at::on(sql, book).bind(as_of)).await
}

/// The lines of the events after a position, up to another.
pub async fn page(
    conn: &mut PgConnection,
    book: BookId,
    after: Position,
    up_to: Position,
) -> Result<At<Vec<JournalLine>>, sqlx::Error> {
    let sql = include_str!("journal_lines/page.sql");
    at::many(conn, at::on(sql, book).bind(after).bind(up_to)).await
}
