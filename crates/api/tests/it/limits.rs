//! What is turned away, and how: too often, too much at once, too slow, too late, broken.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use api::{App, Lifecycle, Limits, Rate, Secrets};
use axum::Router;
use axum::routing::get;
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use crate::service::{Answer, Service, iqd, transfer_order};

const WATCHED: [&str; 3] = ["/livez", "/readyz", "/metrics"];
/// Longer than any of these waits lasts, on a machine that builds something else meanwhile.
const PATIENCE: Duration = Duration::from_secs(20);
/// As many as there are connections for reads.
const CONNECTIONS: usize = 16;
const BURST: usize = 24;
const BURSTS: usize = 5;

/// The same book, served once more with these limits.
async fn limited(service: &mut Service, limits: Limits) -> Lifecycle {
    let secrets = Secrets::new([7; 32], [8; 32], service.vault.clone());
    let app = App::new(service.ledger.clone(), secrets).with_limits(limits);
    let lifecycle = app.lifecycle.clone();
    service.url = serve(api::router(app)).await;
    lifecycle
}

async fn broken() -> StatusCode {
    panic!("a handler met with a defect")
}

async fn whole() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    TaskTracker::new().spawn(async move { axum::serve(listener, service).await.unwrap() });
    url
}

#[track_caller]
fn retry_after(answer: &Answer) -> u64 {
    let text = answer.header("retry-after").unwrap_or_else(|| panic!("no Retry-After: {answer:?}"));
    let seconds = text.parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    seconds
}

/// What is counted under this name and these labels.
async fn counted(service: &Service, sample: &str) -> u64 {
    let text = service.get("/metrics").send().await.text;
    let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {sample} in {text}")).parse().unwrap()
}

