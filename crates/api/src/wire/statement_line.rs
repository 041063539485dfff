//! A line of a bank's statement, as replies show it.

use chrono::NaiveDate;
use domain::id::{PaymentId, StatementLineId};
use domain::statement_line::Facts;
use projections::statement_lines;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::money::{Money, Stored};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatementLine {
    id: Uuid,
    account: String,
    /// The bank's own id.
    line: String,
    date: NaiveDate,
    amount: Money,
    reference: Option<String>,
    /// The payments that it is; none while nothing explains it.
    payments: Option<Vec<Uuid>>,
    /// What was kept of them.
    fee: Option<Money>,
    version: u64,
}

impl StatementLine {
    pub(crate) fn of(id: StatementLineId, facts: &Facts) -> Self {
        let line = &facts.recorded;
        let matched = facts.matched.as_ref();
        Self {
            id: id.uuid(),
            account: line.account.to_string(),
            line: line.line.to_string(),
            date: line.date,
            amount: line.amount.money().into(),
            reference: line.reference.as_ref().map(ToString::to_string),
            payments: matched
                .map(|matched| matched.payments.iter().copied().map(PaymentId::uuid).collect()),
            fee: matched.map(|matched| matched.fee.into()),
            version: facts.version,
        }
    }
}

/// A line as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatementLineRow {
    id: Uuid,
    account: String,
    line: String,
    date: NaiveDate,
    amount: Stored,
    reference: Option<String>,
    matched: bool,
    fee: Option<Stored>,
    version: i64,
}

impl From<statement_lines::StatementLine> for StatementLineRow {
    fn from(row: statement_lines::StatementLine) -> Self {
        Self {
            id: row.line_id,
            account: row.account,
            line: row.line,
            date: row.date,
            amount: Stored::new(row.amount, &row.currency),
            reference: row.reference,
            matched: row.matched,
            fee: row.fee.map(|fee| Stored::new(fee, &row.currency)),
            version: row.version,
        }
    }
}
