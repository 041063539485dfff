//! One lap round a book, page by page.

use std::time::{Duration, Instant};

use projections::{
    Finding, GoOn, Keeper, Looked, Options as What, Progress, Verification, VerifyError,
};
use serde::Serialize;
use sqlx::{Acquire as _, PgConnection};
use tokio_util::sync::CancellationToken;

use super::claim::{Claim, Keeping, Taken};
use super::{Options, mend, pace, record};
use crate::jobs::Step;
use crate::ledger::Ledger;
use crate::personal::Vault;
use crate::quarantine::{self, Finder};
use crate::{stopped, verification};

/// The longest that a claim is not renewed while one rests.
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// The least rest after a lap: a small book is soon gone round.
const LAP_REST_MIN: Duration = Duration::from_secs(1);
/// For how many days what has gone is kept.
const KEPT_DAYS: i64 = 180;

/// What one lap did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lap {
    /// Counted from 1.
    pub number: i64,
    /// What was found in all of it, also by those who went before.
    pub findings: i64,
    /// How many rows were written anew since it was taken up.
    pub repaired: u64,
}

/// Whoever goes round.
pub(super) struct Going<'a> {
    ledger: &'a Ledger,
    vault: Option<&'a Vault>,
    options: &'a Options,
    stop: &'a CancellationToken,
    claim: Claim,
    lap: i64,
    unlisted: u64,
    /// What the last page found.
    found: Vec<Finding>,
    /// How much it looked at.
    looked: u64,
    busy_since: Instant,
    repaired: u64,
}

impl<'a> Going<'a> {
    /// Goes on with what was taken; answers it with where it was kept.
    pub(super) fn new(
        ledger: &'a Ledger,
        vault: Option<&'a Vault>,
        options: &'a Options,
        stop: &'a CancellationToken,
        taken: Taken,
    ) -> (Self, Verification) {
        let Taken { claim, lap, kept } = taken;
        let going = Self {
            ledger,
            vault,
            options,
            stop,
            claim,
            lap,
            unlisted: kept.unlisted,
            found: Vec::new(),
            looked: 0,
            busy_since: Instant::now(),
            repaired: 0,
        };
        (going, kept.verification)
    }

    /// Repairs what whoever went before had found, and did not come to repair.
    pub(super) async fn take_up(&mut self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        let left = mend::left(&mut *conn, self.ledger.book()).await?;
        self.see_to(conn, &left).await
    }

    /// A log that is not what was chained stops the book; rows of views are written anew.
    async fn see_to(
        &mut self,
        conn: &mut PgConnection,
        found: &[Finding],
    ) -> Result<(), sqlx::Error> {
        let book = self.ledger.book();
        stopped::stop_for(&mut *conn, book, found, stopped::Finder::Scrubber).await?;
        self.repaired += mend::mend(conn, self.ledger, found).await?;
        Ok(())
    }

    /// Goes round to the end of the lap; nothing if it is to be left to others.
    pub(super) async fn round(
        &mut self,
        conn: &mut PgConnection,
        mut verification: Verification,
    ) -> Result<Option<Lap>, VerifyError> {
        let (ledger, vault) = (self.ledger, self.vault);
        let what = What { page_size: self.options.page_size, ..What::default() };
        self.busy_since = Instant::now();
        let gone_round =
            verification::run(&mut *conn, ledger, vault, &what, &mut verification, self).await;
        match gone_round {
            Ok(_) => {}
            Err(VerifyError::Lost | VerifyError::Cancelled) => return Ok(None),
            Err(error) => return Err(error),
        }
        let Some(lap) = self.end(conn).await? else { return Ok(None) };
        self.lap = lap.number + 1;
        (self.unlisted, self.repaired) = (0, 0);
        Ok(Some(lap))
    }

