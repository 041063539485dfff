//! The log for readers: pages, streams that go on where they were cut off, and exports.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use api::{App, Impatient, Lifecycle, Limits, Secrets};
use axum::serve::Listener;
use eventstore::{Cursor, Position};
use futures::future::join_all;
use ledger::database::Database as Store;
use ledger::{Clock, OpenError};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::service::{Answer, BOOK, Service, iqd, transfer_order, wallet_order};

/// How long anything may take, on a machine that builds something else meanwhile.
const WITHIN: Duration = Duration::from_secs(30);
const SOON: Duration = Duration::from_millis(20);

/// Another node of the service's book, with limits of its own.
struct Node {
    url: String,
    lifecycle: Lifecycle,
    http: reqwest::Client,
    key: String,
}

/// Connections as the service has them: given up when nothing is taken.
struct Given {
    listener: TcpListener,
    patience: Duration,
    closing: CancellationToken,
}

impl Listener for Given {
    type Io = Impatient<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        (Impatient::new(stream, self.patience, self.closing.clone()), peer)
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

impl Node {
    async fn of(service: &Service, limits: Limits) -> Self {
        let store = Store::at(&service.database.url(), None).unwrap();
        // On a busy machine a connection may take longer than a node waits for one.
        let opened = async {
            loop {
                match store.open(BOOK, Clock::system()).await {
                    Ok(ledger) => return ledger,
                    Err(OpenError::Database(_)) => tokio::time::sleep(SOON).await,
                    Err(error) => panic!("{error}"),
                }
            }
        };
        let ledger = tokio::time::timeout(WITHIN, opened).await.expect("it opens");
        let secrets = Secrets::new([7; 32], [8; 32], service.vault.clone());
        let app = App::new(ledger, secrets).with_limits(limits);
        let lifecycle = app.lifecycle.clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (patience, closing) = (limits.reader_patience, lifecycle.closing());
        let given = Given { listener, patience, closing: closing.clone() };
        TaskTracker::new().spawn(async move {
            let serving = axum::serve(given, api::router(app));
            serving.with_graceful_shutdown(closing.cancelled_owned()).await.unwrap();
        });
        let key = service.bearer("auditor").to_owned();
        Self { url, lifecycle, http: reqwest::Client::new(), key }
    }

    async fn ask(&self, path: &str, last_seen: Option<&str>) -> Response {
        let mut request = self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.key);
        if let Some(last_seen) = last_seen {
            request = request.header("last-event-id", last_seen);
        }
        request.send().await.unwrap()
    }

    async fn follow(&self, path: &str, last_seen: Option<&str>) -> Follower {
        let response = self.ask(path, last_seen).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Follower { response, text: String::new() }
    }

    async fn refused(&self, path: &str, last_seen: Option<&str>, status: u16, code: &str) -> Value {
        Answer::read(self.ask(path, last_seen).await).await.expect_problem(status, code)
    }
}

/// A stream that is being read.
struct Follower {
    response: Response,
    text: String,
}

/// What came: an event, the place of a reader whom nothing concerned, or a sign of life.
#[derive(Debug, PartialEq, Eq)]
enum Message {
    Event { id: String, event: String, data: Value },
    Passed { id: String },
    Comment,
}

impl Follower {
    /// None once it has ended; cut off counts as well.
    async fn message(&mut self) -> Option<Message> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let message = Message::read(block);
                self.text = rest.to_owned();
                return Some(message);
            }
            let chunk = tokio::time::timeout(WITHIN, self.response.chunk()).await;
            let chunk = chunk.expect("something comes").ok()??;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event, past everything else.
    async fn event(&mut self) -> Option<(String, Value)> {
        loop {
            if let Message::Event { id, event, data } = self.message().await? {
                assert_eq!(data["type"], event);
                let hash = data["hash"].as_str().unwrap();
                assert_eq!(id, format!("{}.{}", data["position"], &hash[..8]));
                return Some((id, data));
            }
        }
    }

    async fn positions(&mut self, count: i64) -> Vec<i64> {
        let mut positions = Vec::new();
        for _ in 0..count {
            let (_, event) = self.event().await.expect("it goes on");
            positions.push(event["position"].as_i64().unwrap());
        }
        positions
    }
}

