//! Alerts over HTTP: who sees them, who sees to them, their feed, and what watches.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use ledger::alerts::{self, Case, Severity};
use ledger::monitors;
use reqwest::Response;
use serde_json::{Value, json};

use crate::service::{BOOK, Service};

const WITHIN: Duration = Duration::from_secs(20);
const UNKNOWN: &str = "00000000-0000-4000-8000-00000000dead";
const MONITOR: &str = "receipt-waiting";

fn case(subject: &str, owner: &str, severity: Severity) -> Case {
    Case {
        subject: subject.to_owned(),
        severity,
        owner: owner.to_owned(),
        says: format!("{subject} waits"),
        evidence: json!({ "hours": 5 }),
    }
}

/// What a monitor sees at a moment, the whole of it.
async fn sees(service: &Service, monitor: &str, cases: Vec<Case>) {
    let ledger = &service.ledger;
    let mut conn = ledger.pool().acquire().await.unwrap();
    alerts::sync(&mut conn, BOOK, monitor, cases, ledger.clock().now()).await.unwrap();
}

fn three() -> Vec<Case> {
    vec![
        case("order/1", "finance", Severity::Warning),
        case("order/2", "warehouse", Severity::Critical),
        case("view/timeline", "operations", Severity::Info),
    ]
}

async fn read(service: &Service, who: &str, path: &str) -> Value {
    service.get(&format!("/api/admin/{path}")).by(who).send().await.expect(200)
}

/// The id of the alert about something.
async fn id_of(service: &Service, subject: &str) -> String {
    let listed = read(service, "auditor", "alerts?limit=200").await;
    let mut listed = listed["alerts"].as_array().unwrap().iter();
    let alert = listed.find(|alert| alert["subject"] == subject).unwrap();
    alert["id"].as_str().unwrap().to_owned()
}

async fn acknowledge(
    service: &Service,
    who: &str,
    alert: &str,
    body: Value,
) -> crate::service::Answer {
    let path = format!("/api/admin/alerts/{alert}/acknowledge");
    service.post(&path).by(who).key(&format!("{who} {alert}")).json(&body).send().await
}

fn subjects(listed: &Value) -> Vec<&str> {
    let listed = listed["alerts"].as_array().unwrap().iter();
    let mut subjects: Vec<&str> = listed.map(|alert| alert["subject"].as_str().unwrap()).collect();
    subjects.sort_unstable();
    subjects
}

