//! Top-ups: asked for with a receipt, seen by finance, approved once.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::service::{Answer, PDF, Service, iqd};

const TOP_UPS: &str = "/api/customers/c1/wallet/top-ups";

async fn ask_by(service: &Service, who: &str, query: &str, key: &str) -> Answer {
    let ask = service.post(&format!("{TOP_UPS}{query}")).by(who).key(key);
    ask.file("application/pdf", &slip(key)).send().await
}

/// Each request has a file of its own: one that was credited is refused another time.
fn slip(key: &str) -> Vec<u8> {
    [PDF, key.as_bytes()].concat()
}

/// A top-up that was asked for, by its id.
async fn asked(service: &Service, key: &str) -> String {
    let reply = ask_by(service, "client", "?currency=IQD", key).await.expect(200);
    reply["request"].as_str().unwrap().to_owned()
}

fn seen(verified: &str, transfer: &str, reference: &str) -> Value {
    let named = json!({ "account": "rafidain-1", "reference": reference, "date": "2025-11-20" });
    json!({ "verified": iqd(verified), "transfer": named, "transfer_amount": iqd(transfer) })
}

async fn approve(service: &Service, who: &str, request: &str, key: &str, body: &Value) -> Answer {
    let path = format!("/api/wallet-top-ups/{request}/approve");
    service.post(&path).by(who).key(key).json(body).send().await
}

async fn wallet(service: &Service) -> Value {
    service.get("/api/customers/c1/wallet").by("client").send().await.expect(200)
}

