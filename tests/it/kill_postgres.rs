//! `kill -9` of the private Postgres, and of everything at once.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::daftar::{Api, Installation};
use crate::load::{
    KILLS_A_ROUND, Sent, Shop, Until, assert_log, assert_remembered, position, rounds, seed,
    settle, stop,
};

const CLIENTS: u64 = 8;
const CUSTOMERS: u32 = 8;
const LIFE_MAX_MS: u64 = 300;
const BACK_WITHIN: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(5);
/// How many answers show that a service is back.
const BACK: u64 = 2 * CLIENTS;
const REMEMBERED: usize = 20;
/// One in so many kills the service too.
const BOTH_EVERY: u32 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_outlives_its_killed_postgres_and_nothing_is_lost_or_done_twice() {
    let mut random = StdRng::seed_from_u64(seed());
    for _ in 0..rounds() {
        killed_again_and_again(&mut random).await;
    }
}

/// One book and its kills: short enough to be verified after each of them.
async fn killed_again_and_again(random: &mut StdRng) {
    let installation = Installation::new("killpg");
    let mut service = installation.serve();
    let shop = Shop::open(&installation, &Api::new(service.base()), CUSTOMERS).await;
    let mut end = position(&mut installation.postgres().connect("daftar").await).await;
    let mut record: Vec<Sent> = Vec::new();

    for kill in 1..=KILLS_A_ROUND {
        let (postgres, seed) = (installation.postgres(), random.random());
        let life = Duration::from_millis(random.random_range(1..=LIFE_MAX_MS));
        let api = Api::new(service.base());
        let mut sent: Vec<Sent> = if kill % BOTH_EVERY == 0 {
            let clients = shop.clients(&api, CLIENTS, seed, &Until::Unanswered);
            tokio::time::sleep(life).await;
            postgres.kill();
            service.kill();
            let sent = clients.join_all().await.into_iter().flatten().collect();
            service = installation.serve();
            sent
        } else {
            let (until, answered) = Until::told();
            let clients = shop.clients(&api, CLIENTS, seed, &until);
            tokio::time::sleep(life).await;
            postgres.kill();
            // Nobody does anything about it: the service comes back alone.
            let killed = Instant::now();
            let before = answered.load(Ordering::Relaxed);
            while answered.load(Ordering::Relaxed) < before + BACK {
                assert!(killed.elapsed() < BACK_WITHIN, "it does not come back");
                tokio::time::sleep(POLL).await;
            }
            stop(&answered);
            clients.join_all().await.into_iter().flatten().collect()
        };
        let api = Api::new(service.base());
        settle(&api, &mut sent).await;
        let now = installation.postgres();
        assert_ne!(now.pid(), postgres.pid(), "the killed one was started anew");
        end = assert_log(&mut now.connect("daftar").await, end, &sent).await;
        let from = sent.len().saturating_sub(REMEMBERED);
        assert_remembered(&api, &sent[from..]).await;
        record.append(&mut sent);
        shop.assert_balances(&api, &record).await;
        installation.assert_verified();
    }
    println!("{KILLS_A_ROUND} kills; {} commands", record.len());
}
