//! Withdrawals: out of the wallet at once, to the bank by finance, and back if that fails.

use domain::id::CustomerId;
use ledger::personal;
use serde_json::{Value, json};

use crate::service::{Answer, BOOK, Service, iqd};

const IBAN: &str = "IQ98NBIQ850123456789012";
const WITHDRAWALS: &str = "/api/customers/c1/wallet/withdrawals";

fn wished(amount: &str) -> Value {
    let destination = json!({ "iban": IBAN, "holder": "Noor Al-Saadi" });
    json!({ "amount": iqd(amount), "destination": destination })
}

async fn ask(service: &Service, key: &str, amount: &str) -> Answer {
    service.post(WITHDRAWALS).by("client").key(key).json(&wished(amount)).send().await
}

/// A withdrawal that was asked for, by its id.
async fn asked(service: &Service, key: &str, amount: &str) -> String {
    let reply = ask(service, key, amount).await.expect(200);
    reply["request"].as_str().unwrap().to_owned()
}

async fn decide(service: &Service, request: &str, verb: &str, key: &str, body: &Value) -> Answer {
    let path = format!("/api/wallet-withdrawals/{request}/{verb}");
    service.post(&path).by("finance").key(key).json(body).send().await
}

fn paid(reference: &str) -> Value {
    json!({ "account": "rafidain-1", "reference": reference })
}

async fn balance(service: &Service) -> Value {
    let read = service.get("/api/customers/c1/wallet").by("client").send().await.expect(200);
    read["wallets"][0]["balance"].clone()
}

#[tokio::test]
async fn withdrawn_money_leaves_the_wallet_at_once_and_is_paid_once() {
    let service = Service::start().await;
    service.top_up("c1", "1000").await;
    let bare = service.post(WITHDRAWALS).by("client").json(&wished("400")).send().await;
    bare.expect_problem(400, "idempotency-key-missing");
    let first = ask(&service, "k1", "400").await;
    let again = ask(&service, "k1", "400").await;
    assert_eq!((again.header("idempotency-replayed"), &again.text), (Some("true"), &first.text));
    ask(&service, "k1", "401").await.expect_problem(422, "idempotency-key-reused");
    let reply = first.expect(200);
    assert_eq!(reply["wallet"]["balance"], iqd("600"));
    let request = reply["request"].as_str().unwrap();
    let problem = ask(&service, "k2", "601").await.expect_problem(422, "insufficient-funds");
    assert_eq!(problem["available"], iqd("600"));

    let done = decide(&service, request, "pay", "p1", &paid("OUT-1")).await.expect(200);
    assert_eq!(done["wallet"]["pending"], false);
    let twice = decide(&service, request, "pay", "p2", &paid("OUT-1")).await.expect(200);
    assert_eq!(twice["events"], json!([]), "it is so already");
    let other = decide(&service, request, "pay", "p3", &paid("OUT-2")).await;
    other.expect_problem(409, "request-decided");
    let failed = decide(&service, request, "fail", "f1", &json!({ "reason": "no" })).await;
    failed.expect_problem(409, "request-decided");
    assert_eq!(balance(&service).await, iqd("600"));
}

#[tokio::test]
async fn what_cannot_be_paid_out_is_the_wallets_again() {
    let service = Service::start().await;
    service.top_up("c1", "1000").await;
    let request = asked(&service, "k1", "400").await;
    let why = json!({ "reason": "the bank does not know the account" });
    decide(&service, &request, "fail", "f1", &why).await.expect(200);
    assert_eq!(balance(&service).await, iqd("1000"));
    let late = decide(&service, &request, "pay", "p1", &paid("OUT-1")).await;
    late.expect_problem(409, "request-decided");
    let path = "/api/management/wallet-requests?kind=withdrawal&state=failed";
    let page = service.get(path).by("auditor").send().await.expect(200);
    assert_eq!(page["requests"][0]["id"], request);
}

