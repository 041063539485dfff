//! Rebuilds and verifications over HTTP: asked for once, followed to their end, decided on, given up.

use std::time::Duration;

use api::{App, Limits, Secrets};
use eventstore::BookId;
use ledger::Ledger;
use ledger::database::Database as Store;
use ledger::disk::Disk;
use ledger::jobs::{self, Options, Wish};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::service::{Answer, BOOK, Service, iqd, transfer_order, wallet_order};

const UNKNOWN: &str = "00000000-0000-4000-8000-00000000dead";
const BALANCES: &str = "/api/admin/projections/wallet_balances/rebuild";
/// How long anything may take, on a machine that builds something else meanwhile.
const WITHIN: Duration = Duration::from_secs(30);
const SOON: Duration = Duration::from_millis(20);

/// A service with some orders and money.
async fn traded() -> Service {
    let service = Service::start().await;
    for customer in ["c1", "c2"] {
        service.top_up(customer, "1000").await;
        service.must("client", "/api/orders", &wallet_order(customer, "60")).await;
    }
    service
}

fn id(reply: &Value) -> String {
    reply["job"]["id"].as_str().unwrap().to_owned()
}

fn path(job: &str) -> String {
    format!("/api/admin/jobs/{job}")
}

async fn rebuild(service: &Service, body: Value) -> String {
    id(&service.must("admin", BALANCES, &body).await)
}

async fn read(service: &Service, job: &str) -> Value {
    service.get(&path(job)).by("auditor").send().await.expect(200)["job"].clone()
}

/// Works at a job, as a serving node does.
async fn work(service: &Service, job: &str) -> Value {
    let options = Options { vault: Some(service.vault.clone()), ..Options::default() };
    jobs::work(&service.ledger, &options, job.parse().unwrap(), |_| {}).await.unwrap();
    read(service, job).await
}

async fn ask(service: &Service, who: &str, path: &str, key: &str, body: Value) -> Answer {
    service.post(path).by(who).key(key).json(&body).send().await
}

#[tokio::test]
async fn a_rebuild_is_asked_for_once_and_found_where_the_reply_says() {
    let service = traded().await;
    let first = ask(&service, "admin", BALANCES, "once", json!({ "preview": false })).await;
    let again = ask(&service, "admin", BALANCES, "once", json!({ "preview": false })).await;
    assert_eq!(first.status, 202, "{}", first.text);
    assert_eq!(first.text, again.text);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let location = first.header("location").unwrap().to_owned();
    assert_eq!(again.header("location"), Some(location.as_str()));
    let other = ask(&service, "admin", BALANCES, "once", json!({ "preview": true })).await;
    other.expect_problem(422, "idempotency-key-reused");
    let elsewhere = "/api/admin/projections/timeline/rebuild";
    let elsewhere = ask(&service, "admin", elsewhere, "once", json!({ "preview": false })).await;
    elsewhere.expect_problem(422, "idempotency-key-reused");

    let job = first.expect(202)["job"].clone();
    assert_eq!(job["kind"], "rebuild");
    assert_eq!(job["state"], "waiting");
    assert_eq!(job["asked_by"], "admin");
    assert_eq!(job["wish"]["views"], json!(["wallet_balances"]));
    let found = service.get(&location).by("finance").send().await.expect(200);
    assert_eq!(found["job"], job);
    assert!(found["position"].as_i64().unwrap() > 0);
    let listed = service.get("/api/admin/jobs?kind=rebuild").by("finance").send().await.expect(200);
    assert_eq!(listed["jobs"].as_array().unwrap().len(), 1, "it was asked for once");

    let done = work(&service, job["id"].as_str().unwrap()).await;
    assert_eq!(done["state"], "done", "{done:#}");
    let view = &done["result"]["views"][0];
    assert_eq!(view["name"], "wallet_balances");
    assert_eq!(view["generation"], 2);
    assert_eq!(view["rows"], 2);
    assert_eq!(view["differences"]["changed"], 0);
    assert!(done["result"]["switched"]["writers_waited_ms"].is_u64(), "{done:#}");
    assert!(done["ended_at"].is_string());
    let wallet = service.get("/api/customers/c1/wallet").by("finance").send().await.expect(200);
    assert_eq!(wallet["wallets"][0]["balance"], iqd("940"));
}

