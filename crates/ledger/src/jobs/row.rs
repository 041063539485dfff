//! A job's row.

use chrono::{DateTime, Utc};
use eventstore::BookId;
use serde::de::DeserializeOwned;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::{Filter, Job, JobError, LIST_MAX, State};

#[derive(FromRow)]
struct Row {
    job_id: Uuid,
    state: String,
    wish: String,
    folds: String,
    is_held: bool,
    progress: Option<String>,
    summary: Option<String>,
    result: Option<String>,
    failure: Option<String>,
    decision: Option<String>,
    cancel_asked: bool,
    cancel_asked_by: Option<String>,
    ready_until: Option<DateTime<Utc>>,
    asked_by: String,
    asked_at: DateTime<Utc>,
    begun_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

impl Row {
    fn into_job(self) -> Result<Job, JobError> {
        fn parsed<T: DeserializeOwned>(text: Option<String>) -> Result<Option<T>, JobError> {
            Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
        }
        let state = self.state.parse::<State>();
        Ok(Job {
            id: self.job_id,
            wish: serde_json::from_str(&self.wish)?,
            state: state.map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            is_held: self.is_held,
            progress: parsed(self.progress)?,
            summary: self.summary,
            result: parsed(self.result)?,
            failure: parsed(self.failure)?,
            decision: parsed(self.decision)?,
            cancel_asked: self.cancel_asked,
            cancel_asked_by: self.cancel_asked_by,
            ready_until: self.ready_until,
            asked_by: self.asked_by,
            asked_at: self.asked_at,
            begun_at: self.begun_at,
            ended_at: self.ended_at,
            folds: self.folds,
        })
    }
}

pub(super) async fn read(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
) -> Result<Option<Job>, JobError> {
    let row: Option<Row> = sqlx::query_as(include_str!("sql/read_job.sql"))
        .bind(book)
        .bind(id)
        .fetch_optional(conn)
        .await?;
    row.map(Row::into_job).transpose()
}

/// The same, and nobody changes it before the transaction ends.
pub(super) async fn lock(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
) -> Result<Option<Job>, JobError> {
    sqlx::query(include_str!("sql/lock_job.sql")).bind(book).bind(id).execute(&mut *conn).await?;
    read(conn, book, id).await
}

pub(super) async fn list(
    conn: &mut PgConnection,
    book: BookId,
    filter: Filter,
) -> Result<Vec<Job>, JobError> {
    let rows: Vec<Row> = sqlx::query_as(include_str!("sql/list_jobs.sql"))
        .bind(book)
        .bind(filter.kind.map(super::Kind::as_str))
        .bind(filter.state.map(State::as_str))
        .bind(filter.before)
        .bind(i64::from(filter.limit.unwrap_or(LIST_MAX).min(LIST_MAX)))
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(Row::into_job).collect()
}

/// Where the job was when it last kept it; none before its first step.
pub(super) async fn checkpoint<T: DeserializeOwned>(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
) -> Result<Option<T>, JobError> {
    let text: Option<String> = sqlx::query_scalar(include_str!("sql/read_checkpoint.sql"))
        .bind(book)
        .bind(id)
        .fetch_one(conn)
        .await?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// Whether readers see what a rebuild built. Whatever its checkpoint is, it does not fail here.
pub(super) async fn is_switched(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/is_switched.sql"))
        .bind(book)
        .bind(id)
        .fetch_one(conn)
        .await
}

/// Another job may work at the same things.
pub(super) async fn free_subjects(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/free_subjects.sql")).bind(book).bind(id).execute(conn).await?;
    Ok(())
}