impl Message {
    fn read(block: &str) -> Self {
        let field = |name: &str| {
            let mut values =
                block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            values.next_back().map(str::to_owned)
        };
        match (field("id"), field("event"), field("data")) {
            (Some(id), Some(event), Some(data)) => {
                Self::Event { id, event, data: serde_json::from_str(&data).unwrap() }
            }
            (Some(id), None, None) => Self::Passed { id },
            (None, None, None) => Self::Comment,
            other => panic!("half a message: {other:?}"),
        }
    }
}

fn quick() -> Limits {
    Limits { heartbeat: Duration::from_millis(100), ..Limits::default() }
}

async fn order(service: &Service) {
    service.must("client", "/api/orders", &transfer_order("c1", "10")).await;
}

async fn end(service: &Service) -> (i64, String) {
    let head = service.ledger.head().await.unwrap();
    (head.position.get(), Cursor::new(head.position, head.hash).to_string())
}

async fn cursor(service: &Service, position: i64) -> String {
    let mut conn = service.ledger.pool().acquire().await.unwrap();
    let position = Position::new(position);
    let hash = eventstore::read::hash_at(&mut conn, BOOK, position).await.unwrap().unwrap();
    Cursor::new(position, hash).to_string()
}

#[tokio::test]
async fn a_reader_goes_on_with_the_last_id_on_another_node_and_sees_everything_once() {
    let service = Service::start().await;
    let (one, other) = (Node::of(&service, quick()).await, Node::of(&service, quick()).await);
    for _ in 0..5 {
        order(&service).await;
    }
    let mut reader = one.follow("/api/events/stream", None).await;
    assert_eq!(reader.positions(2).await, [1, 2]);
    let (id, _) = reader.event().await.unwrap();
    drop(reader);
    // Last-Event-ID goes before what the address says.
    let mut reader = other.follow("/api/events/stream?after=0", Some(&id)).await;
    assert_eq!(reader.positions(2).await, [4, 5]);
    // And what other nodes commit from now on comes as well.
    for next in 6..=9 {
        order(&service).await;
        assert_eq!(reader.positions(1).await, [next]);
    }
    let (_, last) = end(&service).await;
    let mut reader = one.follow(&format!("/api/events/stream?after={last}"), Some("")).await;
    assert_eq!(reader.message().await, Some(Message::Comment), "the greeting");
    assert_eq!(reader.message().await, Some(Message::Comment), "nothing is new");
    order(&service).await;
    assert_eq!(reader.positions(1).await, [10]);
}

#[tokio::test]
async fn a_reader_of_some_types_is_told_how_far_it_has_come() {
    let service = Service::start().await;
    let node = Node::of(&service, quick()).await;
    service.top_up("c1", "100").await;
    service.must("client", "/api/orders", &wallet_order("c1", "60")).await;
    let (position, last) = end(&service).await;

    let page = async |query: &str| {
        let path = format!("/api/events?{query}");
        service.get(&path).by("auditor").send().await.expect(200)
    };
    let types = |page: &Value| -> Vec<String> {
        let events = page["events"].as_array().unwrap().iter();
        let text = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
        events.map(|event| format!("{}.{}", text(event, "stream"), text(event, "type"))).collect()
    };
    let placed = page("type=placed").await;
    assert_eq!(types(&placed), ["order.placed"]);
    assert_eq!((&placed["next"], &placed["cursor"]), (&Value::Null, &json!(last)));
    assert_eq!(placed["position"], position);
    let listed = page("type=order.placed,wallet.opened").await;
    let repeated = page("type=order.placed&type=wallet.opened").await;
    assert_eq!(types(&listed), ["wallet.opened", "order.placed"]);
    assert_eq!(listed, repeated);
    let first = page("type=order.placed,wallet.opened&limit=1").await;
    assert_eq!(types(&first), ["wallet.opened"]);
    let next = first["next"].as_str().unwrap();
    let second = page(&format!("type=order.placed,wallet.opened&limit=1&after={next}")).await;
    assert_eq!(types(&second), ["order.placed"]);

    let mut reader = node.follow("/api/events/stream?type=order.placed", None).await;
    let (id, event) = reader.event().await.unwrap();
    assert_eq!((&event["stream"], &event["type"]), (&json!("order"), &json!("placed")));
    assert_ne!(id, last, "something follows");
    assert_eq!(reader.message().await, Some(Message::Passed { id: last.clone() }));
    assert_eq!(reader.message().await, Some(Message::Comment));
    drop(reader);
    let mut reader = node.follow("/api/events/stream?type=order.placed", Some(&last)).await;
    order(&service).await;
    assert_eq!(reader.positions(1).await, [position + 1]);

    for unknown in ["type=order.invented", "type=", "type=placed&type=invented", "kind=placed"] {
        for path in ["/api/events", "/api/events/stream"] {
            node.refused(&format!("{path}?{unknown}"), None, 400, "invalid-query").await;
        }
    }
}

