//! Stopped books: nothing is added to them by anyone, until a person lets them go on.
//!
//! A book is stopped by whoever finds that its log is not what was chained, and by a person. It is the
//! head that stops: from the moment that [`stop`] commits, whatever would move it breaks a check and
//! writes nothing, on every node and in every build. What is committed can be read as before.

use chrono::{DateTime, Utc};
use eventstore::verify::{Follower, VerifyError};
use eventstore::{BookId, Head, Position, read};
use projections::{Check, Finding};
use serde::Serialize;
use sqlx::PgConnection;
use tracing::{error, info};

/// The code of a refusal by such a book.
pub const STOPPED: &str = "book-stopped";
/// The name of the check that keeps the head where it is.
const CHECK: &str = "books_stopped";
/// How long the reasons may be that are kept.
const WHY_CHARS_MAX: usize = 2_000;
/// How many findings are kept of one stop, and how many former stops are listed.
const LIST_MAX: usize = 1_000;
/// How many events are looked at in one piece.
const PAGE: u32 = 5_000;

/// A book that takes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Stopped {
    /// One line for people.
    pub why: String,
    /// What was found in the log, as a verification says it; nothing if a person stopped it.
    pub findings: Vec<String>,
    pub since: DateTime<Utc>,
    /// A person by name, or a [`Finder`].
    pub by: String,
}

/// A book that was stopped, and who let it go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Resumed {
    #[sqlx(flatten)]
    pub stopped: Stopped,
    pub resumed_at: DateTime<Utc>,
    pub resumed_by: String,
    pub reason: String,
}

/// Who finds that a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finder {
    Verification,
    Scrubber,
    /// A node that took in what other nodes had committed.
    Writer,
}

/// What became of a wish to stop a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Stopped,
    /// It was stopped before; what was found now is kept as well.
    Already,
    /// All of it was found before, and somebody let the book go on all the same.
    Known,
}

impl Finder {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::Scrubber => "scrubber",
            Self::Writer => "writer",
        }
    }
}

/// Whether a finding is about the log itself: an event or the head is not what was chained, or
/// something is missing. Rows of views that differ stop no book.
pub fn is_of_chain(finding: &Finding) -> bool {
    match finding.check {
        Check::Chain => true,
        Check::Head => {
            matches!(finding.column.as_deref(), Some("uuid" | "hash" | "position"))
        }
        Check::Guard
        | Check::FoldSet
        | Check::Quarantined
        | Check::MissingRow
        | Check::ExtraRow
        | Check::Column
        | Check::Generation
        | Check::Snapshot
        | Check::TrialBalance
        | Check::NegativeBalance
        | Check::AccountBalance
        | Check::FinishedOrder
        | Check::Number
        | Check::Command
        | Check::CommandPosition
        | Check::PersonalData => false,
    }
}

/// Stops a book by a person's hand. Once this commits, nothing is added by anyone.
pub async fn stop(
    conn: &mut PgConnection,
    book: BookId,
    why: &str,
    by: &str,
) -> Result<Done, sqlx::Error> {
    let done = stop_book(conn, book, why, &[], by).await?;
    if done == Done::Stopped {
        error!(%book, why, by, "the book is stopped: nothing is added to it until it is resumed");
    }
    Ok(done)
}

/// Stops a book for what was found in its log, if any of this is about it and is news. Whatever else
/// was found is left out.
pub async fn stop_for<'a>(
    conn: &mut PgConnection,
    book: BookId,
    findings: impl IntoIterator<Item = &'a Finding>,
    by: Finder,
) -> Result<Option<Done>, sqlx::Error> {
    let broken = findings.into_iter().filter(|finding| is_of_chain(finding));
    let broken: Vec<String> =
        broken.take(LIST_MAX).map(|finding| kept(&finding.to_string())).collect();
    let Some(first) = broken.first() else { return Ok(None) };
    let why = match broken.len() {
        1 => format!("the chain is broken: {first}"),
        count => format!("the chain is broken in {count} places, the first: {first}"),
    };
    let done = stop_book(conn, book, &why, &broken, by.as_str()).await?;
    if done == Done::Stopped {
        error!(
            %book, why, by = by.as_str(),
            "the chain is broken, and the book is stopped: nothing is added to it until it is resumed"
        );
    }
    Ok(Some(done))
}

async fn stop_book(
    conn: &mut PgConnection,
    book: BookId,
    why: &str,
    findings: &[String],
    by: &str,
) -> Result<Done, sqlx::Error> {
    let done: String = sqlx::query_scalar(include_str!("stopped/sql/stop_book.sql"))
        .bind(book)
        .bind(kept(why))
        .bind(findings)
        .bind(by)
        .fetch_one(conn)
        .await?;
    match done.as_str() {
        "stopped" => Ok(Done::Stopped),
        "already" => Ok(Done::Already),
        "known" => Ok(Done::Known),
        other => Err(sqlx::Error::Protocol(format!("stop_book answered {other:?}"))),
    }
}

/// Why a book is stopped, if it is.
pub async fn state(conn: &mut PgConnection, book: BookId) -> Result<Option<Stopped>, sqlx::Error> {
    sqlx::query_as(include_str!("stopped/sql/read_stopped.sql"))
        .bind(book)
        .fetch_optional(conn)
        .await
}

/// When a book was stopped before, the last time first.
pub async fn history(conn: &mut PgConnection, book: BookId) -> Result<Vec<Resumed>, sqlx::Error> {
    sqlx::query_as(include_str!("stopped/sql/list_resumed.sql"))
        .bind(book)
        .bind(i64::try_from(LIST_MAX).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await
}

/// Lets a book go on; false when it was not stopped. What it was stopped for stops it no more.
pub async fn resume(
    conn: &mut PgConnection,
    book: BookId,
    by: &str,
    reason: &str,
) -> Result<bool, sqlx::Error> {
    let is_resumed: bool = sqlx::query_scalar(include_str!("stopped/sql/resume_book.sql"))
        .bind(book)
        .bind(by)
        .bind(kept(reason))
        .fetch_one(conn)
        .await?;
    if is_resumed {
        info!(%book, by, reason, "the book is resumed");
    }
    Ok(is_resumed)
}

/// Whether the database refused to move the head of a stopped book.
pub(crate) fn is_refusal(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.constraint() == Some(CHECK))
}

/// What is wrong with the log between a position whose hash is believed and this head.
pub(crate) async fn look(
    conn: &mut PgConnection,
    head: &Head,
    from: Position,
) -> Result<Vec<Finding>, VerifyError> {
    let mut follower = Follower::start(conn, head.book, head.uuid, from).await?;
    let mut findings = Vec::new();
    loop {
        let events = read::after(conn, head.book, follower.position(), PAGE).await?;
        if events.is_empty() {
            break;
        }
        let found = follower.follow(conn, &events).await?;
        findings.extend(found.iter().map(Finding::of_log));
    }
    let last = follower.position();
    let wrong = |column: &str, expected: String, found: String| {
        let finding = Finding::new(Check::Head, "book").in_column(column);
        finding.expected(expected).found(found).at(last)
    };
    if last != head.position {
        findings.push(wrong("position", last.to_string(), head.position.to_string()));
    } else if follower.hash() != head.hash {
        findings.push(wrong("hash", follower.hash().to_string(), head.hash.to_string()));
    }
    Ok(findings)
}

/// What the table takes of a text: no NUL, and no more than is of use.
fn kept(text: &str) -> String {
    text.chars().filter(|letter| *letter != '\0').take(WHY_CHARS_MAX).collect()
}
