//! Long work on a book, a rebuild of views or a verification, as a row that outlives the process that
//! works at it.
//!
//! Each step is one transaction, which keeps how far the work has come and finds out whether to go
//! on. Whoever works holds a claim, renewed by the database's clock; when a process is killed the
//! claim runs out, and another goes on from the last step. What has lost its claim writes nothing.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use eventstore::{BookId, HeadError, Position, read_head};
use projections::{RebuildError, append_function, projections};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Acquire as _, PgConnection};
use uuid::Uuid;

use crate::ledger::Ledger;

mod claim;
mod lease;
mod rebuild;
mod room;
mod row;
mod verification;
mod work;
mod worker;

pub use claim::{Held, begin};
pub use rebuild::{Rebuilt, RebuiltView, Switch, views_under_way};
pub use room::check as check_room;
pub use verification::Verified;
pub use work::{Options, work};
pub use worker::run;

/// How long a list may be.
pub const LIST_MAX: u32 = 1_000;
/// How often a job is written down that another was in the way of.
const ASKED_MAX: u32 = 3;
/// For how long nobody has worked at what another build was asked for, before it is replaced.
const REPLACED_AFTER_SECONDS: i32 = 60;
/// What a job of the ledger itself is asked by.
pub const ITSELF: &str = "daftar";

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Wish {
    Rebuild {
        /// Which; all of them if none is named.
        views: Vec<String>,
        /// Builds and compares, and waits for a decision before the switch.
        preview: bool,
        /// Switches although money in a view changes.
        accept_differences: bool,
    },
    Verification {
        /// Only what has happened after this position; everything, if left out.
        since: Option<Position>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Rebuild,
    Verification,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// For whoever has time.
    Waiting,
    Running,
    /// Everything is built, and somebody is to decide about the differences.
    Ready,
    Done,
    Failed,
    Cancelled,
}

/// A piece of long work, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Job {
    pub id: Uuid,
    pub wish: Wish,
    pub state: State,
    /// Somebody works at it at this moment.
    pub is_held: bool,
    pub progress: Option<Step>,
    /// What came of it, in one line.
    pub summary: Option<String>,
    /// What came of it; left out of lists.
    pub result: Option<Value>,
    pub failure: Option<Failure>,
    pub decision: Option<Decision>,
    pub cancel_asked: bool,
    pub cancel_asked_by: Option<String>,
    /// Until when it waits for a decision.
    pub ready_until: Option<DateTime<Utc>>,
    pub asked_by: String,
    pub asked_at: DateTime<Utc>,
    pub begun_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// The folds of the build that it was asked of: no other goes on with it.
    pub folds: String,
}

/// How far a job has come in what it does at the moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub phase: String,
    pub done: u64,
    pub total: u64,
    #[serde(default)]
    pub text: String,
}

/// Why a job failed, or was cancelled by nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub code: String,
    pub text: String,
    /// What else there is to know: the events at fault.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub details: Value,
}

/// What was decided about a job's differences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub accept_differences: bool,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// Which jobs to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    pub kind: Option<Kind>,
    pub state: Option<State>,
    /// Those asked for before this one.
    pub before: Option<Uuid>,
    /// At most so many; as many as there may be, if left out.
    pub limit: Option<u32>,
}

