//! Verification: the log's own chain, every row of every view against the fold of the events, and
//! the laws of the books. Each difference is named.
//!
//! It reads a page at a time, each in a short snapshot of its own, in which events and rows belong
//! together. So neither writers nor vacuum notice it, and it goes on where it was kept. Its memory is
//! that of a page, a sum for each item of the journal that is not settled (a wallet, a payment, an
//! order or a suspense item that holds money), and the findings that are listed.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use domain::StreamKey;
use eventstore::verify::VerifyError as LogError;
use eventstore::{BookId, Head, HeadError, Piece, Position, Revision, Streams, read_head};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::{Acquire as _, PgConnection, PgPool};
use uuid::Uuid;

use crate::keeper::{GoOn, Keeper, Looked, Unkept};
use crate::progress::Progress;
use crate::whole::Quarantined;

mod beside;
mod decisions;
mod ends;
mod finding;
mod guards;
mod log;
mod moment;
mod named;
mod numbers;
mod one;
pub(crate) mod rows;
mod saved;
mod streams;
mod sums;
mod touched;

pub use beside::{Beside, NothingBeside};
pub use finding::{Check, Finding};
pub use one::{StreamReport, verify_stream};

use finding::Findings;
use log::Log;
use streams::{Folding, Low, alone};
use touched::Touched;

/// What a verification looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What happened up to here is believed: only what came after it is looked at, and the streams
    /// that went on since.
    pub since: Option<Position>,
    /// What is not to be looked for.
    pub without: BTreeSet<Check>,
    /// How many events, or decisions, are looked at in one moment: what memory is needed goes by it.
    pub page_size: NonZeroU16,
}

impl Default for Options {
    fn default() -> Self {
        let page_size = NonZeroU16::new(2_000).expect("more than zero");
        Self { since: None, without: BTreeSet::new(), page_size }
    }
}

/// How far a verification has come: whoever keeps it can go on from there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    part: Part,
    /// None before the first page.
    log: Option<Log>,
    /// Where the log ended when it was last looked at.
    end: Position,
    findings: Findings,
    events: u64,
    /// Of these, how many were folded.
    folded: u64,
    rows: u64,
    /// The revision up to which decisions are looked at.
    #[serde(default)]
    decided: Revision,
    /// The views that the book does not have yet.
    #[serde(default)]
    unfilled: Vec<String>,
    took: Duration,
}

/// What comes next, and after what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    #[default]
    Guards,
    Log,
    Decisions {
        revision: Revision,
        command_id: Uuid,
    },
    /// The streams of one type after another.
    Streams {
        of_type: usize,
        after: Option<String>,
        key: Option<Uuid>,
    },
    /// The streams that went on since a position, by their first event since.
    Touched {
        after: Position,
    },
    Beside {
        after: Uuid,
    },
    Ends,
    Done,
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
    guards::check(conn, &mut findings).await?;
    Ok(findings.listed().to_vec())
}

/// Verifies a whole book at once, and keeps nothing on the way.
pub async fn verify_now(pool: &PgPool, book: BookId) -> Result<Report, VerifyError> {
    let mut conn = pool.acquire().await?;
    let mut verification = Verification::default();
    verify(&mut conn, book, &Options::default(), &mut verification, &mut Unkept).await
}

/// Verifies a book, or goes on with a verification that was kept, by the same options.
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
    verification.findings.leave_out(options.without.clone());
    let since = options.since.unwrap_or_default();
    let page_size = options.page_size.get();
    let looked = verification.looked();
    let lap = Instant::now();
    let mut run = Run { conn, book, since, page_size, keeper, beside, lap, looked, decisions: 0 };
    loop {
        match verification.part.clone() {
            Part::Guards => run.guards(verification).await?,
            Part::Log => run.log(verification).await?,
            Part::Decisions { revision, command_id } => {
                run.decisions(verification, (revision, command_id)).await?;
            }
            Part::Streams { of_type, after, key } => {
                run.streams(verification, of_type, after, key).await?;
            }
            Part::Touched { after } => run.touched(verification, after).await?,
            Part::Beside { after } => run.beside(verification, after).await?,
            Part::Ends => run.ends(verification).await?,
            Part::Done => break,
        }
    }
    let Verification { log, findings, events, rows, unfilled, took, .. } = &*verification;
    Ok(Report {
        book,
        since: options.since,
        position: log.as_ref().map_or(since, Log::position),
        events: *events,
        rows: *rows,
        trial_balance: log.as_ref().map_or_else(Vec::new, Log::trial_balance),
        findings: findings.listed().to_vec(),
        unlisted: findings.unlisted(),
        quarantined: findings.quarantined().to_vec(),
        left_out: run.beside.left_out().into_iter().chain(unfilled.iter().cloned()).collect(),
        took: *took,
    })
}