#[tokio::test]
async fn alerts_are_listed_by_where_they_stand_how_bad_they_are_and_whose() {
    let service = Service::start().await;
    assert_eq!(read(&service, "admin", "alerts").await["alerts"], json!([]));
    sees(&service, MONITOR, three()).await;
    sees(&service, "law-broken", vec![case("book", "finance", Severity::Critical)]).await;
    sees(&service, "law-broken", Vec::new()).await;

    let all = ["book", "order/1", "order/2", "view/timeline"];
    for who in ["finance", "warehouse", "logistics", "auditor", "admin"] {
        assert_eq!(subjects(&read(&service, who, "alerts").await), all, "{who}");
    }
    for (query, expected) in [
        ("owner=finance", vec!["book", "order/1"]),
        ("owner=finance&state=opened", vec!["order/1"]),
        ("state=resolved", vec!["book"]),
        ("severity=critical", vec!["book", "order/2"]),
        ("monitor=receipt-waiting&severity=info", vec!["view/timeline"]),
        ("monitor=nothing-of-the-kind", vec![]),
    ] {
        let listed = read(&service, "finance", &format!("alerts?{query}")).await;
        assert_eq!(subjects(&listed), expected, "{query}");
    }
    for query in ["state=gone", "severity=bad", "owner=client", "limit=0", "limit=201", "cursor=x"]
    {
        let ask = service.get(&format!("/api/admin/alerts?{query}")).by("finance");
        ask.send().await.expect_problem(400, "invalid-query");
    }
    let ask = service.get("/api/admin/alerts").by("limited");
    ask.send().await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn pages_of_alerts_lose_and_repeat_nothing() {
    let service = Service::start().await;
    let cases = (0..5).map(|n| case(&format!("order/{n}"), "finance", Severity::Warning));
    sees(&service, MONITOR, cases.collect()).await;
    let (mut path, mut seen, mut pages) = ("alerts?limit=2".to_owned(), Vec::new(), 0);
    loop {
        let page = read(&service, "finance", &path).await;
        let alerts = page["alerts"].as_array().unwrap();
        seen.extend(alerts.iter().map(|alert| alert["number"].as_i64().unwrap()));
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        path = format!("alerts?limit=2&cursor={next}");
    }
    assert_eq!((seen, pages), (vec![5, 4, 3, 2, 1], 3));

    let (mut after, mut told) = (0, Vec::new());
    loop {
        let page =
            read(&service, "finance", &format!("alerts/changes?after={after}&limit=2")).await;
        let changes = page["changes"].as_array().unwrap();
        told.extend(changes.iter().map(|change| change["number"].as_i64().unwrap()));
        let Some(next) = page["next"].as_i64() else { break };
        after = next;
    }
    assert_eq!(told, [1, 2, 3, 4, 5]);
    for query in ["after=-1", "after=x", "limit=0", "limit=201"] {
        let ask = service.get(&format!("/api/admin/alerts/changes?{query}")).by("finance");
        ask.send().await.expect_problem(400, "invalid-query");
    }
}

#[tokio::test]
async fn an_alert_is_seen_to_by_its_department_or_an_admin_and_the_first_one_stands() {
    let service = Service::start().await;
    sees(&service, MONITOR, three()).await;
    let (theirs, goods, ours) = (
        id_of(&service, "order/1").await,
        id_of(&service, "order/2").await,
        id_of(&service, "view/timeline").await,
    );
    for (who, alert) in [("warehouse", &theirs), ("finance", &goods), ("logistics", &ours)] {
        let refused = acknowledge(&service, who, alert, json!({})).await;
        let refused = refused.expect_problem(403, "forbidden");
        assert_eq!(refused["role"], who, "{refused}");
    }
    let auditor = acknowledge(&service, "auditor", &theirs, json!({})).await;
    auditor.expect_problem(403, "forbidden");

    let body = json!({ "note": "T-12: I call them" });
    let seen_to = acknowledge(&service, "finance", &theirs, body.clone()).await.expect(200);
    let alert = &seen_to["alert"];
    assert_eq!(
        (&alert["state"], &alert["acknowledged_by"]),
        (&json!("acknowledged"), &json!("finance"))
    );
    let again = acknowledge(&service, "finance", &theirs, body).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(200), seen_to);
    let admin = acknowledge(&service, "admin", &theirs, json!({})).await.expect(200);
    assert_eq!(admin["alert"]["acknowledged_by"], "finance", "the first one stands");
    acknowledge(&service, "warehouse", &goods, json!({})).await.expect(200);
    acknowledge(&service, "admin", &ours, json!({})).await.expect(200);
    let long = json!({ "note": "x".repeat(501) });
    let long = acknowledge(&service, "second", &theirs, long).await;
    long.expect_problem(400, "invalid-body");

    let shown = read(&service, "auditor", &format!("alerts/{theirs}")).await;
    assert_eq!(shown["alert"], seen_to["alert"]);
    let steps: Vec<_> = shown["changes"].as_array().unwrap().iter().collect();
    assert_eq!(steps.len(), 2);
    assert_eq!(
        (&steps[0]["change"], &steps[1]["change"]),
        (&json!("acknowledged"), &json!("opened"))
    );
    assert_eq!(
        (&steps[0]["by"], &steps[0]["note"]),
        (&json!("finance"), &json!("T-12: I call them"))
    );
    assert_eq!(shown["alert"]["evidence"], json!({ "hours": 5 }));
    assert_eq!(shown["alert"]["what_to_do"], monitors::find(MONITOR).unwrap().to_do);
}

#[tokio::test]
async fn what_is_over_or_not_there_is_not_seen_to() {
    let service = Service::start().await;
    sees(&service, MONITOR, three()).await;
    let alert = id_of(&service, "order/1").await;
    sees(&service, MONITOR, Vec::new()).await;
    let over = acknowledge(&service, "finance", &alert, json!({})).await;
    assert_eq!(over.expect_problem(409, "alert-over")["alert"], alert.as_str());
    for unknown in [UNKNOWN, "order-1"] {
        let ask = service.get(&format!("/api/admin/alerts/{unknown}")).by("auditor");
        ask.send().await.expect_problem(404, "alert-not-found");
        let unknown = acknowledge(&service, "finance", unknown, json!({})).await;
        unknown.expect_problem(404, "alert-not-found");
    }
    let changes = read(&service, "auditor", "alerts/changes?after=3").await;
    let steps = changes["changes"].as_array().unwrap();
    assert_eq!(steps.iter().map(|step| &step["change"]).collect::<Vec<_>>(), ["resolved"; 3]);
    assert_eq!(changes["next"], Value::Null);
}

