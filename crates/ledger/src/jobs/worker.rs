//! The worker of a serving node: takes the jobs that wait, and those whose process is gone.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::claim::take;
use super::lease::Claim;
use super::work::Options;
use super::{Failure, Job, JobError, State};
use crate::ledger::Ledger;
use crate::personal::Vault;

/// How many jobs a node works at: a long verification keeps no rebuild waiting.
const AT_ONCE: usize = 2;
/// How often it looks for one.
const EVERY: Duration = Duration::from_secs(1);
/// How long it waits after something went wrong.
const PAUSE: Duration = Duration::from_secs(5);
/// How often it looks how things stand, for those who watch.
const WATCH_EVERY: Duration = Duration::from_secs(15);
/// How often it looks for jobs that were kept long enough.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// For how many days a job that has ended is kept.
const KEPT_DAYS: i32 = 180;

/// A job that was worked at, and as it stood afterwards.
type Ended = (Uuid, Result<Option<Job>, JobError>);

struct Worker {
    ledger: Ledger,
    options: Options,
    working: JoinSet<Ended>,
    claims: BTreeMap<Id, Claim>,
    watched: Option<Instant>,
    swept: Option<Instant>,
}

/// Works at the book's jobs until it is told to stop; what is not done then is left to others.
pub async fn run(ledger: Ledger, vault: Vault, stop: CancellationToken) {
    let options = Options { vault: Some(vault), stop: stop.clone() };
    let mut worker = Worker {
        ledger,
        options,
        working: JoinSet::new(),
        claims: BTreeMap::new(),
        watched: None,
        swept: None,
    };
    let mut is_away = false;
    loop {
        let pause = match worker.round().await {
            Ok(()) => {
                is_away = false;
                EVERY
            }
            Err(error) => {
                if !std::mem::replace(&mut is_away, true) {
                    warn!(%error, "no jobs are done for now");
                }
                PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    while let Some(done) = worker.working.join_next_with_id().await {
        worker.ended(done).await.ok();
    }
}

impl Worker {
    async fn round(&mut self) -> Result<(), JobError> {
        let mut result = Ok(());
        while let Some(done) = self.working.try_join_next_with_id() {
            result = result.and(self.ended(done).await);
        }
        result?;
        while self.working.len() < AT_ONCE {
            let Some(held) = take(&self.ledger, None).await? else { break };
            let (id, claim, options) = (held.job.id, held.claim, self.options.clone());
            let task = self.working.spawn(async move {
                let worked = Box::pin(held.work(&options, &mut |_| {})).await;
                (id, worked)
            });
            self.claims.insert(task.id(), claim);
        }
        self.watch().await?;
        self.sweep().await
    }

    /// Looks what came of a task. One that broke off would break off again.
    async fn ended(&mut self, done: Result<(Id, Ended), JoinError>) -> Result<(), JobError> {
        let broken = match done {
            Ok((task, (id, worked))) => {
                self.claims.remove(&task);
                let worked = worked.inspect_err(|error| warn!(%error, job = %id, "a job was left"));
                if let Some(Job { state: State::Failed, wish, summary, .. }) = worked? {
                    // Whoever asked for it elsewhere is told by the job alone.
                    warn!(job = %id, kind = %wish.kind(), summary, "a job failed");
                }
                return Ok(());
            }
            Err(broken) => broken,
        };
        let Some(claim) = self.claims.remove(&broken.id()) else { return Ok(()) };
        error!(job = %claim.job, error = %broken, "a job broke off");
        let failure = Failure {
            code: "internal".to_owned(),
            text: "the work broke off: it is a defect of daftar".to_owned(),
            details: serde_json::Value::Null,
        };
        let mut conn = self.ledger.pool().acquire().await?;
        sqlx::query(include_str!("sql/note_failure.sql"))
            .bind(claim.book)
            .bind(claim.job)
            .bind(claim.id)
            .bind(serde_json::to_string(&failure)?)
            .execute(&mut *conn)
            .await?;
        super::claim::release(&mut conn, claim).await?;
        Ok(())
    }

    /// What is shown to those who watch, whichever process did it.
    async fn watch(&mut self) -> Result<(), JobError> {
        if self.watched.is_some_and(|watched| watched.elapsed() < WATCH_EVERY) {
            return Ok(());
        }
        let (book, metrics) = (self.ledger.book(), self.ledger.metrics().clone());
        let mut conn = self.ledger.pool().acquire().await?;
        let unfinished: Vec<(String, String, i64)> =
            sqlx::query_as(include_str!("sql/count_unfinished.sql"))
                .bind(book)
                .fetch_all(&mut *conn)
                .await?;
        let unfinished = unfinished.into_iter().filter_map(|(kind, state, count)| {
            Some((kind.parse().ok()?, state.parse().ok()?, count))
        });
        metrics.jobs_unfinished(&unfinished.collect::<Vec<_>>());
        let last: Option<(i64, Option<i64>)> =
            sqlx::query_as(include_str!("sql/read_last_verification.sql"))
                .bind(book)
                .fetch_optional(&mut *conn)
                .await?;
        if let Some((at, found)) = last {
            metrics.verified(at, found.unwrap_or_default());
        }
        self.watched = Some(Instant::now());
        Ok(())
    }

    async fn sweep(&mut self) -> Result<(), JobError> {
        if self.swept.is_some_and(|swept| swept.elapsed() < SWEEP_EVERY) {
            return Ok(());
        }
        let deleted = sqlx::query(include_str!("sql/delete_old_jobs.sql"))
            .bind(self.ledger.book())
            .bind(KEPT_DAYS)
            .execute(self.ledger.pool())
            .await?
            .rows_affected();
        if deleted > 0 {
            info!(deleted, "deleted jobs that were kept long enough");
        }
        self.swept = Some(Instant::now());
        Ok(())
    }
}
