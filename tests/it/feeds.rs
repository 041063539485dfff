//! Readers of the event stream that are cut off all the time, over two nodes of which one is killed
//! now and then: each sees every event once, in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::{Client, Response, StatusCode};
use rustix::process::Signal;
use serde_json::Value;
use sqlx::Row as _;
use tokio::sync::watch;
use tokio::task::{JoinSet, block_in_place};
use tokio::time::timeout;

use crate::daftar::{Api, Installation};
use crate::load::{Shop, Until, is_full, position, seed, stop};

const RECONNECTS: u64 = 500;
const RECONNECTS_FULL: u64 = 10_000;
const READERS: u64 = 10;
const CUSTOMERS: u32 = 8;
/// Of the readers, in one life of a connection.
const EVENTS_MAX: usize = 20;
const LIFE_MAX_MS: u64 = 20;
/// Of the node that is killed.
const NODE_LIFE_MS: std::ops::RangeInclusive<u64> = 200..=1_500;
const NODE_AWAY_MAX_MS: u64 = 300;
/// A node that is told to stop does not wait for readers that would go on for ever.
const STOPS_WITHIN: Duration = Duration::from_secs(8);
const AGAIN_AFTER: Duration = Duration::from_millis(20);
const WITHIN: Duration = Duration::from_mins(2);

/// What a reader has seen: the id of each message, and the id of the event in it.
type Seen = Vec<(String, String)>;

/// Where both nodes are, as of now.
type Nodes = watch::Receiver<[String; 2]>;

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicU64,
    refused: AtomicU64,
    broken: AtomicU64,
}

struct Reader {
    http: Client,
    key: String,
    nodes: Nodes,
    random: StdRng,
    turn: usize,
    seen: Seen,
    counts: Arc<Counts>,
}

impl Reader {
    /// One connection to the node whose turn it is; none if it cannot be had.
    async fn connect(&mut self) -> Option<Response> {
        self.turn += 1;
        let node = self.nodes.borrow()[self.turn % 2].clone();
        let mut request = self.http.get(format!("{node}/api/events/stream")).bearer_auth(&self.key);
        if let Some((last, _)) = self.seen.last() {
            request = request.header("Last-Event-ID", last);
        }
        match request.send().await {
            Ok(response) if response.status() == StatusCode::OK => {
                self.counts.connections.fetch_add(1, Ordering::Relaxed);
                Some(response)
            }
            Ok(response) => {
                let status = response.status();
                assert_eq!(status, 503, "{}", response.text().await.unwrap_or_default());
                self.counts.refused.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(AGAIN_AFTER).await;
                None
            }
            Err(_gone) => {
                self.counts.broken.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(AGAIN_AFTER).await;
                None
            }
        }
    }

