//! Ten times what the service can do: what it takes it keeps, the rest it turns away, and then it
//! goes on as if nothing had been.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::task::JoinSet;

use crate::daftar::{Answer, Api, Installation, Service};
use crate::load::{Sent, Shop, Until, assert_log, is_full, position, seed, settle};

const CLIENTS: u64 = 16;
const CUSTOMERS: u32 = 8;
/// How long it is found out what the service can do.
const CLOSED: Duration = Duration::from_secs(2);
const OPEN_SECONDS: u64 = 5;
const OPEN_SECONDS_FULL: u64 = 30;
const TIMES: u32 = 10;
const TICK: Duration = Duration::from_millis(10);
/// How many requests the load keeps open: more than the service lets in, fewer than files may be.
const OPEN_MAX: usize = 900;
/// How much more memory the service may take, in kilobytes.
const GROWTH_MAX_KB: u64 = 256 * 1024;
const CALM_WITHIN: Duration = Duration::from_mins(1);

/// What came of one request.
enum Told {
    Accepted(Sent),
    /// Not begun, or nobody can say: its status, and whether it may be in the log all the same.
    TurnedAway(u16, Option<Sent>),
    Wrong(String),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_times_too_much_is_turned_away_and_what_is_taken_is_kept() {
    let seed = seed();
    let installation = Installation::new("overload");
    // Nobody is turned away for asking often: the service itself has to bear it.
    let limits = ["serve", "--rate-limit", "off", "--peer-rate-limit", "off"];
    let service = Service::start(installation.daftar(&limits));
    let api = Api::new(service.base());
    let shop = Shop::open(&installation, &api, CUSTOMERS).await;
    let mut log = installation.postgres().connect("daftar").await;
    let begun = position(&mut log).await;

    let until = Until::Over(Instant::now() + CLOSED);
    let closed = shop.clients(&api, CLIENTS, seed, &until);
    let mut sent: Vec<Sent> = closed.join_all().await.into_iter().flatten().collect();
    let can_do = u32::try_from(sent.len()).expect("it fits") / 2;
    assert!(can_do > 0, "it does nothing at all");

    let memory = Memory::watch(service.pid());
    let seconds = if is_full() { OPEN_SECONDS_FULL } else { OPEN_SECONDS };
    let told = open_loop(&shop, &api, seed, can_do * TIMES, Duration::from_secs(seconds)).await;
    let (before_kb, most_kb) = memory.measured();

    let mut turned_away: BTreeMap<u16, u32> = BTreeMap::new();
    let mut unsure = Vec::new();
    let (mut accepted, mut wrong) = (0_u32, Vec::new());
    for one in told {
        match one {
            Told::Accepted(one) => {
                accepted += 1;
                sent.push(one);
            }
            Told::TurnedAway(status, one) => {
                *turned_away.entry(status).or_default() += 1;
                unsure.extend(one);
            }
            Told::Wrong(what) => wrong.push(what),
        }
    }
    println!(
        "{can_do}/s closed; of {TIMES} times as much for {seconds} s {accepted} were taken, \
         {turned_away:?} turned away, {} of them perhaps begun; memory {before_kb} to {most_kb} kB",
        unsure.len()
    );
    assert!(wrong.is_empty(), "{} went wrong, such as {}", wrong.len(), wrong[0]);
    assert!(accepted > 0, "nothing was taken");
    assert!(!turned_away.is_empty(), "that was not too much");
    assert!(turned_away.keys().all(|status| [429, 503].contains(status)), "{turned_away:?}");
    assert!(most_kb < before_kb + GROWTH_MAX_KB, "from {before_kb} to {most_kb} kB");

    calm(&api).await;
    let mut fresh = shop.order(&mut StdRng::seed_from_u64(seed ^ 1));
    let reply = api.command(&fresh.ticket).await;
    assert!(reply.is_accepted(), "{}", reply.body);
    fresh.reply = Some(reply);
    sent.push(fresh);
    settle(&api, &mut unsure).await;
    sent.append(&mut unsure);
    assert_log(&mut log, begun, &sent).await;
    shop.assert_balances(&api, &sent).await;
    installation.assert_verified();
}

/// Sends so many a second, whatever comes back.
async fn open_loop(shop: &Shop, api: &Api, seed: u64, rate: u32, lasts: Duration) -> Vec<Told> {
    let api = Arc::new(api.clone());
    let mut random = StdRng::seed_from_u64(seed.wrapping_add(77));
    let (begun, mut requests, mut sent) = (Instant::now(), JoinSet::new(), 0_u128);
    let (mut told, mut not_sent) = (Vec::new(), 0_u32);
    while begun.elapsed() < lasts {
        let due = begun.elapsed().as_millis() * u128::from(rate) / 1_000;
        while sent < due {
            sent += 1;
            if requests.len() >= OPEN_MAX {
                not_sent += 1;
                continue;
            }
            let (api, one) = (Arc::clone(&api), shop.order(&mut random));
            requests.spawn(async move { attempt(&api, one).await });
        }
        tokio::time::sleep(TICK).await;
        while let Some(one) = requests.try_join_next() {
            told.push(one.expect("it does not panic"));
        }
    }
    told.extend(requests.join_all().await);
    println!("{rate}/s asked for; {} sent, {not_sent} not, for want of open files", told.len());
    told
}

async fn attempt(api: &Api, mut one: Sent) -> Told {
    match api.attempt(&one.ticket).await {
        Answer::Decided(reply) if reply.is_accepted() => {
            one.reply = Some(reply);
            Told::Accepted(one)
        }
        Answer::Decided(reply) => Told::Wrong(format!("{}: {}", reply.status, reply.body)),
        Answer::Unavailable(reply) => {
            if reply.retry_after.as_ref().is_none_or(|text| text.parse::<u32>().is_err()) {
                return Told::Wrong(format!(
                    "{} without Retry-After: {}",
                    reply.status, reply.body
                ));
            }
            let code = reply.json()["code"].clone();
            let is_begun = code != "overloaded" && code != "rate-limited";
            Told::TurnedAway(reply.status, is_begun.then_some(one))
        }
        Answer::Nothing(why) => Told::Wrong(why),
        // There are fewer than the limit of connections.
        Answer::Refused(why) => Told::Wrong(format!("refused: {why}")),
    }
}

/// Nothing waits any more.
async fn calm(api: &Api) {
    let begun = Instant::now();
    loop {
        let queue = api.counted("daftar_queue_commands").await;
        let under_way = api.counted("daftar_http_requests_in_flight").await;
        // The one that asks is under way itself.
        if queue == 0 && under_way == 1 {
            return;
        }
        assert!(begun.elapsed() < CALM_WITHIN, "{queue} wait, {under_way} are under way");
        tokio::time::sleep(TICK).await;
    }
}

/// What a process takes of the memory, looked at again and again, in kilobytes.
struct Memory {
    before_kb: u64,
    most_kb: Arc<AtomicU64>,
    _watching: JoinSet<()>,
}

impl Memory {
    fn watch(pid: u32) -> Self {
        let before_kb = resident_kb(pid);
        let most_kb = Arc::new(AtomicU64::new(before_kb));
        let (mut watching, most) = (JoinSet::new(), Arc::clone(&most_kb));
        watching.spawn(async move {
            loop {
                most.fetch_max(resident_kb(pid), Ordering::Relaxed);
                tokio::time::sleep(TICK * 10).await;
            }
        });
        Self { before_kb, most_kb, _watching: watching }
    }

    fn measured(&self) -> (u64, u64) {
        (self.before_kb, self.most_kb.load(Ordering::Relaxed))
    }
}

fn resident_kb(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it has some");
    let number = line.trim().trim_end_matches(" kB");
    number.parse().expect("a number of kilobytes")
}
