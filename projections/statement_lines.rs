//! What the banks say came in, and which payments it was.

use chrono::{DateTime, NaiveDate, Utc};
use domain::statement_line::Event;
use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::at::{self, At};
use crate::fact::{Fact, FoldError};
use crate::projection::{Maker, Projection, Rows, Sql, sql};
use crate::row::row;

pub(crate) const SQL: Sql = sql!("statement_lines");

/// The fold.
#[derive(Debug)]
pub struct StatementLines;

row! {
    /// A row of `statement_lines`.
    "daftar.statement_lines_row", StatementLine {
        line_id: Uuid,
        /// Our bank account.
        account: String,
        /// The bank's own id of the line.
        line: String,
        date: NaiveDate,
        currency: String,
        amount: Decimal,
        reference: Option<String>,
        /// Payments were found for all of it.
        matched: bool,
        /// What the bank or the gateway kept.
        fee: Option<Decimal>,
        /// Known from the first event on.
        recorded_at: Option<DateTime<Utc>>,
        version: i64,
        position: Position,
    }
}

impl Projection for StatementLines {
    const NAME: &'static str = "statement_lines";
    const FOLD_VERSION: i32 = 1;
    const SQL: Sql = SQL;
    const KEY: &'static [&'static str] = &["line_id"];
    const MAKER: Maker = Maker::Of { aggregate_type: "statement_line", column: "line_id" };
    const SUMS: &'static [&'static str] = &["amount", "fee"];
    type Key = Uuid;
    type Row = StatementLine;

    fn key(row: &StatementLine) -> Uuid {
        row.line_id
    }

    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError> {
        let Some((line_id, event, facts)) = fact.statement_line() else { return Ok(()) };
        let line = &facts.recorded;
        rows.put(StatementLine {
            line_id,
            account: line.account.to_string(),
            line: line.line.to_string(),
            date: line.date,
            currency: line.amount.currency().code().to_owned(),
            amount: line.amount.money().amount(),
            reference: line.reference.as_ref().map(ToString::to_string),
            matched: facts.matched.is_some(),
            fee: facts.matched.as_ref().map(|matched| matched.fee.amount()),
            recorded_at: match event {
                Event::Recorded(_) => Some(fact.recorded.recorded_at),
                Event::Matched { .. } => None,
            },
            version: fact.version(),
            position: fact.position(),
        });
        Ok(())
    }

    fn merge(before: &StatementLine, after: StatementLine) -> StatementLine {
        StatementLine { recorded_at: after.recorded_at.or(before.recorded_at), ..after }
    }
}

/// Which lines a worklist shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub matched: Option<bool>,
    pub account: Option<String>,
}

/// The line of an id.
pub async fn find(
    conn: &mut PgConnection,
    book: BookId,
    line: Uuid,
) -> Result<At<Option<StatementLine>>, sqlx::Error> {
    at::one(conn, at::on(include_str!("statement_lines/find.sql"), book).bind(line)).await
}

/// Lines by date, after the one that the last page ended with.
pub async fn page(
    conn: &mut PgConnection,
    book: BookId,
    filter: Filter,
    after: Option<(NaiveDate, Uuid)>,
    size: u32,
) -> Result<At<Vec<StatementLine>>, sqlx::Error> {
    let (date, line) = after.unzip();
    let query = at::on(include_str!("statement_lines/page.sql"), book)
        .bind(filter.matched)
        .bind(filter.account)
        .bind(date)
        .bind(line)
        .bind(at::limit(size));
    at::many(conn, query).await
}
