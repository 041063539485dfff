//! A dry run: the same decision on the same states, read in one snapshot, and nothing written.

use std::num::NonZeroUsize;

use eventstore::{Batch, BookId, Cursor, HeadError, Upcasters};
use projections::fit;
use sqlx::{Connection, PgConnection};
use tracing::warn;

use super::decided::{Stopped, decide_one};
use super::error::chain;
use super::load_missing;
use crate::as_of::SNAPSHOT;
use crate::clock::Clock;
use crate::quarantine::Known;
use crate::states::{Cache, Working};
use crate::stopped;
use crate::submission::{Decided, Reply, Submission, SubmitError};

#[derive(Debug, thiserror::Error)]
enum DryRunError {
    #[error("could not read the head")]
    Head(#[from] HeadError),
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
}

/// Says what would happen.
pub(crate) async fn dry_run(
    conn: &mut PgConnection,
    book: BookId,
    clock: &Clock,
    upcasters: &Upcasters,
    quarantine: &Known,
    submission: &Submission,
) -> Result<(Reply, Cursor), SubmitError> {
    run(conn, book, clock, upcasters, quarantine, submission).await.unwrap_or_else(|error| {
        warn!(error = %chain(&error), "a dry run failed");
        match error {
            DryRunError::Head(_) | DryRunError::Database(_) => Err(SubmitError::Unavailable),
        }
    })
}

async fn run(
    conn: &mut PgConnection,
    book: BookId,
    clock: &Clock,
    upcasters: &Upcasters,
    quarantine: &Known,
    submission: &Submission,
) -> Result<Result<(Reply, Cursor), SubmitError>, DryRunError> {
    // One snapshot for all: states of different moments may contradict each other.
    let mut tx = conn.begin_with(SNAPSHOT).await?;
    let head = eventstore::read_head(&mut tx, book).await?;
    if !head.is_understood() {
        tx.rollback().await?;
        return Ok(Err(SubmitError::Outdated(book)));
    }
    if let Err(misfit) = fit(&head.fold_set) {
        tx.rollback().await?;
        return Ok(Err(SubmitError::Misfit(misfit)));
    }
    if head.is_stopped {
        let stopped = stopped::state(&mut tx, book).await?;
        tx.rollback().await?;
        let why = stopped.map_or_else(String::new, |stopped| stopped.why);
        return Ok(Err(SubmitError::Stopped { book, why }));
    }
    // Loaded anew: what this node's writer knows may be behind the head, or ahead.
    let (cache, mut loaded) = (Cache::new(NonZeroUsize::MIN), Working::beside(quarantine.held()));
    let now = Batch::new(&head, clock.now()).recorded_at();
    let decided = loop {
        match decide_one(&loaded, &cache, now, submission, true) {
            Ok(decided) => break Ok(decided),
            Err(Stopped::Missing(missing)) => {
                load_missing(&mut tx, book, upcasters, quarantine, missing, &mut loaded).await?;
            }
            Err(Stopped::Held(error) | Stopped::Panicked(error)) => break Err(error),
        }
    };
    tx.rollback().await?;
    let cursor = Cursor::new(head.position, head.hash);
    let reply = decided.map(|decided| match &decided {
        Ok(changes) => (submission.render)(&Decided::Accepted {
            changes,
            positions: &[],
            position: head.position,
            recorded_at: now,
        }),
        Err(rejection) => (submission.render)(&Decided::Refused(rejection)),
    });
    Ok(reply.map(|reply| (reply, cursor)))
}