#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error("there is no view {name}; there are: {}", known.join(", "))]
    UnknownView { name: String, known: Vec<String> },
    #[error("there is no job {0}")]
    NotFound(Uuid),
    /// It works at the same thing.
    #[error("job {} is at it already", .0.id)]
    AlreadyRunning(Box<Job>),
    #[error("job {} is {} and waits for no decision", .0.id, .0.state)]
    NotReady(Box<Job>),
    /// It has ended, or only deletes what its switch left behind.
    #[error("job {} {}", .0.id, .0.end())]
    Over(Box<Job>),
    #[error("job {} would change money, and that is not accepted", .0.id)]
    DifferencesNotAccepted(Box<Job>),
    #[error(
        "job {} was begun by another build of daftar, with the folds {}; this build has {ours}: let \
         that build go on with it, or cancel it", job.id, job.folds
    )]
    OtherBuild { job: Box<Job>, ours: String },
    #[error(
        "the live rows of {name} are of fold version {live}, and this build folds version {ours}: ask \
         the newer build, or accept the differences to go back"
    )]
    OlderFold { name: String, live: i32, ours: i32 },
    #[error("the rebuild needs {needed} bytes of the disk, and {free} are free")]
    NotEnoughRoom { needed: u64, free: u64 },
    #[error(transparent)]
    Head(#[from] HeadError),
    #[error("could not find out how much room the rebuild needs")]
    Room(#[from] RebuildError),
    #[error("could not reach the database")]
    Database(#[from] sqlx::Error),
    #[error("a stored job cannot be read")]
    Stored(#[from] serde_json::Error),
}

impl Wish {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Rebuild { .. } => Kind::Rebuild,
            Self::Verification { .. } => Kind::Verification,
        }
    }

    /// Whether this asks for what that job does: whoever asks for it can go on with it. What is
    /// accepted is for whoever decides.
    pub fn is_same_work(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Rebuild { views, preview, .. },
                Self::Rebuild { views: others, preview: other_previews, .. },
            ) => preview == other_previews && named(views) == named(others),
            (Self::Verification { since }, Self::Verification { since: other }) => since == other,
            (Self::Rebuild { .. }, Self::Verification { .. })
            | (Self::Verification { .. }, Self::Rebuild { .. }) => false,
        }
    }

    /// What no other job may work at meanwhile.
    fn subjects(&self) -> Vec<String> {
        match self {
            Self::Rebuild { views, .. } => views.clone(),
            Self::Verification { .. } => vec!["verification".to_owned()],
        }
    }

    /// Names each view once, in one order; all of them if none is named.
    fn normal(self) -> Result<Self, JobError> {
        let Self::Rebuild { views, preview, accept_differences } = self else { return Ok(self) };
        let known: Vec<String> = projections().into_iter().map(|state| state.name).collect();
        if let Some(name) = views.iter().find(|view| !known.contains(view)) {
            return Err(JobError::UnknownView { name: name.clone(), known });
        }
        Ok(Self::Rebuild { views: named(&views), preview, accept_differences })
    }
}

/// Each of these views once, in one order; all that there are if none is named.
fn named(views: &[String]) -> Vec<String> {
    let known = projections().into_iter().map(|state| state.name);
    let is_meant = |view: &String| views.is_empty() || views.contains(view);
    let mut views: Vec<String> = known.filter(is_meant).collect();
    views.sort_unstable();
    views
}

impl Job {
    pub fn kind(&self) -> Kind {
        self.wish.kind()
    }

    pub fn is_over(&self) -> bool {
        self.state.is_over()
    }

    /// No build like this one was asked for it.
    pub(crate) fn is_foreign(&self) -> bool {
        self.folds != folds()
    }

    fn end(&self) -> String {
        if self.is_over() {
            return format!("is {}", self.state);
        }
        "has switched: it only deletes the old rows, and can no longer be cancelled".to_owned()
    }

    /// Whether the switch of a rebuild that waits for a decision would change money in a view.
    pub fn changes_money(&self) -> bool {
        let changes = self.result.as_ref().and_then(|result| result.get("changes_money"));
        changes.and_then(Value::as_bool).unwrap_or(false)
    }
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Rebuild, Self::Verification];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rebuild => "rebuild",
            Self::Verification => "verification",
        }
    }
}

impl State {
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Running, Self::Ready, Self::Done, Self::Failed, Self::Cancelled];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Ready => "ready",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// A word that names no kind or state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such word")]
pub struct UnknownWord;

impl FromStr for Kind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownWord)
    }
}

impl FromStr for State {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownWord)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The folds of this build, as a job keeps them.
fn folds() -> String {
    append_function().fold_set
}

/// Asks for a job, which a serving node begins within a second or two.
pub async fn ask(ledger: &Ledger, wish: Wish, asked_by: &str) -> Result<Job, JobError> {
    ask_in(&mut *ledger.pool().acquire().await?, ledger, wish, asked_by).await
}

