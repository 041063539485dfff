//! Webhooks: every event is told, signed, at least once, to where it may be sent and nowhere else.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::{App, Secrets};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use ledger::alerts::{self, Case, Severity};
use ledger::database::Database as Store;
use ledger::webhooks::{self, Allow, Options, Resolver};
use ledger::{Clock, Ledger};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::service::{BOOK, Service, wallet_order};

/// Every row that a secret could lie in, bytes in hex.
const ALL_ROWS: &str = "
    select string_agg(text, ' ') from (
      select row_to_json(t)::text as text from daftar.webhooks t
      union all select row_to_json(t)::text from daftar.webhook_secrets t
      union all select row_to_json(t)::text from daftar.webhook_deliveries t
      union all select row_to_json(t)::text from daftar.webhook_attempts t
      union all select row_to_json(t)::text from daftar.operations t
      union all select row_to_json(t)::text from daftar.commands t) all_rows";

/// What a receiver got.
#[derive(Debug, Clone)]
struct Got {
    id: String,
    seconds: i64,
    signatures: Vec<String>,
    host: String,
    body: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn position(&self) -> i64 {
        self.json()["data"]["position"].as_i64().unwrap()
    }

    /// Whether one of the signatures is by this secret, computed here from the definition.
    fn is_signed_by(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", self.id, self.seconds, self.body).as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.signatures.contains(&expected)
    }
}