#[tokio::test]
async fn a_place_of_another_history_is_refused_and_one_to_come_is_waited_for() {
    let service = Service::start().await;
    let node = Node::of(&service, quick()).await;
    for _ in 0..3 {
        order(&service).await;
    }
    let good = cursor(&service, 2).await;
    for path in ["/api/events", "/api/events/stream", "/api/audit/export"] {
        for bad in ["2.00000000", "4.00000000"] {
            let diverged = format!("{path}?after={bad}");
            node.refused(&diverged, None, 409, "cursor-diverged").await;
        }
        for malformed in ["x", "", "-1", "2.", "2.0", "99999999999999999999"] {
            node.refused(&format!("{path}?after={malformed}"), None, 400, "invalid-query").await;
        }
    }
    let stream = format!("/api/events/stream?after={good}");
    node.refused(&stream, Some("2.00000000"), 409, "cursor-diverged").await;
    node.refused(&stream, Some("two"), 400, "invalid-header").await;

    let beyond = service.get("/api/events?after=5").by("auditor").send().await.expect(200);
    assert_eq!((&beyond["events"], &beyond["cursor"]), (&json!([]), &json!("5")));
    let mut reader = node.follow("/api/events/stream?after=5", None).await;
    for _ in 0..3 {
        order(&service).await;
    }
    assert_eq!(reader.positions(1).await, [6], "four and five were seen elsewhere");
}

#[tokio::test]
async fn a_stream_ends_when_its_key_is_revoked_on_another_node_or_expires() {
    let service = Service::start().await;
    let mut node = Node::of(&service, quick()).await;
    order(&service).await;
    let expires_at = service.ledger.clock().now() + Duration::from_secs(4);
    for body in [
        json!({ "principal": "auditor" }),
        json!({ "principal": "auditor", "expires_at": expires_at }),
    ] {
        let made = service.post("/api/admin/keys").by("admin").json(&body).send().await;
        let made = made.expect(201);
        node.key = made["key"].as_str().unwrap().to_owned();
        let mut reader = node.follow("/api/events/stream", None).await;
        assert_eq!(reader.positions(1).await, [1]);
        if body.get("expires_at").is_none() {
            let path = format!("/api/admin/keys/{}", made["id"].as_str().unwrap());
            service.ask(reqwest::Method::DELETE, &path).by("admin").send().await.expect(204);
        }
        let over = async { while reader.message().await.is_some() {} };
        tokio::time::timeout(WITHIN, over).await.expect("it ends");
        order(&service).await;
        assert!(reader.event().await.is_none());
        node.refused("/api/events/stream", None, 401, "unauthenticated").await;
    }
}

#[tokio::test]
async fn a_key_limited_to_customers_reads_no_events_of_the_book() {
    let service = Service::start().await;
    let mut node = Node::of(&service, quick()).await;
    for principal in ["finance", "auditor", "admin"] {
        let body = json!({ "principal": principal, "customers": ["c1"] });
        let made = service.post("/api/admin/keys").by("admin").json(&body).send().await;
        node.key = made.expect(201)["key"].as_str().unwrap().to_owned();
        for path in ["/api/events", "/api/events/stream", "/api/audit/export"] {
            node.refused(path, None, 403, "forbidden").await;
        }
    }
}

#[tokio::test]
async fn one_reader_too_many_is_told_when_to_come_again() {
    let service = Service::start().await;
    let node = Node::of(&service, Limits { readers_max: 1, ..quick() }).await;
    let reader = node.follow("/api/events/stream", None).await;
    for path in ["/api/events/stream", "/api/audit/export"] {
        let refused = Answer::read(node.ask(path, None).await).await;
        assert!(refused.header("retry-after").is_some());
        refused.expect_problem(503, "too-many-readers");
    }
    assert_eq!(node.ask("/api/events", None).await.status(), 200, "a page takes no place");
    drop(reader);
    until_free(&node).await;
}

