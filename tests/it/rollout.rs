//! A new build beside the old one, while clients write: nothing is restarted by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::daftar::{Answer, Api, Installation, Reply, Service, Ticket};
use crate::load::{Sent, Shop, assert_log, checked, position, seed};

/// Says to a process which build it is.
const FOLDS: &str = "DAFTAR_TEST_FOLDS";
const CLIENTS: u64 = 6;
const CUSTOMERS: u32 = 8;
/// How long the load goes on before and after the switch.
const WHILE: Duration = Duration::from_millis(1_500);
const POLL: Duration = Duration::from_millis(50);
/// On a machine that builds something else meanwhile.
const WITHIN: Duration = Duration::from_mins(1);
/// How long it may take until one node serves after another has stopped to: the switch itself, the
/// time until a node looks, and how long it goes on saying what it found out.
const UNSERVED_MAX: Duration = Duration::from_secs(10);

fn serve(installation: &Installation, folds: &str) -> Service {
    let mut command = installation.daftar(&["serve"]);
    command.env(FOLDS, folds);
    Service::start(command)
}

/// Runs a command of the build that folds so, and expects it to do what it was asked.
async fn run(installation: &Installation, folds: &str, arguments: &[&str]) -> Value {
    let mut command = installation.daftar(&[arguments, &["--json"]].concat());
    command.env(FOLDS, folds);
    let ended = tokio::task::spawn_blocking(move || command.output()).await;
    let output = ended.expect("it is waited for").expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?} as {folds:?} ended badly: {said}");
    serde_json::from_slice(&output.stdout).expect("stdout is one JSON object")
}

async fn assert_verified(installation: &Installation, folds: &str) {
    let said = run(installation, folds, &["verify"]).await;
    assert_eq!(said["verified"], true, "{said:#}");
    assert_eq!(said["trial_balance"], "0", "{said:#}");
}

/// What a node says of itself: its status, and why.
async fn readiness(api: &Api) -> (u16, Value) {
    let (status, text) = api.look("/readyz").await.expect("it answers");
    (status, serde_json::from_str(&text).expect("it is JSON"))
}

async fn until_ready(api: &Api, status: u16) -> Value {
    let begun = Instant::now();
    loop {
        let (found, said) = readiness(api).await;
        if found == status {
            return said;
        }
        assert!(begun.elapsed() < WITHIN, "it never came to {status}: {said}");
        tokio::time::sleep(POLL).await;
    }
}

/// Looks all the while whether anybody serves; answers the longest time in which nobody did.
fn watch(apis: &[Api; 2], is_over: &Arc<AtomicBool>) -> JoinSet<Duration> {
    let (apis, is_over) = (apis.clone(), Arc::clone(is_over));
    let mut watch = JoinSet::new();
    watch.spawn(async move {
        let (mut last, mut longest) = (Instant::now(), Duration::ZERO);
        while !is_over.load(Ordering::SeqCst) {
            for api in &apis {
                assert_eq!(api.look("/livez").await.expect("it lives").0, 204);
                if readiness(api).await.0 == 200 {
                    longest = longest.max(last.elapsed());
                    last = Instant::now();
                }
            }
            tokio::time::sleep(POLL).await;
        }
        longest
    });
    watch
}

/// As a client does it behind a balancer: asks one node, then the other, under the same key, until
/// it is decided.
async fn insist(apis: &[Api; 2], first: usize, ticket: &Ticket) -> Reply {
    let begun = Instant::now();
    for turn in first.. {
        match apis[turn % apis.len()].attempt(ticket).await {
            Answer::Decided(reply) => return checked(ticket, reply),
            Answer::Unavailable(reply) => {
                assert_eq!(reply.status, 503, "{}: {}", ticket.path, reply.body);
                assert!(reply.retry_after.is_some(), "no Retry-After: {}", reply.body);
            }
            Answer::Nothing(why) | Answer::Refused(why) => panic!("{}: {why}", ticket.path),
        }
        assert!(begun.elapsed() < WITHIN, "{} was never decided", ticket.path);
        tokio::time::sleep(POLL).await;
    }
    unreachable!("nobody counts that far")
}

