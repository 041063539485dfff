//! Taking a job: the one that was just asked for, one by its id, or whichever waits.

use projections::projections;
use serde_json::json;
use sqlx::{Acquire as _, PgConnection};
use tracing::warn;
use uuid::Uuid;

use super::lease::{Claim, LEASE_SECONDS};
use super::{Job, JobError, Wish, ask_in, folds, row};
use crate::ledger::Ledger;

/// How often a job is taken up without a step's being done, before it is given up.
const ATTEMPTS_MAX: i32 = 5;
/// What another build began, and has not looked at for so long, is cancelled.
const FOREIGN_SECONDS: i32 = 24 * 60 * 60;

/// A job that this process is to work at. It has to begin within the time of a claim, or another
/// takes it.
#[derive(Debug)]
pub struct Held {
    pub(super) ledger: Ledger,
    pub(super) claim: Claim,
    pub(super) job: Job,
}

impl Held {
    /// The job as it was taken.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Leaves it to whoever comes next.
    pub async fn release(self) -> Result<(), JobError> {
        release(&mut *self.ledger.pool().acquire().await?, self.claim).await?;
        Ok(())
    }
}

/// Asks for a job that this process works at itself: no other node can take it before.
pub async fn begin(ledger: &Ledger, wish: Wish, asked_by: &str) -> Result<Held, JobError> {
    let mut conn = ledger.pool().acquire().await?;
    let mut tx = conn.begin().await?;
    let job = ask_in(&mut tx, ledger, wish, asked_by).await?;
    let held = take_in(&mut tx, ledger, Some(job.id)).await?;
    tx.commit().await?;
    held.ok_or(JobError::NotFound(job.id))
}

/// Takes a job that nobody works at: this one, or whichever was asked for first.
pub(super) async fn take(ledger: &Ledger, id: Option<Uuid>) -> Result<Option<Held>, JobError> {
    take_in(&mut *ledger.pool().acquire().await?, ledger, id).await
}

async fn take_in(
    conn: &mut PgConnection,
    ledger: &Ledger,
    id: Option<Uuid>,
) -> Result<Option<Held>, JobError> {
    let book = ledger.book();
    let claim = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
    let undecided = json!({
        "code": "not-decided",
        "text": "nobody decided about its differences within a day",
    });
    let foreign = json!({
        "code": "other-build",
        "text": "another build of daftar began it and was not seen for a day",
    });
    let gave_up = json!({
        "code": "gave-up",
        "text": format!("whoever worked at it was gone {ATTEMPTS_MAX} times without a step done"),
    });
    let known: Vec<String> = projections().into_iter().map(|state| state.name).collect();
    let taken: Option<Uuid> = sqlx::query_scalar(include_str!("sql/claim_job.sql"))
        .bind(book)
        .bind(id)
        .bind(claim)
        .bind(LEASE_SECONDS)
        .bind(folds())
        .bind(FOREIGN_SECONDS)
        .bind(undecided.to_string())
        .bind(foreign.to_string())
        .bind(gave_up.to_string())
        .bind(ATTEMPTS_MAX)
        .bind(known)
        .fetch_optional(&mut *conn)
        .await?;
    let Some(taken) = taken else { return Ok(None) };
    let job = row::read(conn, book, taken).await?.ok_or(JobError::NotFound(taken))?;
    let claim = Claim { book, job: taken, id: claim };
    Ok(Some(Held { ledger: ledger.clone(), claim, job }))
}

/// Whoever comes next may take it at once.
pub(super) async fn release(conn: &mut PgConnection, claim: Claim) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/release_claim.sql"))
        .bind(claim.book)
        .bind(claim.job)
        .bind(claim.id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Releases it if the database can be reached; otherwise its claim runs out by itself.
pub(super) async fn try_release(ledger: &Ledger, claim: Claim) {
    let released = async { release(&mut *ledger.pool().acquire().await?, claim).await };
    if let Err(error) = released.await {
        warn!(%error, job = %claim.job, "a job could not be left to others; they wait half a minute");
    }
}
