//! A repair: rows of views that are not what the fold makes of the events are written anew, by that
//! same fold, with a record of what stood there.
//!
//! It is an append with no events. A stream's events and rows are read in one moment, and what is to be
//! written is only if the book's head has not moved since; in a book that moves all the time the head
//! is held, as a writer does it. Where it cannot be told what a row ought to be, it stays as it is:
//! when an event is not the one that was chained, or is gone, or cannot be folded. Lines of the
//! journal, which money is counted by, are never touched.

use chrono::{DateTime, Utc};
use eventstore::{
    BookId, FORMAT_READER, FORMAT_WRITER, Head, HeadError, Position, Revision, is_connection_lost,
    lock_head, read_head,
};
use serde::Serialize;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::fit::fit;
use crate::whole::Quarantined;

mod fold;
mod look;
mod target;

pub use target::{Target, targets};

use fold::Folding;
use look::Wrong;

/// How often a moved head is followed before it is held.
const ATTEMPTS_FREE: u32 = 3;
/// Writers wait no longer than this for what else is locked.
const LOCK_MAX: &str = "set local lock_timeout = '5s'";
/// A moment that locks nothing.
const SNAPSHOT: &str = "begin isolation level repeatable read, read only";

/// A row that was written anew.
#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct Repair {
    pub id: Uuid,
    /// The revision that it made.
    pub revision: Revision,
    pub view: String,
    pub key: Value,
    /// What stood there; none where there was no row.
    pub before: Option<Value>,
    /// What stands there since; none where there is no row.
    pub after: Option<Value>,
    /// Everything up to here was folded.
    pub position: Position,
    pub at: DateTime<Utc>,
    pub by: String,
}

/// What became of a stream's rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// They are what the fold makes of its events; these were not.
    Whole(Vec<Repair>),
    /// The stream cannot be folded: they stay as they are.
    Quarantined(Quarantined),
    /// It cannot be told what they ought to be: they stay as they are.
    Doubtful(String),
}

#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    #[error(transparent)]
    Head(#[from] HeadError),
    #[error("book {0} is in a format, or has folds, that are not those of this build")]
    NotOurs(BookId),
    #[error("could not repair rows of book {book}")]
    Database {
        book: BookId,
        #[source]
        cause: sqlx::Error,
    },
}

impl RepairError {
    fn database(book: BookId) -> impl Fn(sqlx::Error) -> Self + Copy {
        move |cause| Self::Database { book, cause }
    }

    /// Whether it is the connection that is gone, and not the rows that are to blame.
    pub fn is_connection_lost(&self) -> bool {
        match self {
            Self::Database { cause, .. } | Self::Head(HeadError::Database { cause, .. }) => {
                is_connection_lost(cause)
            }
            Self::Head(_) | Self::NotOurs(_) => false,
        }
    }
}

/// Makes the rows of a stream what the fold makes of its events, and records what stood there.
pub async fn repair(
    conn: &mut PgConnection,
    book: BookId,
    target: &Target,
    by: &str,
    at: DateTime<Utc>,
) -> Result<Outcome, RepairError> {
    for _ in 0..ATTEMPTS_FREE {
        if let Some(outcome) = attempt(conn, book, target, by, at).await? {
            return Ok(outcome);
        }
    }
    attempt_locked(conn, book, target, by, at).await
}

/// The latest repairs first; those before one, if it is given.
pub async fn page(
    conn: &mut PgConnection,
    book: BookId,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Repair>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/repair/page_repairs.sql"))
        .bind(book)
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
}