#[tokio::test]
async fn what_is_refused_is_told_with_what_stands_in_the_way() {
    let service = traded().await;
    let nothing = json!({});
    let view = "/api/admin/projections/balances/rebuild";
    let view = ask(&service, "admin", view, "a", nothing.clone()).await;
    let view = view.expect_problem(404, "view-not-found");
    let known = view["views"].as_array().unwrap();
    assert!(known.contains(&json!("wallet_balances")), "{view}");

    let job = rebuild(&service, json!({ "preview": true })).await;
    let second = ask(&service, "admin", BALANCES, "b", nothing.clone()).await;
    let second = second.expect_problem(409, "job-already-running");
    assert_eq!(second["job"], job.as_str());
    let all = "/api/admin/projections/all/rebuild";
    let all = ask(&service, "admin", all, "c", nothing.clone()).await;
    all.expect_problem(409, "job-already-running");
    let switch = format!("{}/switch", path(&job));
    let early = ask(&service, "admin", &switch, "d", nothing.clone()).await;
    let early = early.expect_problem(409, "job-not-ready");
    assert_eq!(early["state"], "waiting");

    for place in ["", "/progress"] {
        let unknown = format!("{}{place}", path(UNKNOWN));
        let unknown = service.get(&unknown).by("admin").send().await;
        unknown.expect_problem(404, "job-not-found");
    }
    for step in ["cancel", "switch"] {
        let unknown = format!("{}/{step}", path(UNKNOWN));
        let unknown = ask(&service, "admin", &unknown, step, nothing.clone()).await;
        unknown.expect_problem(404, "job-not-found");
    }
    let end = service.recorded().await.1;
    let late = json!({ "since": end + 1 });
    let late = ask(&service, "auditor", "/api/admin/verify", "e", late).await;
    assert_eq!(late.expect_problem(400, "invalid-body")["errors"][0]["pointer"], "/since");
}

#[tokio::test]
async fn the_disk_is_looked_at_before_anything_is_written() {
    let mut service = traded().await;
    let store = Store::at(&service.database.url(), None).unwrap().on(Disk::Free(1));
    let ledger = store.open(BOOK, service.ledger.clock().clone()).await.unwrap();
    service.url = serve(&service, ledger).await;
    let full = ask(&service, "admin", BALANCES, "full", json!({})).await;
    let full = full.expect_problem(507, "not-enough-room");
    assert_eq!(full["free"], 1);
    assert!(full["needed"].as_u64().unwrap() > 1, "{full}");
    let listed = service.get("/api/admin/jobs").by("admin").send().await.expect(200);
    assert_eq!(listed["jobs"], json!([]));
}

#[tokio::test]
async fn what_another_build_began_is_left_to_it() {
    let service = traded().await;
    let job = rebuild(&service, json!({ "preview": true })).await;
    assert_eq!(work(&service, &job).await["state"], "ready");
    service.run("update daftar.jobs set folds = 'timeline:99'").await;
    let other = format!("{}/switch", path(&job));
    let other = ask(&service, "admin", &other, "other", json!({})).await;
    other.expect_problem(409, "job-of-another-build");
}

#[tokio::test]
async fn a_node_behind_the_book_does_not_fold_it_back_unasked() {
    let service = traded().await;
    // As the switch of a newer build leaves it.
    service
        .run(
            "do $$ begin
               set local role daftar_writer;
               update daftar.book_projections set fold_version = 2 where name = 'wallet_balances';
               update daftar.books set revision = revision + 1,
                 fold_set = replace(fold_set, 'wallet_balances:1', 'wallet_balances:2');
             end $$",
        )
        .await;
    let refused = ask(&service, "admin", BALANCES, "back", json!({})).await;
    refused.expect_problem(409, "older-fold");
    let asked = json!({ "accept_differences": true });
    ask(&service, "admin", BALANCES, "asked", asked).await.expect(202);
}

#[tokio::test]
async fn a_job_of_another_book_is_not_there() {
    let service = Service::start().await;
    let store = Store::at(&service.database.url(), None).unwrap();
    let (book, now) = (BookId(2), service.ledger.clock().now());
    store.create_book(book, "elsewhere", Uuid::from_u128(2), now).await.unwrap();
    let other = store.open(book, service.ledger.clock().clone()).await.unwrap();
    let wish = Wish::Verification { since: None };
    let job = jobs::ask(&other, wish, "admin").await.unwrap().id.to_string();
    for place in ["", "/progress"] {
        let theirs = service.get(&format!("{}{place}", path(&job))).by("admin").send().await;
        theirs.expect_problem(404, "job-not-found");
    }
    for step in ["cancel", "switch"] {
        let theirs = format!("{}/{step}", path(&job));
        let theirs = ask(&service, "admin", &theirs, step, json!({})).await;
        theirs.expect_problem(404, "job-not-found");
    }
    let listed = service.get("/api/admin/jobs").by("admin").send().await.expect(200);
    assert_eq!(listed["jobs"], json!([]));
    assert_eq!(jobs::find(&other, job.parse().unwrap()).await.unwrap().state.as_str(), "waiting");
}