async fn until(service: &Service, sample: &str, count: u64) {
    let begun = Instant::now();
    while counted(service, sample).await != count {
        assert!(begun.elapsed() < PATIENCE, "{sample} does not become {count}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Those that were answered, and those that came too often. They are asked in bursts, since a busy
/// machine may answer some more slowly than they are let in again.
async fn until_turned_away<F: Future<Output = Answer>>(
    ask: impl Fn() -> F,
) -> (Vec<Answer>, Vec<Answer>) {
    let (mut let_in, mut turned_away) = (Vec::new(), Vec::new());
    for _ in 0..BURSTS {
        for answer in join_all((0..BURST).map(|_| ask())).await {
            let answers = if answer.status == 429 { &mut turned_away } else { &mut let_in };
            answers.push(answer);
        }
        if !turned_away.is_empty() {
            return (let_in, turned_away);
        }
    }
    panic!("all {} were let in", let_in.len());
}

/// An order whose body stays away: it is under way as long as the connection is open.
async fn begin_order(service: &Service) -> TcpStream {
    let bearer = service.bearer("client");
    let address = service.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /api/orders HTTP/1.1\r\nHost: daftar\r\nAuthorization: Bearer {bearer}\r\n\
         Content-Type: application/json\r\nContent-Length: 500\r\nIdempotency-Key: slow\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(b"{\"customer\":").await.unwrap();
    stream
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_when_to_come_again_and_nobody_else_is() {
    let mut service = Service::start().await;
    let limits = Limits { principal_rate: Some(Rate::of(1, 3)), ..Limits::default() };
    limited(&mut service, limits).await;
    let ask = || service.get("/api/management/orders").by("finance").send();
    let (let_in, turned_away) = until_turned_away(ask).await;
    assert!(let_in.len() >= 3, "{} were let in", let_in.len());
    let limited = turned_away.len();
    let mut wait = 1;
    for answer in turned_away {
        wait = retry_after(&answer);
        answer.expect_problem(429, "rate-limited");
    }
    let sample = "daftar_http_rate_limited_total{what=\"principal\"}";
    assert_eq!(counted(&service, sample).await, u64::try_from(limited).unwrap());
    service.get("/api/management/orders").by("admin").send().await.expect(200);
    tokio::time::sleep(Duration::from_secs(wait)).await;
    ask().await.expect(200);
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_turned_away_before_its_key_is_looked_at() {
    let mut service = Service::start().await;
    let limits = Limits { peer_rate: Some(Rate::of(1, 2)), ..Limits::default() };
    limited(&mut service, limits).await;
    let ask = || service.get("/api/audit/chain").send();
    for _ in 0..2 {
        ask().await.expect_problem(401, "unauthenticated");
    }
    let (let_in, turned_away) = until_turned_away(ask).await;
    for answer in let_in {
        answer.expect_problem(401, "unauthenticated");
    }
    for answer in turned_away {
        retry_after(&answer);
        answer.expect_problem(429, "rate-limited");
    }
    for path in WATCHED {
        assert!(service.get(path).send().await.status.is_success(), "{path} is always answered");
    }
}

#[tokio::test]
async fn what_is_too_much_at_once_is_turned_away_at_once_and_let_in_afterwards() {
    let mut service = Service::start().await;
    limited(&mut service, Limits { requests_max: 1, ..Limits::default() }).await;
    let ask = || service.get("/api/management/orders").by("finance").send();
    let slow = begin_order(&service).await;
    // The one that asks is under way too.
    until(&service, "daftar_http_requests_in_flight", 2).await;
    let answer = ask().await;
    retry_after(&answer);
    answer.expect_problem(503, "overloaded");
    for path in WATCHED {
        assert!(service.get(path).send().await.status.is_success(), "{path} is always answered");
    }
    assert_eq!(counted(&service, "daftar_http_shed_total{what=\"requests\"}").await, 1);
    drop(slow);
    until(&service, "daftar_http_requests_in_flight", 1).await;
    ask().await.expect(200);
}

/// A callback whose body stays away.
async fn begin_callback(service: &Service, signature: &str) -> TcpStream {
    let address = service.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /api/gateways/main/zain/callback HTTP/1.1\r\nHost: daftar\r\n{signature}\
         Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// What is said first on a connection.
async fn first_line(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 64];
    let count = tokio::time::timeout(PATIENCE, stream.read(&mut bytes)).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
    text.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn bodies_of_which_nobody_knows_who_sends_them_are_few_and_soon_given_up() {
    let mut service = Service::start().await;
    let unproved_within = Duration::from_secs(5);
    let limits = Limits { unproved_max: 1, unproved_within, ..Limits::default() };
    limited(&mut service, limits).await;
    let mut unsigned = begin_callback(&service, "").await;
    // Had it been waited for, that would be another answer.
    assert!(first_line(&mut unsigned).await.starts_with("HTTP/1.1 401 "));

    let signature = format!("Daftar-Signature: t=1,v1={}\r\n", "0".repeat(64));
    let mut first = begin_callback(&service, &signature).await;
    until(&service, "daftar_http_requests_in_flight", 2).await;
    let mut second = begin_callback(&service, &signature).await;
    assert!(first_line(&mut second).await.starts_with("HTTP/1.1 503 "), "there is one already");
    assert!(first_line(&mut first).await.starts_with("HTTP/1.1 503 "), "it takes too long");
    assert_eq!(counted(&service, "daftar_http_shed_total{what=\"unproved\"}").await, 1);
    let mut third = begin_callback(&service, &signature).await;
    until(&service, "daftar_http_requests_in_flight", 2).await;
    assert!(first_line(&mut third).await.starts_with("HTTP/1.1 503 "), "it was let in");
    assert_eq!(counted(&service, "daftar_http_shed_total{what=\"unproved\"}").await, 1);
}

#[tokio::test]
async fn one_principal_does_not_take_every_place() {
    let mut service = Service::start().await;
    limited(&mut service, Limits { principal_requests_max: 1, ..Limits::default() }).await;
    let slow = begin_order(&service).await;
    until(&service, "daftar_http_requests_in_flight", 2).await;
    let order = transfer_order("c1", "10");
    let ask = || service.post("/api/orders").by("client").key("1").json(&order).send();
    // The slow one is recognised at some time soon.
    let begun = Instant::now();
    let answer = loop {
        let answer = ask().await;
        if answer.status == 503 {
            break answer;
        }
        assert!(begun.elapsed() < PATIENCE, "two are let in: {answer:?}");
    };
    retry_after(&answer);
    answer.expect_problem(503, "overloaded");
    service.get("/api/management/orders").by("finance").send().await.expect(200);
    drop(slow);
    until(&service, "daftar_http_requests_in_flight", 1).await;
    assert!(ask().await.status.is_success());
}

#[tokio::test]
async fn a_year_that_the_database_has_no_room_for_is_the_callers_mistake() {
    let service = Service::start().await;
    for year in ["-5000", "%2B300000"] {
        let path = format!("/api/audit/trial-balance?as_of={year}-01-01");
        let answer = service.get(&path).by("auditor").send().await;
        answer.expect_problem(400, "invalid-query");
    }
    let mut order = transfer_order("c1", "10");
    order["deadline"] = json!("+200000-01-01T00:00:00Z");
    let answer = service.post("/api/orders").by("client").key("1").json(&order).send().await;
    let problem = answer.expect_problem(400, "invalid-body");
    assert_eq!(problem["errors"][0]["pointer"], "/deadline", "{problem}");
}

#[tokio::test]
async fn a_body_that_trickles_in_is_cut_off_and_leaves_nothing_behind() {
    let mut service = Service::start().await;
    limited(&mut service, Limits { timeout: Duration::from_millis(300), ..Limits::default() })
        .await;
    let before = service.recorded().await;
    let mut stream = begin_order(&service).await;
    let mut reply = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut reply)).await.unwrap().unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert!(head.to_lowercase().contains("\r\nretry-after: 1"), "{head}");
    let problem: Value = serde_json::from_str(body).unwrap();
    assert_eq!(problem["code"], "timeout");
    assert_eq!(service.recorded().await, before);
}

#[tokio::test]
async fn a_node_without_free_connections_says_so_soon_and_goes_on_afterwards() {
    let service = Service::start().await;
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS {
        held.push(service.ledger.pool().acquire().await.unwrap());
    }
    let answer = service.get("/api/management/orders").by("finance").send().await;
    retry_after(&answer);
    // Not `timeout`: it did not wait as long as a request may take.
    answer.expect_problem(503, "unavailable");
    service.get("/livez").send().await.expect(204);
    let metrics = service.get("/metrics").send().await;
    assert!(metrics.text.contains("daftar_pool_connections{state=\"in_use\"} 16"), "{metrics:?}");
    drop(held);
    service.get("/api/management/orders").by("finance").send().await.expect(200);
}

#[tokio::test]
async fn a_node_that_is_too_old_for_the_book_says_so_and_writes_nothing() {
    let service = Service::start().await;
    service
        .run(
            "do $$ begin \
                 set local role daftar_writer; \
                 update daftar.books set revision = revision + 1, min_reader = min_reader + 100; \
             end $$",
        )
        .await;
    let before = service.recorded().await;
    let order = transfer_order("c1", "10");
    let answer = service.post("/api/orders").by("client").key("1").json(&order).send().await;
    retry_after(&answer);
    answer.expect_problem(503, "outdated");
    let answer = service.get("/readyz").send().await;
    retry_after(&answer);
    answer.expect_problem(503, "outdated");
    assert_eq!(service.recorded().await, before);
}

#[tokio::test]
async fn a_panic_is_the_problem_of_one_request() {
    let mut service = Service::start().await;
    let secrets = Secrets::new([7; 32], [8; 32], service.vault.clone());
    let app = App::new(service.ledger.clone(), secrets);
    let routes = Router::new().route("/broken", get(broken)).route("/whole", get(whole));
    service.url = serve(api::layered(routes, app)).await;
    let answer = service.get("/broken?secret=1").send().await;
    assert!(!answer.text.contains("defect"), "{}", answer.text);
    answer.expect_problem(500, "internal");
    service.get("/whole").send().await.expect(204);
}

#[tokio::test]
async fn a_node_that_drains_says_no_to_whoever_watches_it_and_still_answers_the_others() {
    let mut service = Service::start().await;
    let lifecycle = limited(&mut service, Limits::default()).await;
    assert_eq!(service.get("/livez").send().await.header("connection"), None);
    lifecycle.drain();
    let answer = service.get("/readyz").send().await;
    retry_after(&answer);
    answer.expect_problem(503, "unavailable");
    service.get("/livez").send().await.expect(204);
    let order = transfer_order("c1", "10");
    let answer = service.post("/api/orders").by("client").key("1").json(&order).send().await;
    assert_eq!(answer.header("connection"), Some("close"), "it is not kept");
    answer.expect(201);
}

#[tokio::test]
async fn a_trace_goes_from_the_request_through_the_event_to_the_reply() {
    let service = Service::start().await;
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let order = transfer_order("c1", "10");
    let ask = |sent: String, key: &str| {
        let ask = service.post("/api/orders").by("client").key(key).json(&order);
        ask.header("traceparent", &sent).send()
    };
    let answer = ask(format!("00-{trace}-{parent}-01"), "1").await;
    let told = answer.header("traceparent").unwrap().to_owned();
    let parts: Vec<&str> = told.split('-').collect();
    assert_eq!((parts[0], parts[1], parts[3]), ("00", trace, "01"), "{told}");
    assert_ne!(parts[2], parent, "the reply names a span of its own");
    assert_eq!(parts[2].len(), 16);
    let order_id = answer.expect(201)["order"]["id"].as_str().unwrap().to_owned();
    let kept = event_trace(&service, &order_id).await;
    assert_eq!(kept, told, "the event names the same span");

    // What is not well-formed begins a trace of its own.
    for (key, wrong) in [("2", format!("00-{}-{parent}-01", "0".repeat(32))), ("3", "x".to_owned())]
    {
        let answer = ask(wrong, key).await;
        let told = answer.header("traceparent").unwrap().to_owned();
        let parts: Vec<&str> = told.split('-').map(str::trim).collect();
        assert_eq!((parts[0], parts[1].len(), parts[3]), ("00", 32, "00"), "{told}");
        assert!(parts[1] != trace && parts[1] != "0".repeat(32), "{told}");
        let order_id = answer.expect(201)["order"]["id"].as_str().unwrap().to_owned();
        assert_eq!(event_trace(&service, &order_id).await, told);
    }
    let answer = service.get("/api/nothing").header("traceparent", &told).send().await;
    assert_eq!(answer.expect_problem(404, "not-found")["trace_id"], trace);
}

async fn event_trace(service: &Service, order: &str) -> String {
    let events = service.get(&format!("/api/orders/{order}/events")).by("auditor").send().await;
    let events = events.expect(200);
    events["events"][0]["metadata"]["traceparent"].as_str().expect("it is there").to_owned()
}

#[tokio::test]
async fn long_replies_are_compressed_for_whoever_takes_it_and_bodies_are_taken_plain() {
    let service = Service::start().await;
    let plain = service.get("/api/openapi.json").send().await;
    assert_eq!(plain.header("content-encoding"), None);
    for (encoding, magic) in
        [("gzip", [0x1f, 0x8b].as_slice()), ("zstd", [0x28, 0xb5, 0x2f, 0xfd].as_slice())]
    {
        let ask = service.get("/api/openapi.json").header("accept-encoding", encoding);
        let (status, headers, body) = ask.send_for_bytes().await;
        assert_eq!(status.as_u16(), 200);
        assert_eq!(headers["content-encoding"].to_str().unwrap(), encoding);
        assert!(headers["vary"].to_str().unwrap().contains("accept-encoding"), "{headers:?}");
        assert!(body.starts_with(magic), "{:?}", &body[..8]);
        assert!(body.len() * 4 < plain.text.len(), "{} of {}", body.len(), plain.text.len());
    }
    let short = service.get("/readyz").header("accept-encoding", "gzip").send().await;
    assert_eq!(short.header("content-encoding"), None, "it is not worth it");

    let order = transfer_order("c1", "10");
    let ask = service.post("/api/orders").by("client").key("1").json(&order);
    let answer = ask.header("content-encoding", "gzip").send().await;
    answer.expect_problem(415, "unsupported-media-type");
    let ask = service.post("/api/orders").by("client").key("2").json(&order);
    ask.header("content-encoding", "identity").send().await.expect(201);
}

#[tokio::test]
async fn other_methods_and_other_origins_get_what_the_standards_say() {
    let service = Service::start().await;
    let head = service.ask(Method::HEAD, "/readyz").send().await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    assert_eq!(head.header("x-content-type-options"), Some("nosniff"));
    let options = service
        .ask(Method::OPTIONS, "/api/orders")
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "POST")
        .send()
        .await;
    assert_eq!(options.header("allow"), Some("POST"));
    assert_eq!(options.header("access-control-allow-origin"), None, "no other origin may");
    options.expect_problem(405, "method-not-allowed");
    let ask = service.get("/readyz").header("origin", "https://shop.example").send().await;
    assert_eq!(ask.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn everything_that_is_counted_is_on_the_page_and_the_other_way_round() {
    let service = Service::start().await;
    let order = json!({ "customer": "c1", "method": "wallet_full", "total": iqd("10"),
        "lines": [{ "sku": "A", "quantity": "1", "unit_price": iqd("10") }] });
    service.top_up("c1", "5").await;
    let refused = service.post("/api/orders").by("client").key("1").json(&order).send().await;
    refused.expect_problem(422, "insufficient-funds");
    service.top_up("c1", "100").await;
    service.post("/api/orders").by("client").key("2").json(&order).send().await.expect(201);
    service.post("/api/orders").by("client").key("2").json(&order).send().await.expect(201);
    service.get("/no/such/route?secret=1").send().await.expect_problem(404, "not-found");

    let answer = service.get("/metrics").send().await;
    let media_type = answer.header("content-type").unwrap().to_owned();
    assert!(media_type.starts_with("application/openmetrics-text; version=1.0.0"), "{media_type}");
    let text = answer.text;
    assert!(text.ends_with("# EOF\n"), "{text}");
    let shown: Vec<String> = text.lines().filter_map(|line| shown(line, &text)).collect();
    let page = include_str!("../../../../docs/OPERATING.md");
    let rows: Vec<String> = page
        .lines()
        .filter(|line| line.starts_with("| `daftar_"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            format!("{} {} {}", cells[1].trim_matches('`'), cells[2], cells[3])
                .trim_end()
                .to_owned()
        })
        .collect();
    assert_eq!(shown, rows, "left: what is counted; right: the table in docs/OPERATING.md");

    for (sample, count) in [
        ("daftar_commands_total{outcome=\"refused\"}", 1),
        ("daftar_commands_total{outcome=\"replayed\"}", 1),
        ("daftar_refusals_total{code=\"insufficient-funds\"}", 1),
        ("daftar_http_requests_total{method=\"POST\",route=\"/api/orders\",status=\"2xx\"}", 2),
        ("daftar_http_requests_total{method=\"POST\",route=\"/api/orders\",status=\"4xx\"}", 1),
        ("daftar_http_requests_total{method=\"GET\",route=\"none\",status=\"4xx\"}", 1),
        ("daftar_queue_commands", 0),
        ("daftar_http_requests_in_flight", 1),
    ] {
        assert_eq!(counted(&service, sample).await, count, "{sample}");
    }
    let head = service.get("/readyz").send().await.expect(200)["position"].as_u64().unwrap();
    until(&service, "daftar_head_position_events", head).await;
    assert!(!text.contains("c1") && !text.contains("secret"), "it names somebody: {text}");
}

/// `name type labels` of a metric, from the line that opens it.
fn shown(line: &str, text: &str) -> Option<String> {
    let (name, kind) = line.strip_prefix("# TYPE ")?.split_once(' ')?;
    let sample = text.lines().find(|line| {
        let rest = line.strip_prefix(name).unwrap_or_default();
        !line.starts_with('#') && (rest.starts_with(['{', ' ', '_']))
    });
    let labels =
        sample.and_then(|line| line.split_once('{')?.1.rsplit_once('}')).map(|(all, _)| all);
    let labels: Vec<&str> = labels
        .into_iter()
        .flat_map(|all| all.split(','))
        .filter_map(|label| Some(label.split_once('=')?.0))
        .filter(|label| *label != "le")
        .collect();
    Some(format!("{name} {kind} {}", labels.join(", ")).trim_end().to_owned())
}
