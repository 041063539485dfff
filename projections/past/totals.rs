//! Sums over the rows of views: how many, how much money, and what stands on each account.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::journal_lines::JournalLines;
use crate::past::row::{Change, PastRow};
use crate::projection::Projection;

/// A sum of one column of one view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyTotal {
    pub view: &'static str,
    pub column: &'static str,
    pub currency: String,
    /// What the column held before; nothing, where no two positions are compared.
    pub before: Decimal,
    pub after: Decimal,
}

/// What was posted to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTotal {
    pub account: String,
    pub currency: String,
    pub debits: Decimal,
    pub credits: Decimal,
}

impl AccountTotal {
    /// Debits less credits.
    pub fn balance(&self) -> Decimal {
        self.debits.saturating_sub(self.credits).normalize()
    }
}

type Column = (&'static str, &'static str, String);

/// The sums of a whole book.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    rows: BTreeMap<&'static str, u64>,
    money: BTreeMap<Column, Decimal>,
    accounts: Accounts,
}

impl Totals {
    pub(super) fn add(
        &mut self,
        view: &'static str,
        currency: Option<&str>,
        money: impl Iterator<Item = (&'static str, Decimal)>,
    ) {
        let rows = self.rows.entry(view).or_default();
        *rows = rows.saturating_add(1);
        let Some(currency) = currency else { return };
        for (column, amount) in money {
            let sum = self.money.entry((view, column, currency.to_owned())).or_default();
            *sum = sum.saturating_add(amount);
        }
    }

    pub(super) fn post(&mut self, account: &str, currency: &str, side: &str, amount: Decimal) {
        self.accounts.post(account, currency, side, amount);
    }

    /// How many rows a view has.
    pub fn rows(&self, view: &str) -> u64 {
        self.rows.get(view).copied().unwrap_or_default()
    }

    /// By view, column and currency.
    pub fn money(&self) -> impl Iterator<Item = MoneyTotal> + '_ {
        self.money.iter().map(|((view, column, currency), sum)| MoneyTotal {
            view,
            column,
            currency: currency.clone(),
            before: Decimal::ZERO,
            after: sum.normalize(),
        })
    }

    /// The trial balance, by account.
    pub fn accounts(&self) -> Vec<AccountTotal> {
        self.accounts.totals()
    }

    /// Debits less credits of all accounts, by currency: zero in books that balance.
    pub fn differences(&self) -> BTreeMap<String, Decimal> {
        self.accounts.differences()
    }
}

/// What changed in money: of the rows that are not what they were, the sums before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MoneyChanges {
    money: BTreeMap<Column, (Decimal, Decimal)>,
    accounts: Accounts,
}

impl MoneyChanges {
    pub fn add(&mut self, change: &Change) {
        if let Some(before) = &change.before {
            self.add_row(before, |(sum, _), amount| *sum = sum.saturating_add(amount));
        }
        if let Some(after) = &change.after {
            self.add_row(after, |(_, sum), amount| *sum = sum.saturating_add(amount));
            if let Some((account, side)) = posting(after) {
                let amount = after.money.first().map_or(Decimal::ZERO, |(_, amount)| *amount);
                self.accounts.post(account, after.currency().unwrap_or_default(), side, amount);
            }
        }
    }

    fn add_row(&mut self, row: &PastRow, add: impl Fn(&mut (Decimal, Decimal), Decimal)) {
        let Some(currency) = row.currency() else { return };
        for (column, amount) in row.summed() {
            let column = (row.view, column, currency.to_owned());
            add(self.money.entry(column).or_default(), amount);
        }
    }

    /// By view, column and currency; what is the same before and after is left out.
    pub fn money(&self) -> impl Iterator<Item = MoneyTotal> + '_ {
        let changed = self.money.iter().filter(|(_, (before, after))| before != after);
        changed.map(|((view, column, currency), (before, after))| MoneyTotal {
            view,
            column,
            currency: currency.clone(),
            before: before.normalize(),
            after: after.normalize(),
        })
    }

    /// What was posted meanwhile, by account.
    pub fn accounts(&self) -> Vec<AccountTotal> {
        self.accounts.totals()
    }
}

/// The account and the side of a line of the journal.
fn posting(row: &PastRow) -> Option<(&str, &str)> {
    if row.view != JournalLines::NAME {
        return None;
    }
    Some((row.columns.text("account")?, row.columns.text("side")?))
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Accounts(BTreeMap<(String, String), (Decimal, Decimal)>);

impl Accounts {
    fn post(&mut self, account: &str, currency: &str, side: &str, amount: Decimal) {
        let sums = self.0.entry((account.to_owned(), currency.to_owned())).or_default();
        let sum = if side == "debit" { &mut sums.0 } else { &mut sums.1 };
        *sum = sum.saturating_add(amount);
    }

    fn totals(&self) -> Vec<AccountTotal> {
        let totals = self.0.iter().map(|((account, currency), (debits, credits))| AccountTotal {
            account: account.clone(),
            currency: currency.clone(),
            debits: debits.normalize(),
            credits: credits.normalize(),
        });
        totals.collect()
    }

    fn differences(&self) -> BTreeMap<String, Decimal> {
        let mut differences = BTreeMap::<String, Decimal>::new();
        for total in self.totals() {
            let difference = differences.entry(total.currency.clone()).or_default();
            *difference = difference.saturating_add(total.balance()).normalize();
        }
        differences
    }
}
