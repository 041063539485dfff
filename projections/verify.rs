//! Verification: the log's own chain, every row of every view against the fold of the events, and
//! the laws of the books. Each difference is named.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use eventstore::verify::{ChainCheck, VerifyError as LogError};
use eventstore::{BookId, Head, HeadError, Position, fold_set, read, read_head};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::{Acquire, PgConnection, PgPool};

use crate::keeper::{GoOn, Keeper, Unkept};
use crate::progress::Progress;
use crate::replay::{Replay, upcasters};
use crate::views::{Views, projections};
use crate::whole::Quarantined;

mod beside;
mod compare;
mod finding;
mod laws;

pub use beside::{Beside, NothingBeside};
pub use finding::{Check, Finding};

use finding::Findings;

/// How many events are folded at a time.
const PAGE_SIZE: u32 = 5_000;

/// What a verification looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// What happened up to here is believed: only what came after it is looked at, and the streams
    /// that went on since.
    pub since: Option<Position>,
    /// What is not to be looked for.
    pub without: BTreeSet<Check>,
}

/// How far a verification has come: whoever keeps it can go on from there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    findings: Findings,
    took: Duration,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub book: BookId,
    /// What came after this was looked at.
    pub since: Option<Position>,
    /// Up to where.
    pub position: Position,
    pub events: u64,
    /// The rows of all views that were compared.
    pub rows: u64,
    pub trial_balance: Vec<CurrencySums>,
    pub findings: Vec<Finding>,
    /// How many more there are than are listed.
    pub unlisted: u64,
    /// The streams whose rows were compared with nothing.
    pub quarantined: Vec<Quarantined>,
    /// What could not be looked at, and why.
    pub left_out: Vec<String>,
    /// The time that it worked.
    pub took: Duration,
}

/// A currency's trial balance: the two are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
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
        self.findings.is_empty() && self.unlisted == 0
    }
}

/// A verification could not be done.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Head(#[from] HeadError),
    #[error("book {0} is in a format that this build does not understand")]
    Format(BookId),
    #[error("there is no position {0} to verify from")]
    NoSuchPosition(Position),
    #[error("the verification was cancelled")]
    Cancelled,
    #[error("another process goes on with the verification")]
    Lost,
    #[error("could not verify the book")]
    Database(#[from] sqlx::Error),
}

impl From<LogError> for VerifyError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Head(error) => Self::Head(error),
            LogError::NoSuchPosition(position) => Self::NoSuchPosition(position),
            LogError::Database(error) => Self::Database(error),
        }
    }
}

/// The guards that are gone or off: tables that somebody could write by hand.
pub async fn guards(conn: &mut PgConnection) -> Result<Vec<Finding>, sqlx::Error> {
    let mut findings = Findings::default();
    laws::guards(conn, &mut findings).await?;
    Ok(findings.listed().to_vec())
}

/// Verifies a whole book at once, and keeps nothing on the way.
pub async fn verify_now(pool: &PgPool, book: BookId) -> Result<Report, VerifyError> {
    let mut conn = pool.acquire().await?;
    let mut verification = Verification::default();
    verify(&mut conn, book, &Options::default(), &mut verification, &mut Unkept).await
}

/// Verifies a book, or goes on with a verification that was kept.
pub async fn verify<K: Keeper>(
    conn: &mut PgConnection,
    book: BookId,
    options: &Options,
    verification: &mut Verification,
    keeper: &mut K,
) -> Result<Report, VerifyError> {
    verify_beside(conn, book, options, verification, keeper, &mut NothingBeside).await
}

/// As [`verify`], with what stands beside the log.
pub async fn verify_beside<K: Keeper, B: Beside>(
    conn: &mut PgConnection,
    book: BookId,
    options: &Options,
    verification: &mut Verification,
    keeper: &mut K,
    beside: &mut B,
) -> Result<Report, VerifyError> {
    let began = Instant::now();
    verification.findings = Findings::without(options.without.clone());
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
    let mut findings = verification.findings.empty();
    laws::guards(&mut tx, &mut findings).await?;
    chain(&mut tx, book, &mut findings).await?;
    let mut rows = 0;
    let mut views = Views::default();
    let events = match fold(&mut tx, &head, &mut views).await? {
        Folded::All(events) => {
            rows = views.compare(&mut tx, &head, &mut findings).await?;
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
    verification.findings.absorb(findings);
    let progress = Progress::Checked { position: head.position, end: head.position };
    match keeper.keep(&mut *conn, &*verification, &progress).await? {
        GoOn::Yes => {}
        GoOn::Cancelled => return Err(VerifyError::Cancelled),
        GoOn::Lost => return Err(VerifyError::Lost),
    }
    verification.took += began.elapsed();
    Ok(Report {
        book,
        since: options.since,
        position: head.position,
        events,
        rows,
        trial_balance,
        findings: verification.findings.listed().to_vec(),
        unlisted: verification.findings.unlisted(),
        quarantined: Vec::new(),
        left_out: beside.left_out(),
        took: verification.took,
    })
}

async fn chain(
    conn: &mut PgConnection,
    book: BookId,
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    let mut check = ChainCheck::start(conn, book, Position::ZERO).await?;
    while let Some(page) = check.next_page(conn).await? {
        for finding in page {
            findings.add(Finding::of_log(&finding));
        }
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
) -> Result<Folded, sqlx::Error> {
    let mut replay = Replay::new(upcasters());
    let mut events = 0;
    loop {
        let page = read::after(conn, head.book, replay.position(), PAGE_SIZE).await?;
        for recorded in &page {
            if let Err(error) = replay.apply(recorded, views) {
                let quarantined = Quarantined::new(recorded, &error);
                return Ok(Folded::Until(events, Finding::of_quarantined(&quarantined)));
            }
            events += 1;
        }
        if page.is_empty() {
            return Ok(Folded::All(events));
        }
    }
}

/// The head says that the views were filled by these very folds.
fn check_fold_set(head: &Head, findings: &mut Findings) {
    let ours = projections();
    let ours = fold_set(ours.iter().map(|state| (state.name.as_str(), state.fold_version)));
    let live = head.projections.iter().map(|state| (state.name.as_str(), state.fold_version));
    for found in [head.fold_set.clone(), fold_set(live)] {
        if found != ours {
            let finding = Finding::new(Check::FoldSet, "live projections");
            findings.add(finding.expected(ours.as_str()).found(found));
        }
    }
}