/// What a receiver answers to its n-th message.
type Answer = Arc<dyn Fn(usize) -> (u16, Vec<(&'static str, String)>, Duration) + Send + Sync>;

struct Receiver {
    address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
    _tasks: TaskTracker,
}

impl Receiver {
    async fn taking() -> Self {
        Self::answering(|_| (200, Vec::new(), Duration::ZERO)).await
    }

    async fn answering(
        answer: impl Fn(usize) -> (u16, Vec<(&'static str, String)>, Duration) + Send + Sync + 'static,
    ) -> Self {
        let answer: Answer = Arc::new(answer);
        let got = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&got);
        let handler = async move |headers: HeaderMap, body: Bytes| {
            let text = |name: &str| headers[name].to_str().unwrap().to_owned();
            let number = {
                let mut taken = taken.lock().unwrap();
                taken.push(Got {
                    id: text("webhook-id"),
                    seconds: text("webhook-timestamp").parse().unwrap(),
                    signatures: text("webhook-signature").split(' ').map(str::to_owned).collect(),
                    host: text("host"),
                    body: String::from_utf8(body.to_vec()).unwrap(),
                });
                taken.len()
            };
            let (status, extra, delay) = answer(number);
            tokio::time::sleep(delay).await;
            let mut headers = HeaderMap::new();
            for (name, value) in extra {
                headers.insert(HeaderName::from_static(name), value.parse().unwrap());
            }
            (StatusCode::from_u16(status).unwrap(), headers, "thanks")
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = TaskTracker::new();
        let router = Router::new().route("/hook", post(handler));
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, got, _tasks: tasks }
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    fn positions(&self) -> BTreeSet<i64> {
        self.got().iter().map(Got::position).collect()
    }
}

/// A service whose clock can be put forward, over the database of another.
struct World {
    service: Service,
    ledger: Ledger,
    ahead: Arc<AtomicI64>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl World {
    async fn start() -> Self {
        let mut service = Service::start().await;
        let ahead = Arc::new(AtomicI64::new(0));
        let seconds = Arc::clone(&ahead);
        let system = Clock::system();
        let clock = Clock::from_fn(move || {
            system.now() + TimeDelta::seconds(seconds.load(Ordering::SeqCst))
        });
        service.ledger.stop().await;
        let store = Store::at(&service.database.url(), None).unwrap();
        let ledger = store.open(BOOK, clock).await.unwrap();
        service.ledger = ledger.clone();
        let secrets = Secrets::new([7; 32], [8; 32], service.vault.clone());
        let mut app = App::new(ledger.clone(), secrets);
        app.webhooks = Allow::Private;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        service.url = format!("http://{}", listener.local_addr().unwrap());
        let tasks = TaskTracker::new();
        tasks.spawn(async move { axum::serve(listener, api::router(app)).await.unwrap() });
        Self { service, ledger, ahead, stop: CancellationToken::new(), tasks }
    }

    fn options(&self) -> Options {
        let _ = self;
        Options::new(Allow::Private, api::webhook_message)
    }

    /// Another worker, as on a node of its own.
    fn work(&self, options: Options) -> JoinHandle<()> {
        let (ledger, vault) = (self.ledger.clone(), self.service.vault.clone());
        self.tasks.spawn(webhooks::run(ledger, vault, options, self.stop.clone()))
    }

    fn forward(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn create(&self, body: Value) -> (String, String) {
        let made = self.service.must("admin", "/api/webhooks", &body).await;
        let id = made["webhook"]["id"].as_str().unwrap().to_owned();
        (id, made["secret"].as_str().unwrap().to_owned())
    }

    async fn get(&self, path: &str) -> Value {
        self.service.get(&format!("/api/webhooks/{path}")).by("auditor").send().await.expect(200)
    }

    async fn tell(&self, path: &str, body: Value) -> Value {
        self.service.must("admin", &format!("/api/webhooks/{path}"), &body).await
    }

    async fn end(&self) -> i64 {
        self.ledger.head().await.unwrap().position.get()
    }

    async fn orders(&self, count: usize) {
        for _ in 0..count {
            self.service.top_up("c1", "5").await;
            self.service.must("client", "/api/orders", &wallet_order("c1", "5")).await;
        }
    }

    /// Every delivery of a webhook, of all pages, the newest first.
    async fn log(&self, hook: &str) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{hook}/deliveries?limit=7{cursor}")).await;
            all.extend(page["deliveries"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { return all };
            cursor = format!("&cursor={next}");
        }
    }
}

/// Waits until something is so; says what it waited for.
async fn until<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..1_500 {
        if let Some(found) = check().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} did not come to be");
}

async fn until_state(world: &World, hook: &str, delivery: &str, state: &str) -> Value {
    until(&format!("the state {state}"), async || {
        let found = world.get(&format!("{hook}/deliveries/{delivery}")).await;
        (found["delivery"]["state"] == state).then_some(found)
    })
    .await
}

async fn until_attempts(world: &World, hook: &str, delivery: &str, attempts: i64) -> Value {
    until(&format!("attempt {attempts}"), async || {
        let found = world.get(&format!("{hook}/deliveries/{delivery}")).await;
        (found["delivery"]["attempts"] == attempts).then_some(found)
    })
    .await
}

fn delivery_id(made: &Value) -> String {
    made["delivery"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_event_is_told_signed_and_as_the_log_has_it() {
    let world = World::start().await;
    let receiver = Receiver::taking().await;
    world.orders(1).await;
    let (hook, secret) = world.create(json!({ "url": receiver.url(), "after": "0" })).await;
    world.work(world.options());
    world.orders(2).await;

    let end = world.end().await;
    let all: BTreeSet<i64> = (1..=end).collect();
    until("every event", async || (receiver.positions() == all).then_some(())).await;

    let got = receiver.got();
    assert!(got.iter().all(|got| got.is_signed_by(&secret)), "{got:?}");
    assert!(!got[0].is_signed_by(&format!("whsec_{}", STANDARD.encode([1; 32]))));
    let placed = got.iter().find(|got| got.json()["type"] == "order.placed").unwrap().json();
    let order = placed["data"]["id"].as_str().unwrap();
    let events = world.service.get(&format!("/api/orders/{order}/events")).by("auditor");
    let mut expected = events.send().await.expect(200)["events"][0].clone();
    assert_eq!(placed["timestamp"], expected["recorded_at"]);
    let hash = expected["hash"].as_str().unwrap();
    expected["cursor"] = json!(format!("{}.{}", expected["position"], &hash[..8]));
    assert_eq!(placed["data"], expected);
    // One message an event, each in the log, and the cursor at the end of it.
    let ids: BTreeSet<&str> = got.iter().map(|got| got.id.as_str()).collect();
    assert_eq!(ids.len(), all.len());
    let log = until("a log without anything pending", async || {
        let log = world.log(&hook).await;
        log.iter().all(|delivery| delivery["state"] == "delivered").then_some(log)
    })
    .await;
    let logged: BTreeSet<&str> =
        log.iter().map(|delivery| delivery["id"].as_str().unwrap()).collect();
    assert_eq!(logged, ids);
    let shown = world.get(&hook).await;
    let head = world.ledger.head().await.unwrap();
    let cursor = eventstore::Cursor::new(head.position, head.hash).to_string();
    assert_eq!(shown["webhook"]["cursor"], cursor);
    assert!(!shown.to_string().contains("whsec_"));
}

#[tokio::test]
async fn during_a_rotation_both_secrets_sign() {
    let world = World::start().await;
    let receiver = Receiver::taking().await;
    let (hook, first) = world.create(json!({ "url": receiver.url() })).await;
    world.work(world.options());
    let sent = async |count: usize| {
        world.tell(&format!("{hook}/test"), json!({})).await;
        until("a test", async || receiver.got().get(count - 1).cloned()).await
    };
    assert!(sent(1).await.is_signed_by(&first));

    let rotated = world.tell(&format!("{hook}/rotate-secret"), json!({})).await;
    let second = rotated["secret"].as_str().unwrap().to_owned();
    assert_eq!(rotated["webhook"]["secrets"], 2);
    let got = sent(2).await;
    assert!(got.is_signed_by(&first) && got.is_signed_by(&second), "{got:?}");
    assert_eq!(got.json()["type"], "daftar.test");

    world.forward(24 * 3_600 + 1);
    let got = sent(3).await;
    assert!(!got.is_signed_by(&first) && got.is_signed_by(&second), "{got:?}");

    let at_once = json!({ "expire_previous_now": true });
    let rotated = world.tell(&format!("{hook}/rotate-secret"), at_once).await;
    let third = rotated["secret"].as_str().unwrap().to_owned();
    let got = sent(4).await;
    assert!(!got.is_signed_by(&second) && got.is_signed_by(&third), "{got:?}");
    assert_eq!(got.signatures.len(), 1);
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_as_the_same_message() {
    let world = World::start().await;
    let receiver =
        Receiver::answering(|n| (if n == 1 { 500 } else { 204 }, Vec::new(), Duration::ZERO)).await;
    let (hook, secret) = world.create(json!({ "url": receiver.url() })).await;
    world.work(world.options());
    let delivery = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);

    let failed = until_attempts(&world, &hook, &delivery, 1).await;
    assert_eq!(failed["delivery"]["state"], "pending");
    assert_eq!(failed["delivery"]["last_status"], 500);
    world.forward(10);
    let delivered = until_state(&world, &hook, &delivery, "delivered").await;

    let got = receiver.got();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].id, delivery);
    assert_eq!(got[0].id, got[1].id);
    assert_eq!(got[0].body, got[1].body);
    assert!(got[0].seconds < got[1].seconds && got[1].is_signed_by(&secret));
    let attempts = delivered["attempts"].as_array().unwrap();
    let statuses: Vec<_> = attempts.iter().map(|attempt| attempt["status"].clone()).collect();
    assert_eq!(statuses, [json!(204), json!(500)]);
    assert_eq!(attempts[1]["excerpt"], "thanks");
}

#[tokio::test]
async fn after_ten_attempts_a_message_has_failed_and_the_next_is_sent_all_the_same() {
    let world = World::start().await;
    let receiver = Receiver::answering(|_| (503, Vec::new(), Duration::ZERO)).await;
    let (hook, _) = world.create(json!({ "url": receiver.url() })).await;
    world.work(world.options());
    let delivery = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);
    let mut waited = TimeDelta::zero();
    for attempt in 1..=9 {
        let found = until_attempts(&world, &hook, &delivery, attempt).await;
        let next = found["delivery"]["next_attempt_at"].as_str().unwrap();
        let next = chrono::DateTime::parse_from_rfc3339(next).unwrap().to_utc();
        let pause = next - world.ledger.clock().now();
        waited += pause;
        world.forward(pause.num_seconds() + 1);
    }

    let failed = until_state(&world, &hook, &delivery, "failed").await;

    assert_eq!(failed["delivery"]["attempts"], 10);
    assert!(waited > TimeDelta::hours(55) && waited < TimeDelta::hours(95), "{waited}");
    assert_eq!(receiver.got().len(), 10);
    assert_eq!(world.get(&hook).await["webhook"]["state"], "enabled");
    let list = world.get(&format!("{hook}/deliveries?state=failed")).await;
    assert_eq!(list["deliveries"].as_array().unwrap().len(), 1);
    // By hand it begins anew.
    world.tell(&format!("{hook}/deliveries/{delivery}/retry"), json!({})).await;
    let again = until_attempts(&world, &hook, &delivery, 11).await;
    assert_eq!(again["delivery"]["state"], "pending");
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_told_nothing_more_until_somebody_enables_it() {
    let world = World::start().await;
    let receiver =
        Receiver::answering(|n| (if n == 1 { 410 } else { 200 }, Vec::new(), Duration::ZERO)).await;
    let (hook, _) = world.create(json!({ "url": receiver.url() })).await;
    world.work(world.options());
    let delivery = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);

    until_state(&world, &hook, &delivery, "failed").await;
    let shown = until("a disabled webhook", async || {
        let shown = world.get(&hook).await["webhook"].clone();
        (shown["state"] == "disabled").then_some(shown)
    })
    .await;
    assert_eq!(shown["disabled"]["reason"], "gone");
    for path in ["test", "replay", &format!("deliveries/{delivery}/retry")] {
        let body = if path == "replay" { json!({ "from": 0 }) } else { json!({}) };
        let ask = world.service.post(&format!("/api/webhooks/{hook}/{path}")).by("admin");
        ask.json(&body).send().await.expect_problem(409, "webhook-disabled");
    }
    world.orders(1).await;
    let end = world.end().await;
    world.tell(&format!("{hook}/enable"), json!({})).await;

    // What happened meanwhile is not missed.
    until("the events", async || {
        let got = receiver.got();
        let told: BTreeSet<i64> = got[1..].iter().map(Got::position).collect();
        (told == (1..=end).collect()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_receiver_that_takes_nothing_for_days_is_disabled() {
    let world = World::start().await;
    let receiver = Receiver::answering(|_| (500, Vec::new(), Duration::ZERO)).await;
    let (hook, _) = world.create(json!({ "url": receiver.url() })).await;
    world.work(world.options());
    let delivery = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);
    until_attempts(&world, &hook, &delivery, 1).await;
    assert_eq!(world.get(&hook).await["webhook"]["state"], "enabled");

    world.forward(5 * 24 * 3_600);

    until("a disabled webhook", async || {
        let shown = world.get(&hook).await;
        (shown["webhook"]["disabled"]["reason"] == "failing").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_slow_answer_not_waited_for() {
    let world = World::start().await;
    let elsewhere = Receiver::taking().await;
    let url = elsewhere.url();
    let redirecting =
        Receiver::answering(move |_| (307, vec![("location", url.clone())], Duration::ZERO)).await;
    let slow = Receiver::answering(|_| (200, Vec::new(), Duration::from_secs(5))).await;
    let options = Options { timeout: Duration::from_millis(300), ..world.options() };
    world.work(options);
    for (receiver, status, error) in [
        (&redirecting, json!(307), "answered 307 Temporary Redirect: redirects are not followed"),
        (&slow, Value::Null, "no answer in time"),
    ] {
        let (hook, _) = world.create(json!({ "url": receiver.url() })).await;
        let delivery = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);
        let found = until_attempts(&world, &hook, &delivery, 1).await;
        assert_eq!(found["attempts"][0]["status"], status, "{found}");
        assert_eq!(found["attempts"][0]["error"], error, "{found}");
        assert_eq!(found["delivery"]["state"], "pending");
    }
    assert!(elsewhere.got().is_empty());
}

#[tokio::test]
async fn a_receiver_that_asks_to_be_left_alone_is() {
    let world = World::start().await;
    let receiver =
        Receiver::answering(|_| (429, vec![("retry-after", "3600".to_owned())], Duration::ZERO))
            .await;
    let (hook, _) = world.create(json!({ "url": receiver.url() })).await;
    world.work(world.options());
    let delivery = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);

    let found = until_attempts(&world, &hook, &delivery, 1).await;

    let next = found["delivery"]["next_attempt_at"].as_str().unwrap();
    let next = chrono::DateTime::parse_from_rfc3339(next).unwrap().to_utc();
    let pause = next - world.ledger.clock().now();
    assert!(pause > TimeDelta::minutes(55), "{pause}");
}

#[tokio::test]
async fn two_workers_share_and_what_a_killed_one_had_begun_is_told_by_the_other() {
    let world = World::start().await;
    // Slow enough to be killed in the middle of several.
    let receiver = Receiver::answering(|_| (200, Vec::new(), Duration::from_millis(150))).await;
    let (hook, _) = world.create(json!({ "url": receiver.url() })).await;
    let killed = world.work(world.options());
    world.work(world.options());
    world.orders(8).await;
    until("some messages", async || (receiver.got().len() >= 6).then_some(())).await;

    killed.abort();
    world.orders(4).await;

    let all: BTreeSet<i64> = (1..=world.end().await).collect();
    // The claims of the killed one end.
    world.forward(61);
    let log = until("a log of everything, delivered", async || {
        let log = world.log(&hook).await;
        let done = |delivery: &Value| delivery["state"] == "delivered";
        (log.len() == all.len() && log.iter().all(done)).then_some(log)
    })
    .await;
    let logged: BTreeSet<i64> =
        log.iter().map(|delivery| delivery["event_position"].as_i64().unwrap()).collect();
    assert_eq!(logged, all);
    assert_eq!(receiver.positions(), all);
}

#[tokio::test]
async fn only_events_of_its_types_are_told_and_a_range_is_told_again_when_asked_for() {
    let world = World::start().await;
    let receiver = Receiver::taking().await;
    world.work(world.options());
    let body = json!({ "url": receiver.url(), "types": ["order.placed", "topped_up"] });
    let (hook, _) = world.create(body).await;
    world.orders(3).await;
    let end = world.end().await;
    until("six messages", async || (receiver.got().len() >= 6).then_some(())).await;
    let kinds: BTreeSet<String> =
        receiver.got().iter().map(|got| got.json()["type"].as_str().unwrap().to_owned()).collect();
    assert!(kinds.iter().eq(["order.placed", "wallet.topped_up"]), "{kinds:?}");
    assert_eq!(receiver.got().len(), 6);

    let before: BTreeSet<String> = receiver.got().into_iter().map(|got| got.id).collect();
    let asked = json!({ "from": 1, "to": end.to_string() });
    let replay = world.tell(&format!("{hook}/replay"), asked).await["replay"].clone();
    assert_eq!(replay["from"], 1);
    assert_eq!(replay["to"], end);
    until("the same six again", async || (receiver.got().len() >= 12).then_some(())).await;
    let after: BTreeSet<String> = receiver.got().into_iter().skip(6).map(|got| got.id).collect();
    assert_eq!(before, after);
    until("a finished replay", async || {
        let shown = world.get(&hook).await;
        shown["replays"][0]["finished_at"].is_string().then_some(())
    })
    .await;

    // By time: from when the last of them was recorded.
    let last = receiver.got().iter().max_by_key(|got| got.position()).unwrap().json();
    let asked = json!({ "from": last["timestamp"] });
    let replay = world.tell(&format!("{hook}/replay"), asked).await["replay"].clone();
    assert!(replay["from"].as_i64().unwrap() <= last["data"]["position"].as_i64().unwrap());
    assert_eq!(replay["to"], end);

    let none = json!({ "url": receiver.url(), "types": ["order.placed", "nonsense"] });
    let refused = world.service.post("/api/webhooks").by("admin").json(&none).send().await;
    let problem = refused.expect_problem(400, "invalid-body");
    assert_eq!(problem["errors"][0]["pointer"], "/types/1");
    for (from, code) in [(json!("1.00000000"), "cursor-diverged"), (json!(99_999), "invalid-body")]
    {
        let ask = world.service.post(&format!("/api/webhooks/{hook}/replay")).by("admin");
        let answer = ask.json(&json!({ "from": from })).send().await;
        assert_eq!(answer.json()["code"], code, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_name_is_asked_for_once_an_attempt_and_where_it_leads_is_where_it_goes() {
    let world = World::start().await;
    let (receiver, other) = (Receiver::taking().await, Receiver::taking().await);
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, first, second) = (Arc::clone(&asked), receiver.address, other.address);
    // A name that leads elsewhere as soon as it has been looked at.
    let rebinding = Resolver::from_fn(move |_, _| {
        let turn = count.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { Ok(vec![if turn == 0 { first } else { second }]) })
    });
    world.work(Options { resolver: rebinding, ..world.options() });
    let (hook, _) = world.create(json!({ "url": "http://shop.example:8080/hook" })).await;

    let delivery = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);
    until_state(&world, &hook, &delivery, "delivered").await;

    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(receiver.got()[0].host, "shop.example:8080");
    assert!(other.got().is_empty());
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_sent_nothing() {
    let world = World::start().await;
    let receiver = Receiver::taking().await;
    let private = receiver.address;
    let (hook, _) = world.create(json!({ "url": "https://shop.example/hook" })).await;
    // One good address does not make up for a bad one.
    let mixed = Resolver::from_fn(move |_, _| {
        let open = SocketAddr::from(([93, 184, 216, 34], 443));
        Box::pin(async move { Ok(vec![open, private]) })
    });
    let options = Options::new(Allow::Open, api::webhook_message);
    world.work(Options { resolver: mixed, ..options });
    let delivery = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);

    let found = until_attempts(&world, &hook, &delivery, 1).await;

    let error = found["attempts"][0]["error"].as_str().unwrap();
    assert_eq!(error, "address refused: the address is private, or of this machine");
    assert!(receiver.got().is_empty());
}

#[tokio::test]
async fn an_address_that_is_not_of_the_open_internet_is_refused_at_once() {
    // A service as it is set up: nothing private is allowed.
    let service = Service::start().await;
    for url in [
        "http://shop.example/hook",
        "ftp://shop.example/hook",
        "https://user:secret@shop.example/hook",
        "https://shop.example/hook#part",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://localhost/",
        "https://api.localhost./",
        "https://10.0.0.1:8443/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[fd00:ec2::254]/",
        "not an address",
    ] {
        let ask = service.post("/api/webhooks").by("admin").json(&json!({ "url": url }));
        let problem = ask.send().await.expect_problem(422, "webhook-address-refused");
        assert_eq!(problem["errors"][0]["pointer"], "/url", "{url}: {problem}");
    }
    for url in ["https://shop.example/hook?token=1", "https://93.184.216.34:8443/"] {
        let ask = service.post("/api/webhooks").by("admin").json(&json!({ "url": url }));
        ask.send().await.expect(201);
    }
}

#[tokio::test]
async fn webhooks_are_managed_by_admins_and_read_by_auditors() {
    let world = World::start().await;
    let receiver = Receiver::taking().await;
    let (hook, _) = world.create(json!({ "url": receiver.url() })).await;
    let body = json!({ "url": receiver.url() });
    for who in ["client", "finance", "auditor", "warehouse", "logistics", "limited"] {
        let ask = world.service.post("/api/webhooks").by(who).json(&body);
        ask.send().await.expect_problem(403, "forbidden");
        if who != "auditor" {
            let ask = world.service.get(&format!("/api/webhooks/{hook}")).by(who);
            ask.send().await.expect_problem(403, "forbidden");
        }
    }
    let unknown = "0198a000-0000-7000-8000-000000000000";
    let ask = world.service.get(&format!("/api/webhooks/{unknown}")).by("admin");
    ask.send().await.expect_problem(404, "webhook-not-found");
    let ask = world.service.get(&format!("/api/webhooks/{hook}/deliveries/{unknown}")).by("admin");
    ask.send().await.expect_problem(404, "webhook-delivery-not-found");
}

#[tokio::test]
async fn a_webhook_is_made_once_under_its_key_changed_and_deleted() {
    let world = World::start().await;
    let body = json!({ "url": "https://shop.example/hook", "description": "shop" });
    let ask = || world.service.post("/api/webhooks").by("admin").key("hook-1").json(&body).send();
    let first = ask().await;
    let location = first.header("location").unwrap().to_owned();
    let first = first.expect(201);
    let again = ask().await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(201), first);
    let hook = first["webhook"]["id"].as_str().unwrap().to_owned();
    assert_eq!(location, format!("/api/webhooks/{hook}"));
    let listed = world.service.get("/api/webhooks").by("auditor").send().await.expect(200);
    assert_eq!(listed["webhooks"].as_array().unwrap().len(), 1);

    let body = json!({ "url": "https://shop.example/other", "types": ["placed"] });
    let updated = world.tell(&format!("{hook}/update"), body).await["webhook"].clone();
    assert_eq!(updated["url"], "https://shop.example/other");
    assert_eq!(updated["types"], json!(["order.placed"]));
    assert_eq!(updated["description"], Value::Null);
    let disabled = world.tell(&format!("{hook}/disable"), json!({})).await["webhook"].clone();
    assert_eq!(disabled["disabled"]["reason"], "by_hand");
    assert_eq!(disabled["disabled"]["by"], "admin");

    let path = format!("/api/webhooks/{hook}");
    let delete = world.service.ask(reqwest::Method::DELETE, &path).by("admin");
    delete.send().await.expect(204);
    world.service.get(&path).by("admin").send().await.expect_problem(404, "webhook-not-found");
    let listed = world.service.get("/api/webhooks").by("auditor").send().await.expect(200);
    assert_eq!(listed["webhooks"], json!([]));
}

#[tokio::test]
async fn receivers_that_do_not_answer_keep_no_others_waiting() {
    let world = World::start().await;
    // As many as take every attempt that a node makes at once.
    let mut dead = Vec::new();
    for _ in 0..4 {
        let receiver = Receiver::answering(|_| (200, Vec::new(), Duration::from_mins(1))).await;
        world.create(json!({ "url": receiver.url(), "after": "0" })).await;
        dead.push(receiver);
    }
    let alive = Receiver::taking().await;
    world.create(json!({ "url": alive.url(), "after": "0" })).await;
    world.orders(12).await;
    let all: BTreeSet<i64> = (1..=world.end().await).collect();

    world.work(Options { timeout: Duration::from_secs(1), ..world.options() });
    until("every event", async || (alive.positions() == all).then_some(())).await;

    let attempts: Vec<usize> = dead.iter().map(|receiver| receiver.got().len()).collect();
    assert!(attempts.iter().all(|attempts| *attempts < all.len()), "{attempts:?} of {}", all.len());
}

#[tokio::test]
async fn what_waits_is_kept_however_long_and_what_has_ended_for_a_month() {
    let world = World::start().await;
    let receiver =
        Receiver::answering(|n| (if n == 1 { 200 } else { 500 }, Vec::new(), Duration::ZERO)).await;
    let (hook, _) = world.create(json!({ "url": receiver.url() })).await;
    world.work(world.options());
    let taken = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);
    until_state(&world, &hook, &taken, "delivered").await;
    let waits = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);
    until_attempts(&world, &hook, &waits, 1).await;
    world.tell(&format!("{hook}/disable"), json!({})).await;

    world.forward(31 * 24 * 3_600);
    // Another node sweeps when it begins.
    world.work(world.options());

    let log = until("a log of one", async || {
        let log = world.log(&hook).await;
        (log.len() < 2).then_some(log)
    })
    .await;
    let left: Vec<_> = log.iter().map(|delivery| &delivery["id"]).collect();
    assert_eq!(left, [&json!(waits)]);
    assert_eq!(log[0]["state"], "pending");
}

#[tokio::test]
async fn without_a_secret_nothing_is_sent_and_nothing_has_failed() {
    let world = World::start().await;
    let receiver = Receiver::taking().await;
    let (hook, _) = world.create(json!({ "url": receiver.url() })).await;
    // As an attempt finds it that began right before the webhook was deleted.
    world.service.run("delete from daftar.webhook_secrets").await;
    let unsigned = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);
    world.work(world.options());
    let claimed = "select count(*) from daftar.webhook_deliveries where claim_id is not null";
    until("a claim", async || {
        (world.service.database.value::<i64>(claimed).await > 0).then_some(())
    })
    .await;

    let (other, _) = world.create(json!({ "url": receiver.url() })).await;
    let signed = delivery_id(&world.tell(&format!("{other}/test"), json!({})).await);
    until_state(&world, &other, &signed, "delivered").await;

    let sent: Vec<String> = receiver.got().into_iter().map(|got| got.id).collect();
    assert_eq!(sent, [signed]);
    let found = world.get(&format!("{hook}/deliveries/{unsigned}")).await;
    assert_eq!(found["delivery"]["attempts"], 0);
    assert_eq!(world.get(&hook).await["webhook"]["failing_since"], Value::Null);
}

#[tokio::test]
async fn what_the_old_address_answers_is_not_held_against_the_new_one() {
    let world = World::start().await;
    let old = Receiver::answering(|_| (410, Vec::new(), Duration::from_secs(2))).await;
    let new = Receiver::taking().await;
    let (hook, _) = world.create(json!({ "url": old.url() })).await;
    world.work(world.options());
    let delivery = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);
    until("a message", async || (old.got().len() == 1).then_some(())).await;

    world.tell(&format!("{hook}/update"), json!({ "url": new.url() })).await;
    until_attempts(&world, &hook, &delivery, 1).await;
    world.forward(10);

    until_state(&world, &hook, &delivery, "delivered").await;
    assert_eq!(new.got()[0].id, delivery);
    let shown = world.get(&hook).await["webhook"].clone();
    assert_eq!(shown["state"], "enabled");
    assert_eq!(shown["failing_since"], Value::Null);
}

#[tokio::test]
async fn another_address_has_not_failed_yet() {
    let world = World::start().await;
    let failing = Receiver::answering(|_| (500, Vec::new(), Duration::ZERO)).await;
    let (hook, _) = world.create(json!({ "url": failing.url() })).await;
    world.work(world.options());
    world.tell(&format!("{hook}/test"), json!({})).await;
    until("a failure", async || {
        world.get(&hook).await["webhook"]["failing_since"].is_string().then_some(())
    })
    .await;

    let same = json!({ "url": failing.url(), "description": "the same" });
    let same = world.tell(&format!("{hook}/update"), same).await;
    assert!(same["webhook"]["failing_since"].is_string());
    let other = json!({ "url": "https://shop.example/other" });
    let other = world.tell(&format!("{hook}/update"), other).await;
    assert_eq!(other["webhook"]["failing_since"], Value::Null);
}

#[tokio::test]
async fn what_is_skipped_is_not_sent_even_if_it_was_about_to_be() {
    let world = World::start().await;
    let receiver = Receiver::taking().await;
    world.orders(1).await;
    let (hook, _) = world.create(json!({ "url": receiver.url() })).await;
    let waits = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);
    world.tell(&format!("{hook}/replay"), json!({ "from": 1 })).await;
    world.tell(&format!("{hook}/disable"), json!({})).await;
    world.orders(1).await;

    world.tell(&format!("{hook}/enable"), json!({ "skip_missed": true })).await;
    world.work(world.options());
    let sent = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);
    until_state(&world, &hook, &sent, "delivered").await;

    let got: Vec<String> = receiver.got().into_iter().map(|got| got.id).collect();
    assert_eq!(got, [sent]);
    let skipped = world.get(&format!("{hook}/deliveries/{waits}")).await["delivery"].clone();
    assert_eq!(skipped["state"], "failed");
    assert_eq!(skipped["last_error"], "skipped when the webhook was enabled");
    assert!(world.get(&hook).await["replays"][0]["finished_at"].is_string());
}

#[tokio::test]
async fn webhooks_are_listed_page_by_page() {
    let world = World::start().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(world.create(json!({ "url": "https://shop.example/hook" })).await.0);
    }
    let (mut listed, mut sizes) = (Vec::new(), Vec::new());
    let mut path = "/api/webhooks?limit=2".to_owned();
    loop {
        let answer = world.service.get(&path).by("auditor").send().await;
        let link = answer.header("link").map(str::to_owned);
        let page = answer.expect(200);
        let ids = page["webhooks"].as_array().unwrap().iter();
        let ids: Vec<_> = ids.map(|hook| hook["id"].as_str().unwrap().to_owned()).collect();
        sizes.push(ids.len());
        listed.extend(ids);
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/webhooks?cursor={next}&limit=2");
        assert_eq!(link, Some(format!("<{path}>; rel=\"next\"")));
    }
    assert_eq!(sizes, [2, 2, 1]);
    made.sort();
    listed.sort();
    assert_eq!(listed, made);
}

