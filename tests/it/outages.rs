//! Outages of the database under load. Whatever becomes of it, nothing acknowledged is lost, nothing
//! is done twice, and the service is back without anybody doing anything to it.

pub(crate) mod cluster;
mod crowded;
mod cut;
mod failover;
mod full;
mod proxy;
mod restarts;
#[cfg(debug_assertions)]
mod workers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::PgConnection;
use tokio::task::JoinSet;

use crate::daftar::{Answer, Api, Installation, Reply, Service};
use crate::load::{Sent, Shop, Until, assert_log, assert_remembered, position, seed, settle, stop};

const CLIENTS: u64 = 8;
const CUSTOMERS: u32 = 8;
/// How many answers show that a service is back.
const BACK: u64 = 2 * CLIENTS;
const BACK_WITHIN: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(5);
/// Longer than the service waits for its database before it says that it cannot.
const SHED_WITHIN: Duration = Duration::from_mins(2);
const REMEMBERED: usize = 100;

/// A service, and clients that ask it all the time.
pub(crate) struct Trial {
    pub(crate) installation: Installation,
    pub(crate) service: Service,
    pub(crate) api: Api,
    pub(crate) shop: Shop,
    random: StdRng,
    pub(crate) begun: i64,
    /// What was asked beside the clients, while the service could not.
    asked: Vec<Sent>,
}

/// The clients at work.
pub(crate) struct Load {
    answered: Arc<AtomicU64>,
    clients: JoinSet<Vec<Sent>>,
}

impl Load {
    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Waits until so many more are answered.
    pub(crate) async fn answers(&self, more: u64) {
        let (before, since) = (self.answered(), Instant::now());
        while self.answered() < before + more {
            assert!(since.elapsed() < BACK_WITHIN, "it does not come back");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Nobody does anything about it: the service comes back alone.
    pub(crate) async fn is_back(&self) {
        self.answers(BACK).await;
    }
}

impl Trial {
    /// A service of this installation that has customers, looked at past it by `log`.
    pub(crate) async fn open(
        installation: Installation,
        service: Service,
        log: &mut PgConnection,
    ) -> Self {
        let api = Api::new(service.base());
        let shop = Shop::open(&installation, &api, CUSTOMERS).await;
        let random = StdRng::seed_from_u64(seed());
        let begun = position(log).await;
        Self { installation, service, api, shop, random, begun, asked: Vec::new() }
    }

    /// Clients begin, and work until the trial ends.
    pub(crate) fn load(&mut self) -> Load {
        let (until, answered) = Until::told();
        let clients = self.shop.clients(&self.api, CLIENTS, self.random.random(), &until);
        Load { answered, clients }
    }

    /// Asks until it is told that the service cannot, which has to be said the right way, and that it
    /// is still ready to be asked.
    pub(crate) async fn is_shed(&mut self) -> Reply {
        let since = Instant::now();
        loop {
            let order = self.shop.order(&mut self.random);
            let answer = self.api.attempt(&order.ticket).await;
            // What was decided meanwhile is in the log as well.
            self.asked.push(order);
            match answer {
                Answer::Decided(_) => {
                    let waited = since.elapsed();
                    assert!(waited < SHED_WITHIN, "it does not say that it cannot");
                    tokio::time::sleep(POLL).await;
                }
                Answer::Unavailable(reply) => {
                    assert_eq!(reply.status, 503, "{}", reply.body);
                    assert_eq!(reply.json()["code"], "unavailable", "{}", reply.body);
                    let after = reply.retry_after.as_deref().and_then(|text| text.parse().ok());
                    assert!(after.is_some_and(|after: u64| after > 0), "{reply:?}");
                    return reply;
                }
                Answer::Nothing(why) | Answer::Refused(why) => panic!("it says nothing: {why}"),
            }
        }
    }

    /// What is there can be read all the same.
    pub(crate) async fn is_readable(&self) {
        for customer in &self.shop.customers {
            self.api.balance(&self.shop.client, customer).await;
        }
    }

    /// So many orders that are accepted, one after another.
    pub(crate) async fn order(&mut self, count: usize) -> Vec<Sent> {
        let mut sent = Vec::with_capacity(count);
        while sent.len() < count {
            let mut order = self.shop.order(&mut self.random);
            let reply = self.api.command(&order.ticket).await;
            assert!(reply.is_accepted(), "{}", reply.body);
            order.reply = Some(reply);
            sent.push(order);
        }
        sent
    }

    /// The clients go home, and everything that they were told is so. Says how much that was.
    pub(crate) async fn end(mut self, load: Load, log: &mut PgConnection) -> usize {
        self.rest(load, log).await.len()
    }

    /// The same; what they were told is kept.
    pub(crate) async fn rest(&mut self, load: Load, log: &mut PgConnection) -> Vec<Sent> {
        stop(&load.answered);
        let mut sent: Vec<Sent> = load.clients.join_all().await.into_iter().flatten().collect();
        sent.append(&mut self.asked);
        settle(&self.api, &mut sent).await;
        assert_log(log, self.begun, &sent).await;
        let from = sent.len().saturating_sub(REMEMBERED);
        assert_remembered(&self.api, &sent[from..]).await;
        self.shop.assert_balances(&self.api, &sent).await;
        self.installation.assert_verified();
        // The very process that began: it did not even break a worker.
        let said = self.service.log();
        assert!(!said.contains("broke off") && !said.contains("defect"), "{said}");
        sent
    }
}