    /// Takes events until so many came, so long passed, the log's end is seen, or it breaks.
    async fn read(&mut self, mut response: Response, count: usize, life: Duration, end: i64) {
        let over = Instant::now() + life;
        let mut text = Vec::new();
        let enough = self.seen.len().saturating_add(count);
        while self.seen.len() < enough && self.position() < end {
            let left = over.saturating_duration_since(Instant::now());
            let Ok(Ok(Some(chunk))) = timeout(left, response.chunk()).await else { return };
            text.extend_from_slice(&chunk);
            // Only whole messages count: that is what the id is for.
            while let Some(at) = text.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = text.drain(..at + 2).collect();
                self.take(std::str::from_utf8(&block).expect("a message is a text"));
                if self.seen.len() >= enough {
                    return;
                }
            }
        }
    }

    fn take(&mut self, block: &str) {
        let field =
            |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let Some(data) = field("data") else { return };
        let id = field("id").expect("an event has an id").to_owned();
        let event: Value = serde_json::from_str(data).expect("an event is JSON");
        assert!(id.starts_with(&format!("{}.", event["position"])), "{id} is of {event}");
        let event_id = event["event_id"].as_str().expect("it has an id").to_owned();
        self.seen.push((id, event_id));
    }

    fn position(&self) -> i64 {
        let last = self.seen.last().and_then(|(id, _)| id.split_once('.')?.0.parse().ok());
        last.unwrap_or_default()
    }

    /// Is cut off again and again at moments that nobody chose.
    async fn be_cut_off(mut self, times: u64) -> Self {
        let mut done = 0;
        while done < times {
            let Some(response) = self.connect().await else { continue };
            done += 1;
            let count = self.random.random_range(0..=EVENTS_MAX);
            let mut life = Duration::from_millis(self.random.random_range(0..=LIFE_MAX_MS));
            // Some stay long enough to catch up with the end of the log.
            let stays = self.random.random_bool(0.05);
            let count = if stays { usize::MAX } else { count };
            if stays {
                life *= 20;
            }
            self.read(response, count, life, i64::MAX).await;
        }
        self
    }

    /// Reads on until it has seen the end.
    async fn finish(mut self, end: i64) -> Seen {
        let begun = Instant::now();
        while self.position() < end {
            assert!(begun.elapsed() < WITHIN, "it is at {} and not at {end}", self.position());
            if let Some(response) = self.connect().await {
                self.read(response, usize::MAX, WITHIN, end).await;
            }
        }
        self.seen
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_cut_off_ten_thousand_times_see_every_event_once_and_in_order() {
    let reconnects = if is_full() { RECONNECTS_FULL } else { RECONNECTS };
    let seed = seed();
    let mut random = StdRng::seed_from_u64(seed);
    let installation = Installation::new("feeds");
    let one = installation.serve();
    let mut other = installation.serve();
    let api = Api::new(one.base());
    let shop = Shop::open(&installation, &api, CUSTOMERS).await;
    let auditor = installation.key("auditor", "salma");
    let (nodes, at) = watch::channel([one.base(), other.base()]);

    let (until, answered) = Until::told();
    let writers = shop.clients(&api, 2, seed, &until);
    let counts = Arc::new(Counts::default());
    let begun = Instant::now();
    let mut readers = JoinSet::new();
    for reader in 0..READERS {
        let http = Client::builder().no_proxy().build().expect("a client needs nothing");
        let random = StdRng::seed_from_u64(seed.wrapping_add(reader));
        let turn = usize::from(reader % 2 == 0);
        let (key, nodes, counts) = (auditor.clone(), at.clone(), Arc::clone(&counts));
        let reader = Reader { http, key, nodes, random, turn, seen: Vec::new(), counts };
        readers.spawn(reader.be_cut_off(reconnects / READERS));
    }

    // One node is killed again and again, with whoever writes and reads there.
    let is_done = Arc::new(AtomicBool::new(false));
    let mut waiting = JoinSet::new();
    waiting.spawn({
        let is_done = Arc::clone(&is_done);
        async move {
            let readers = readers.join_all().await;
            is_done.store(true, Ordering::Release);
            readers
        }
    });
    let (mut kills, mut stops) = (0, 0);
    while !is_done.load(Ordering::Acquire) {
        let writers = shop.clients(&Api::new(other.base()), 1, random.random(), &Until::Unanswered);
        tokio::time::sleep(Duration::from_millis(random.random_range(NODE_LIFE_MS))).await;
        if random.random_bool(0.25) {
            other.signal(Signal::TERM);
            let told = Instant::now();
            let status = block_in_place(|| other.ended());
            assert!(status.success(), "{status}:\n{}", other.log());
            assert!(told.elapsed() < STOPS_WITHIN, "it took {:?} to stop", told.elapsed());
            stops += 1;
        } else {
            block_in_place(|| other.kill());
            kills += 1;
        }
        writers.join_all().await;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..=NODE_AWAY_MAX_MS))).await;
        other = block_in_place(|| installation.serve());
        nodes.send_replace([one.base(), other.base()]);
    }
    let readers = waiting.join_all().await.pop().expect("one task waits for them");
    let took = begun.elapsed();
    stop(&answered);
    writers.join_all().await;

    let mut log = installation.postgres().connect("daftar").await;
    let end = position(&mut log).await;
    let behind = readers.iter().map(|reader| end - reader.position()).max().unwrap_or_default();
    let mut finishing = JoinSet::new();
    for reader in readers {
        finishing.spawn(reader.finish(end));
    }
    let all = finishing.join_all().await;
    let rows = sqlx::query(
        "select position, encode(hash, 'hex') as hash, event_id::text as event_id
         from events where book_id = 1 order by position",
    )
    .fetch_all(&mut log)
    .await
    .expect("the log can be read");
    let expected: Seen = rows
        .iter()
        .map(|row| {
            let (hash, event_id): (String, String) = (row.get("hash"), row.get("event_id"));
            (format!("{}.{}", row.get::<i64, _>("position"), &hash[..8]), event_id)
        })
        .collect();
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    println!(
        "{} connections of {READERS} readers in {took:?}, {} refused, {} not to be had; {kills} \
         kills and {stops} stops of a node; {} events, up to {behind} of them read at the end",
        count(&counts.connections),
        count(&counts.refused),
        count(&counts.broken),
        expected.len(),
    );
    assert_eq!(i64::try_from(expected.len()).expect("so many fit"), end);
    for seen in all {
        let wrong = seen.iter().zip(&expected).position(|(seen, expected)| seen != expected);
        if let Some(at) = wrong {
            let around = at.saturating_sub(2)..(at + 3).min(seen.len());
            panic!("instead of {:?} it saw {:?}", expected[at], &seen[around]);
        }
        assert_eq!(seen.len(), expected.len());
    }
    assert!(kills + stops > 0, "no node was killed");
    assert!(count(&counts.connections) >= reconnects);
    installation.assert_verified();
}