/// One run of a verification, from its beginning or from where it was kept.
struct Run<'a, K, B> {
    conn: &'a mut PgConnection,
    book: BookId,
    since: Position,
    page_size: u16,
    keeper: &'a mut K,
    beside: &'a mut B,
    lap: Instant,
    /// How much was looked at when that was told last.
    looked: u64,
    /// How many decisions were looked at since.
    decisions: u64,
}

impl<K: Keeper, B: Beside> Run<'_, K, B> {
    /// Keeps how far it has come, in a transaction of its own: nothing that it read is held by then.
    async fn keep(
        &mut self,
        verification: &mut Verification,
        what: &'static str,
        (done, total): (u64, u64),
    ) -> Result<(), VerifyError> {
        verification.took += self.lap.elapsed();
        self.lap = Instant::now();
        let progress = Progress::Verified { what, done, total: total.max(done) };
        let mut tx = self.conn.begin().await?;
        if K::TAKES {
            let looked = verification.looked();
            let (findings, unlisted, quarantined) = verification.findings.take();
            let at = looked.saturating_sub(self.looked).saturating_add(self.decisions);
            (self.looked, self.decisions) = (looked, 0);
            self.keeper.take(&mut tx, Looked { at, findings, unlisted, quarantined }).await?;
        }
        unless_stopped(self.keeper.keep(&mut tx, &*verification, &progress).await?)?;
        tx.commit().await?;
        unless_stopped(self.keeper.kept(self.conn).await?)?;
        self.lap = Instant::now();
        Ok(())
    }

    async fn guards(&mut self, verification: &mut Verification) -> Result<(), VerifyError> {
        let mut tx = moment::open(self.conn).await?;
        let head = understood(&mut tx, self.book).await?;
        guards::check(&mut tx, &mut verification.findings).await?;
        verification.log = Some(Log::start(&mut tx, &head, self.since).await?);
        tx.rollback().await?;
        verification.end = head.position;
        verification.part = Part::Log;
        self.keep(verification, "Looking at the guards", (1, 1)).await
    }

    /// Follows the log up to where it ended at the beginning; what comes later is followed at the end.
    async fn log(&mut self, verification: &mut Verification) -> Result<(), VerifyError> {
        let mut tx = moment::open(self.conn).await?;
        let head = understood(&mut tx, self.book).await?;
        let Verification { log, findings, .. } = verification;
        let Some(log) = log else { return Err(never_begun()) };
        let (until, size) = (verification.end, self.page_size);
        let events = log.page(&mut tx, &head, (until, size), findings, self.beside).await?;
        tx.rollback().await?;
        let progress = (number(log.position()), number(verification.end));
        verification.events += events;
        if events == 0 {
            let revision = self.first_revision().await?;
            verification.decided = head.revision;
            verification.part = Part::Decisions { revision, command_id: Uuid::nil() };
        }
        self.keep(verification, "Following the log", progress).await
    }

    /// The revision from which decisions are looked at.
    async fn first_revision(&mut self) -> Result<Revision, VerifyError> {
        if self.since == Position::ZERO {
            return Ok(Revision::ZERO);
        }
        let revision: Option<Revision> =
            sqlx::query_scalar(include_str!("sql/verify/read_revision_at.sql"))
                .bind(self.book)
                .bind(self.since)
                .fetch_optional(&mut *self.conn)
                .await?;
        Ok(revision.unwrap_or_default())
    }

    async fn decisions(
        &mut self,
        verification: &mut Verification,
        after: decisions::Place,
    ) -> Result<(), VerifyError> {
        let mut tx = moment::open(self.conn).await?;
        let head = understood(&mut tx, self.book).await?;
        let Verification { findings, decided, .. } = &mut *verification;
        let next = decisions::page(&mut tx, &head, after, self.page_size, findings).await?;
        tx.rollback().await?;
        self.decisions += u64::from(if next.is_some() { self.page_size } else { 1 });
        // What is decided meanwhile does not move the end away.
        let next = next.filter(|(revision, _)| *revision <= *decided);
        verification.part = match next {
            Some((revision, command_id)) => Part::Decisions { revision, command_id },
            None if self.since > Position::ZERO => Part::Touched { after: self.since },
            None => Part::Streams { of_type: 0, after: None, key: None },
        };
        let done = next.map_or(head.revision, |(revision, _)| revision);
        let progress = (count(done.get()), count(head.revision.get()));
        self.keep(verification, "Comparing decisions", progress).await
    }

    /// All streams of one type, each whole, with the rows between them that are nobody's.
    async fn streams(
        &mut self,
        verification: &mut Verification,
        of_type: usize,
        mut after: Option<String>,
        mut key: Option<Uuid>,
    ) -> Result<(), VerifyError> {
        let Some(aggregate_type) = StreamKey::AGGREGATE_TYPES.get(of_type).copied() else {
            verification.part = Part::Beside { after: Uuid::nil() };
            return Ok(());
        };
        let (book, size) = (self.book, usize::from(self.page_size));
        let begin = |after: &Option<String>| {
            Streams::new(book, aggregate_type, after.clone(), None).in_pieces_of(size)
        };
        let mut low = Low::after(after.clone(), key);
        let mut streams = begin(&after);
        let mut folding = Folding::new(aggregate_type, &verification.findings);
        loop {
            let mut tx = moment::open(self.conn).await?;
            let head = understood(&mut tx, book).await?;
            if folding.open().is_none() {
                // Anew in each moment: that there are no more streams must be so in this one.
                streams = begin(&after);
            }
            let piece = streams.next(&mut tx).await?;
            let is_last = piece.is_none();
            let piece = piece.unwrap_or_else(ending);
            if folding.is_over(&piece) {
                // The next long stream comes in the place of more of this one.
                let id = folding.open().unwrap_or_default().to_owned();
                folding.look(&mut tx, &head, &ending(), low.up_to(&[&id])).await?;
                key = low.move_past(&[&id]).or(key);
                after = Some(id);
            }
            let open = folding.open().map(str::to_owned);
            let events = piece.events.iter().map(|event| event.stream.aggregate_id.as_str());
            let mut ids: Vec<&str> = open.as_deref().into_iter().chain(events).collect();
            ids.dedup();
            if is_last {
                folding.look(&mut tx, &head, &piece, low.rest()).await?;
            } else if piece.ends {
                folding.look(&mut tx, &head, &piece, low.up_to(&ids)).await?;
                key = low.move_past(&ids).or(key);
                after = ids.last().map(|id| (*id).to_owned()).or(after);
            } else if let Some(id) = ids.last() {
                if open.is_none() {
                    // What lies before a long stream belongs to this moment, not to that of its end.
                    folding.look(&mut tx, &head, &ending(), low.before(id)).await?;
                    low.move_to(id);
                }
                folding.look(&mut tx, &head, &piece, alone(id)).await?;
            }
            tx.rollback().await?;
            if piece.ends {
                // A part of a stream alone is not kept: it would have to begin in the middle.
                verification.settle(folding.settle());
                verification.part = if is_last {
                    Part::Streams { of_type: of_type + 1, after: None, key: None }
                } else {
                    Part::Streams { of_type, after: after.clone(), key }
                };
            }
            let progress = (verification.folded + folding.events, number(head.position));
            self.keep(verification, "Comparing rows", progress).await?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// The streams that went on since a position, as far as the log was followed.
    async fn touched(
        &mut self,
        verification: &mut Verification,
        after: Position,
    ) -> Result<(), VerifyError> {
        let end = verification.end;
        let until = Position(after.get().saturating_add(self.page_size.into())).min(end);
        if after >= end {
            verification.part = Part::Beside { after: Uuid::nil() };
            return Ok(());
        }
        let found = touched::find(self.conn, self.book, self.since, (after, until)).await?;
        let mut by_type: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for stream in found {
            let mut types = StreamKey::AGGREGATE_TYPES.into_iter();
            if let Some(known) = types.find(|known| stream.aggregate_type == *known) {
                by_type.entry(known).or_default().push(stream.aggregate_id);
            }
        }
        let mut settled = Vec::new();
        for (aggregate_type, ids) in by_type {
            let findings = &verification.findings;
            let mut touched = Touched::new(self.book, aggregate_type, self.page_size, findings);
            let looked = touched.look(self.conn, &ids).await?;
            settled.push(looked);
        }
        for looked in settled {
            verification.settle(looked);
        }
        verification.part = Part::Touched { after: until };
        let progress = (number(until), number(end));
        self.keep(verification, "Comparing rows", progress).await
    }

    async fn beside(
        &mut self,
        verification: &mut Verification,
        after: Uuid,
    ) -> Result<(), VerifyError> {
        let mut next = None;
        if verification.findings.looks_for(Check::PersonalData) {
            let mut tx = moment::open(self.conn).await?;
            let (found, last) = self.beside.of_rows(&mut tx, after).await?;
            tx.rollback().await?;
            for finding in found {
                verification.findings.add(finding);
            }
            next = last;
        }
        verification.part = next.map_or(Part::Ends, |after| Part::Beside { after });
        self.keep(verification, "Comparing personal data", (0, 0)).await
    }

    /// Follows the log to its very end, and looks at everything else in that same moment.
    async fn ends(&mut self, verification: &mut Verification) -> Result<(), VerifyError> {
        let mut tx = moment::open(self.conn).await?;
        let head = understood(&mut tx, self.book).await?;
        let Verification { log, findings, unfilled, .. } = verification;
        let Some(log) = log else { return Err(never_begun()) };
        let (until, size) = (head.position, self.page_size);
        let events = log.page(&mut tx, &head, (until, size), findings, self.beside).await?;
        verification.end = head.position;
        verification.events += events;
        // Of a log whose end is gone there comes nothing more.
        if log.position() >= head.position || events < u64::from(size) {
            log.finish(&mut tx, &head, findings).await?;
            ends::head(&mut tx, &head, log, findings).await?;
            if let Some(sums) = log.sums() {
                ends::items(&mut tx, &head, sums, findings).await?;
            }
            ends::lines_outside(&mut tx, &head, findings).await?;
            saved::strangers(&mut tx, self.book, findings).await?;
            ends::finished_orders(&mut tx, &head, findings).await?;
            let under_way = self.beside.under_way(&mut tx).await?;
            let missing = ends::fold_sets(&head, findings);
            *unfilled = missing.into_iter().map(not_filled).collect();
            ends::generations(&mut tx, &head, &under_way, findings).await?;
            verification.part = Part::Done;
        }
        tx.rollback().await?;
        let progress = (number(verification.end), number(head.position));
        self.keep(verification, "Comparing sums", progress).await
    }
}

impl Verification {
    /// How many events and rows were looked at, in streams and in the log.
    fn looked(&self) -> u64 {
        self.events.saturating_add(self.folded).saturating_add(self.rows)
    }

    /// What was looked for and found in whole streams.
    fn settle(&mut self, (found, rows, events): (Findings, u64, u64)) {
        self.findings.absorb(found);
        self.rows += rows;
        self.folded += events;
    }
}

fn unless_stopped(go_on: GoOn) -> Result<(), VerifyError> {
    match go_on {
        GoOn::Yes => Ok(()),
        GoOn::Cancelled => Err(VerifyError::Cancelled),
        GoOn::Lost => Err(VerifyError::Lost),
    }
}

fn not_filled(view: String) -> String {
    format!("{view}: the book does not have it yet, and is to be filled with it")
}

/// The end of a stream that goes on no more.
fn ending() -> Piece {
    Piece { events: Vec::new(), ends: true }
}

async fn understood(conn: &mut PgConnection, book: BookId) -> Result<Head, VerifyError> {
    let head = read_head(conn, book).await?;
    if head.is_understood() { Ok(head) } else { Err(VerifyError::Format(book)) }
}

fn never_begun() -> VerifyError {
    VerifyError::Database(sqlx::Error::Protocol("the verification was kept wrongly".to_owned()))
}

fn number(position: Position) -> u64 {
    count(position.get())
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
