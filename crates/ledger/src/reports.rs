//! Statements and trial balances: up to a moment, by when things were recorded or by when they took
//! effect.

use chrono::{DateTime, Utc};
use domain::id::WalletId;
use eventstore::{Cursor, Position};
use projections::journal_lines::{self, AccountFilter, AccountLine, AccountPlace, AccountSums};
use projections::wallet_lines::{self, Movement};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::as_of::{self, AsOfError, Moment, SNAPSHOT, When};
use crate::history::Point;
use crate::ledger::Ledger;

/// What a report counts, and by which of the two times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// What was recorded up to a moment; up to now, if none is given.
    Recorded { as_of: Option<Moment> },
    /// What had taken effect by a time, as far as it was known at a moment.
    Effective { as_of: Option<When>, known_at: Option<Moment> },
}

/// A basis with its moments found.
#[derive(Debug, Clone, Copy)]
struct Counted {
    /// What was recorded later is not looked at.
    at: Cursor,
    by_effect: bool,
    /// What took effect later is not counted.
    until: Option<DateTime<Utc>>,
}

/// `pinned` is where earlier pages of the same report stood.
async fn count(
    conn: &mut PgConnection,
    ledger: &Ledger,
    basis: Basis,
    pinned: Option<Cursor>,
) -> Result<Counted, AsOfError> {
    let (moment, until, by_effect) = match basis {
        Basis::Recorded { as_of } => (as_of, None, false),
        Basis::Effective { as_of, known_at } => (known_at, as_of, true),
    };
    let at = match pinned.map(|pinned| Moment::Point(Point::from(pinned))).or(moment) {
        Some(moment) => as_of::resolve(conn, ledger, moment).await?,
        None => end(conn, ledger).await?,
    };
    let until = match until {
        // A day is as long as it was in the book that is shown: every page shows that one.
        Some(until) => Some(until.end(&as_of::settings_at(conn, ledger, at.position).await?)),
        None => None,
    };
    Ok(Counted { at, by_effect, until })
}

async fn end(conn: &mut PgConnection, ledger: &Ledger) -> Result<Cursor, AsOfError> {
    let (position, hash) = eventstore::read_end(conn, ledger.book())
        .await
        .map_err(crate::queries::QueryError::from)?;
    Ok(Cursor::new(position, hash))
}

/// Every account's sums.
#[derive(Debug)]
pub struct TrialBalance {
    pub at: Cursor,
    /// Up to when what took effect was counted, by that basis.
    pub until: Option<DateTime<Utc>>,
    pub accounts: Vec<AccountSums>,
}

pub async fn trial_balance(ledger: &Ledger, basis: Basis) -> Result<TrialBalance, AsOfError> {
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let Counted { at, until, .. } = count(&mut tx, ledger, basis, None).await?;
    let book = ledger.book();
    let read = journal_lines::trial_balance(&mut tx, book, Some(at.position), until).await?;
    tx.commit().await?;
    Ok(TrialBalance { at, until, accounts: read.value })
}

/// Which account's lines are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub number: String,
    pub currency: String,
    /// One item of its sub-ledger.
    pub item: Option<String>,
}

/// Where a page of a report ended: the book that it shows, and the last row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place<K> {
    pub at: Cursor,
    pub row: K,
}

/// A page of rows, oldest or newest first.
#[derive(Debug)]
pub struct Rows<T> {
    pub at: Cursor,
    pub until: Option<DateTime<Utc>>,
    pub rows: Vec<T>,
}

/// At most `size` lines of an account, oldest first.
pub async fn account_lines(
    ledger: &Ledger,
    account: Account,
    basis: Basis,
    after: Option<Place<AccountPlace>>,
    size: u32,
) -> Result<Rows<AccountLine>, AsOfError> {
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let pinned = after.as_ref().map(|place| place.at);
    let Counted { at, by_effect, until } = count(&mut tx, ledger, basis, pinned).await?;
    let filter = AccountFilter {
        account: account.number,
        currency: account.currency,
        item: account.item,
        up_to: at.position,
        by_effect,
        effective: until,
    };
    let after = after.map(|place| place.row);
    let read = journal_lines::page_of_account(&mut tx, ledger.book(), &filter, after, size).await?;
    tx.commit().await?;
    Ok(Rows { at, until, rows: read.value })
}

/// Where a page of a statement ended, by either basis.
pub type StatementPlace = (DateTime<Utc>, i64);

/// A page of a wallet's statement, newest first, with the balances of the whole period.
#[derive(Debug)]
pub struct Statement {
    pub at: Cursor,
    pub until: Option<DateTime<Utc>>,
    /// What the wallet held before the period, and after it.
    pub opening: Decimal,
    pub closing: Decimal,
    pub lines: Vec<Movement>,
}

/// The period of a statement begins after this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    Recorded(Moment),
    Effective(When),
}

#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    #[error("the period begins after it ends")]
    Backwards,
    #[error(transparent)]
    AsOf(#[from] AsOfError),
}

impl From<sqlx::Error> for StatementError {
    fn from(error: sqlx::Error) -> Self {
        Self::AsOf(error.into())
    }
}

/// At most `size` movements of a wallet.
pub async fn statement(
    ledger: &Ledger,
    wallet: WalletId,
    basis: Basis,
    after: Option<After>,
    before: Option<Place<StatementPlace>>,
    size: u32,
) -> Result<Statement, StatementError> {
    let (book, wallet) = (ledger.book(), wallet.uuid());
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let pinned = before.as_ref().map(|place| place.at);
    let Counted { at, by_effect, until } = count(&mut tx, ledger, basis, pinned).await?;
    let known = at.position;
    let (mut begins, mut begins_at) = (Position::ZERO, None);
    let settings = as_of::settings_at(&mut tx, ledger, known).await.map_err(AsOfError::from)?;
    match after {
        Some(After::Recorded(moment)) => {
            begins = as_of::resolve_by(&mut tx, ledger, moment, &settings).await?.position;
        }
        Some(After::Effective(when)) => begins_at = Some(when.end(&settings)),
        None => {}
    }
    if begins > known || begins_at.zip(until).is_some_and(|(begins, ends)| begins > ends) {
        return Err(StatementError::Backwards);
    }
    let row = before.map(|place| place.row);
    let (opening, closing, read) = if by_effect {
        let opening = match begins_at {
            Some(time) => {
                wallet_lines::balance_effective(&mut tx, book, wallet, known, Some(time)).await?
            }
            None => Decimal::ZERO,
        };
        let period = (begins_at, until);
        (
            opening,
            wallet_lines::balance_effective(&mut tx, book, wallet, known, until).await?,
            wallet_lines::page_effective(&mut tx, book, wallet, known, period, row, size).await?,
        )
    } else {
        let (period, before) = ((begins, known), row.map(|(_, sequence)| sequence));
        (
            wallet_lines::balance(&mut tx, book, wallet, begins).await?,
            wallet_lines::balance(&mut tx, book, wallet, known).await?,
            wallet_lines::page(&mut tx, book, wallet, period, before, size).await?,
        )
    };
    tx.commit().await?;
    Ok(Statement { at, until, opening, closing, lines: read.value })
}
