//! Wallets that are frozen, closed, given to, corrected, and in debt.

use serde_json::{Value, json};

use crate::imported::import_wallet;
use crate::service::{Answer, Service, iqd};

fn because(reason: &str) -> Value {
    json!({ "currency": "IQD", "reason": reason })
}

async fn post(service: &Service, what: &str, key: &str, body: &Value) -> Answer {
    let path = format!("/api/customers/c1/wallet/{what}");
    service.post(&path).by("finance").key(key).json(body).send().await
}

async fn wallet(service: &Service) -> Value {
    let read = service.get("/api/customers/c1/wallet").by("client").send().await.expect(200);
    read["wallets"][0].clone()
}

#[tokio::test]
async fn a_frozen_wallet_still_takes_money_until_it_is_unfrozen() {
    let service = Service::start().await;
    post(&service, "freeze", "k0", &because("a dispute"))
        .await
        .expect_problem(404, "wallet-not-open");
    service.top_up("c1", "100").await;
    let frozen = post(&service, "freeze", "k1", &because("a dispute")).await.expect(200);
    assert_eq!(frozen["wallet"]["frozen"], true);
    let again = post(&service, "freeze", "k2", &because("twice")).await.expect(200);
    assert_eq!(again["events"], json!([]));
    service.top_up("c1", "5").await;
    assert_eq!(wallet(&service).await["frozen"], true);
    let unfrozen = post(&service, "unfreeze", "k3", &because("settled")).await.expect(200);
    assert_eq!(unfrozen["wallet"]["frozen"], false);
    assert_eq!(unfrozen["wallet"]["balance"], iqd("105"));
}

#[tokio::test]
async fn only_an_empty_wallet_closes_and_a_credit_opens_it_again() {
    let service = Service::start().await;
    post(&service, "reopen", "k0", &because("x")).await.expect_problem(404, "wallet-not-open");
    let given = json!({ "amount": iqd("5"), "reason": "sorry" });
    service.top_up("c1", "5").await;
    let problem = post(&service, "close", "k1", &because("left")).await;
    let problem = problem.expect_problem(409, "wallet-in-use");
    assert_eq!(problem["balance"], iqd("5"));

    let body = json!({
        "amount": iqd("5"),
        "destination": { "iban": "IQ98NBIQ850123456789012", "holder": "N" },
    });
    let path = "/api/customers/c1/wallet/withdrawals";
    let request = service.must("client", path, &body).await["request"].clone();
    let pay = format!("/api/wallet-withdrawals/{}/pay", request.as_str().unwrap());
    service.must("finance", &pay, &json!({ "account": "a", "reference": "r" })).await;
    post(&service, "close", "k2", &because("left")).await.expect(200);
    assert_eq!(wallet(&service).await["closed"], true);
    let reopened = post(&service, "reopen", "k3", &because("came back")).await.expect(200);
    assert_eq!(reopened["wallet"]["closed"], false);
    post(&service, "close", "k4", &because("left again")).await.expect(200);
    let credited = post(&service, "goodwill", "k5", &given).await.expect(200);
    assert_eq!(credited["wallet"]["closed"], false);
    assert_eq!(credited["wallet"]["balance"], iqd("5"));
}

#[tokio::test]
async fn goodwill_is_taken_back_by_who_has_seen_the_wallet() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let given = json!({ "amount": iqd("7"), "reason": "sorry" });
    let first = post(&service, "goodwill", "k1", &given).await;
    let again = post(&service, "goodwill", "k1", &given).await;
    assert_eq!((again.header("idempotency-replayed"), &again.text), (Some("true"), &first.text));
    let version = first.expect(200)["wallet"]["version"].as_u64().unwrap();
    assert_eq!(wallet(&service).await["balance"], iqd("107"));

    let body = json!({
        "sequence": version, "currency": "IQD", "reason": "wrong customer", "ticket": "T-1",
    });
    post(&service, "corrections", "k2", &body).await.expect_problem(428, "if-match-required");
    let insisting = async |seen: u64, key: &str| {
        let ask = service.post("/api/customers/c1/wallet/corrections").by("finance").key(key);
        ask.header("if-match", &format!("\"v{seen}\"")).json(&body).send().await
    };
    let stale = insisting(version - 1, "k3").await.expect_problem(412, "stale");
    assert_eq!(stale["version"], version);
    let corrected = insisting(version, "k4").await.expect(200);
    assert_eq!(corrected["wallet"]["balance"], iqd("100"));
    insisting(version + 1, "k5").await.expect_problem(409, "not-correctable");
}

#[tokio::test]
async fn much_goodwill_takes_two_persons() {
    let service = Service::start().await;
    service.top_up("c1", "600000").await;
    let given = json!({ "amount": iqd("600000"), "reason": "sorry" });
    let alone = post(&service, "goodwill", "k1", &given).await;
    alone.expect_problem(422, "needs-second-person");
    let proposed = post(&service, "goodwill?propose=true", "k1", &given).await.expect(202);
    let path = format!("/api/approvals/{}/approve", proposed["approval"]["id"].as_str().unwrap());
    service.post(&path).by("admin").json(&json!({})).send().await.expect(200);
    assert_eq!(wallet(&service).await["balance"], iqd("1200000"));
}

#[tokio::test]
async fn a_debt_is_repaid_from_the_wallet_and_from_a_payment_and_the_rest_written_off() {
    let service = Service::start().await;
    import_wallet(&service, "-100", "-100").await;
    assert_eq!(wallet(&service).await["debt"], iqd("100"));
    let currency = json!({ "currency": "IQD" });
    let empty = post(&service, "debt/repay", "k1", &currency).await;
    empty.expect_problem(422, "insufficient-funds");
    service.top_up("c1", "30").await;
    let path = "/api/customers/c1/wallet/withdrawals";
    let withdrawal = json!({
        "amount": iqd("5"),
        "destination": { "iban": "IQ98NBIQ850123456789012", "holder": "N" },
    });
    let early = service.post(path).by("client").key("w").json(&withdrawal).send().await;
    assert_eq!(early.expect_problem(409, "wallet-in-debt")["debt"], iqd("100"));
    let repaid = post(&service, "debt/repay", "k2", &currency).await.expect(200);
    assert_eq!(repaid["wallet"]["balance"], iqd("0"));
    assert_eq!(repaid["wallet"]["debt"], iqd("70"));

    let cash = json!({ "amount": iqd("40"), "kind": { "cash": {} }, "customer": "c1" });
    let payment = service.must("finance", "/api/payments", &cash).await;
    let path = format!("/api/payments/{}/repay-debt", payment["payment"]["id"].as_str().unwrap());
    let body = json!({ "customer": "c1" });
    let allocated = service.must("finance", &path, &body).await;
    assert_eq!(allocated["payment"]["unallocated"], iqd("0"));
    assert_eq!(wallet(&service).await["debt"], iqd("30"));

    let much = json!({ "amount": iqd("31"), "currency": "IQD", "reason": "gone" });
    let much = post(&service, "debt/write-off", "k3", &much).await;
    assert_eq!(much.expect_problem(409, "debt-differs")["debt"], iqd("30"));
    let written = post(&service, "debt/write-off", "k4", &because("gone")).await.expect(200);
    assert_eq!(written["wallet"]["debt"], iqd("0"));
}
