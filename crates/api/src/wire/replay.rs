//! What a replay shows: places in the history, rows of views as they were, and what changed.

use chrono::{DateTime, Utc};
use ledger::replay::At;
use projections::Quarantined;
use projections::past::{AccountTotal, Change, Columns, MoneyTotal, PastRow};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::as_of::account_name;
use crate::wire::money::Stored;

/// A place in the book's history, and what proves that it is that one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayPlace)]
pub(crate) struct Place {
    position: i64,
    /// What to ask `as_of` for to be shown the same again.
    cursor: String,
    /// The hash chain up to there: whoever kept it once knows by it that nothing before has changed.
    hash: String,
    /// Null before the first event.
    recorded_at: Option<DateTime<Utc>>,
}

impl From<&At> for Place {
    fn from(at: &At) -> Self {
        Self {
            position: at.position.get(),
            cursor: at.cursor().to_string(),
            hash: at.hash.to_string(),
            recorded_at: at.recorded_at,
        }
    }
}

/// A row of a view as it was: its columns by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayRow)]
pub(crate) struct Row {
    view: &'static str,
    /// Amounts and times are texts.
    #[schema(value_type = Object)]
    row: Columns,
}

impl From<PastRow> for Row {
    fn from(row: PastRow) -> Self {
        Self { view: row.view, row: row.columns }
    }
}

/// A stream whose events cannot be followed from a position on. Of its rows there are those that
/// were final before: lines, postings and steps of a timeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuarantinedStream)]
pub(crate) struct Broken {
    stream: String,
    id: String,
    position: i64,
    why: String,
}

impl From<Quarantined> for Broken {
    fn from(quarantined: Quarantined) -> Self {
        Self {
            stream: quarantined.stream.aggregate_type.into_owned(),
            id: quarantined.stream.aggregate_id,
            position: quarantined.position.get(),
            why: quarantined.why,
        }
    }
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReplayChangeKind)]
enum Kind {
    Added,
    Changed,
    Removed,
}

/// A row that is not what it was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayChange)]
pub(crate) struct Changed {
    view: &'static str,
    /// What tells the row from the view's others.
    #[schema(value_type = Object)]
    key: Columns,
    change: Kind,
    /// The columns that differ; of a row that was added or removed, all of them.
    columns: Vec<ColumnChanged>,
}

/// A column that is not what it was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayColumnChange)]
struct ColumnChanged {
    column: &'static str,
    /// Left out where there was no row.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// Left out where there is no row any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
}

impl From<&Change> for Changed {
    fn from(change: &Change) -> Self {
        let columns = change.columns().into_iter().map(|column| ColumnChanged {
            column: column.column,
            before: column.before,
            after: column.after,
        });
        Self {
            view: change.view(),
            key: change.key().clone(),
            change: match (&change.before, &change.after) {
                (None, _) => Kind::Added,
                (Some(_), Some(_)) => Kind::Changed,
                (Some(_), None) => Kind::Removed,
            },
            columns: columns.collect(),
        }
    }
}

/// A view's column summed over the rows that changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayMoneyChange)]
pub(crate) struct MoneyChanged {
    view: &'static str,
    column: &'static str,
    before: Stored,
    after: Stored,
    change: Stored,
}

impl From<MoneyTotal> for MoneyChanged {
    fn from(total: MoneyTotal) -> Self {
        let MoneyTotal { view, column, currency, before, after } = total;
        Self {
            view,
            column,
            before: Stored::new(before, &currency),
            after: Stored::new(after, &currency),
            change: Stored::new(after.saturating_sub(before), &currency),
        }
    }
}

/// What is, or was meanwhile, posted to an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayAccount)]
pub(crate) struct Account {
    /// Its number in the chart.
    number: String,
    name: Option<&'static str>,
    debits: Stored,
    credits: Stored,
    /// Debits less credits.
    balance: Stored,
}

impl From<AccountTotal> for Account {
    fn from(total: AccountTotal) -> Self {
        let sum = |sum| Stored::new(sum, &total.currency);
        Self {
            name: account_name(&total.account),
            debits: sum(total.debits),
            credits: sum(total.credits),
            balance: sum(total.balance()),
            number: total.account,
        }
    }
}