async fn worklist(service: &Service, query: &str) -> Vec<Value> {
    let path = format!("/api/management/wallet-requests{query}");
    let page = service.get(&path).by("finance").send().await.expect(200);
    page["requests"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_top_up_moves_nothing_until_finance_has_seen_the_money_and_then_once() {
    let service = Service::start().await;
    let first = ask_by(&service, "client", "?claimed=500&currency=IQD", "k1").await;
    let reply = first.json();
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!(reply["wallet"]["balance"], iqd("0"));
    assert_eq!(reply["wallet"]["pending"], true);
    let request = reply["request"].as_str().unwrap();
    let again = ask_by(&service, "client", "?claimed=500&currency=IQD", "k1").await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.text, first.text);
    let other = ask_by(&service, "client", "?claimed=501&currency=IQD", "k1").await;
    other.expect_problem(422, "idempotency-key-reused");

    let open = &wallet(&service).await["open_requests"];
    assert_eq!(open.as_array().unwrap().len(), 1);
    assert_eq!((&open[0]["id"], &open[0]["claimed"]), (&json!(request), &iqd("500")));
    assert_eq!((&open[0]["kind"], &open[0]["has_file"]), (&json!("top_up"), &json!(true)));
    assert_eq!(worklist(&service, "?state=open&kind=top_up&customer=c1").await.len(), 1);
    assert_eq!(worklist(&service, "?kind=withdrawal").await, Vec::<Value>::new());

    let body = seen("500", "700", "R-1");
    let approved = approve(&service, "finance", request, "a1", &body).await;
    let reply = approved.json();
    assert_eq!(approved.status, StatusCode::OK, "{}", approved.text);
    assert_eq!(reply["wallet"]["balance"], iqd("500"));
    assert_eq!(reply["wallet"]["pending"], false);
    let retry = approve(&service, "finance", request, "a1", &body).await;
    assert_eq!((retry.header("idempotency-replayed"), &retry.text), (Some("true"), &approved.text));

    let twice = approve(&service, "admin", request, "a2", &body).await.expect(200);
    assert_eq!(twice["events"], json!([]), "it is so already");
    let more = approve(&service, "finance", request, "a3", &seen("600", "700", "R-1")).await;
    more.expect_problem(409, "request-decided");
    let reject = service.post(&format!("/api/wallet-top-ups/{request}/reject")).by("finance");
    let reject = reject.json(&json!({ "reason": "not seen" })).send().await;
    reject.expect_problem(409, "request-decided");

    let after = wallet(&service).await;
    assert_eq!(after["wallets"][0]["balance"], iqd("500"));
    assert_eq!(after["open_requests"], json!([]));
    let done = worklist(&service, "?state=approved").await;
    assert_eq!((&done[0]["id"], &done[0]["amount"]), (&json!(request), &iqd("500")));
    // What is left of the transfer pays another top-up, and no more than that.
    let next = asked(&service, "k2").await;
    let much = approve(&service, "finance", &next, "a4", &seen("201", "700", "R-1")).await;
    much.expect_problem(422, "payment-used-up");
    approve(&service, "finance", &next, "a5", &seen("200", "700", "R-1")).await.expect(200);
}

#[tokio::test]
async fn a_rejected_top_up_tells_its_customer_why() {
    let service = Service::start().await;
    let request = asked(&service, "k1").await;
    let path = format!("/api/wallet-top-ups/{request}/reject");
    let body = json!({ "reason": "the slip is of last year" });
    service.must("finance", &path, &body).await;
    service.must("finance", &path, &body).await;
    let late = approve(&service, "finance", &request, "a1", &seen("5", "5", "R-1")).await;
    late.expect_problem(409, "request-decided");

    let path = "/api/customers/c1/wallet/requests";
    let page = service.get(path).by("client").send().await.expect(200);
    assert_eq!(page["requests"].as_array().unwrap().len(), 1);
    let request = &page["requests"][0];
    assert_eq!(request["state"], "rejected");
    assert_eq!(request["reason"], "the slip is of last year");
}

#[tokio::test]
async fn two_top_ups_that_are_much_together_take_two_persons() {
    let service = Service::start().await;
    let (one, two) = (asked(&service, "k1").await, asked(&service, "k2").await);
    approve(&service, "finance", &one, "a1", &seen("600000", "600000", "R-1")).await.expect(200);

    let body = seen("600000", "600000", "R-2");
    let alone = approve(&service, "finance", &two, "a2", &body).await;
    let problem = alone.expect_problem(422, "needs-second-person");
    assert_eq!(problem["moved"], iqd("600000"));
    assert_eq!(problem["left"], iqd("400000"));
    let deposit = json!({ "amount": iqd("400001"), "payment": { "cash": {} } });
    let deposit = service.post("/api/customers/c1/wallet/deposits").by("finance").json(&deposit);
    let deposit = deposit.key("d1").send().await;
    deposit.expect_problem(422, "needs-second-person");

    let propose = format!("/api/wallet-top-ups/{two}/approve?propose=true");
    let proposed = service.post(&propose).by("finance").key("a2").json(&body).send().await;
    let proposed = proposed.expect(202);
    assert_eq!(proposed["wallet"]["balance"], iqd("1200000"), "what it would hold");
    let path = format!("/api/approvals/{}/approve", proposed["approval"]["id"].as_str().unwrap());
    let decide = |who| service.post(&path).by(who).json(&json!({})).send();
    decide("finance").await.expect_problem(403, "same-person");
    decide("auditor").await.expect_problem(403, "forbidden");
    let applied = decide("second").await.expect(200);
    assert_eq!(applied["approved_by"], "second");
    assert_eq!(wallet(&service).await["wallets"][0]["balance"], iqd("1200000"));
}

#[tokio::test]
async fn someone_elses_top_up_is_not_there() {
    let service = Service::start().await;
    let request = asked(&service, "k1").await;
    let file = format!("/api/wallet-top-ups/{request}/file");
    for who in ["client", "finance", "auditor", "admin"] {
        let (status, _, bytes) = service.get(&file).by(who).send_for_bytes().await;
        assert_eq!((status, bytes), (StatusCode::OK, slip("k1")), "{who}");
    }
    service.get(&file).by("limited").send().await.expect_problem(404, "request-not-found");
    ask_by(&service, "limited", "?currency=IQD", "k").await.expect_problem(404, "not-found");
    let path = "/api/customers/c1/wallet/requests";
    service.get(path).by("limited").send().await.expect_problem(404, "not-found");
    // A top-up is no withdrawal.
    let path = format!("/api/wallet-withdrawals/{request}");
    service.get(&path).by("finance").send().await.expect_problem(404, "request-not-found");
}

#[tokio::test]
async fn a_top_up_says_which_wallet_and_a_dry_run_keeps_nothing() {
    let service = Service::start().await;
    let before = service.recorded().await;
    for query in
        ["", "?claimed=5", "?currency=XXX1", "?currency=IQD&claimed=x", "?currency=IQD&a=1"]
    {
        ask_by(&service, "client", query, "k").await.expect_problem(400, "invalid-query");
    }
    let dry = ask_by(&service, "client", "?currency=IQD&dry_run=true", "k").await.expect(200);
    assert_eq!(dry["dry_run"], true);
    assert_eq!(service.recorded().await, before);
    let strange = ask_by(&service, "client", "?currency=JPY", "k").await;
    strange.expect_problem(422, "currency-not-kept");
    let text = service.post(&format!("{TOP_UPS}?currency=IQD")).by("client").key("k");
    text.file("text/plain", b"paid").send().await.expect_problem(415, "file-type");
}

#[tokio::test]
async fn the_worklist_comes_in_pages_and_knows_its_filters() {
    let service = Service::start().await;
    let mut all = Vec::new();
    for number in 0..3 {
        all.push(asked(&service, &format!("k{number}")).await);
    }
    let mut path = "/api/management/wallet-requests?state=open&kind=top_up&limit=2".to_owned();
    let mut listed = Vec::new();
    for _ in 0..2 {
        let answer = service.get(&path).by("auditor").send().await;
        let link = answer.header("link").map(str::to_owned);
        let page = answer.expect(200);
        listed.extend(page["requests"].as_array().unwrap().iter().map(|row| row["id"].clone()));
        let Some(link) = link else { break };
        let query = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
        assert!(query.contains("state=open") && query.contains("kind=top_up"), "{query}");
        path = query;
    }
    assert_eq!(json!(listed), json!(all));
    for query in ["?state=lost", "?kind=gift", "?limit=0", "?cursor=nonsense", "?surprise=1"] {
        let path = format!("/api/management/wallet-requests{query}");
        service.get(&path).by("finance").send().await.expect_problem(400, "invalid-query");
    }
}
