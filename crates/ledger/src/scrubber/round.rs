//! Round and round, for as long as the node serves: whoever holds the book goes, the others watch.

use std::time::{Duration, Instant};

use projections::{GoOn, VerifyError};
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::claim::{self, Taken};
use super::lap::{Going, Lap};
use super::{Options, count_open, state};
use crate::ledger::Ledger;
use crate::personal::Vault;
use crate::standing::Standing;

/// How often a node looks whether the book is free.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often it looks how things stand, for those who watch.
const TELL_EVERY: Duration = Duration::from_secs(15);

#[derive(Debug, thiserror::Error)]
pub enum ScrubError {
    #[error("could not reach the database")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// Scrubs the book until it is told to stop.
pub async fn run(ledger: Ledger, vault: Vault, options: Options, stop: CancellationToken) {
    let mut standing = ledger.standings();
    let mut is_away = false;
    let mut told: Option<Instant> = None;
    loop {
        // Whoever folds otherwise than the book would call every row wrong.
        tokio::select! {
            () = stop.cancelled() => return,
            good = standing.wait_for(Standing::is_good) => if good.is_err() { return },
        }
        let gone = Box::pin(go(&ledger, &vault, &options, &stop, &mut told)).await;
        match gone {
            Ok(()) => is_away = false,
            Err(error) => {
                if !std::mem::replace(&mut is_away, true) {
                    warn!(%error, "the book is not scrubbed for now");
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// One lap, or the rest of one; nothing if another node goes round.
pub async fn lap_once(
    ledger: &Ledger,
    vault: Option<&Vault>,
    options: &Options,
) -> Result<Option<Lap>, ScrubError> {
    let mut conn = ledger.connect_to_work().await?;
    let Some(taken) = claim::take(&mut conn, ledger.book(), &options.node).await? else {
        return Ok(None);
    };
    let stop = CancellationToken::new();
    let (mut going, kept) = Going::new(ledger, vault, options, &stop, taken);
    going.take_up(&mut conn).await?;
    let lap = Box::pin(going.round(&mut conn, kept)).await?;
    going.claim().release(&mut conn).await?;
    tell(&mut conn, ledger).await?;
    Ok(lap)
}

/// Goes round for as long as nobody else does.
async fn go(
    ledger: &Ledger,
    vault: &Vault,
    options: &Options,
    stop: &CancellationToken,
    told: &mut Option<Instant>,
) -> Result<(), ScrubError> {
    let taken = {
        let mut conn = ledger.pool().acquire().await?;
        if told.is_none_or(|told| told.elapsed() > TELL_EVERY) {
            tell(&mut conn, ledger).await?;
            *told = Some(Instant::now());
        }
        claim::take(&mut conn, ledger.book(), &options.node).await?
    };
    let Some(taken) = taken else { return Ok(()) };
    let claim = taken.claim;
    info!(book = %ledger.book(), lap = taken.lap, "this node scrubs the book");
    let gone = Box::pin(laps(ledger, vault, options, stop, taken)).await;
    // If the database is away the claim runs out by itself.
    if let Ok(mut conn) = ledger.pool().acquire().await {
        claim.release(&mut conn).await.ok();
    }
    gone
}

async fn laps(
    ledger: &Ledger,
    vault: &Vault,
    options: &Options,
    stop: &CancellationToken,
    taken: Taken,
) -> Result<(), ScrubError> {
    let mut conn = ledger.connect_to_work().await?;
    let (mut going, mut verification) = Going::new(ledger, Some(vault), options, stop, taken);
    going.take_up(&mut conn).await?;
    loop {
        let lap = Box::pin(going.round(&mut conn, std::mem::take(&mut verification))).await?;
        let Some(Lap { number, findings, repaired }) = lap else { return Ok(()) };
        tell(&mut conn, ledger).await?;
        if findings > 0 {
            warn!(lap = number, findings, repaired, "a lap of the scrubber found something");
        }
        if going.rest_after_lap(&mut conn).await? != GoOn::Yes {
            return Ok(());
        }
    }
}

/// What is shown to those who watch, whichever node goes round.
async fn tell(conn: &mut PgConnection, ledger: &Ledger) -> Result<(), sqlx::Error> {
    let open = count_open(&mut *conn, ledger.book()).await?;
    let scrub = state(conn, ledger.book()).await?;
    let last = scrub.as_ref().and_then(|scrub| {
        Some((scrub.last_lap_ended?.timestamp(), scrub.last_lap_seconds.unwrap_or_default()))
    });
    ledger.metrics().scrubbed(open, last);
    Ok(())
}
