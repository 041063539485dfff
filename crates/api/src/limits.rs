//! How much one request, one caller and all of them together may take, and who is let in.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::problem::Problem;

/// When to come again after there was too much to do.
pub(crate) const RETRY_SECONDS: u32 = 1;
/// When to come again for a place that others hold for long.
const READER_RETRY_SECONDS: u32 = 15;
/// From so many callers on, those whose allowance is whole again are forgotten.
const CALLERS_MAX: usize = 10_000;
/// One of so many requests may wait for a position.
const WAITERS_SHARE: usize = 8;

/// What one request, one caller and all of them together may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body_max: usize,
    /// The largest file that a customer may show, in bytes.
    pub file_max: usize,
    /// How long a request may take.
    pub timeout: Duration,
    /// How many refused commands one principal may have a minute.
    pub refusals_per_minute_max: u32,
    /// How often one principal may ask.
    pub principal_rate: Option<Rate>,
    /// How often one address may ask, whoever it says it is.
    pub peer_rate: Option<Rate>,
    /// How many requests may be under way at once. A small machine decides some hundreds of
    /// commands a second, so that the last of so many waits a few seconds at most.
    pub requests_max: usize,
    /// How many of them may be one principal's.
    pub principal_requests_max: usize,
    /// How many bodies may be on their way at once of which nobody knows who sends them, …
    pub unproved_max: usize,
    /// … and for how long each.
    pub unproved_within: Duration,
    /// How many may follow the events, or export them, at once.
    pub readers_max: usize,
    /// After so long without an event, a reader is told that there is none.
    pub heartbeat: Duration,
    /// How long a reader may leave what is ready for it.
    pub reader_patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_max: 2 * 1024 * 1024,
            file_max: 5 * 1024 * 1024,
            timeout: Duration::from_secs(30),
            refusals_per_minute_max: 600,
            principal_rate: Some(Rate::of(1_000, 2_000)),
            peer_rate: Some(Rate::of(5_000, 10_000)),
            requests_max: 512,
            principal_requests_max: 128,
            unproved_max: 16,
            unproved_within: Duration::from_secs(5),
            readers_max: 64,
            heartbeat: Duration::from_secs(15),
            reader_patience: Duration::from_secs(30),
        }
    }
}

/// So many a second, and so many at once after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub per_second: NonZeroU32,
    pub burst: NonZeroU32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rate is a number a second, or that and a burst: 200 or 200/400")]
pub struct RateError;

impl Rate {
    /// Of two numbers, each at least one.
    pub fn of(per_second: u32, burst: u32) -> Self {
        let whole = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        Self { per_second: whole(per_second), burst: whole(burst) }
    }

    fn quota(self) -> Quota {
        Quota::per_second(self.per_second).allow_burst(self.burst)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.per_second, self.burst)
    }
}

impl FromStr for Rate {
    type Err = RateError;

    /// Without a burst it is twice the rate.
    fn from_str(text: &str) -> Result<Self, RateError> {
        let number = |text: &str| text.parse::<NonZeroU32>().map_err(|_invalid| RateError);
        let (per_second, burst) = match text.split_once('/') {
            Some((per_second, burst)) => (number(per_second)?, number(burst)?),
            None => (number(text)?, number(text)?.saturating_mul(Rate::of(2, 2).burst)),
        };
        Ok(Self { per_second, burst })
    }
}

/// Who is let in. Cloning is cheap, and a clone counts the same.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    peers: Option<Arc<Callers<IpAddr>>>,
    watchers: Option<Arc<Callers<IpAddr>>>,
    principals: Option<Arc<Callers<String>>>,
    requests: Arc<Semaphore>,
    shares: Arc<Shares>,
    unproved: Arc<Semaphore>,
    waiters: Arc<Semaphore>,
    readers: Arc<Semaphore>,
}