#[tokio::test]
async fn only_finance_learns_where_the_money_goes_and_the_log_never_does() {
    let service = Service::start().await;
    service.top_up("c1", "1000").await;
    let request = asked(&service, "k1", "400").await;
    let path = format!("/api/wallet-withdrawals/{request}");
    for who in ["finance", "admin"] {
        let read = service.get(&path).by(who).send().await.expect(200);
        assert_eq!(read["destination"], wished("400")["destination"]);
        assert_eq!(read["withdrawal"]["state"], "open");
    }
    for who in ["client", "auditor", "warehouse"] {
        service.get(&path).by(who).send().await.expect_problem(403, "forbidden");
    }
    let events = service.get("/api/events").by("auditor").send().await;
    assert!(events.text.contains("withdrawal_requested"), "{}", events.text);
    assert!(!events.text.contains(IBAN) && !events.text.contains("Noor"), "{}", events.text);

    let pool = service.database.pool(1);
    let mut conn = pool.acquire().await.unwrap();
    let customer = CustomerId::new("c1").unwrap();
    assert!(personal::forget(&mut conn, BOOK, &customer).await.unwrap());
    let read = service.get(&path).by("finance").send().await.expect(200);
    assert_eq!(read["destination"], Value::Null);
    assert_eq!(read["withdrawal"]["amount"], iqd("400"));
}

#[tokio::test]
async fn a_mistyped_iban_is_noticed_before_anything_happens() {
    let service = Service::start().await;
    service.top_up("c1", "1000").await;
    let before = service.recorded().await;
    for iban in ["IQ98NBIQ850123456789021", "iq98nbiq850123456789012", "0780 123 4567", ""] {
        let mut body = wished("400");
        body["destination"]["iban"] = json!(iban);
        let answer = service.post(WITHDRAWALS).by("client").key("k").json(&body).send().await;
        let problem = answer.expect_problem(400, "invalid-body");
        assert_eq!(problem["errors"][0]["pointer"], "/destination/iban");
    }
    let dry = format!("{WITHDRAWALS}?dry_run=true");
    let dry = service.post(&dry).by("client").json(&wished("400")).send().await.expect(200);
    assert_eq!(dry["wallet"]["balance"], iqd("600"));
    assert_eq!(service.recorded().await, before);
}

#[tokio::test]
async fn paying_out_counts_towards_what_one_person_may_move_on_a_day() {
    let service = Service::start().await;
    service.top_up("c1", "600000").await;
    let request = asked(&service, "k1", "600000").await;
    let alone = decide(&service, &request, "pay", "p1", &paid("OUT-1")).await;
    let problem = alone.expect_problem(422, "needs-second-person");
    assert_eq!(problem["left"], iqd("400000"));
    let path = format!("/api/wallet-withdrawals/{request}/pay?propose=true");
    let proposed = service.post(&path).by("finance").key("p1").json(&paid("OUT-1")).send().await;
    let proposed = proposed.expect(202);
    let path = format!("/api/approvals/{}/approve", proposed["approval"]["id"].as_str().unwrap());
    service.post(&path).by("second").json(&json!({})).send().await.expect(200);
    let read = format!("/api/wallet-withdrawals/{request}");
    let read = service.get(&read).by("finance").send().await.expect(200);
    assert_eq!(read["withdrawal"]["state"], "paid");
    assert_eq!(read["withdrawal"]["reference"], "OUT-1");
}

#[tokio::test]
async fn nobody_withdraws_from_someone_elses_wallet_or_what_is_frozen() {
    let service = Service::start().await;
    service.top_up("c1", "1000").await;
    let limited = service.post(WITHDRAWALS).by("limited").key("k").json(&wished("5")).send().await;
    limited.expect_problem(404, "not-found");
    let request = asked(&service, "k1", "400").await;
    let because = json!({ "currency": "IQD", "reason": "a dispute" });
    service.must("finance", "/api/customers/c1/wallet/freeze", &because).await;
    ask(&service, "k2", "5").await.expect_problem(409, "wallet-frozen");
    let pay = decide(&service, &request, "pay", "p1", &paid("OUT-1")).await;
    pay.expect_problem(409, "wallet-frozen");
}
