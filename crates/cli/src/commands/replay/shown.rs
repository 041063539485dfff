//! What `daftar replay --json` prints: one object for a whole book, else one a line.

use domain::account::CHART;
use ledger::replay::At;
use projections::Quarantined;
use projections::past::{
    AccountTotal, Change, Columns, MoneyChanges, MoneyTotal, NAMES, PastRow, Summary,
};
use serde::Serialize;
use serde_json::Value;

/// A place in the history.
#[derive(Serialize)]
pub(super) struct Place {
    pub(super) position: i64,
    cursor: String,
    hash: String,
    recorded_at: Option<String>,
}

impl Place {
    pub(super) fn of(at: &At) -> Self {
        Self {
            position: at.position.get(),
            cursor: at.cursor().to_string(),
            hash: at.hash.to_string(),
            recorded_at: at.recorded_at.map(|time| time.to_rfc3339()),
        }
    }
}

/// The first line of a state.
#[derive(Serialize)]
pub(super) struct Found {
    pub(super) at: Place,
}

/// The first line of a comparison.
#[derive(Serialize)]
pub(super) struct Between {
    pub(super) from: Place,
    pub(super) to: Place,
}

#[derive(Serialize)]
pub(super) struct Row<'a> {
    view: &'static str,
    row: &'a Columns,
}

impl<'a> Row<'a> {
    pub(super) fn of(row: &'a PastRow) -> Self {
        Self { view: row.view, row: &row.columns }
    }
}

#[derive(Serialize)]
pub(super) struct Changed<'a> {
    view: &'static str,
    key: &'a Columns,
    change: &'static str,
    columns: Vec<Column>,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "it names the member of the output")]
struct Column {
    column: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
}

impl<'a> Changed<'a> {
    pub(super) fn of(change: &'a Change) -> Self {
        let columns = change.columns().into_iter().map(|column| Column {
            column: column.column,
            before: column.before,
            after: column.after,
        });
        Self {
            view: change.view(),
            key: change.key(),
            change: change.kind(),
            columns: columns.collect(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct QuarantinedLine {
    quarantined: QuarantinedStream,
}

impl QuarantinedLine {
    pub(super) fn of(quarantined: &Quarantined) -> Self {
        Self { quarantined: QuarantinedStream::of(quarantined) }
    }
}

#[derive(Serialize)]
struct QuarantinedStream {
    stream: String,
    position: i64,
    why: String,
}

impl QuarantinedStream {
    fn of(quarantined: &Quarantined) -> Self {
        Self {
            stream: quarantined.stream.to_string(),
            position: quarantined.position.get(),
            why: quarantined.why.clone(),
        }
    }
}

/// The last line: without it, the output was cut off.
#[derive(Serialize)]
pub(super) struct End {
    end: Ended,
}

#[derive(Serialize)]
struct Ended {
    count: u64,
    quarantined: usize,
    /// Of a comparison: what changed in money.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    money: Vec<MoneyChange>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accounts: Vec<Account>,
}

impl End {
    pub(super) fn of(count: u64, money: &MoneyChanges, quarantined: usize) -> Self {
        Self {
            end: Ended {
                count,
                quarantined,
                money: money.money().map(MoneyChange::of).collect(),
                accounts: money.accounts().iter().map(Account::of).collect(),
            },
        }
    }
}

/// A sum over the rows that changed.
#[derive(Serialize)]
struct MoneyChange {
    view: &'static str,
    column: &'static str,
    currency: String,
    before: String,
    after: String,
    change: String,
}

impl MoneyChange {
    fn of(total: MoneyTotal) -> Self {
        Self {
            view: total.view,
            column: total.column,
            change: (total.after - total.before).normalize().to_string(),
            currency: total.currency,
            before: total.before.to_string(),
            after: total.after.to_string(),
        }
    }
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "it names the member of the output")]
struct Account {
    account: String,
    name: Option<&'static str>,
    currency: String,
    debits: String,
    credits: String,
    balance: String,
}

impl Account {
    fn of(total: &AccountTotal) -> Self {
        Self {
            name: name(&total.account),
            balance: total.balance().to_string(),
            account: total.account.clone(),
            currency: total.currency.clone(),
            debits: total.debits.to_string(),
            credits: total.credits.to_string(),
        }
    }
}

/// What an account of the chart is called.
pub(super) fn name(account: &str) -> Option<&'static str> {
    CHART.iter().find(|known| known.code == account).map(|known| known.name)
}

/// A whole book in sums.
#[derive(Serialize)]
pub(super) struct Sums {
    at: Place,
    events: u64,
    views: Vec<View>,
    accounts: Vec<Account>,
    /// Debits less credits of all accounts, one a currency: zero.
    differences: Vec<Difference>,
    quarantined: Vec<QuarantinedStream>,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "it names the member of the output")]
struct View {
    view: &'static str,
    rows: u64,
    money: Vec<Money>,
}

#[derive(Serialize)]
struct Money {
    column: &'static str,
    currency: String,
    sum: String,
}

#[derive(Serialize)]
struct Difference {
    currency: String,
    amount: String,
}

impl Sums {
    pub(super) fn of(at: &At, summary: &Summary) -> Self {
        let view = |view: &&'static str| {
            let of_view = summary.totals.money().filter(|total| total.view == *view);
            View {
                view,
                rows: summary.totals.rows(view),
                money: of_view
                    .map(|total| Money {
                        column: total.column,
                        currency: total.currency,
                        sum: total.after.to_string(),
                    })
                    .collect(),
            }
        };
        let differences = summary.totals.differences().into_iter();
        Self {
            at: Place::of(at),
            events: summary.events,
            views: NAMES.iter().map(view).collect(),
            accounts: summary.totals.accounts().iter().map(Account::of).collect(),
            differences: differences
                .map(|(currency, amount)| Difference { currency, amount: amount.to_string() })
                .collect(),
            quarantined: summary.quarantined.iter().map(QuarantinedStream::of).collect(),
        }
    }
}