/// The same on a connection, within whose transaction it is asked for.
pub async fn ask_in(
    conn: &mut PgConnection,
    ledger: &Ledger,
    wish: Wish,
    asked_by: &str,
) -> Result<Job, JobError> {
    let wish = wish.normal()?;
    if let Wish::Rebuild { views, preview: false, accept_differences: false } = &wish {
        require_newest(conn, ledger.book(), views).await?;
    }
    // What was in the way may have ended at this very moment, or be what nobody goes on with.
    let mut replaces_begun = false;
    for _ in 0..ASKED_MAX {
        match insert(conn, ledger, &wish, asked_by, replaces_begun).await? {
            Ok(job) => return Ok(job),
            Err(None) => {}
            Err(Some(other)) => {
                let Some(was_begun) = replace(conn, ledger, other, &wish).await? else {
                    let other = find_in(conn, ledger, other).await?;
                    return Err(JobError::AlreadyRunning(Box::new(other)));
                };
                replaces_begun |= was_begun;
            }
        }
    }
    Err(sqlx::Error::RowNotFound.into())
}

/// Rows of an older fold are for whoever says that they are meant: readers have better ones.
async fn require_newest(
    conn: &mut PgConnection,
    book: BookId,
    views: &[String],
) -> Result<(), JobError> {
    let head = read_head(conn, book).await?;
    let ours = projections();
    for live in head.projections.iter().filter(|live| views.contains(&live.name)) {
        let here = ours.iter().find(|state| state.name == live.name);
        if let Some(here) = here.filter(|here| here.fold_version < live.fold_version) {
            let (name, live, ours) = (here.name.clone(), live.fold_version, here.fold_version);
            return Err(JobError::OlderFold { name, live, ours });
        }
    }
    Ok(())
}

/// Writes a job down, if no other is at the same things; otherwise says which is, if it still is.
async fn insert(
    conn: &mut PgConnection,
    ledger: &Ledger,
    wish: &Wish,
    asked_by: &str,
    replaces_begun: bool,
) -> Result<Result<Job, Option<Uuid>>, JobError> {
    let book = ledger.book();
    let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
    let mut tx = conn.begin().await?;
    sqlx::query(include_str!("jobs/sql/insert_job.sql"))
        .bind(book)
        .bind(id)
        .bind(wish.kind().as_str())
        .bind(serde_json::to_string(wish)?)
        .bind(folds())
        .bind(asked_by)
        .bind(replaces_begun)
        .execute(&mut *tx)
        .await?;
    let subjects = wish.subjects();
    let taken = sqlx::query(include_str!("jobs/sql/insert_subjects.sql"))
        .bind(book)
        .bind(id)
        .bind(&subjects)
        .execute(&mut *tx)
        .await?
        .rows_affected();
    if usize::try_from(taken) != Ok(subjects.len()) {
        tx.rollback().await?;
        let other: Option<Uuid> = sqlx::query_scalar(include_str!("jobs/sql/find_at_subjects.sql"))
            .bind(book)
            .bind(&subjects)
            .fetch_optional(&mut *conn)
            .await?;
        return Ok(Err(other));
    }
    if let Wish::Rebuild { views, .. } = wish
        && let Err(error) = room::check(&mut tx, ledger, Some(id), views).await
    {
        tx.rollback().await?;
        return Err(error);
    }
    let job = row::read(&mut tx, book, id).await?.ok_or(JobError::NotFound(id))?;
    tx.commit().await?;
    Ok(Ok(job))
}