#[tokio::test]
async fn a_preview_switches_when_it_is_told_to() {
    let service = traded().await;
    let job = rebuild(&service, json!({ "preview": true })).await;
    let ready = work(&service, &job).await;
    assert_eq!(ready["state"], "ready", "{ready:#}");
    assert_eq!(ready["result"]["changes_money"], false);
    assert_eq!(ready["result"]["switched"], Value::Null);
    assert!(ready["ready_until"].is_string());
    assert_eq!(generation(&service, "wallet_balances").await, 1, "a preview switches nothing");

    let switch = format!("{}/switch", path(&job));
    let first = ask(&service, "admin", &switch, "go", json!({})).await;
    let again = ask(&service, "admin", &switch, "go", json!({})).await;
    assert_eq!((first.status.as_u16(), &first.text), (202, &again.text));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let told = first.expect(202);
    assert_eq!(told["job"]["decision"]["by"], "admin");
    let done = work(&service, &job).await;
    assert_eq!(done["state"], "done", "{done:#}");
    assert_eq!(generation(&service, "wallet_balances").await, 2);
    let late = ask(&service, "admin", &switch, "late", json!({})).await;
    late.expect_problem(409, "job-over");
}

#[tokio::test]
async fn money_changes_only_when_somebody_accepts_it() {
    let service = traded().await;
    service
        .run(
            "do $$ begin alter table daftar.wallet_balances disable trigger all; \
             update daftar.wallet_balances set balance = balance + 5 where customer_id = 'c1'; end $$",
        )
        .await;
    let job = rebuild(&service, json!({})).await;
    let ready = work(&service, &job).await;
    assert_eq!(ready["state"], "ready", "money would change: {ready:#}");
    assert_eq!(ready["result"]["changes_money"], true);
    let differences = &ready["result"]["views"][0]["differences"];
    assert_eq!(differences["changed"], 1, "{differences:#}");
    let row = &differences["rows"][0];
    assert_eq!(row["kind"], "changed");
    let column = row["columns"].as_array().unwrap().iter().find(|one| one["column"] == "balance");
    assert!(
        column.is_some_and(|one| one["before"].as_str().unwrap().starts_with("945")),
        "{row:#}"
    );
    let money = &differences["money"][0];
    assert_eq!((&money["column"], &money["currency"]), (&json!("balance"), &json!("IQD")));
    assert_eq!((&money["before"], &money["after"]), (&json!("1885"), &json!("1880")));

    let switch = format!("{}/switch", path(&job));
    let refused = ask(&service, "admin", &switch, "no", json!({})).await;
    let refused = refused.expect_problem(409, "differences-not-accepted");
    assert_eq!(refused["job"], job.as_str());
    assert_eq!(generation(&service, "wallet_balances").await, 1);
    let accept = json!({ "accept_differences": true });
    ask(&service, "admin", &switch, "yes", accept).await.expect(202);
    let done = work(&service, &job).await;
    assert_eq!(done["state"], "done", "{done:#}");
    let wallet = service.get("/api/customers/c1/wallet").by("finance").send().await.expect(200);
    assert_eq!(wallet["wallets"][0]["balance"], iqd("940"));
}