#[tokio::test]
async fn what_watches_is_listed_with_what_it_goes_by_and_how_it_looked() {
    let service = Service::start().await;
    let listed = read(&service, "warehouse", "monitors").await;
    let listed = listed["monitors"].as_array().unwrap();
    assert_eq!(listed.len(), monitors::all().len());
    for (shown, monitor) in listed.iter().zip(monitors::all()) {
        assert_eq!(shown["name"], monitor.name);
        assert_eq!(shown["what_to_do"], monitor.to_do);
        assert_eq!(shown["last_look"], Value::Null);
        let names: Vec<_> = shown["settings"].as_array().unwrap().iter().collect();
        assert_eq!(names.len(), monitor.thresholds.len(), "{shown}");
        assert!(names.iter().all(|setting| setting["value"] == setting["default"]), "{shown}");
    }
    let body = json!({ "receipt_hours": 3, "reason": "faster" });
    service.must("admin", "/api/admin/book-settings", &body).await;
    sees(&service, MONITOR, three()).await;
    let listed = read(&service, "auditor", "monitors").await;
    let mut monitors = listed["monitors"].as_array().unwrap().iter();
    let shown = monitors.find(|one| one["name"] == MONITOR).unwrap();
    let mut settings = shown["settings"].as_array().unwrap().iter();
    assert_eq!(settings.find(|one| one["name"] == "receipt_hours").unwrap()["value"], 3);
    assert_eq!(shown["open"], 3);
    let ask = service.get("/api/admin/monitors").by("client");
    ask.send().await.expect_problem(403, "forbidden");
}

/// What happens to alerts, as it is read.
struct Follower {
    response: Response,
    text: String,
}

impl Follower {
    async fn begin(service: &Service, query: &str, last_seen: Option<&str>) -> Self {
        let url = format!("{}/api/admin/alerts/stream{query}", service.url);
        let ask = service.http.get(url).bearer_auth(service.bearer("warehouse"));
        let ask = match last_seen {
            Some(last_seen) => ask.header("last-event-id", last_seen),
            None => ask,
        };
        let response = ask.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The id, the name and the data of the next message that has all three; none at the end.
    async fn message(&mut self) -> Option<(String, String, Value)> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let mut lines = block.lines();
                    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                };
                let message = field("data").map(|data| {
                    let own = |name| field(name).unwrap().to_owned();
                    (own("id"), own("event"), serde_json::from_str(data).unwrap())
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

#[tokio::test]
async fn what_happens_to_alerts_is_told_once_in_order_and_goes_on_where_it_was_cut_off() {
    let service = Service::start().await;
    sees(&service, MONITOR, three()).await;
    let mut one = Follower::begin(&service, "", None).await;
    let mut told = Vec::new();
    for _ in 0..2 {
        told.push(one.message().await.unwrap());
    }
    drop(one);
    let alert = id_of(&service, "order/1").await;
    acknowledge(&service, "finance", &alert, json!({ "note": "mine" })).await.expect(200);
    let mut again = Follower::begin(&service, "?after=0", Some("2")).await;
    for _ in 0..2 {
        told.push(again.message().await.unwrap());
    }
    sees(&service, MONITOR, Vec::new()).await;
    for _ in 0..3 {
        told.push(again.message().await.unwrap());
    }
    let names: Vec<&str> = told.iter().map(|(_, name, _)| name.as_str()).collect();
    let expected =
        ["opened", "opened", "opened", "acknowledged", "resolved", "resolved", "resolved"];
    assert_eq!(names, expected);
    let page = read(&service, "finance", "alerts/changes").await;
    let data: Vec<Value> = told.iter().map(|(_, _, data)| data.clone()).collect();
    assert_eq!(json!(data), page["changes"], "the same as page by page");
    let ids: Vec<String> = told.into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids, (1..=7).map(|number| number.to_string()).collect::<Vec<_>>());

    let mut late = Follower::begin(&service, "?after=6", None).await;
    assert_eq!(late.message().await.unwrap().0, "7");
    let bad = service.get("/api/admin/alerts/stream").by("finance").header("last-event-id", "x");
    bad.send().await.expect_problem(400, "invalid-header");
    service.must("admin", "/api/admin/principals/warehouse/disable", &json!({})).await;
    assert!(late.message().await.is_none(), "the key is worth nothing any more");
}

#[tokio::test]
async fn what_a_monitor_saw_is_known_by_its_time_and_by_why_it_could_not_look() {
    let service = Service::start().await;
    let at = service.ledger.clock().now() - TimeDelta::minutes(5);
    let sql = "insert into daftar.looks (book_id, monitor, looked_at, cases, failure) \
               values (1, 'receipt-waiting', now() - interval '5 minutes', 0, 'the disk is gone')";
    service.run(sql).await;
    let listed = read(&service, "auditor", "monitors").await;
    let mut monitors = listed["monitors"].as_array().unwrap().iter();
    let look = &monitors.find(|one| one["name"] == MONITOR).unwrap()["last_look"];
    assert_eq!(look["failure"], "the disk is gone");
    let told: chrono::DateTime<Utc> = look["at"].as_str().unwrap().parse().unwrap();
    assert!((told - at).abs() < TimeDelta::seconds(30), "{look}");
}