/// Ends a job of another build that nobody has worked at lately, if the one that is asked for sweeps
/// what it wrote. Answers whether it had begun; nothing, if it is to be left.
async fn replace(
    conn: &mut PgConnection,
    ledger: &Ledger,
    other: Uuid,
    wish: &Wish,
) -> Result<Option<bool>, JobError> {
    let failure = serde_json::json!({
        "code": "other-build",
        "text": "another build of daftar began it, and this one was asked for the same",
    });
    let mut tx = conn.begin().await?;
    let replaced: Option<bool> = sqlx::query_scalar(include_str!("jobs/sql/replace_foreign.sql"))
        .bind(ledger.book())
        .bind(other)
        .bind(folds())
        .bind(REPLACED_AFTER_SECONDS)
        .bind(wish.subjects())
        .bind(failure.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    if replaced.is_some() {
        row::free_subjects(&mut tx, ledger.book(), other).await?;
    }
    tx.commit().await?;
    Ok(replaced)
}

/// A job, with all that came of it.
pub async fn find(ledger: &Ledger, id: Uuid) -> Result<Job, JobError> {
    find_in(&mut *ledger.pool().acquire().await?, ledger, id).await
}

/// The same on a connection.
pub async fn find_in(conn: &mut PgConnection, ledger: &Ledger, id: Uuid) -> Result<Job, JobError> {
    row::read(conn, ledger.book(), id).await?.ok_or(JobError::NotFound(id))
}

/// The book's jobs, the last that was asked for first, each without its result.
pub async fn list(ledger: &Ledger, filter: Filter) -> Result<Vec<Job>, JobError> {
    list_in(&mut *ledger.pool().acquire().await?, ledger, filter).await
}

/// The same on a connection.
pub async fn list_in(
    conn: &mut PgConnection,
    ledger: &Ledger,
    filter: Filter,
) -> Result<Vec<Job>, JobError> {
    row::list(conn, ledger.book(), filter).await
}

/// Asks for a job to end before it is done. One that nobody has begun ends at once; any other ends
/// after the step it is at, once what it wrote is deleted.
pub async fn cancel(ledger: &Ledger, id: Uuid, asked_by: &str) -> Result<Job, JobError> {
    cancel_in(&mut *ledger.pool().acquire().await?, ledger, id, asked_by).await
}

/// The same on a connection, within whose transaction it is asked for.
pub async fn cancel_in(
    conn: &mut PgConnection,
    ledger: &Ledger,
    id: Uuid,
    asked_by: &str,
) -> Result<Job, JobError> {
    let book = ledger.book();
    let mut tx = conn.begin().await?;
    let job = row::lock(&mut tx, book, id).await?.ok_or(JobError::NotFound(id))?;
    if job.is_over() || row::is_switched(&mut tx, book, id).await? {
        return Err(JobError::Over(Box::new(job)));
    }
    sqlx::query(include_str!("jobs/sql/cancel_job.sql"))
        .bind(book)
        .bind(id)
        .bind(asked_by)
        .execute(&mut *tx)
        .await?;
    if job.state == State::Waiting && job.begun_at.is_none() {
        sqlx::query(include_str!("jobs/sql/end_unbegun.sql"))
            .bind(book)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        row::free_subjects(&mut tx, book, id).await?;
    }
    let job = row::read(&mut tx, book, id).await?.ok_or(JobError::NotFound(id))?;
    tx.commit().await?;
    Ok(job)
}

/// Lets a job that is ready go on to its switch.
pub async fn decide(
    ledger: &Ledger,
    id: Uuid,
    accept_differences: bool,
    by: &str,
) -> Result<Job, JobError> {
    decide_in(&mut *ledger.pool().acquire().await?, ledger, id, accept_differences, by).await
}

/// The same on a connection, within whose transaction it is decided.
pub async fn decide_in(
    conn: &mut PgConnection,
    ledger: &Ledger,
    id: Uuid,
    accept_differences: bool,
    by: &str,
) -> Result<Job, JobError> {
    let book = ledger.book();
    let mut tx = conn.begin().await?;
    let job = row::lock(&mut tx, book, id).await?.ok_or(JobError::NotFound(id))?;
    if job.is_over() {
        return Err(JobError::Over(Box::new(job)));
    }
    if job.state != State::Ready || job.cancel_asked {
        return Err(JobError::NotReady(Box::new(job)));
    }
    if job.folds != folds() {
        return Err(JobError::OtherBuild { job: Box::new(job), ours: folds() });
    }
    if job.changes_money() && !accept_differences {
        return Err(JobError::DifferencesNotAccepted(Box::new(job)));
    }
    sqlx::query(include_str!("jobs/sql/decide_job.sql"))
        .bind(book)
        .bind(id)
        .bind(accept_differences)
        .bind(by)
        .execute(&mut *tx)
        .await?;
    let job = row::read(&mut tx, book, id).await?.ok_or(JobError::NotFound(id))?;
    tx.commit().await?;
    Ok(job)
}
