//! Who works at a job: the claim, which every step proves and renews.

use eventstore::BookId;
use projections::{GoOn, Keeper, Progress};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Job, Step};

/// How long a claim holds without being renewed.
pub(super) const LEASE_SECONDS: i32 = 30;

/// Which job, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) book: BookId,
    pub(super) job: Uuid,
    pub(super) id: Uuid,
}

/// Keeps a job's steps for as long as the claim holds.
pub(super) struct Lease<'a> {
    pub(super) claim: Claim,
    pub(super) job: &'a mut Job,
    pub(super) stop: &'a CancellationToken,
    pub(super) told: &'a mut (dyn FnMut(&Job) + Send),
    /// What was begun is to be ended in any case: nobody can cancel it any more, and it can be begun
    /// anew, so only how far it is is kept.
    pub(super) is_ending: bool,
}

impl std::fmt::Debug for Lease<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Lease").field("claim", &self.claim).finish_non_exhaustive()
    }
}

impl Lease<'_> {
    /// The same job, to be ended.
    pub(super) fn ending(&mut self) -> Lease<'_> {
        let Lease { claim, job, stop, told, .. } = self;
        Lease { claim: *claim, job, stop, told: &mut **told, is_ending: true }
    }

    async fn write(
        &mut self,
        conn: &mut PgConnection,
        checkpoint: Option<String>,
        step: Step,
    ) -> Result<GoOn, sqlx::Error> {
        // Nothing of the step is committed, and whoever comes next does it again.
        if self.stop.is_cancelled() {
            return Ok(GoOn::Lost);
        }
        let cancel_asked: Option<bool> = sqlx::query_scalar(include_str!("sql/keep_step.sql"))
            .bind(self.claim.book)
            .bind(self.claim.job)
            .bind(self.claim.id)
            .bind(checkpoint)
            .bind(serde_json::to_string(&step).map_err(unwritable)?)
            .bind(LEASE_SECONDS)
            .fetch_optional(conn)
            .await?;
        match cancel_asked {
            None => Ok(GoOn::Lost),
            Some(true) if !self.is_ending => {
                self.job.cancel_asked = true;
                Ok(GoOn::Cancelled)
            }
            Some(_) => {
                self.job.progress = Some(step);
                (self.told)(self.job);
                Ok(GoOn::Yes)
            }
        }
    }
}

impl Keeper for Lease<'_> {
    async fn keep<C: Serialize + Sync>(
        &mut self,
        conn: &mut PgConnection,
        checkpoint: &C,
        progress: &Progress,
    ) -> Result<GoOn, sqlx::Error> {
        let kept = (!self.is_ending).then(|| serde_json::to_string(checkpoint));
        let kept = kept.transpose().map_err(unwritable)?;
        self.write(conn, kept, Step::of(progress)).await
    }
}

fn unwritable(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Encode(Box::new(error))
}

impl Step {
    /// What a step says of itself, under the same names whatever the work is.
    pub(crate) fn of(progress: &Progress) -> Self {
        let said = serde_json::to_value(progress).unwrap_or_default();
        let number = |names: [&str; 3]| {
            names.iter().find_map(|name| said.get(name).and_then(Value::as_u64)).unwrap_or_default()
        };
        let text = |names: [&str; 3]| {
            let found = names.iter().find_map(|name| said.get(name).and_then(Value::as_str));
            found.unwrap_or_default().to_owned()
        };
        let (phase, what) =
            (text(["phase", "phase", "phase"]), text(["text", "what", "projection"]));
        let (done, total) =
            (number(["done", "position", "rows"]), number(["total", "end", "total"]));
        Self { phase, done, total, text: what }
    }
}
