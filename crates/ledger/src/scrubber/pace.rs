//! The pace: after each page as much rest as keeps the work below a share of a core, and below so many
//! rows a second.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;

/// A percentage of a core, from 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u8);

impl Share {
    /// Nothing for what is no percentage, and for none: then one does not scrub.
    pub fn new(percent: u8) -> Option<Self> {
        (1..=100).contains(&percent).then_some(Self(percent))
    }

    pub fn percent(self) -> u8 {
        self.0
    }
}

impl Default for Share {
    fn default() -> Self {
        Self(5)
    }
}

/// How long to rest after having been busy for so long with so many rows. What the database did
/// meanwhile counts as busy: nobody knows which of the two it was.
pub(super) fn rest(
    share: Share,
    rows_per_second: Option<NonZeroU32>,
    busy: Duration,
    rows: u64,
) -> Duration {
    let idle = u32::from(100_u8.saturating_sub(share.0));
    let by_share = busy.saturating_mul(idle).checked_div(share.0.into()).unwrap_or_default();
    let by_rows = rows_per_second.map_or(Duration::ZERO, |most| {
        let takes = rows.saturating_mul(1_000).checked_div(u64::from(most.get()));
        Duration::from_millis(takes.unwrap_or_default()).saturating_sub(busy)
    });
    by_share.max(by_rows)
}

/// How the scrubber rests: a test counts, a service sleeps.
pub trait Rest: fmt::Debug + Send + Sync {
    fn rest(&self, pause: Duration) -> BoxFuture<'_, ()>;
}

/// By sleeping.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asleep;

impl Rest for Asleep {
    fn rest(&self, pause: Duration) -> BoxFuture<'_, ()> {
        tokio::time::sleep(pause).boxed()
    }
}
