//! Working at a job to its end, or until it is to be left to others.

use std::convert::Infallible;
use std::time::Duration;

use serde::Serialize;
use sqlx::{Acquire as _, PgConnection};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::claim::{Held, take, try_release};
use super::lease::{Claim, LEASE_SECONDS, Lease};
use super::{Failure, Job, JobError, Kind, State, find, folds, rebuild, row, verification};
use crate::ledger::Ledger;
use crate::personal::Vault;
use crate::stopped;

/// How often a claim is renewed while one step takes long.
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// How long a step may take to end once it is to stop.
const STOP_MAX: Duration = Duration::from_secs(5);
/// How often it is looked what another process does.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a job that is ready waits for a decision.
const READY_SECONDS: i32 = 24 * 60 * 60;

/// How a process works at jobs.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What opens personal data; without it, its digests are not verified.
    pub vault: Option<Vault>,
    /// Cancelled, the work stops after the step it is at and is left to others.
    pub stop: CancellationToken,
}

/// Why the work ended before the job did.
#[derive(Debug)]
pub(super) enum Broken {
    /// Somebody asked for the end.
    Cancelled,
    /// It cannot be done.
    Refused(Failure),
    /// Another process has taken it over, or it is to stop.
    Lost,
    /// The database went away in the midst of it.
    Away(sqlx::Error),
    /// The row itself cannot be read or written.
    Job(JobError),
}

/// What the work came to.
#[derive(Debug)]
pub(super) enum Made {
    Done(Told),
    /// Somebody is to decide.
    Ready(Told),
}

/// A result, and the same in one line.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) summary: String,
    pub(super) result: String,
}

impl Told {
    pub(super) fn new(summary: String, result: &impl Serialize) -> Result<Self, Broken> {
        let result = serde_json::to_string(result).map_err(|error| Broken::Job(error.into()))?;
        Ok(Self { summary, result })
    }
}

impl From<sqlx::Error> for Broken {
    fn from(error: sqlx::Error) -> Self {
        if is_passing(&error) { Self::Away(error) } else { Self::refused("internal", &error) }
    }
}

impl From<JobError> for Broken {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Database(error) => error.into(),
            error @ JobError::NotEnoughRoom { .. } => Self::refused("not-enough-room", &error),
            // Another look at it would find the same.
            error @ JobError::Stored(_) => Self::refused("internal", &error),
            JobError::Room(error) => error.into(),
            error @ (JobError::UnknownView { .. }
            | JobError::NotFound(_)
            | JobError::AlreadyRunning(_)
            | JobError::NotReady(_)
            | JobError::Over(_)
            | JobError::DifferencesNotAccepted(_)
            | JobError::OtherBuild { .. }
            | JobError::OlderFold { .. }
            | JobError::Head(_)) => Self::Job(error),
        }
    }
}

impl Broken {
    pub(super) fn refused(code: &str, error: &dyn std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self::Refused(Failure { code: code.to_owned(), text, details: serde_json::Value::Null })
    }
}

/// Whether the same may well succeed in a moment: the connection or the server went away, or two
/// transactions were in each other's way.
fn is_passing(error: &sqlx::Error) -> bool {
    if stopped::is_refusal(error) {
        // It waits for the book to be resumed.
        return true;
    }
    if let Some(error) = error.as_database_error() {
        return error.code().is_some_and(|code| {
            // Connections and too many of them, shutdowns, timeouts in transactions, serialization
            // and deadlocks.
            ["08", "53300", "57P", "25P03", "40", "55P03"]
                .iter()
                .any(|class| code.starts_with(class))
        });
    }
    matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
    )
}