/// Looks in a moment that nobody notices, and writes if the head is still where it was; nothing if it
/// has moved.
async fn attempt(
    conn: &mut PgConnection,
    book: BookId,
    target: &Target,
    by: &str,
    at: DateTime<Utc>,
) -> Result<Option<Outcome>, RepairError> {
    let database = RepairError::database(book);
    let folding = Folding::ahead(conn, book, &target.stream).await.map_err(database)?;
    let mut tx = conn.begin_with(SNAPSHOT).await.map_err(database)?;
    let head = ours(read_head(&mut tx, book).await?)?;
    let looked = look::look(&mut tx, &head, target, folding).await.map_err(database)?;
    tx.rollback().await.map_err(database)?;
    let wrong = match looked {
        Ok(wrong) if wrong.is_empty() => return Ok(Some(Outcome::Whole(Vec::new()))),
        Ok(wrong) => wrong,
        Err(outcome) => return Ok(Some(outcome)),
    };
    let mut tx = conn.begin().await.map_err(database)?;
    sqlx::query(LOCK_MAX).execute(&mut *tx).await.map_err(database)?;
    let Some(repairs) = write(&mut tx, &head, wrong, by, at).await? else {
        tx.rollback().await.map_err(database)?;
        return Ok(None);
    };
    tx.commit().await.map_err(database)?;
    Ok(Some(Outcome::Whole(repairs)))
}

/// The same while the head is held: only what came since the stream was folded is folded then.
async fn attempt_locked(
    conn: &mut PgConnection,
    book: BookId,
    target: &Target,
    by: &str,
    at: DateTime<Utc>,
) -> Result<Outcome, RepairError> {
    let database = RepairError::database(book);
    let folding = Folding::ahead(conn, book, &target.stream).await.map_err(database)?;
    let mut tx = conn.begin().await.map_err(database)?;
    sqlx::query(LOCK_MAX).execute(&mut *tx).await.map_err(database)?;
    let head = ours(lock_head(&mut tx, book).await?)?;
    let looked = look::look(&mut tx, &head, target, folding).await.map_err(database)?;
    let wrong = match looked {
        Ok(wrong) => wrong,
        Err(outcome) => {
            tx.rollback().await.map_err(database)?;
            return Ok(outcome);
        }
    };
    let Some(repairs) = write(&mut tx, &head, wrong, by, at).await? else {
        let cause = sqlx::Error::Protocol("the head moved although it was held".to_owned());
        return Err(database(cause));
    };
    tx.commit().await.map_err(database)?;
    Ok(Outcome::Whole(repairs))
}

fn ours(head: Head) -> Result<Head, RepairError> {
    if head.is_understood() && fit(&head.fold_set).is_ok() {
        Ok(head)
    } else {
        Err(RepairError::NotOurs(head.book))
    }
}

/// Writes what is wrong anew, view by view; nothing if the head has moved.
async fn write(
    conn: &mut PgConnection,
    head: &Head,
    wrong: Vec<Wrong>,
    by: &str,
    at: DateTime<Utc>,
) -> Result<Option<Vec<Repair>>, RepairError> {
    let database = RepairError::database(head.book);
    let mut revision = head.revision;
    for Wrong { view, key, keys, bind } in wrong {
        let keys = Value::Array(keys.into_iter().map(|(_, key)| key).collect());
        // Not kept: what it takes last is of another type for each view.
        let call = sqlx::query(include_str!("sql/repair/call_repair.sql"))
            .persistent(false)
            .bind(head.book)
            .bind(revision)
            .bind(FORMAT_READER)
            .bind(FORMAT_WRITER)
            .bind(head.fold_set.clone())
            .bind(head.position)
            .bind(head.hash.as_bytes().to_vec())
            .bind(head.recorded_at)
            .bind(at)
            .bind(by.to_owned())
            .bind(view)
            .bind(key)
            .bind(keys.to_string());
        let answered = bind(call).fetch_one(&mut *conn).await;
        let answer: String =
            answered.and_then(|row| sqlx::Row::try_get(&row, 0)).map_err(database)?;
        match answer.as_str() {
            "ok" => revision = revision.next(),
            "moved" => return Ok(None),
            // Readers see other rows now, or another build writes them.
            _ => return Err(RepairError::NotOurs(head.book)),
        }
    }
    let repairs = sqlx::query_as(include_str!("sql/repair/of_revisions.sql"))
        .bind(head.book)
        .bind(head.revision)
        .bind(revision)
        .fetch_all(conn)
        .await;
    Ok(Some(repairs.map_err(database)?))
}
