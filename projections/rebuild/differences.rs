//! What readers would see otherwise: the rows of the new generations beside those of the live ones.

use eventstore::{BookId, Generation, Position};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::build::Build;
use super::compare::{Span, compare_in_snapshot};
use super::error::RebuildError;

/// How many rows a view's differences name.
pub(super) const NAMED_MAX: usize = 100;

/// What a switch would change, in rows and in money.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    /// What was touched up to here was compared already.
    pub since: Position,
    /// What was touched after this is left to the switch.
    pub until: Position,
    /// Of every projection that readers see and that is rebuilt.
    pub views: Vec<ViewDifferences>,
}

/// What would change in one view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewDifferences {
    pub name: String,
    /// The generation and the fold version that readers see.
    pub live: Generation,
    pub live_fold_version: i32,
    /// Those that they would see.
    pub generation: Generation,
    pub fold_version: i32,
    /// How many rows would come.
    pub added: u64,
    /// How many would go.
    pub gone: u64,
    /// How many would be other than they are.
    pub changed: u64,
    /// The first hundred of all these, in order of their keys.
    pub rows: Vec<RowDifference>,
    /// The money that would change.
    pub money: Vec<MoneyDifference>,
}

/// A row that would come, go or change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowDifference {
    pub kind: RowChange,
    /// The columns of its key with their values.
    pub key: Vec<(String, String)>,
    /// The columns that differ; all of them of a row that comes or goes.
    pub columns: Vec<ColumnDifference>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowChange {
    Added,
    Gone,
    Changed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDifference {
    pub column: String,
    /// What readers see.
    pub before: Option<String>,
    /// What the events fold to.
    pub after: Option<String>,
}

/// The money of one column in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyDifference {
    pub column: String,
    /// Empty where the row names none.
    pub currency: String,
    /// The sum that readers see.
    pub before: Decimal,
    /// The sum that they would see.
    pub after: Decimal,
    /// In how many rows it would change: a sum may stay although its parts do not.
    pub rows: u64,
}

impl Differences {
    /// Whether the views would be the very same.
    pub fn is_none(&self) -> bool {
        self.views.iter().all(|view| view.rows() == 0)
    }

    pub fn changes_money(&self) -> bool {
        self.views.iter().any(|view| !view.money.is_empty())
    }

    /// Whether money changes there that does not change here.
    pub(super) fn lacks_money_of(&self, others: &Self) -> bool {
        others.views.iter().any(|other| {
            let view = self.views.iter().find(|view| view.name == other.name);
            let changes = |money: &MoneyDifference| {
                view.is_some_and(|view| view.money.iter().any(|mine| mine.is_of(money)))
            };
            !other.money.iter().all(changes)
        })
    }

    /// Adds what was found in a later stretch.
    pub(super) fn absorb(&mut self, later: Self) {
        self.until = self.until.max(later.until);
        for view in later.views {
            match self.views.iter_mut().find(|mine| mine.name == view.name) {
                Some(mine) => mine.absorb(view),
                None => self.views.push(view),
            }
        }
    }

    pub(super) fn views_with_money(&self) -> Vec<&str> {
        let views = self.views.iter().filter(|view| !view.money.is_empty());
        views.map(|view| view.name.as_str()).collect()
    }
}

impl ViewDifferences {
    /// How many rows would come, go or change.
    pub fn rows(&self) -> u64 {
        self.added + self.gone + self.changed
    }

    fn absorb(&mut self, later: Self) {
        self.added += later.added;
        self.gone += later.gone;
        self.changed += later.changed;
        self.rows.extend(later.rows);
        self.rows.truncate(NAMED_MAX);
        for money in later.money {
            match self.money.iter_mut().find(|mine| mine.is_of(&money)) {
                Some(mine) => {
                    mine.before += money.before;
                    mine.after += money.after;
                    mine.rows += money.rows;
                }
                None => self.money.push(money),
            }
        }
    }
}

impl MoneyDifference {
    fn is_of(&self, other: &Self) -> bool {
        self.column == other.column && self.currency == other.currency
    }
}

/// What would change if it were switched to the build now, but for what was touched since its last
/// event: the switch compares that itself. It reads one snapshot, and writers do not notice.
pub async fn differences(
    conn: &mut PgConnection,
    book: BookId,
    build: &Build,
) -> Result<Differences, RebuildError> {
    compare_in_snapshot(conn, book, build, Span::Whole).await
}
