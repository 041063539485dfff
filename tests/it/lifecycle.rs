//! Coming and going: signals, durability, schema, health.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};

use crate::daftar::{Api, Installation, Service, Ticket};
use crate::load::{Sent, Shop, Until, assert_log, assert_remembered, position, seed};

const CLIENTS: u64 = 8;
const LOAD: Duration = Duration::from_millis(400);
const STARTS_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_answers_what_is_under_way_and_leaves_no_postgres() {
    drains("sigterm", Signal::TERM).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_answers_what_is_under_way_and_leaves_no_postgres() {
    drains("sigint", Signal::INT).await;
}

async fn drains(name: &str, signal: Signal) {
    let installation = Installation::new(name);
    let mut service = installation.serve();
    let api = Api::new(service.base());
    let shop = Shop::open(&installation, &api, 8).await;
    let begun = position(&mut installation.postgres().connect("daftar").await).await;

    let clients = shop.clients(&api, CLIENTS, seed(), &Until::Unanswered);
    tokio::time::sleep(LOAD).await;
    service.signal(signal);
    let status = service.ended();
    assert!(status.success(), "it ended with {status}:\n{}", service.log());
    assert!(!installation.runs_postgres(), "the last one out stops Postgres");
    let mut sent: Vec<Sent> = clients.join_all().await.into_iter().flatten().collect();
    assert!(sent.iter().any(Sent::is_accepted), "there was no load");

    let service = installation.serve();
    let api = Api::new(service.base());
    // What was not answered was not done: asked again, it is decided for the first time.
    for one in sent.iter_mut().filter(|one| one.reply.is_none()) {
        let reply = api.command(&one.ticket).await;
        assert!(!reply.is_replayed, "{} was done and not answered", one.ticket.path);
        one.reply = Some(reply);
    }
    assert_log(&mut installation.postgres().connect("daftar").await, begun, &sent).await;
    let from = sent.len().saturating_sub(20);
    assert_remembered(&api, &sent[from..]).await;
    shop.assert_balances(&api, &sent).await;
    installation.assert_verified();
}

#[test]
fn a_client_that_never_ends_its_request_does_not_keep_the_service() {
    let installation = Installation::new("halfopen");
    let mut service = installation.serve();
    let address = service.base().replace("http://", "");
    let mut client = TcpStream::connect(address).expect("it listens");
    client.write_all(b"GET /livez HTT").expect("it reads");
    service.signal(Signal::TERM);
    assert!(service.ended().success(), "{}", service.log());
    assert!(!installation.runs_postgres(), "the last one out stops Postgres");
    drop(client);
}

#[tokio::test]
async fn what_the_application_s_own_address_asks_for_counts_as_careless_too() {
    let database = testkit::Database::empty().await;
    let installation = Installation::at("appurl", database.url());
    installation.run(&["migrate"]);
    let careless = format!("{}&options=-c%20synchronous_commit%3Doff", database.url());
    let output = installation.try_run(&["serve", "--app-url", &careless]);
    assert!(!output.status.success(), "it serves");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("synchronous_commit is off"), "{said}");
}

#[tokio::test]
async fn postgres_stops_with_the_last_of_two_services() {
    let installation = Installation::new("lastout");
    let (mut first, mut second) = (installation.serve(), installation.serve());
    first.signal(Signal::TERM);
    assert!(first.ended().success(), "{}", first.log());
    assert!(installation.runs_postgres(), "the other one still uses it");
    let api = Api::new(second.base());
    let finance = installation.key("finance", "zahra");
    let reply = api.command(&Ticket::top_up(&finance, "somebody", 5)).await;
    assert!(reply.is_accepted(), "{}", reply.body);
    second.signal(Signal::TERM);
    assert!(second.ended().success(), "{}", second.log());
    assert!(!installation.runs_postgres(), "nobody uses it any more");
}

#[test]
fn a_service_stopped_while_it_starts_leaves_no_postgres() {
    let installation = Installation::new("early");
    installation.run(&["migrate"]);
    for _ in 0..3 {
        let mut service = Service::spawn(installation.daftar(&["serve"]));
        let begun = Instant::now();
        while !installation.runs_postgres() {
            assert!(begun.elapsed() < STARTS_WITHIN, "it does not start:\n{}", service.log());
            std::thread::sleep(POLL);
        }
        service.signal(Signal::TERM);
        assert!(service.ended().success(), "{}", service.log());
        assert!(!installation.runs_postgres(), "it left its Postgres behind:\n{}", service.log());
    }
}

