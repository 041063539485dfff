//! `kill -9` of the service, again and again, at moments that nobody chose.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::daftar::{Api, Installation, Service};
use crate::load::{
    KILLS_A_ROUND, Sent, Shop, Until, assert_log, assert_remembered, position, rounds, seed, settle,
};

const CLIENTS: u64 = 8;
const CUSTOMERS: u32 = 8;
/// The longest that a service lives, under load or in its start.
const LIFE_MAX_MS: u64 = 300;
const START_MAX_MS: u64 = 150;
/// How many answers of each life are asked for again.
const REMEMBERED: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_service_has_lost_nothing_that_it_acknowledged_and_done_nothing_twice() {
    let mut random = StdRng::seed_from_u64(seed());
    for _ in 0..rounds() {
        killed_again_and_again(&mut random).await;
    }
}

/// One book and its kills: short enough to be verified after each of them.
async fn killed_again_and_again(random: &mut StdRng) {
    let installation = Installation::new("kill9");
    let mut service = installation.serve();
    let shop = Shop::open(&installation, &Api::new(service.base()), CUSTOMERS).await;
    let postgres = installation.postgres();
    let mut log = postgres.connect("daftar").await;
    let mut end = position(&mut log).await;
    let mut record: Vec<Sent> = Vec::new();
    let (mut unanswered, mut answered_at_last) = (0, 0);

    for _ in 0..KILLS_A_ROUND {
        let until = Until::Unanswered;
        let clients = shop.clients(&Api::new(service.base()), CLIENTS, random.random(), &until);
        tokio::time::sleep(Duration::from_millis(random.random_range(1..=LIFE_MAX_MS))).await;
        service.kill();
        let mut sent: Vec<Sent> = clients.join_all().await.into_iter().flatten().collect();
        unanswered += sent.iter().filter(|one| one.reply.is_none()).count();

        // One in four does not even get to serve.
        if random.random_bool(0.25) {
            let starting = Service::spawn(installation.daftar(&["serve"]));
            tokio::time::sleep(Duration::from_millis(random.random_range(0..=START_MAX_MS))).await;
            starting.kill();
        }
        service = installation.serve();
        assert_eq!(installation.postgres().pid(), postgres.pid(), "it is adopted, not restarted");
        let api = Api::new(service.base());
        settle(&api, &mut sent).await;
        answered_at_last += sent.iter().filter(|one| one.is_accepted()).count();
        end = assert_log(&mut log, end, &sent).await;
        let from = sent.len().saturating_sub(REMEMBERED);
        assert_remembered(&api, &sent[from..]).await;
        record.append(&mut sent);
        shop.assert_balances(&api, &record).await;
        installation.assert_verified();
    }
    println!(
        "{KILLS_A_ROUND} kills; {unanswered} commands unanswered, {answered_at_last} accepted"
    );
    assert!(unanswered > 0, "no kill met a command under way: nothing was tried");
    assert!(
        record.len() > usize::try_from(KILLS_A_ROUND).expect("it fits"),
        "there was hardly any load"
    );
}
