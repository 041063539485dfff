//! Clients none of whose commands may fail but for the want of money, and how long each took.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::task::JoinSet;

use crate::daftar::{Answer, Api};
use crate::load::{Sent, Shop, checked};

/// Clients at work, until they are told to stop.
pub(super) struct Writers {
    clients: JoinSet<Vec<Timed>>,
    is_over: Arc<AtomicBool>,
}

/// A command that was decided.
pub(super) struct Timed {
    pub(super) sent: Sent,
    begun: Instant,
    took: Duration,
}

impl Writers {
    pub(super) fn start(shop: &Shop, api: &Api, count: u64, seed: u64) -> Self {
        let (mut clients, is_over) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
        let shop = Arc::new(shop.clone());
        for client in 0..count {
            let random = StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(client));
            clients.spawn(work(Arc::clone(&shop), api.clone(), random, Arc::clone(&is_over)));
        }
        Self { clients, is_over }
    }

    /// Lets each of them end what it has begun.
    pub(super) async fn stop(self) -> Vec<Timed> {
        self.is_over.store(true, Ordering::Relaxed);
        self.clients.join_all().await.into_iter().flatten().collect()
    }
}

async fn work(
    shop: Arc<Shop>,
    api: Api,
    mut random: StdRng,
    is_over: Arc<AtomicBool>,
) -> Vec<Timed> {
    let mut done: Vec<Timed> = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let mut sent = shop.next(&mut random, done.last().map(|timed| &timed.sent));
        let begun = Instant::now();
        match api.attempt(&sent.ticket).await {
            Answer::Decided(reply) => sent.reply = Some(checked(&sent.ticket, reply)),
            other @ (Answer::Unavailable(_) | Answer::Nothing(_) | Answer::Refused(_)) => {
                panic!("{} was not decided: {other:?}", sent.ticket.path)
            }
        }
        done.push(Timed { sent, begun, took: begun.elapsed() });
    }
    done
}

/// What was sent, for the comparison with the log.
pub(super) fn sent(timed: &[Timed]) -> Vec<Sent> {
    timed.iter().map(|timed| timed.sent.clone()).collect()
}

/// How long the middle one took, and the longest, of those that began in a time.
pub(super) fn middle_and_longest(
    timed: &[Timed],
    (from, to): (Instant, Instant),
) -> (Duration, Duration) {
    let within = timed.iter().filter(|timed| timed.begun >= from && timed.begun <= to);
    let mut took: Vec<Duration> = within.map(|timed| timed.took).collect();
    took.sort_unstable();
    let middle = took.get(took.len() / 2).copied().expect("something was written in that time");
    (middle, took.last().copied().unwrap_or_default())
}

/// So many times as long, in hundredths: floats are for others.
pub(super) fn ratio(of: Duration, to: Duration) -> String {
    let hundredths = of.as_micros() * 100 / to.as_micros().max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