/// The place of a reader that has gone is free again.
async fn until_free(node: &Node) {
    let free = async {
        while node.ask("/api/events/stream", None).await.status() != StatusCode::OK {
            tokio::time::sleep(SOON).await;
        }
    };
    tokio::time::timeout(WITHIN, free).await.expect("its place is free again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_takes_nothing_is_cut_off() {
    let service = Service::start().await;
    let patience = Duration::from_millis(500);
    let node = Node::of(&service, Limits { readers_max: 1, reader_patience: patience, ..quick() });
    let node = node.await;
    // More than the buffers of the system hold.
    let line = |number: usize| json!({ "sku": format!("{:060}", number), "quantity": "1", "unit_price": iqd("1") });
    let mut large = transfer_order("c1", "100");
    large["lines"] = (0..100).map(line).collect();
    for _ in 0..25 {
        join_all((0..20).map(|_| service.must("client", "/api/orders", &large))).await;
    }

    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let address = node.url.strip_prefix("http://").unwrap().parse().unwrap();
    let mut connection = socket.connect(address).await.unwrap();
    let request = format!(
        "GET /api/events/stream HTTP/1.1\r\nHost: daftar\r\nAuthorization: Bearer {}\r\n\r\n",
        node.key
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    connection.read_exact(&mut [0; 12]).await.unwrap();
    until_free(&node).await;
    let mut rest = Vec::new();
    // Cut off, it may well end in an error.
    connection.read_to_end(&mut rest).await.ok();
    let seen = String::from_utf8_lossy(&rest).matches("\nevent: placed").count();
    assert!(seen < 500, "it saw all {seen} events");
}

#[tokio::test]
async fn a_node_that_closes_ends_its_streams_and_another_goes_on() {
    let service = Service::start().await;
    let (one, other) = (Node::of(&service, quick()).await, Node::of(&service, quick()).await);
    for _ in 0..3 {
        order(&service).await;
    }
    let mut reader = one.follow("/api/events/stream", None).await;
    assert_eq!(reader.positions(2).await, [1, 2]);
    let (id, _) = reader.event().await.unwrap();
    one.lifecycle.close();
    let over = async { while reader.message().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(5), over).await.expect("it ends at once");
    order(&service).await;
    let mut reader = other.follow("/api/events/stream", Some(&id)).await;
    assert_eq!(reader.positions(1).await, [4]);
}

/// What the script says of an export, and whether it found it whole.
fn verify(export: &str) -> (bool, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/verify-export.py");
    let mut command = Command::new("python3");
    let command = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    // It may have found enough before it has read everything.
    child.stdin.take().unwrap().write_all(export.as_bytes()).ok();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
async fn an_export_is_checked_by_a_script_and_holds_what_was_there_when_it_began() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    service.must("client", "/api/orders", &wallet_order("c1", "60")).await;
    for _ in 0..250 {
        order(&service).await;
    }
    let (last, head) = end(&service).await;
    let export = async |query: &str| {
        let path = format!("/api/audit/export?{query}");
        let answer = service.get(&path).by("auditor").send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
        answer
    };
    let whole = export("").await;
    assert_eq!(whole.header("daftar-position"), Some(head.as_str()));
    let lines: Vec<&str> = whole.text.lines().collect();
    assert_eq!(i64::try_from(lines.len()).unwrap(), last + 1);
    let first: Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!((&first["after"], &first["until"]), (&json!(0), &json!(last)));
    assert!(verify(&whole.text).0, "{}", verify(&whole.text).1);

    let part = export("after=7&until=120").await;
    assert_eq!(part.text.lines().count(), 114);
    assert!(verify(&part.text).0, "{}", verify(&part.text).1);
    let (after, until) = (cursor(&service, 7).await, cursor(&service, 120).await);
    assert_eq!(export(&format!("after={after}&until={until}")).await.text, part.text);
    assert_eq!(export(&format!("until={}", last + 9)).await.text, whole.text);
    assert_eq!(export(&format!("after={last}")).await.text.lines().count(), 1);
    assert_eq!(export(&format!("after={}", last + 9)).await.text.lines().count(), 1);
    let diverged = service.get("/api/audit/export?until=7.00000000").by("auditor").send().await;
    diverged.expect_problem(409, "cursor-diverged");

    let changed = whole.text.replacen("\"ACID-1\"", "\"ACID-2\"", 1);
    assert_ne!(changed, whole.text);
    let respelled = whole.text.replacen("\"payload\":{", "\"payload\":{ ", 1);
    let cut = lines[..lines.len() - 1].join("\n");
    let without = [&lines[..5], &lines[6..]].concat().join("\n");
    for broken in [changed, respelled, cut, without] {
        assert!(!verify(&broken).0, "{}", verify(&broken).1);
    }
}
