//! What a projection is, and the rows that it folds to.

use std::collections::BTreeMap;
use std::fmt;

use crate::fact::{Fact, FoldError};
use crate::row::Row;

/// Folds events into the rows of one read model.
pub trait Projection: Sized {
    /// Its name, its table's and its folder's.
    const NAME: &'static str;
    /// Moves when the rows that a fold makes would come out otherwise than before.
    const FOLD_VERSION: i32;
    /// A row is final: added by one event and never changed by another.
    const APPEND_ONLY: bool = false;
    /// A row says how its stream stands and no more: the stream's last event makes it, and what only
    /// the first one knows is merged into it. Those in between can be left out of a whole stream.
    const OF_STATE: bool = false;
    const SQL: Sql;
    /// The columns of a row's key, in the order of [`Projection::Key`].
    const KEY: &'static [&'static str];
    /// Which stream makes a row. Each is made by one alone.
    const MAKER: Maker;
    /// The amounts of money whose sum over many rows means something.
    const SUMS: &'static [&'static str];
    /// A flag of the row that is no column of the table: what is read has it not.
    const TRANSIENT: &'static [&'static str] = &[];

    type Key: Ord + Clone + fmt::Debug + Send + Sync;
    type Row: Row;

    fn key(row: &Self::Row) -> Self::Key;

    /// A function of the fact alone: it never looks at rows that are there.
    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError>;

    /// Puts a later row in an earlier one's place. Only what the first event alone knows is kept.
    #[must_use]
    fn merge(before: &Self::Row, after: Self::Row) -> Self::Row {
        let _: &Self::Row = before;
        after
    }

    /// Whether an append has to write the row. One that its own batch made and ended again it has not.
    fn is_written(row: &Self::Row) -> bool {
        let _: &Self::Row = row;
        true
    }

    /// What is left of a row once its whole history is folded; nothing where its last event ended it.
    fn settle(row: Self::Row) -> Option<Self::Row> {
        Some(row)
    }
}

/// How a row names the stream that makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// All rows are made by streams of one type, whose id stands in this column.
    Of { aggregate_type: &'static str, column: &'static str },
    /// Rows are made by streams of several types: the columns `stream_type` and `stream_id` name it.
    Named,
}

/// The table's columns, in the order of the row's fields.
pub fn columns<P: Projection>() -> impl Iterator<Item = &'static str> {
    P::Row::COLUMNS.iter().copied().filter(|column| !P::TRANSIENT.contains(column))
}

/// What a statement selects so that a row can be read from it: `order_id, number, …`.
pub fn select_list<P: Projection>() -> String {
    let select = |column: &&'static str| {
        if P::TRANSIENT.contains(column) {
            format!("false as {column}")
        } else {
            (*column).to_owned()
        }
    };
    P::Row::COLUMNS.iter().map(select).collect::<Vec<_>>().join(", ")
}

/// The statements beside a projection's fold.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    pub table: &'static str,
    pub write: &'static str,
    pub load: &'static str,
    pub delete: &'static str,
    /// Calls what `load` makes.
    pub call_load: &'static str,
}

macro_rules! sql {
    ($name:literal) => {
        $crate::projection::Sql {
            table: include_str!(concat!($name, "/table.sql")),
            write: include_str!(concat!($name, "/write.sql")),
            load: include_str!(concat!($name, "/load.sql")),
            delete: include_str!(concat!($name, "/delete.sql")),
            call_load: concat!("select daftar.load_", $name, "_1($1, $2, $3)"),
        }
    };
}

pub(crate) use sql;

/// The rows of one projection that a run of events left, the last state of each key.
pub struct Rows<P: Projection>(BTreeMap<P::Key, P::Row>);

impl<P: Projection> Default for Rows<P> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<P: Projection> Clone for Rows<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P: Projection> fmt::Debug for Rows<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(&self.0).finish()
    }
}

impl<P: Projection> Rows<P> {
    pub fn put(&mut self, row: P::Row) {
        let key = P::key(&row);
        let row = match self.0.get(&key) {
            Some(before) => P::merge(before, row),
            None => row,
        };
        self.0.insert(key, row);
    }

    /// Changes a row, if there is one of this key.
    #[cfg(debug_assertions)]
    pub(crate) fn change(&mut self, key: &P::Key, change: impl FnOnce(&mut P::Row)) {
        if let Some(row) = self.0.get_mut(key) {
            change(row);
        }
    }

    pub fn get(&self, key: &P::Key) -> Option<&P::Row> {
        self.0.get(key)
    }

    /// In order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &P::Row> {
        self.0.values()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes over the rows of another run of events, which share no key with these.
    pub(crate) fn absorb(&mut self, other: Self) {
        if self.0.is_empty() {
            self.0 = other.0;
        } else {
            self.0.extend(other.0);
        }
    }

    /// As an append writes them: with those that end a row that stands.
    pub(crate) fn to_write(&self) -> impl Iterator<Item = &P::Row> {
        self.0.values().filter(|row| P::is_written(row))
    }

    /// The same, handed over.
    pub(crate) fn into_rows(self) -> impl Iterator<Item = P::Row> {
        self.0.into_values().filter(P::is_written)
    }

    /// The rows of a whole history.
    pub(crate) fn into_settled(self) -> impl Iterator<Item = (P::Key, P::Row)> {
        self.0.into_iter().filter_map(|(key, row)| Some((key, P::settle(row)?)))
    }
}