/// Clients at both nodes, each of which begins with another one.
fn clients(shop: &Shop, apis: &[Api; 2], is_over: &Arc<AtomicBool>) -> JoinSet<Vec<Sent>> {
    let seed = seed();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (shop, apis, is_over) = (shop.clone(), apis.clone(), Arc::clone(is_over));
        clients.spawn(async move {
            let mut random = StdRng::seed_from_u64(seed.wrapping_add(client));
            let mut sent: Vec<Sent> = Vec::new();
            while !is_over.load(Ordering::SeqCst) {
                let mut next = shop.next(&mut random, sent.last());
                let first = usize::from(client % 2 == 0) + sent.len();
                next.reply = Some(insist(&apis, first, &next.ticket).await);
                sent.push(next);
            }
            sent
        });
    }
    clients
}

async fn refused(api: &Api, ticket: &Ticket) -> Value {
    match api.attempt(ticket).await {
        Answer::Unavailable(reply) if reply.status == 503 && reply.retry_after.is_some() => {
            reply.json()
        }
        other @ (Answer::Decided(_)
        | Answer::Unavailable(_)
        | Answer::Nothing(_)
        | Answer::Refused(_)) => panic!("{} was not turned away: {other:?}", ticket.path),
    }
}

async fn get(api: &Api, bearer: &str, path: &str) -> Reply {
    match api.try_get(bearer, path).await {
        Answer::Decided(reply) | Answer::Unavailable(reply) => reply,
        Answer::Nothing(why) | Answer::Refused(why) => panic!("{path}: {why}"),
    }
}

