//! Two processes that serve one book.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::daftar::{Api, Installation, Ticket};
use crate::load::{
    Sent, Shop, Until, assert_log, assert_remembered, is_full, position, seed, settle,
};

const CLIENTS_EACH: u64 = 8;
const CUSTOMERS: u32 = 12;
const LOAD_SECONDS: u64 = 5;
const LOAD_SECONDS_FULL: u64 = 60;
/// Each node commits at least one of so many commands.
const SHARE: usize = 5;
const RETRIES: usize = 50;
const KILLED_AFTER: Duration = Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_under_load_leave_no_hole_and_no_fork_and_both_get_their_turn() {
    let installation = Installation::new("nodes");
    let (one, other) = (installation.serve(), installation.serve());
    let apis = [Api::new(one.base()), Api::new(other.base())];
    let shop = Shop::open(&installation, &apis[0], CUSTOMERS).await;
    let mut log = installation.postgres().connect("daftar").await;
    let begun = position(&mut log).await;

    let seconds = if is_full() { LOAD_SECONDS_FULL } else { LOAD_SECONDS };
    let until = Until::Over(Instant::now() + Duration::from_secs(seconds));
    let seed = seed();
    let [first, second] = [0, 1].map(|node: u8| {
        let index = usize::from(node);
        let seed = seed.wrapping_add(u64::from(node) * 1_000);
        shop.clients(&apis[index], CLIENTS_EACH, seed, &until)
    });
    let first: Vec<Sent> = first.join_all().await.into_iter().flatten().collect();
    let second: Vec<Sent> = second.join_all().await.into_iter().flatten().collect();

    let all = first.len() + second.len();
    println!("{} commands on one node, {} on the other", first.len(), second.len());
    for share in [first.len(), second.len()] {
        assert!(share * SHARE >= all, "a node committed {share} of {all}");
    }
    let sent: Vec<Sent> = first.into_iter().chain(second).collect();
    assert_log(&mut log, begun, &sent).await;
    for api in &apis {
        shop.assert_balances(api, &sent).await;
    }
    installation.assert_verified();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_command_asked_fifty_times_on_two_nodes_is_done_once_and_answered_alike() {
    let installation = Installation::new("fifty");
    let (one, other) = (installation.serve(), installation.serve());
    let apis = [Api::new(one.base()), Api::new(other.base())];
    let shop = Shop::open(&installation, &apis[0], 2).await;
    let mut log = installation.postgres().connect("daftar").await;
    let begun = position(&mut log).await;

    let ticket = Ticket::place(&shop.client, "once".to_owned(), &shop.customers[0], 700);
    let mut asking = JoinSet::new();
    for attempt in 0..RETRIES {
        let (api, ticket) = (apis[attempt % apis.len()].clone(), ticket.clone());
        asking.spawn(async move { api.command(&ticket).await });
    }
    let replies = asking.join_all().await;
    assert_eq!(replies.len(), RETRIES);
    let told: Vec<(u16, &str)> =
        replies.iter().map(|reply| (reply.status, reply.body.as_str())).collect();
    assert_eq!(told[0].0, 201, "{}", told[0].1);
    assert!(told.iter().all(|reply| *reply == told[0]), "the replies differ: {told:#?}");

    let placed: i64 = sqlx::query_scalar(
        "select count(*) from events where book_id = 1 and position > $1 and event_type = 'placed'",
    )
    .bind(begun)
    .fetch_one(&mut log)
    .await
    .expect("the log can be read");
    assert_eq!(placed, 1);
    let left = apis[1].balance(&shop.client, &shop.customers[0]).await;
    assert_eq!(left, "899300", "the wallet was debited once");
    installation.assert_verified();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_node_leaves_open_the_other_one_settles() {
    let installation = Installation::new("nodekill");
    let (one, other) = (installation.serve(), installation.serve());
    let (survivor, killed) = (Api::new(one.base()), Api::new(other.base()));
    let shop = Shop::open(&installation, &survivor, CUSTOMERS).await;
    let mut log = installation.postgres().connect("daftar").await;
    let begun = position(&mut log).await;

    let seed = seed();
    let lives_on = Until::Over(Instant::now() + 2 * KILLED_AFTER);
    let staying = shop.clients(&survivor, CLIENTS_EACH, seed, &lives_on);
    let leaving = shop.clients(&killed, CLIENTS_EACH, seed.wrapping_add(1), &Until::Unanswered);
    tokio::time::sleep(KILLED_AFTER).await;
    other.kill();
    let mut sent: Vec<Sent> = leaving.join_all().await.into_iter().flatten().collect();
    settle(&survivor, &mut sent).await;
    sent.extend(staying.join_all().await.into_iter().flatten());
    assert_log(&mut log, begun, &sent).await;
    assert_remembered(&survivor, &sent).await;
    shop.assert_balances(&survivor, &sent).await;
    installation.assert_verified();
}