    /// What this lap did not see any more has gone.
    async fn end(&mut self, conn: &mut PgConnection) -> Result<Option<Lap>, sqlx::Error> {
        let (book, now) = (self.ledger.book(), self.ledger.clock().now());
        let mut tx = conn.begin().await?;
        let ended = self.claim.end_lap(&mut tx, now, self.unlisted).await?;
        let Some((number, findings)) = ended else {
            tx.rollback().await?;
            return Ok(None);
        };
        // Of what was too much to be written down, something may be what was written down before.
        if self.unlisted == 0 {
            sqlx::query(include_str!("sql/mark_unseen.sql"))
                .bind(book)
                .bind(number)
                .bind(now)
                .execute(&mut *tx)
                .await?;
        }
        let kept_since = now.checked_sub_signed(chrono::TimeDelta::days(KEPT_DAYS)).unwrap_or(now);
        sqlx::query(include_str!("sql/delete_old.sql"))
            .bind(book)
            .bind(kept_since)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Some(Lap { number, findings, repaired: self.repaired }))
    }

    /// Rests after a lap; whether to go on.
    pub(super) async fn rest_after_lap(
        &mut self,
        conn: &mut PgConnection,
    ) -> Result<GoOn, sqlx::Error> {
        self.rest(conn, LAP_REST_MIN).await
    }

    pub(super) fn claim(&self) -> Claim {
        self.claim
    }

    /// Rests for so long, and holds the claim meanwhile.
    async fn rest(
        &self,
        conn: &mut PgConnection,
        mut pause: Duration,
    ) -> Result<GoOn, sqlx::Error> {
        while !pause.is_zero() {
            let now = pause.min(RENEW_EVERY);
            tokio::select! {
                () = self.stop.cancelled() => return Ok(GoOn::Lost),
                () = self.options.rest.rest(now) => {}
            }
            pause = pause.saturating_sub(now);
            if !pause.is_zero() && !self.claim.renew(&mut *conn).await? {
                return Ok(GoOn::Lost);
            }
        }
        // Whoever folds otherwise than the book would find what is not so.
        let goes_on = !self.stop.is_cancelled() && self.ledger.standing().is_good();
        Ok(if goes_on { GoOn::Yes } else { GoOn::Lost })
    }
}

impl Keeper for Going<'_> {
    const TAKES: bool = true;

    async fn take(&mut self, conn: &mut PgConnection, looked: Looked) -> Result<(), sqlx::Error> {
        let Looked { at, findings, unlisted, quarantined } = looked;
        self.looked = at;
        self.unlisted = self.unlisted.saturating_add(unlisted);
        let (book, now) = (self.ledger.book(), self.ledger.clock().now());
        quarantine::note(&mut *conn, book, &quarantined, Finder::Scrubber).await?;
        let names = (book, self.ledger.book_uuid());
        record::write(conn, names, &findings, self.lap, now).await?;
        self.found = findings;
        Ok(())
    }

    async fn keep<C: Serialize + Sync>(
        &mut self,
        conn: &mut PgConnection,
        checkpoint: &C,
        progress: &Progress,
    ) -> Result<GoOn, sqlx::Error> {
        let text = |error: serde_json::Error| sqlx::Error::Encode(error.into());
        let keeping = Keeping { verification: checkpoint, unlisted: self.unlisted };
        let checkpoint = serde_json::to_string(&keeping).map_err(text)?;
        let progress = serde_json::to_string(&Step::of(progress)).map_err(text)?;
        let now = self.ledger.clock().now();
        let is_held = self.claim.keep(conn, checkpoint, progress, now).await?;
        Ok(if is_held { GoOn::Yes } else { GoOn::Lost })
    }

    async fn kept(&mut self, conn: &mut PgConnection) -> Result<GoOn, sqlx::Error> {
        let found = std::mem::take(&mut self.found);
        self.see_to(&mut *conn, &found).await?;
        let (looked, busy) = (std::mem::take(&mut self.looked), self.busy_since.elapsed());
        let Options { share, rows_per_second, .. } = self.options;
        let pause = pace::rest(*share, *rows_per_second, busy, looked);
        let go_on = self.rest(conn, pause).await?;
        self.busy_since = Instant::now();
        Ok(go_on)
    }
}
