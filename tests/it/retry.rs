//! Clients whose connections drop and whose nodes die, and who ask again, on either node, until
//! they are told.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::task::JoinSet;

use crate::daftar::{Answer, Api, Installation, Service};
use crate::load::{Sent, Shop, assert_log, assert_remembered, is_full, position, seed};

const CUSTOMERS: u32 = 6;
const CLIENTS: usize = 8;
const COMMANDS_FULL: usize = 1_000;
const COMMANDS: usize = 50;
/// A reply takes a few milliseconds: some are cut off before it, some in it, some not at all.
const CUT_WITHIN_MS: u64 = 30;
const KILLED_WITHIN_MS: u64 = 800;
/// Beyond this nobody will ever answer.
const ATTEMPTS_MAX: u32 = 5_000;

/// Where the two nodes are, as they come and go.
#[derive(Clone)]
struct Nodes(Arc<Mutex<[Api; 2]>>);

impl Nodes {
    fn get(&self, index: usize) -> Api {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[index].clone()
    }

    fn set(&self, index: usize, api: Api) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[index] = api;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_was_cut_off_is_asked_again_on_either_node_and_done_once() {
    let installation = Arc::new(Installation::new("retry"));
    let services = [installation.serve(), installation.serve()];
    let apis = [0, 1].map(|index: usize| Api::unkept(services[index].base()));
    let shop = Shop::open(&installation, &apis[0], CUSTOMERS).await;
    let mut log = installation.postgres().connect("daftar").await;
    let begun = position(&mut log).await;

    let seed = seed();
    let nodes = Nodes(Arc::new(Mutex::new(apis)));
    let (is_done, cuts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let killer = kill_now_and_then(Arc::clone(&installation), services, nodes.clone(), seed, {
        Arc::clone(&is_done)
    });
    let killer = tokio::task::spawn_blocking(killer);
    let count = if is_full() { COMMANDS_FULL } else { COMMANDS };
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let mut random = StdRng::seed_from_u64(
            seed.wrapping_mul(31).wrapping_add(u64::try_from(client).expect("it is small")),
        );
        let share = count / CLIENTS + usize::from(client < count % CLIENTS);
        let orders: Vec<Sent> = (0..share).map(|_| shop.order(&mut random)).collect();
        let (nodes, cuts) = (nodes.clone(), Arc::clone(&cuts));
        clients.spawn(async move {
            let mut told = Vec::with_capacity(orders.len());
            for order in orders {
                told.push(until_told(order, &nodes, &mut random, &cuts).await);
            }
            told
        });
    }
    let sent: Vec<Sent> = clients.join_all().await.into_iter().flatten().collect();
    is_done.store(true, Ordering::Relaxed);
    let (services, kills) = killer.await.expect("the killer ends well");

    let cuts = cuts.load(Ordering::Relaxed);
    println!("{} commands, {cuts} attempts without an answer, {kills} kills", sent.len());
    assert_eq!(sent.len(), count);
    assert!(cuts > 0 && kills > 0, "{cuts} cuts and {kills} kills try nothing");
    assert_log(&mut log, begun, &sent).await;
    for index in [0, 1] {
        assert_remembered(&nodes.get(index), &sent).await;
        shop.assert_balances(&nodes.get(index), &sent).await;
    }
    drop(services);
    installation.assert_verified();
}

/// Asks, hangs up at a random moment or waits, and asks again.
async fn until_told(mut order: Sent, nodes: &Nodes, random: &mut StdRng, cuts: &AtomicU64) -> Sent {
    for _ in 0..ATTEMPTS_MAX {
        let api = nodes.get(random.random_range(0..2));
        let patience = if random.random_range(0..4) == 0 {
            Duration::from_secs(5)
        } else {
            Duration::from_millis(random.random_range(0..CUT_WITHIN_MS))
        };
        let answer = tokio::time::timeout(patience, api.attempt(&order.ticket)).await;
        if let Ok(Answer::Decided(reply)) = answer {
            order.reply = Some(reply);
            return order;
        }
        cuts.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(random.random_range(0..10))).await;
    }
    panic!("{} was never answered", order.ticket.path)
}

/// Kills one node after the other, at random moments, and starts it anew.
fn kill_now_and_then(
    installation: Arc<Installation>,
    services: [Service; 2],
    nodes: Nodes,
    seed: u64,
    is_done: Arc<AtomicBool>,
) -> impl FnOnce() -> ([Service; 2], u32) {
    move || {
        let (mut services, mut kills) = (services, 0);
        let mut random = StdRng::seed_from_u64(seed);
        // One kill at least, however fast the clients are.
        while kills == 0 || !is_done.load(Ordering::Relaxed) {
            let pause = if kills == 0 { 50 } else { KILLED_WITHIN_MS };
            std::thread::sleep(Duration::from_millis(random.random_range(0..pause)));
            let index = random.random_range(0..2);
            let [first, second] = services;
            let (killed, lives) = if index == 0 { (first, second) } else { (second, first) };
            killed.kill();
            let again = installation.serve();
            nodes.set(index, Api::unkept(again.base()));
            services = if index == 0 { [again, lives] } else { [lives, again] };
            kills += 1;
        }
        (services, kills)
    }
}
