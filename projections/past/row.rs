//! A row of any view as it was, and what became of it between two positions.

use eventstore::Position;
use rust_decimal::Decimal;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::projection::Projection;
use crate::row::Row;

/// Columns with their values, in the order of the table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns(pub Vec<(&'static str, Value)>);

impl Columns {
    pub fn get(&self, column: &str) -> Option<&Value> {
        self.0.iter().find_map(|(name, value)| (*name == column).then_some(value))
    }

    /// As one value.
    pub fn to_json(&self) -> Value {
        self.0.iter().map(|(column, value)| ((*column).to_owned(), value.clone())).collect()
    }

    /// What a column of text holds.
    pub fn text(&self, column: &str) -> Option<&str> {
        self.get(column).and_then(Value::as_str)
    }
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, value) in &self.0 {
            map.serialize_entry(column, value)?;
        }
        map.end()
    }
}

/// A row of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct PastRow {
    pub view: &'static str,
    /// What tells it from the view's other rows.
    pub key: Columns,
    pub columns: Columns,
    /// The event that last changed it.
    pub position: Position,
    pub money: Vec<(&'static str, Decimal)>,
    /// The amounts whose sum over many rows means something.
    sums: &'static [&'static str],
}

impl PastRow {
    pub fn of<P: Projection>(row: &P::Row) -> Self {
        let mut columns = row.values();
        columns.retain(|(column, _)| !P::TRANSIENT.contains(column));
        let of_key =
            |column: &&'static str| columns.iter().find(|(name, _)| name == column).cloned();
        Self {
            view: P::NAME,
            key: Columns(P::KEY.iter().filter_map(of_key).collect()),
            columns: Columns(columns),
            position: row.position(),
            money: row.money(),
            sums: P::SUMS,
        }
    }

    /// The amounts that can be summed.
    pub fn summed(&self) -> impl Iterator<Item = (&'static str, Decimal)> + '_ {
        self.money.iter().filter(|(column, _)| self.sums.contains(column)).copied()
    }

    /// What its amounts are in.
    pub fn currency(&self) -> Option<&str> {
        self.columns.text("currency")
    }
}

/// A row that is not what it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// None if it is new.
    pub before: Option<PastRow>,
    /// None if it has gone.
    pub after: Option<PastRow>,
}

/// A column that is not what it was. Without a value where there is no row.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnChange {
    pub column: &'static str,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl Change {
    /// What became of a row; nothing, if it is as it was.
    pub(super) fn between(before: Option<PastRow>, after: Option<PastRow>) -> Option<Self> {
        (before != after).then_some(Self { before, after })
    }

    fn row(&self) -> &PastRow {
        self.after.as_ref().or(self.before.as_ref()).expect("a change is of a row")
    }

    pub fn view(&self) -> &'static str {
        self.row().view
    }

    pub fn key(&self) -> &Columns {
        &self.row().key
    }

    /// `added`, `changed` or `removed`.
    pub fn kind(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "added",
            (Some(_), Some(_)) => "changed",
            (Some(_), None) => "removed",
        }
    }

    /// The columns that are not what they were; of a row that is new or gone, all of them.
    pub fn columns(&self) -> Vec<ColumnChange> {
        let value = |row: &Option<PastRow>, column: &str| {
            row.as_ref().and_then(|row| row.columns.get(column).cloned())
        };
        let named = self.row().columns.0.iter().map(|(column, _)| *column);
        let changes = named.map(|column| ColumnChange {
            column,
            before: value(&self.before, column),
            after: value(&self.after, column),
        });
        changes.filter(|change| change.before != change.after).collect()
    }
}