#[test]
fn migrating_twice_does_once_and_the_doctor_says_when_it_is_needed() {
    let installation = Installation::new("migrate");
    let doctor = installation.try_run(&["doctor", "--json"]);
    assert!(!doctor.status.success());
    let said: Value = serde_json::from_slice(&doctor.stdout).expect("it prints JSON");
    assert_eq!(said["healthy"], false, "{said}");
    let schema = said["checks"].as_array().expect("checks are a list").iter();
    assert!(schema.clone().any(|one| one["name"] == "schema" && one["state"] == "bad"), "{said}");

    let first = installation.json(&["migrate"]);
    assert!(first["applied"].as_u64().is_some_and(|applied| applied > 0), "{first}");
    assert_eq!(installation.json(&["migrate"])["applied"], 0);
    let said = installation.json(&["doctor"]);
    assert_eq!(said["healthy"], true, "{said:#}");
    assert!(!installation.runs_postgres());
}

#[tokio::test]
async fn a_database_that_may_lose_what_it_confirmed_is_refused_unless_told_otherwise() {
    let installation = Installation::new("fsync");
    let mut service = installation.serve();
    let postgres = installation.postgres();
    let binary = fs::read_link(format!("/proc/{}/exe", postgres.pid().as_raw_nonzero()))
        .expect("the system says what runs");
    service.signal(Signal::TERM);
    assert!(service.ended().success(), "{}", service.log());

    let careless = Careless::start(&binary, &installation).await;
    let begun = installation.path("secret");
    let installation = Installation::at("fsync2", careless.url());
    // The book keeps its secret.
    fs::copy(begun, installation.path("secret")).expect("it was made in the first start");
    let output = installation.try_run(&["serve"]);
    assert!(!output.status.success(), "it serves");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("fsync is off"), "{said}");

    let service = Service::start(installation.daftar(&["serve", "--accept-data-loss"]));
    let finance = {
        let key = ["keys", "create", "--role", "finance", "--principal", "zahra"];
        let made = installation.json(&[&key[..], &["--accept-data-loss"]].concat());
        made["key"].as_str().expect("a key is a text").to_owned()
    };
    let api = Api::new(service.base());
    let reply = api.command(&Ticket::top_up(&finance, "somebody", 5)).await;
    assert!(reply.is_accepted(), "{}", reply.body);
}

/// An installation's cluster, started by hand with `fsync` off.
struct Careless {
    child: Child,
    socket_dir: PathBuf,
}

impl Careless {
    async fn start(binary: &Path, installation: &Installation) -> Self {
        let majors = fs::read_dir(installation.data()).expect("it has data").filter_map(Result::ok);
        let mut clusters = majors.map(|major| major.path().join("data"));
        let cluster = clusters.find(|path| path.join("PG_VERSION").exists());
        let cluster = cluster.expect("it has a cluster");
        let owner = fs::metadata(&cluster).expect("it is there");
        let socket_dir = installation.path("s");
        fs::create_dir(&socket_dir).expect("it is ours");
        chown(&socket_dir, Some(owner.uid()), Some(owner.gid())).expect("it is ours to give");
        let mut command = Command::new(binary);
        command
            .arg("-D")
            .arg(&cluster)
            .arg("-k")
            .arg(&socket_dir)
            .args(["-c", "listen_addresses=", "-c", "fsync=off"])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if rustix::process::geteuid().is_root() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let child = command.spawn().expect("postgres runs");
        let careless = Self { child, socket_dir };
        let begun = Instant::now();
        while PgConnection::connect(&careless.url()).await.is_err() {
            assert!(begun.elapsed() < STARTS_WITHIN, "it does not start");
            tokio::time::sleep(POLL).await;
        }
        careless
    }

    fn url(&self) -> String {
        let host = self.socket_dir.to_str().expect("the path is ours").replace('/', "%2F");
        format!("postgres://daftar@{host}:5432/daftar?sslmode=disable")
    }
}

impl Drop for Careless {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, Signal::QUIT).ok();
        self.child.wait().ok();
    }
}