async fn status(api: &Api, bearer: &str, path: &str) -> u16 {
    get(api, bearer, path).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_fold_version_takes_over_from_the_old_one_while_clients_write() {
    const NEW: &str = "customer_orders:2";
    let installation = Installation::new("rollout");
    let old = installation.serve();
    let shop = Shop::open(&installation, &Api::new(old.base()), CUSTOMERS).await;
    let mut log = installation.postgres().connect("daftar").await;
    let begun = position(&mut log).await;
    let new = serve(&installation, NEW);
    let apis = [Api::new(old.base()), Api::new(new.base())];

    // The new one is there, and says what it waits for.
    assert_eq!(readiness(&apis[0]).await.0, 200);
    let (found, said) = readiness(&apis[1]).await;
    assert_eq!((found, &said["code"]), (503, &json!("rebuild-needed")), "{said}");
    let detail = said["detail"].as_str().expect("it says why");
    assert!(detail.contains("`daftar rebuild customer_orders`"), "{detail}");
    assert!(detail.contains("customer_orders 1 (here 2)"), "{detail}");
    let ticket = Ticket::place(&shop.client, "early".to_owned(), &shop.customers[0], 5);
    assert_eq!(refused(&apis[1], &ticket).await["code"], "rebuild-needed");
    let order = "/api/management/orders";
    assert_eq!(status(&apis[0], &shop.finance, order).await, 200);
    assert_eq!(status(&apis[1], &shop.finance, order).await, 503);
    assert_eq!(status(&apis[1], &shop.finance, "/api/events").await, 200, "the log is the log");

    let is_over = Arc::new(AtomicBool::new(false));
    let load = clients(&shop, &apis, &is_over);
    let mut watched = watch(&apis, &is_over);
    tokio::time::sleep(WHILE).await;
    assert_eq!(readiness(&apis[0]).await.0, 200, "the old one serves until the switch");
    run(&installation, NEW, &["rebuild", "customer_orders"]).await;
    until_ready(&apis[1], 200).await;
    let said = until_ready(&apis[0], 503).await;
    assert_eq!(said["code"], "outdated", "{said}");
    let detail = said["detail"].as_str().expect("it says why");
    assert!(detail.contains("customer_orders 2 (here 1)"), "{detail}");
    tokio::time::sleep(WHILE).await;
    is_over.store(true, Ordering::SeqCst);

    let sent: Vec<Sent> = load.join_all().await.into_iter().flatten().collect();
    let unserved =
        watched.join_next().await.expect("one watches").expect("somebody lived all the while");
    println!("{} commands; nobody served for at most {} ms", sent.len(), unserved.as_millis());
    assert!(unserved < UNSERVED_MAX, "nobody served for {unserved:?}");
    assert_eq!(refused(&apis[0], &ticket).await["code"], "outdated");
    assert_eq!(status(&apis[0], &shop.finance, order).await, 503);
    assert_eq!(status(&apis[1], &shop.finance, order).await, 200);
    assert_log(&mut log, begun, &sent).await;
    shop.assert_balances(&apis[1], &sent).await;
    assert_verified(&installation, NEW).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_was_added_fills_itself_while_clients_write() {
    const OLD: &str = "-statement_lines";
    const LINES: usize = 40;
    let installation = Installation::new("filling");
    let old = serve(&installation, OLD);
    let shop = Shop::open(&installation, &Api::new(old.base()), CUSTOMERS).await;
    let mut log = installation.postgres().connect("daftar").await;
    let api = Api::new(old.base());
    for line in 0..LINES {
        let reply = api.command(&statement_line(&shop.finance, line)).await;
        assert!(reply.is_accepted(), "{}", reply.body);
    }
    let rows = "select count(*) from daftar.statement_lines";
    let rows = async |log: &mut sqlx::PgConnection| -> i64 {
        sqlx::query_scalar(rows).fetch_one(log).await.expect("it can be read")
    };
    assert_eq!(rows(&mut log).await, 0, "the old build knows nothing of it");

    let begun = position(&mut log).await;
    let new = serve(&installation, "");
    let apis = [api, Api::new(new.base())];
    let is_over = Arc::new(AtomicBool::new(false));
    let load = clients(&shop, &apis, &is_over);
    let mut watched = watch(&apis, &is_over);
    // It serves from its start, and shows the view once it holds everything.
    let asked = Instant::now();
    let lines = loop {
        let reply = get(&apis[1], &shop.finance, "/api/statement-lines?limit=200").await;
        if reply.status == 200 {
            break reply.json()["statement_lines"].as_array().expect("a list").len();
        }
        assert_eq!((reply.status, &reply.json()["code"]), (503, &json!("rebuild-needed")));
        assert!(reply.retry_after.is_some(), "{}", reply.body);
        assert_eq!(readiness(&apis[1]).await.0, 200);
        assert!(asked.elapsed() < WITHIN, "it is never filled: {}", reply.body);
        tokio::time::sleep(POLL).await;
    };
    assert_eq!(lines, LINES, "all of it or nothing");
    let said = until_ready(&apis[0], 503).await;
    assert_eq!(said["code"], "outdated", "{said}");
    assert!(
        said["detail"].as_str().expect("why").contains("statement_lines 1 (not here)"),
        "{said}"
    );

    tokio::time::sleep(WHILE).await;
    is_over.store(true, Ordering::SeqCst);
    let sent: Vec<Sent> = load.join_all().await.into_iter().flatten().collect();
    let unserved =
        watched.join_next().await.expect("one watches").expect("somebody lived all the while");
    assert!(unserved < UNSERVED_MAX, "nobody served for {unserved:?}");
    assert_log(&mut log, begun, &sent).await;
    let more = apis[1].command(&statement_line(&shop.finance, LINES)).await;
    assert!(more.is_accepted(), "{}", more.body);
    shop.assert_balances(&apis[1], &sent).await;
    assert_eq!(rows(&mut log).await, i64::try_from(LINES).expect("so many fit") + 1);
    assert_verified(&installation, "").await;
}

fn statement_line(bearer: &str, line: usize) -> Ticket {
    Ticket {
        idempotency_key: format!("line-{line}"),
        bearer: bearer.to_owned(),
        path: "/api/statement-lines".to_owned(),
        body: json!({
            "account": "rafidain", "line": format!("L-{line}"), "date": "2026-03-02",
            "amount": { "amount": "1000", "currency": "IQD" },
        }),
    }
}