impl Gate {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            peers: limits.peer_rate.map(Callers::new).map(Arc::new),
            watchers: limits.peer_rate.map(Callers::new).map(Arc::new),
            principals: limits.principal_rate.map(Callers::new).map(Arc::new),
            requests: Arc::new(Semaphore::new(limits.requests_max)),
            shares: Arc::new(Shares {
                max: limits.principal_requests_max,
                taken: Mutex::new(BTreeMap::new()),
            }),
            unproved: Arc::new(Semaphore::new(limits.unproved_max)),
            waiters: Arc::new(Semaphore::new(limits.requests_max.div_ceil(WAITERS_SHARE))),
            readers: Arc::new(Semaphore::new(limits.readers_max)),
        }
    }

    /// Before anything is known of a request but where it comes from.
    pub(crate) fn let_peer(&self, extensions: &Extensions) -> Result<(), Problem> {
        let_of(self.peers.as_deref(), extensions)
    }

    /// The same for those who watch the node: they have an allowance of their own, so that whoever
    /// floods the other routes does not keep them from seeing it.
    pub(crate) fn let_watcher(&self, extensions: &Extensions) -> Result<(), Problem> {
        let_of(self.watchers.as_deref(), extensions)
    }

    /// Once the key is known.
    pub(crate) fn let_principal(&self, principal: &str) -> Result<(), Problem> {
        match &self.principals {
            Some(principals) => principals.count(principal.to_owned()),
            None => Ok(()),
        }
    }

    /// A place among the requests that are under way, or nothing at once.
    pub(crate) fn place(&self) -> Result<Place, Problem> {
        let place = Arc::clone(&self.requests).try_acquire_owned().map_err(|_full| overloaded())?;
        Ok(Place(Arc::new(Mutex::new(Held { _request: Some(place), share: None }))))
    }

    /// One of the places that a principal may have, for as long as the request has its own.
    pub(crate) fn share(&self, place: &Place, principal: &str) -> Result<(), Problem> {
        let mut held = place.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.share.is_none() {
            held.share = Some(self.shares.take(principal).ok_or_else(overloaded)?);
        }
        Ok(())
    }

    /// A place among the bodies of which nobody knows yet who sends them.
    pub(crate) fn unproved(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.unproved).try_acquire_owned().map_err(|_full| overloaded())
    }

    /// A place among the requests that wait for a position; none if too many do.
    pub(crate) fn waiter(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.waiters).try_acquire_owned().ok()
    }

    /// A place among those who follow the events for as long as they like.
    pub(crate) fn reader(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let place = Arc::clone(&self.readers).try_acquire_owned();
        place.map_err(|_full| Problem::new("too-many-readers").retry_after(READER_RETRY_SECONDS))
    }
}

fn overloaded() -> Problem {
    Problem::new("overloaded").retry_after(RETRY_SECONDS)
}

fn let_of(callers: Option<&Callers<IpAddr>>, extensions: &Extensions) -> Result<(), Problem> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    match (callers, peer) {
        (Some(callers), Some(ConnectInfo(address))) => callers.count(network(address.ip())),
        (_, _) => Ok(()),
    }
}

/// A request's place among those under way, until the last of its clones is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Place(Arc<Mutex<Held>>);

#[derive(Debug)]
struct Held {
    _request: Option<OwnedSemaphorePermit>,
    share: Option<Share>,
}

impl Place {
    /// Gives it back at once: for those who have a place of another kind.
    pub(crate) fn leave(&self) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Held { _request: None, share: None };
    }
}

/// How many requests of each principal are under way. A principal without any is not in it.
#[derive(Debug)]
struct Shares {
    max: usize,
    taken: Mutex<BTreeMap<String, usize>>,
}

impl Shares {
    fn take(self: &Arc<Self>, principal: &str) -> Option<Share> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.get(principal).copied().unwrap_or_default();
        if count >= self.max {
            return None;
        }
        taken.insert(principal.to_owned(), count + 1);
        Some(Share { of: Arc::clone(self), principal: principal.to_owned() })
    }
}

/// One request of a principal, counted until it is dropped.
#[derive(Debug)]
struct Share {
    of: Arc<Shares>,
    principal: String,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.of.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.principal) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.remove(&self.principal)),
        }
    }
}

/// Whoever has an address of version 6 has its whole network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
    }
}

/// How often each caller has asked lately.
#[derive(Debug)]
struct Callers<K: Hash + Eq + Clone> {
    lately: RateLimiter<K, HashMapStateStore<K>, DefaultClock>,
    begun: Instant,
    /// In which second since then callers were last forgotten.
    forgotten: AtomicU64,
}

impl<K: Hash + Eq + Clone> Callers<K> {
    fn new(rate: Rate) -> Self {
        Self {
            lately: RateLimiter::hashmap(rate.quota()),
            begun: Instant::now(),
            forgotten: AtomicU64::new(0),
        }
    }

    fn count(&self, caller: K) -> Result<(), Problem> {
        // All of them are looked at to find those: once a second is enough.
        let second = self.begun.elapsed().as_secs();
        if self.lately.len() > CALLERS_MAX
            && self.forgotten.fetch_max(second, Ordering::Relaxed) < second
        {
            self.lately.retain_recent();
            self.lately.shrink_to_fit();
        }
        self.lately.check_key(&caller).map_err(|early| {
            let wait = early.wait_time_from(self.lately.clock().now());
            let whole = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
            Problem::new("rate-limited").retry_after(whole.saturating_add(1))
        })
    }
}
