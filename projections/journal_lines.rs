//! The journal: a row a posting. Its lines never change, not even by a rebuild.

use chrono::{DateTime, Utc};
use domain::posting;
use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::at::{self, At};
use crate::fact::{Fact, FoldError};
use crate::projection::{Maker, Projection, Rows, Sql, sql};
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
    const KEY: &'static [&'static str] = &["position", "line"];
    const MAKER: Maker = Maker::Named;
    // Debits and credits are summed by account.
    const SUMS: &'static [&'static str] = &[];
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

/// Every account's sums up to a position, or to the last one; of what had taken effect at a time, if
/// one is given.
pub async fn trial_balance(
    conn: &mut PgConnection,
    book: BookId,
    as_of: Option<Position>,
    effective: Option<DateTime<Utc>>,
) -> Result<At<Vec<AccountSums>>, sqlx::Error> {
    let sql = include_str!("journal_lines/trial_balance.sql");
    at::many(conn, at::on(sql, book).bind(as_of).bind(effective)).await
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

/// Which lines of the journal are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFilter {
    pub account: String,
    pub currency: String,
    /// One item of the sub-ledger.
    pub item: Option<String>,
    /// What was recorded up to here.
    pub up_to: Position,
    /// In the order in which they took effect, not in that in which they were recorded.
    pub by_effect: bool,
    /// What had taken effect by then.
    pub effective: Option<DateTime<Utc>>,
}

/// A line of one account, with what its event says and whom it is about.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountLine {
    pub position: Position,
    pub line: i32,
    pub item: String,
    pub side: String,
    pub amount: Decimal,
    /// Debits less credits up to here.
    pub balance: Decimal,
    pub stream_type: String,
    pub stream_id: Uuid,
    pub recorded_at: DateTime<Utc>,
    pub effective_at: DateTime<Utc>,
    pub sequence: i64,
    pub event_type: String,
    pub command_id: Uuid,
    pub order_id: Option<Uuid>,
    pub customer_id: Option<String>,
}

/// Where a page of an account's lines ended.
pub type AccountPlace = (DateTime<Utc>, Position, i32);

/// An account's lines, oldest first, after the one that the last page ended with.
pub async fn page_of_account(
    conn: &mut PgConnection,
    book: BookId,
    filter: &AccountFilter,
    after: Option<AccountPlace>,
    size: u32,
) -> Result<At<Vec<AccountLine>>, sqlx::Error> {
    let query = at::on(include_str!("journal_lines/page_of_account.sql"), book)
        .bind(filter.item.clone())
        .bind(filter.account.clone())
        .bind(filter.currency.clone())
        .bind(filter.up_to)
        .bind(filter.effective)
        .bind(filter.by_effect)
        .bind(after.map(|(effective_at, _, _)| effective_at))
        .bind(after.map(|(_, position, _)| position))
        .bind(after.map(|(_, _, line)| line))
        .bind(at::limit(size));
    at::many(conn, query).await
}
