//! Verification: the log's own chain, every row of every view against the fold of the events, and
//! the laws of the books. Each difference is named.
//!
//! All of it reads one snapshot, so that writers neither wait nor disturb it.

use eventstore::verify::{ChainCheck, VerifyError as LogError};
use eventstore::{BookId, Head, HeadError, Position, fold_set, read, read_head};
use rust_decimal::Decimal;
use sqlx::{Acquire, PgConnection, PgPool};

use crate::progress::{Progress, Told};
use crate::replay::{Replay, upcasters};
use crate::views::{Views, projections};

mod compare;
mod finding;
mod laws;

pub use finding::{Check, Finding};

use finding::Findings;

/// How many events are folded at a time.
const PAGE_SIZE: u32 = 5_000;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub book: BookId,
    /// The head in the snapshot that was read.
    pub position: Position,
    pub events: u64,
    /// The rows of all views that were compared.
    pub rows: u64,
    pub trial_balance: Vec<CurrencySums>,
    pub findings: Vec<Finding>,
    /// How many more there are than are listed.
    pub unlisted: u64,
}

/// A currency's trial balance: the two are equal.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CurrencySums {
    pub currency: String,
    pub debits: Decimal,
    pub credits: Decimal,
}

impl CurrencySums {
    /// What the debits exceed the credits by; zero in books that balance.
    pub fn difference(&self) -> Decimal {
        (self.debits - self.credits).normalize()
    }
}

impl Report {
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// A verification could not be done.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Head(#[from] HeadError),
    #[error("book {0} is in a format that this build does not understand")]
    Format(BookId),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("could not verify the book")]
    Database(#[from] sqlx::Error),
}

/// The guards that are gone or off: tables that somebody could write by hand.
pub async fn guards(conn: &mut PgConnection) -> Result<Vec<Finding>, sqlx::Error> {
    let mut findings = Findings::default();
    laws::guards(conn, &mut findings).await?;
    Ok(findings.into_listed().0)
}

/// Verifies a whole book.
pub async fn verify(pool: &PgPool, book: BookId, told: Told<'_>) -> Result<Report, VerifyError> {
    let mut conn = pool.acquire().await?;
    let mut tx = conn.begin().await?;
    sqlx::query("set transaction isolation level repeatable read, read only")
        .execute(&mut *tx)
        .await?;
    // It locks nothing, so it may think for as long as folding takes.
    sqlx::query("set local idle_in_transaction_session_timeout = 0").execute(&mut *tx).await?;
    let head = read_head(&mut tx, book).await?;
    if !head.is_understood() {
        return Err(VerifyError::Format(book));
    }
    let mut findings = Findings::default();
    laws::guards(&mut tx, &mut findings).await?;
    chain(&mut tx, book, &mut findings, told).await?;
    let mut rows = 0;
    let mut views = Views::default();
    let events = match fold(&mut tx, &head, &mut views, told).await? {
        Folded::All(events) => {
            rows = views.compare(&mut tx, &head, &mut findings, told).await?;
            events
        }
        // Without the whole fold there is nothing to compare with.
        Folded::Until(events, finding) => {
            findings.add(finding);
            events
        }
    };
    check_fold_set(&head, &mut findings);
    let trial_balance = laws::laws(&mut tx, book, &mut findings).await?;
    tx.rollback().await?;
    let (findings, unlisted) = findings.into_listed();
    let position = head.position;
    Ok(Report { book, position, events, rows, trial_balance, findings, unlisted })
}

async fn chain(
    conn: &mut PgConnection,
    book: BookId,
    findings: &mut Findings,
    told: Told<'_>,
) -> Result<(), VerifyError> {
    let mut check = ChainCheck::start(conn, book, Position::ZERO).await?;
    while let Some(page) = check.next_page(conn).await? {
        for finding in page {
            findings.add(Finding::of_log(&finding));
        }
        told(Progress::Checked { position: check.position(), end: check.end() });
    }
    Ok(())
}

/// How far the events could be folded.
enum Folded {
    All(u64),
    Until(u64, Finding),
}

async fn fold(
    conn: &mut PgConnection,
    head: &Head,
    views: &mut Views,
    told: Told<'_>,
) -> Result<Folded, sqlx::Error> {
    let mut replay = Replay::new(upcasters());
    let mut events = 0;
    loop {
        let page = read::after(conn, head.book, replay.position(), PAGE_SIZE).await?;
        for recorded in &page {
            if let Err(error) = replay.apply(recorded, views) {
                return Ok(Folded::Until(events, Finding::of_replay(recorded.position, &error)));
            }
            events += 1;
        }
        let Some(last) = page.last() else { return Ok(Folded::All(events)) };
        told(Progress::Folded { position: last.position, end: head.position });
    }
}

/// The head says that the views were filled by these very folds.
fn check_fold_set(head: &Head, findings: &mut Findings) {
    let ours = projections();
    let ours = fold_set(ours.iter().map(|state| (state.name.as_str(), state.fold_version)));
    let live = head.projections.iter().map(|state| (state.name.as_str(), state.fold_version));
    for found in [head.fold_set.clone(), fold_set(live)] {
        if found != ours {
            findings.add(Finding {
                expected: Some(ours.clone()),
                found: Some(found),
                ..Finding::new(Check::FoldSet, "live projections")
            });
        }
    }
}