#[tokio::test]
async fn no_secret_lies_in_the_database_as_it_is() {
    let world = World::start().await;
    let receiver = Receiver::taking().await;
    let (hook, first) = world.create(json!({ "url": receiver.url() })).await;
    let rotated = world.tell(&format!("{hook}/rotate-secret"), json!({})).await;
    let second = rotated["secret"].as_str().unwrap().to_owned();
    world.work(world.options());
    let delivery = delivery_id(&world.tell(&format!("{hook}/test"), json!({})).await);
    until_state(&world, &hook, &delivery, "delivered").await;

    let everything: String = world.service.database.value(ALL_ROWS).await;

    assert!(everything.contains(&delivery), "the rows were read");
    for secret in [first, second] {
        let text = secret.strip_prefix("whsec_").unwrap();
        let bytes = STANDARD.decode(text).unwrap();
        assert!(!everything.contains(text));
        assert!(!everything.contains(&hex::encode(bytes)));
    }
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_ends() {
    let world = World::start().await;
    let worker = world.work(world.options());
    world.stop.cancel();
    tokio::time::timeout(Duration::from_secs(8), worker).await.unwrap().unwrap();
}

/// What a monitor sees: these, of which nothing else is open.
async fn sees(world: &World, cases: &[(&str, Severity)]) {
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    let cases = cases.iter().map(|(subject, severity)| Case {
        subject: (*subject).to_owned(),
        severity: *severity,
        owner: "finance".to_owned(),
        says: format!("{subject} waits"),
        evidence: json!({}),
    });
    let now = world.ledger.clock().now();
    alerts::sync(&mut conn, BOOK, "receipt-waiting", cases.collect(), now).await.unwrap();
}

fn types_of(got: &[Got]) -> Vec<String> {
    let mut types: Vec<String> =
        got.iter().map(|got| got.json()["type"].as_str().unwrap().to_owned()).collect();
    types.sort_unstable();
    types
}

#[tokio::test]
async fn each_change_of_an_alert_is_told_once_to_those_who_name_it_and_to_nobody_else() {
    let world = World::start().await;
    let (all, some, events, both) = (
        Receiver::taking().await,
        Receiver::taking().await,
        Receiver::taking().await,
        Receiver::taking().await,
    );
    sees(&world, &[("order/before", Severity::Info)]).await;
    let named = ["alert.opened", "alert.acknowledged", "alert.resolved", "alert.reopened"];
    let (hook, secret) = world.create(json!({ "url": all.url(), "types": named })).await;
    let resolved = json!({ "url": some.url(), "types": ["alert.resolved"] });
    world.create(resolved).await;
    world.create(json!({ "url": events.url() })).await;
    let mixed = json!({ "url": both.url(), "types": ["placed", "alert.reopened"] });
    world.create(mixed).await;
    // As two nodes.
    world.work(world.options());
    world.work(world.options());

    let two = [("order/1", Severity::Warning), ("order/2", Severity::Critical)];
    sees(&world, &two).await;
    let listed = world.service.get("/api/admin/alerts?state=opened").by("auditor").send().await;
    let listed = listed.expect(200);
    let mut listed = listed["alerts"].as_array().unwrap().iter();
    let first = listed.find(|alert| alert["subject"] == "order/1").unwrap()["id"].clone();
    let path = format!("/api/admin/alerts/{}/acknowledge", first.as_str().unwrap());
    world.service.must("finance", &path, &json!({ "note": "T-1" })).await;
    sees(&world, &[]).await;
    sees(&world, &two).await;
    world.orders(2).await;

    let feed = world.service.get("/api/admin/alerts/changes?after=1&limit=200").by("auditor");
    let feed = feed.send().await.expect(200)["changes"].as_array().unwrap().clone();
    assert_eq!(feed.len(), 8, "{feed:#?}");
    until("every change", async || (all.got().len() >= feed.len()).then_some(())).await;
    let end: BTreeSet<i64> = (1..=world.end().await).collect();
    until("every event", async || (events.positions() == end).then_some(())).await;
    until("both kinds", async || (both.got().len() >= 4).then_some(())).await;
    until("what is over", async || (some.got().len() >= 3).then_some(())).await;

    let got = all.got();
    let ids: BTreeSet<&str> = got.iter().map(|got| got.id.as_str()).collect();
    assert_eq!((got.len(), ids.len()), (feed.len(), feed.len()), "each of them once");
    assert!(got.iter().all(|got| got.is_signed_by(&secret)));
    let mut told: Vec<Value> = got.iter().map(Got::json).collect();
    told.sort_by_key(|told| told["data"]["number"].as_i64());
    for (told, change) in told.iter().zip(&feed) {
        assert_eq!(&told["data"], change);
        assert_eq!(told["type"], format!("alert.{}", change["change"].as_str().unwrap()));
        assert_eq!(told["timestamp"], change["at"]);
    }
    assert_eq!(types_of(&some.got()), ["alert.resolved"; 3]);
    assert!(types_of(&events.got()).iter().all(|name| !name.starts_with("alert.")));
    let mixed = ["alert.reopened", "alert.reopened", "order.placed", "order.placed"];
    assert_eq!(types_of(&both.got()), mixed);

    let log = world.log(&hook).await;
    let mut numbers: Vec<i64> =
        log.iter().map(|delivery| delivery["alert_change"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=9).collect::<Vec<_>>());
    assert!(log.iter().all(|delivery| delivery["event_position"] == Value::Null), "{log:#?}");
    assert_eq!(world.get(&hook).await["webhook"]["alert_number"], 9);
}

#[tokio::test]
async fn what_happened_to_an_alert_is_told_again_as_it_was_and_after_a_pause_in_order() {
    let world = World::start().await;
    let receiver =
        Receiver::answering(|n| (if n == 1 { 500 } else { 200 }, Vec::new(), Duration::ZERO)).await;
    let named = json!({ "url": receiver.url(), "types": ["alert.opened", "alert.resolved"] });
    let (hook, _) = world.create(named).await;
    world.work(world.options());
    sees(&world, &[("order/1", Severity::Warning)]).await;
    until("a failure", async || (receiver.got().len() == 1).then_some(())).await;
    let delivery = world.log(&hook).await[0]["id"].as_str().unwrap().to_owned();
    until_attempts(&world, &hook, &delivery, 1).await;
    // It got worse since.
    sees(&world, &[("order/1", Severity::Critical)]).await;
    world.tell(&format!("{hook}/deliveries/{delivery}/retry"), json!({})).await;
    until_state(&world, &hook, &delivery, "delivered").await;
    let got = receiver.got();
    assert_eq!((&got[0].id, &got[0].body), (&got[1].id, &got[1].body));
    assert_eq!(got[1].json()["data"]["severity"], "warning");

    // What happens meanwhile is told once it is enabled …
    world.tell(&format!("{hook}/disable"), json!({})).await;
    sees(&world, &[]).await;
    world.tell(&format!("{hook}/enable"), json!({})).await;
    until("what was missed", async || (receiver.got().len() == 3).then_some(())).await;
    assert_eq!(receiver.got()[2].json()["type"], "alert.resolved");
    // … and not, if what was missed is to be skipped.
    world.tell(&format!("{hook}/disable"), json!({})).await;
    sees(&world, &[("order/2", Severity::Warning)]).await;
    world.tell(&format!("{hook}/enable"), json!({ "skip_missed": true })).await;
    sees(&world, &[]).await;
    until("what came then", async || (receiver.got().len() == 4).then_some(())).await;
    let told = receiver.got()[3].json();
    assert_eq!(
        (&told["type"], &told["data"]["subject"]),
        (&json!("alert.resolved"), &json!("order/2"))
    );
    for types in [json!(["alert"]), json!(["alert.placed"]), json!(["opened", "order.resolved"])] {
        let body = json!({ "url": receiver.url(), "types": types });
        let ask = world.service.post("/api/webhooks").by("admin").json(&body);
        ask.send().await.expect_problem(400, "invalid-body");
    }
}