/// Works at a job until it has ended, waits for a decision, or `options.stop` says so. One that
/// another process works at is followed, and taken over when that process is gone. `told` is told of
/// every step.
pub async fn work(
    ledger: &Ledger,
    options: &Options,
    id: Uuid,
    mut told: impl FnMut(&Job) + Send,
) -> Result<Job, JobError> {
    loop {
        if let Some(held) = take(ledger, Some(id)).await? {
            match held.work(options, &mut told).await? {
                Some(job) => return Ok(job),
                // Another has taken it over.
                None => continue,
            }
        }
        let job = find(ledger, id).await?;
        if job.is_over() || job.state == State::Ready && !job.cancel_asked {
            return Ok(job);
        }
        if job.folds != folds() && !job.is_held && !job.cancel_asked {
            return Err(JobError::OtherBuild { job: Box::new(job), ours: folds() });
        }
        told(&job);
        tokio::select! {
            () = options.stop.cancelled() => return Ok(job),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

impl Held {
    /// Works at it; answers the job as it stands afterwards, or nothing if another has taken it over.
    pub async fn work(
        self,
        options: &Options,
        told: &mut (dyn FnMut(&Job) + Send),
    ) -> Result<Option<Job>, JobError> {
        let Self { ledger, claim, mut job } = self;
        let (id, kind) = (job.id, job.kind());
        info!(job = %id, %kind, by = job.asked_by, resumed = job.progress.is_some(), "a job begins");
        told(&job);
        let lease = Lease { claim, job: &mut job, stop: &options.stop, told, is_ending: false };
        let _running = ledger.metrics().job_running(kind);
        let ended = tokio::select! {
            ended = Box::pin(run(&ledger, options, lease)) => ended,
            lost = renew(&ledger, claim) => match lost {},
            () = late(&options.stop) => Err(Broken::Lost),
        };
        match ended {
            Ok(()) | Err(Broken::Cancelled) => {}
            Err(Broken::Lost) if options.stop.is_cancelled() => {
                info!(job = %id, %kind, "a job stops, and can be resumed");
                try_release(&ledger, claim).await;
            }
            Err(Broken::Lost) => {
                warn!(job = %id, %kind, "another process has taken a job over");
                return Ok(None);
            }
            Err(Broken::Away(error)) => {
                warn!(%error, job = %id, %kind, "a job stops: the database is away");
                try_release(&ledger, claim).await;
                return Err(error.into());
            }
            // Its claim is left to run out: at once it would go wrong again.
            Err(Broken::Job(error)) => {
                warn!(%error, job = %id, %kind, "a job cannot be gone on with");
                return Err(error);
            }
            // What came of the job is settled; what is left of it could not be deleted. Its claim is
            // left to run out, after which that is tried again.
            Err(Broken::Refused(failure)) => {
                error!(error = failure.text, job = %id, %kind, "what a job wrote could not be deleted");
            }
        }
        let job = find(&ledger, id).await?;
        told(&job);
        Ok(Some(job))
    }
}

/// Does what is left to do, and settles what came of it.
async fn run(ledger: &Ledger, options: &Options, mut lease: Lease<'_>) -> Result<(), Broken> {
    let mut conn = ledger.connect_to_work().await?;
    let Claim { book, job, .. } = lease.claim;
    // Readers see what it built: nothing is left but to delete the old rows, whoever wants otherwise.
    let is_switched = row::is_switched(&mut conn, book, job).await?;
    let made = if is_switched {
        make(&mut conn, ledger, options, &mut lease).await
    } else if lease.job.cancel_asked {
        Err(Broken::Cancelled)
    } else if let Some(failure) = lease.job.failure.clone() {
        Err(Broken::Refused(failure))
    } else {
        make(&mut conn, ledger, options, &mut lease).await
    };
    let (state, told) = match made {
        Ok(Made::Done(told)) => (State::Done, told),
        Ok(Made::Ready(told)) => return ready(&mut conn, lease, told).await,
        Err(Broken::Cancelled) => (State::Cancelled, undo(ledger, &mut lease).await?),
        Err(Broken::Refused(failure)) => {
            note(ledger, lease.claim, &failure).await?;
            (State::Failed, undo(ledger, &mut lease).await?)
        }
        Err(other) => return Err(other),
    };
    end(&mut conn, lease.claim, lease.job.kind(), state, told).await
}

async fn make(
    conn: &mut PgConnection,
    ledger: &Ledger,
    options: &Options,
    lease: &mut Lease<'_>,
) -> Result<Made, Broken> {
    match lease.job.kind() {
        Kind::Rebuild => Box::pin(rebuild::make(conn, ledger, lease)).await,
        Kind::Verification => Box::pin(verification::make(conn, ledger, options, lease)).await,
    }
}

/// Takes back what a job wrote that will not be finished. On a connection of its own: the other may
/// be in the midst of what went wrong.
async fn undo(ledger: &Ledger, lease: &mut Lease<'_>) -> Result<Told, Broken> {
    let mut conn = ledger.connect_to_work().await?;
    let swept = match lease.job.kind() {
        Kind::Rebuild => Box::pin(rebuild::undo(&mut conn, ledger, lease)).await?,
        Kind::Verification => 0,
    };
    let now = row::read(&mut conn, lease.claim.book, lease.claim.job).await?;
    let why = match now.map(|now| (now.failure, now.cancel_asked_by)) {
        Some((Some(failure), None)) => failure.text,
        Some((_, Some(person))) => format!("cancelled by {person}"),
        Some((None, None)) | None => "cancelled".to_owned(),
    };
    let summary = if swept > 0 { format!("{why}; {swept} rows swept") } else { why };
    Ok(Told { summary, result: "null".to_owned() })
}

/// What went wrong after the switch does not undo it: whoever takes the job up next ends it as done.
async fn note(ledger: &Ledger, claim: Claim, failure: &Failure) -> Result<(), Broken> {
    let mut conn = ledger.connect_to_work().await?;
    if row::is_switched(&mut conn, claim.book, claim.job).await? {
        return Err(Broken::Refused(failure.clone()));
    }
    let failure = serde_json::to_string(failure).map_err(|error| Broken::Job(error.into()))?;
    let noted = sqlx::query(include_str!("sql/note_failure.sql"))
        .bind(claim.book)
        .bind(claim.job)
        .bind(claim.id)
        .bind(failure)
        .execute(&mut conn)
        .await?;
    if noted.rows_affected() == 0 { Err(Broken::Lost) } else { Ok(()) }
}

async fn ready(conn: &mut PgConnection, lease: Lease<'_>, told: Told) -> Result<(), Broken> {
    let Claim { book, job, id } = lease.claim;
    let made = sqlx::query(include_str!("sql/make_ready.sql"))
        .bind(book)
        .bind(job)
        .bind(id)
        .bind(READY_SECONDS)
        .bind(&told.summary)
        .bind(&told.result)
        .execute(conn)
        .await?;
    if made.rows_affected() == 0 {
        return Err(Broken::Lost);
    }
    info!(%job, summary = told.summary, "a job waits for a decision");
    Ok(())
}

async fn end(
    conn: &mut PgConnection,
    claim: Claim,
    kind: Kind,
    state: State,
    told: Told,
) -> Result<(), Broken> {
    let Claim { book, job, id } = claim;
    let result = (told.result != "null").then_some(&told.result);
    let mut tx = conn.begin().await?;
    let ended = sqlx::query(include_str!("sql/end_job.sql"))
        .bind(book)
        .bind(job)
        .bind(id)
        .bind(state.as_str())
        .bind(&told.summary)
        .bind(result)
        .execute(&mut *tx)
        .await?;
    if ended.rows_affected() == 0 {
        tx.rollback().await?;
        return Err(Broken::Lost);
    }
    row::free_subjects(&mut tx, book, job).await?;
    tx.commit().await?;
    info!(%job, %kind, %state, summary = told.summary, "a job ends");
    Ok(())
}

/// Renews the claim while steps take long, whatever the database does meanwhile: whether it still
/// holds is for the steps to find out.
async fn renew(ledger: &Ledger, claim: Claim) -> Infallible {
    let mut conn: Option<PgConnection> = None;
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        let renewed = async {
            let mut own = match conn.take() {
                Some(own) => own,
                None => ledger.connect_to_work().await?,
            };
            sqlx::query(include_str!("sql/renew_claim.sql"))
                .bind(claim.book)
                .bind(claim.job)
                .bind(claim.id)
                .bind(LEASE_SECONDS)
                .execute(&mut own)
                .await?;
            Ok::<_, sqlx::Error>(own)
        };
        match renewed.await {
            Ok(own) => conn = Some(own),
            Err(error) => warn!(%error, job = %claim.job, "a job's claim could not be renewed"),
        }
    }
}

/// Ends once the work should have stopped by itself.
async fn late(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(STOP_MAX).await;
}
