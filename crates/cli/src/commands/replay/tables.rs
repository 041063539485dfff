//! What `daftar replay` prints for people: rows as tables, a few at a time.

use chrono::DateTime;
use ledger::replay::At;
use projections::Quarantined;
use projections::past::{Change, MoneyChanges, NAMES, PastRow, Summary};
use serde_json::Value;

use super::shown;
use crate::output::Output;

/// How many rows a table holds: then the next one begins, so that memory does not.
const ROWS_MAX: usize = 200;
/// A row alone is read down, not across.
const ALONE: &[&str] =
    &["customer_orders", "order_management", "imported_orders", "wallet_balances"];

pub(super) fn heading(at: &At) -> String {
    let recorded =
        at.recorded_at.map_or_else(String::new, |time| format!(" of {}", time.to_rfc3339()));
    let (position, cursor, hash) = (at.position, at.cursor(), at.hash);
    format!("The book at position {position}{recorded}; cursor {cursor}, its chain there: {hash}")
}

pub(super) fn between(from: &At, to: &At) -> String {
    let told = |at: &At| {
        let recorded =
            at.recorded_at.map_or_else(String::new, |time| format!("{}, ", time.to_rfc3339()));
        format!("{} ({recorded}cursor {}, chain {})", at.position, at.cursor(), at.hash)
    };
    format!("What changed after position {}\nand up to {}", told(from), told(to))
}

pub(super) fn summary(output: Output, summary: &Summary) {
    let totals = &summary.totals;
    let mut rows = Vec::new();
    for view in NAMES {
        let mut named = vec![(*view).to_owned(), totals.rows(view).to_string()];
        let mut of_view = totals.money().filter(|total| total.view == *view).peekable();
        if of_view.peek().is_none() {
            named.extend([String::new(), String::new(), String::new()]);
            rows.push(named);
            continue;
        }
        for total in of_view {
            named.extend([total.column.to_owned(), total.after.to_string(), total.currency]);
            rows.push(std::mem::replace(&mut named, vec![String::new(), String::new()]));
        }
    }
    output.table(&["view", "rows", "column", "sum", "currency"], rows);
    let accounts = totals.accounts();
    output.table(
        &["account", "name", "debits", "credits", "balance", "currency"],
        accounts.iter().map(|total| {
            vec![
                total.account.clone(),
                shown::name(&total.account).unwrap_or_default().to_owned(),
                total.debits.to_string(),
                total.credits.to_string(),
                total.balance().to_string(),
                total.currency.clone(),
            ]
        }),
    );
    quarantined(output, &summary.quarantined);
    let off: Vec<String> = totals
        .differences()
        .into_iter()
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(currency, amount)| format!("{amount} {currency}"))
        .collect();
    let off = if off.is_empty() { "0".to_owned() } else { off.join(", ") };
    output.say(format!("Folded from {} events. Trial balance {off}.", summary.events));
}

/// What changed in money, if anything did.
pub(super) fn money(output: Output, money: &MoneyChanges) {
    let mut totals = money.money().peekable();
    if totals.peek().is_some() {
        output.table(
            &["view", "column", "before", "after", "change", "currency"],
            totals.map(|total| {
                vec![
                    total.view.to_owned(),
                    total.column.to_owned(),
                    total.before.to_string(),
                    total.after.to_string(),
                    (total.after - total.before).normalize().to_string(),
                    total.currency,
                ]
            }),
        );
    }
    let accounts = money.accounts();
    if !accounts.is_empty() {
        output.table(
            &["account", "name", "debits", "credits", "change", "currency"],
            accounts.into_iter().map(|total| {
                vec![
                    total.account.clone(),
                    shown::name(&total.account).unwrap_or_default().to_owned(),
                    total.debits.to_string(),
                    total.credits.to_string(),
                    total.balance().to_string(),
                    total.currency,
                ]
            }),
        );
    }
}

pub(super) fn quarantined(output: Output, streams: &[Quarantined]) {
    for stream in streams {
        output.say(format!(
            "Cannot follow {} from position {} on: {}. Its final rows up to there are shown.",
            stream.stream, stream.position, stream.why
        ));
    }
}

/// Rows of one view, or changes, that wait to be printed together.
pub(super) struct Tables {
    output: Output,
    rows: Vec<PastRow>,
    changes: Vec<Vec<String>>,
}

impl Tables {
    pub(super) fn new(output: Output) -> Self {
        Self { output, rows: Vec::new(), changes: Vec::new() }
    }

    pub(super) fn row(&mut self, row: PastRow) {
        if self.output.json {
            return;
        }
        let is_other = self.rows.last().is_some_and(|last| last.view != row.view);
        if is_other || self.rows.len() >= ROWS_MAX {
            self.print_rows();
        }
        self.rows.push(row);
    }

    pub(super) fn change(&mut self, change: &Change) {
        if self.output.json {
            return;
        }
        let key: Vec<String> = change.key().0.iter().map(|(_, value)| text(value)).collect();
        let mut named = vec![change.view().to_owned(), key.join(" "), change.kind().to_owned()];
        for column in change.columns() {
            let before = column.before.as_ref().map(text).unwrap_or_default();
            let after = column.after.as_ref().map(text).unwrap_or_default();
            let is_of_key = change.key().get(column.column).is_some();
            if is_of_key || before == after {
                continue;
            }
            named.extend([column.column.to_owned(), before, after]);
            let rest = vec![String::new(), String::new(), String::new()];
            self.changes.push(std::mem::replace(&mut named, rest));
        }
        if self.changes.len() >= ROWS_MAX {
            self.print_changes();
        }
    }

    pub(super) fn end(&mut self) {
        self.print_rows();
        self.print_changes();
    }

    fn print_changes(&mut self) {
        if !self.changes.is_empty() {
            let header = ["view", "key", "change", "column", "before", "after"];
            self.output.table(&header, std::mem::take(&mut self.changes));
        }
    }

    fn print_rows(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let Some(first) = rows.first() else { return };
        if rows.len() == 1 && ALONE.contains(&first.view) {
            let is_empty = |value: &Value| text(value).is_empty();
            let columns = first.columns.0.iter().filter(|(_, value)| !is_empty(value));
            let columns = columns.map(|(column, value)| vec![(*column).to_owned(), text(value)]);
            self.output.table(&[first.view, ""], columns);
            return;
        }
        self.output.say(first.view);
        // A column that is empty all the way down says nothing.
        let is_used = |column: &&'static str| {
            rows.iter().any(|row| row.columns.get(column).is_some_and(|one| !text(one).is_empty()))
        };
        let header: Vec<&'static str> =
            first.columns.0.iter().map(|(column, _)| *column).filter(is_used).collect();
        let cells = |row: &PastRow| {
            let cell = |column: &&str| row.columns.get(column).map(text).unwrap_or_default();
            header.iter().map(cell).collect()
        };
        self.output.table(&header, rows.iter().map(cells));
    }
}

/// A value as a person reads it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => match DateTime::parse_from_rfc3339(text) {
            Ok(time) => time.format("%Y-%m-%d %H:%M:%SZ").to_string(),
            Err(_) => text.clone(),
        },
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Object(_)) => other.to_string(),
    }
}