#[tokio::test]
async fn a_view_that_the_book_has_not_yet_is_shown_once_it_is_filled() {
    let service = traded().await;
    service
        .run(
            "do $$ begin \
                 alter table daftar.book_projections disable trigger all; \
                 delete from daftar.book_projections where name = 'timeline'; \
                 set local role daftar_writer; \
                 update daftar.books set revision = revision + 1, fold_set = daftar.fold_set_1(1); \
             end $$",
        )
        .await;
    // Orders are placed all the while.
    let placed = service.must("client", "/api/orders", &transfer_order("c1", "10")).await;
    let order = placed["order"]["id"].as_str().unwrap();
    let timeline = format!("/api/orders/{order}/timeline");
    let read = async || service.get(&timeline).by("finance").send().await;
    let early = read().await;
    assert!(early.header("retry-after").is_some(), "{early:?}");
    early.expect_problem(503, "rebuild-needed");
    let missing = view(&service, "timeline").await;
    assert_eq!((&missing["generation"], &missing["own_fold_version"]), (&Value::Null, &json!(1)));

    let rebuild = "/api/admin/projections/timeline/rebuild";
    let job = id(&service.must("admin", rebuild, &json!({})).await);
    let done = work(&service, &job).await;
    assert_eq!(done["state"], "done", "{done:#}");
    assert_eq!(done["result"]["views"][0]["differences"], Value::Null, "nobody saw it before");
    let ready = async {
        while read().await.status != 200 {
            tokio::time::sleep(SOON).await;
        }
    };
    tokio::time::timeout(WITHIN, ready).await.expect("the node notices");
    assert!(!read().await.expect(200)["steps"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_rebuild_that_would_change_the_journal_fails_and_says_where_and_what_to_do() {
    let service = traded().await;
    service
        .run(
            "do $$ begin alter table daftar.journal_lines disable trigger all; \
             update daftar.journal_lines set amount = amount + 1 where position = 1; end $$",
        )
        .await;
    let journal = "/api/admin/projections/journal_lines/rebuild";
    let job = id(&service.must("admin", journal, &json!({})).await);
    let failed = work(&service, &job).await;
    assert_eq!(failed["state"], "failed", "{failed:#}");
    let failure = &failed["failure"];
    assert_eq!(failure["code"], "journal-would-change");
    assert!(failure["what_to_do"].as_str().unwrap().starts_with("Mend the fold"), "{failure}");
    assert!(failure["details"].to_string().contains('1'), "{failure}");
    assert_eq!(generation(&service, "journal_lines").await, 1);
    assert_eq!(view(&service, "journal_lines").await["job"], Value::Null, "another may follow");
    let late = ask(&service, "admin", &format!("{}/cancel", path(&job)), "late", json!({})).await;
    late.expect_problem(409, "job-over");
}

#[tokio::test]
async fn whoever_could_have_asked_for_a_job_gives_it_up() {
    let service = traded().await;
    let job = rebuild(&service, json!({})).await;
    let cancel = format!("{}/cancel", path(&job));
    for who in ["finance", "auditor"] {
        let theirs = ask(&service, who, &cancel, who, json!({})).await;
        assert_eq!(theirs.expect_problem(403, "forbidden")["needs"], json!(["rebuild"]));
    }
    let first = ask(&service, "second", &cancel, "end", json!({})).await;
    let again = ask(&service, "second", &cancel, "end", json!({})).await;
    assert_eq!((first.status.as_u16(), &first.text), (202, &again.text));
    let told = first.expect(202)["job"].clone();
    assert_eq!((&told["state"], &told["cancel_asked_by"]), (&json!("cancelled"), &json!("second")));
    let late = ask(&service, "admin", &cancel, "late", json!({})).await;
    assert_eq!(late.expect_problem(409, "job-over")["state"], "cancelled");

    // One that waits for a decision leaves nothing behind.
    let job = rebuild(&service, json!({ "preview": true })).await;
    assert_eq!(work(&service, &job).await["state"], "ready");
    let cancel = format!("{}/cancel", path(&job));
    let told = ask(&service, "admin", &cancel, "ready", json!({})).await.expect(202);
    assert_eq!(told["job"]["cancel_asked"], true);
    assert_eq!(work(&service, &job).await["state"], "cancelled");
    assert_eq!(generation(&service, "wallet_balances").await, 1);

    let verification = service.must("auditor", "/api/admin/verify", &json!({})).await;
    let cancel = format!("{}/cancel", path(&id(&verification)));
    let told = ask(&service, "finance", &cancel, "verification", json!({})).await.expect(202);
    assert_eq!(told["job"]["state"], "cancelled");
}

#[tokio::test]
async fn a_verification_names_what_is_not_as_it_must_be() {
    let service = traded().await;
    let asked = service.must("finance", "/api/admin/verify", &json!({})).await;
    let done = work(&service, &id(&asked)).await;
    assert_eq!(done["state"], "done", "{done:#}");
    let result = &done["result"];
    assert_eq!((&result["verified"], &result["findings"]), (&json!(true), &json!([])), "{done:#}");
    assert_eq!(result["position"], service.recorded().await.1);
    assert_eq!(result["trial_balance"][0]["difference"], "0");

    service
        .run(
            "do $$ begin alter table daftar.wallet_balances disable trigger all; \
             update daftar.wallet_balances set balance = balance + 5 where customer_id = 'c1'; end $$",
        )
        .await;
    let asked = service.must("auditor", "/api/admin/verify", &json!({ "since": 0 })).await;
    let done = work(&service, &id(&asked)).await;
    let result = &done["result"];
    assert_eq!(result["verified"], false, "{done:#}");
    let finding =
        result["findings"].as_array().unwrap().iter().find(|one| one["check"] == "column");
    let finding = finding.unwrap_or_else(|| panic!("{result:#}"));
    assert_eq!(
        (&finding["view"], &finding["column"]),
        (&json!("wallet_balances"), &json!("balance"))
    );
    assert!(finding["expected"].as_str().unwrap().starts_with("940"), "{finding:#}");
    assert!(finding["found"].as_str().unwrap().starts_with("945"), "{finding:#}");
    assert!(!finding["positions"].as_array().unwrap().is_empty(), "{finding:#}");
}

#[tokio::test]
async fn jobs_are_listed_by_kind_and_state_in_pages() {
    let service = traded().await;
    let first = rebuild(&service, json!({})).await;
    work(&service, &first).await;
    let second = rebuild(&service, json!({})).await;
    let third = id(&service.must("finance", "/api/admin/verify", &json!({})).await);
    let list = async |query: &str| {
        let path = format!("/api/admin/jobs?{query}");
        let listed = service.get(&path).by("auditor").send().await.expect(200);
        let jobs = listed["jobs"].as_array().unwrap().clone();
        assert!(jobs.iter().all(|job| job["result"].is_null()));
        let ids: Vec<String> = jobs.iter().map(|job| job["id"].as_str().unwrap().into()).collect();
        (ids, listed["next"].as_str().map(str::to_owned))
    };
    assert_eq!(list("").await.0, [third.clone(), second.clone(), first.clone()]);
    assert_eq!(list("kind=rebuild").await.0, [second.clone(), first.clone()]);
    assert_eq!(list("kind=rebuild&state=done").await.0, std::slice::from_ref(&first));
    assert_eq!(list("state=failed").await.0, [""; 0]);
    let (page, next) = list("limit=2").await;
    assert_eq!(page, [third, second]);
    let (page, next) = list(&format!("limit=2&cursor={}", next.unwrap())).await;
    assert_eq!((page, next), (vec![first], None));
    let unknown = service.get("/api/admin/jobs?state=over").by("auditor").send().await;
    unknown.expect_problem(400, "invalid-query");
}

async fn views(service: &Service) -> Vec<Value> {
    let path = "/api/admin/projections";
    let views = service.get(path).by("finance").send().await.expect(200);
    views["projections"].as_array().unwrap().clone()
}

async fn view(service: &Service, name: &str) -> Value {
    let all = views(service).await;
    all.into_iter().find(|view| view["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

async fn generation(service: &Service, name: &str) -> i64 {
    view(service, name).await["generation"].as_i64().unwrap()
}

#[tokio::test]
async fn each_view_tells_its_size_its_rebuild_and_the_last_one() {
    let service = traded().await;
    let names = projections::projections().len();
    assert_eq!(views(&service).await.len(), names);
    let before = view(&service, "wallet_balances").await;
    assert_eq!(before["fold_version"], before["own_fold_version"]);
    assert_eq!((&before["job"], &before["last_rebuild"]), (&Value::Null, &Value::Null));
    // Another book's rows are not this one's.
    let store = Store::at(&service.database.url(), None).unwrap();
    let (book, now) = (BookId(2), service.ledger.clock().now());
    store.create_book(book, "elsewhere", Uuid::from_u128(2), now).await.unwrap();
    service
        .run(
            "do $$ begin alter table daftar.wallet_balances disable trigger all; \
             insert into daftar.wallet_balances (book_id, generation, wallet_id, customer_id, \
               currency, balance, debt, frozen, closed, version, position) \
             select 2, generation, gen_random_uuid(), customer_id, currency, balance, debt, frozen, \
               closed, version, position \
             from daftar.wallet_balances, generate_series(1, 3); end $$",
        )
        .await;
    service.run("analyze daftar.wallet_balances").await;
    assert_eq!(view(&service, "wallet_balances").await["rows"], 2);
    assert!(view(&service, "wallet_balances").await["bytes"].as_i64().unwrap() > 0);

    let job = rebuild(&service, json!({})).await;
    assert_eq!(view(&service, "wallet_balances").await["job"], job.as_str());
    work(&service, &job).await;
    let after = view(&service, "wallet_balances").await;
    assert_eq!((&after["generation"], &after["job"]), (&json!(2), &Value::Null));
    let last = &after["last_rebuild"];
    assert_eq!((&last["job"], &last["asked_by"]), (&json!(job), &json!("admin")));
    assert_eq!(view(&service, "timeline").await["last_rebuild"], Value::Null);
}

/// A job's progress, as it is read.
struct Follower {
    response: Response,
    text: String,
}

#[derive(Debug)]
struct Message {
    id: String,
    event: String,
    job: Value,
}

impl Follower {
    async fn begin(service: &Service, url: &str, job: &str, last_seen: Option<&str>) -> Self {
        let ask = service.http.get(format!("{url}{}/progress", path(job)));
        let ask = ask.bearer_auth(service.bearer("finance"));
        let ask = match last_seen {
            Some(last_seen) => ask.header("last-event-id", last_seen),
            None => ask,
        };
        let response = ask.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next message that tells of the job; none once it has ended.
    async fn message(&mut self) -> Option<Message> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let mut lines = block.lines();
                    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                };
                let message = field("data").map(|data| Message {
                    id: field("id").unwrap().to_owned(),
                    event: field("event").unwrap().to_owned(),
                    job: serde_json::from_str::<Value>(data).unwrap()["job"].clone(),
                });
                self.text = rest.to_owned();
                if message.is_some() {
                    return message;
                }
                continue;
            }
            let chunk = tokio::time::timeout(WITHIN, self.response.chunk()).await;
            let chunk = chunk.expect("something comes").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

/// Another node of the same book.
async fn serve(service: &Service, ledger: Ledger) -> String {
    let secrets = Secrets::new([7; 32], [8; 32], service.vault.clone());
    let limits = Limits { heartbeat: Duration::from_millis(50), ..Limits::default() };
    let app = App::new(ledger, secrets).with_limits(limits);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    TaskTracker::new().spawn(async move { axum::serve(listener, api::router(app)).await.unwrap() });
    url
}

#[tokio::test]
async fn progress_is_told_until_the_end_and_goes_on_where_it_was_cut_off() {
    let service = traded().await;
    let other = serve(&service, service.ledger.clone()).await;
    let job = rebuild(&service, json!({ "preview": true })).await;
    let mut one = Follower::begin(&service, &service.url, &job, None).await;
    let first = one.message().await.unwrap();
    assert_eq!((first.event.as_str(), &first.job["state"]), ("progress", &json!("waiting")));
    assert_eq!(first.job, read(&service, &job).await, "the same as the job itself");
    drop(one);

    // What was seen is not told again: the next that comes is the change.
    let mut again = Follower::begin(&service, &other, &job, Some(&first.id)).await;
    assert_eq!(work(&service, &job).await["state"], "ready");
    let mut seen = vec![first.id.clone()];
    loop {
        let message = again.message().await.expect("it has not ended");
        assert!(!seen.contains(&message.id), "told twice: {message:?}");
        seen.push(message.id);
        if message.job["state"] == "ready" {
            break;
        }
    }
    let switch = format!("{}/switch", path(&job));
    ask(&service, "admin", &switch, "go", json!({})).await.expect(202);
    let done = work(&service, &job).await;
    let end = loop {
        let message = again.message().await.expect("there is an end");
        if message.event == "end" {
            break message;
        }
    };
    assert_eq!(end.job, done);
    assert!(again.message().await.is_none(), "nothing comes after the end");

    let mut late = Follower::begin(&service, &service.url, &job, Some(&first.id)).await;
    assert_eq!(late.message().await.unwrap().job, done);
    assert!(late.message().await.is_none());
    // A browser comes again by itself, until it is told that there is no more.
    let ask = service.get(&format!("{}/progress", path(&job))).by("finance");
    let over = ask.header("last-event-id", &end.id).send().await;
    assert_eq!((over.status.as_u16(), over.text.as_str()), (204, ""));
}

#[tokio::test]
async fn who_loses_the_right_to_it_is_told_no_more() {
    let service = traded().await;
    let job = rebuild(&service, json!({})).await;
    let mut reader = Follower::begin(&service, &service.url, &job, None).await;
    assert!(reader.message().await.is_some());
    let disable = "/api/admin/principals/finance/disable";
    service.must("admin", disable, &json!({})).await;
    assert!(reader.message().await.is_none(), "the key is worth nothing any more");
}
