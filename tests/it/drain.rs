//! SIGTERM under load, at moments that nobody chose: whoever was taken is answered in full, and
//! whoever was not was not begun.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rustix::process::Signal;
use tokio::task::JoinSet;

use crate::daftar::{Api, Installation};
use crate::load::{Sent, Shop, Until, assert_log, assert_remembered, is_full, position, seed};

const ROUNDS: u32 = 5;
const ROUNDS_FULL: u32 = 20;
/// Half of them keep their connections, half open one for each request.
const CLIENTS_EACH: u64 = 6;
const CUSTOMERS: u32 = 8;
const LIFE_MAX_MS: u64 = 700;
const READERS: usize = 3;
/// How many answers of each life are asked for again.
const REMEMBERED: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_told_to_stop_answers_all_that_it_began_and_the_others_do_the_rest() {
    let mut random = StdRng::seed_from_u64(seed());
    let installation = Installation::new("drain");
    let staying = installation.serve();
    let other = Api::new(staying.base());
    let shop = Shop::open(&installation, &other, CUSTOMERS).await;
    let auditor = installation.key("auditor", "ali");
    let mut log = installation.postgres().connect("daftar").await;
    let begun = position(&mut log).await;
    let mut record: Vec<Sent> = Vec::new();
    let mut unanswered = 0;
    for _ in 0..if is_full() { ROUNDS_FULL } else { ROUNDS } {
        let mut leaving = installation.serve();
        let until = Until::Unanswered;
        let (kept, unkept) = (Api::new(leaving.base()), Api::unkept(leaving.base()));
        let kept = shop.clients(&kept, CLIENTS_EACH, random.random(), &until);
        let unkept = shop.clients(&unkept, CLIENTS_EACH, random.random(), &until);
        let readers = follow(&leaving.base(), &auditor);
        tokio::time::sleep(Duration::from_millis(random.random_range(1..=LIFE_MAX_MS))).await;
        leaving.signal(Signal::TERM);
        let status = leaving.ended();
        assert!(status.success(), "it ended with {status}:\n{}", leaving.log());
        assert!(
            !leaving.log().contains("leaving them"),
            "somebody was cut off:\n{}",
            leaving.log()
        );

        let sent = kept.join_all().await.into_iter().chain(unkept.join_all().await);
        let mut sent: Vec<Sent> = sent.flatten().collect();
        unanswered += sent.iter().filter(|one| one.reply.is_none()).count();
        // What was not answered was not begun: elsewhere it is decided for the first time.
        for one in sent.iter_mut().filter(|one| one.reply.is_none()) {
            let reply = other.command(&one.ticket).await;
            assert!(!reply.is_replayed, "{} was done and not answered", one.ticket.path);
            one.reply = Some(reply);
        }
        let from = sent.len().saturating_sub(REMEMBERED);
        assert_remembered(&other, &sent[from..]).await;
        record.append(&mut sent);
        for ended in readers.join_all().await {
            ended.expect("a stream of events ends as a whole reply does");
        }
    }
    println!("{} commands, of which {unanswered} were not begun", record.len());
    assert!(record.len() > usize::try_from(ROUNDS).expect("it fits") * 10, "hardly any load");
    assert_log(&mut log, begun, &record).await;
    shop.assert_balances(&other, &record).await;
    installation.assert_verified();
}

/// Readers of the stream of events, each until it ends. One that came too late has nothing to tell.
fn follow(base: &str, bearer: &str) -> JoinSet<Result<(), String>> {
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let http = reqwest::Client::builder().no_proxy().build().expect("it needs nothing");
        let request = http.get(format!("{base}/api/events/stream?after=0")).bearer_auth(bearer);
        readers.spawn(async move {
            let Ok(mut response) = request.send().await else { return Ok(()) };
            loop {
                match response.chunk().await {
                    Ok(Some(_events)) => {}
                    Ok(None) => return Ok(()),
                    Err(error) => return Err(format!("{error:?}")),
                }
            }
        });
    }
    readers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_says_that_it_stops_before_it_does() {
    let installation = Installation::new("drainfirst");
    let mut command = installation.daftar(&["serve", "--drain-seconds", "2"]);
    command.env("RUST_LOG", "info");
    let mut service = crate::daftar::Service::start(command);
    let api = Api::new(service.base());
    let shop = Shop::open(&installation, &api, 2).await;
    assert_eq!(api.look("/readyz").await.map(|(status, _)| status), Some(200));
    service.signal(Signal::TERM);
    let mut random = StdRng::seed_from_u64(seed());
    let mut was_told = false;
    for _ in 0..100 {
        let (ready, body) = api.look("/readyz").await.expect("it still answers");
        if ready == 503 {
            assert!(body.contains("\"code\":\"unavailable\""), "{body}");
            was_told = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(was_told, "it does not say that it stops");
    let reply = api.command(&shop.order(&mut random).ticket).await;
    assert!(reply.is_accepted(), "it still works: {}", reply.body);
    assert_eq!(api.look("/livez").await.map(|(status, _)| status), Some(204));
    assert!(service.ended().success(), "{}", service.log());
}
