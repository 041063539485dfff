//! Suspense items: opened with an owner, booked on, listed by age, and explained to zero.

use serde_json::{Value, json};

use crate::imported::import_wallet;
use crate::service::{Answer, Service, iqd};

async fn open(service: &Service, key: &str) -> Answer {
    let body = json!({ "owner": "huda", "reason": "the till was short", "currency": "IQD" });
    service.post("/api/suspense-items").by("finance").key(key).json(&body).send().await
}

async fn opened(service: &Service, key: &str) -> String {
    open(service, key).await.expect(201)["suspense"]["id"].as_str().unwrap().to_owned()
}

async fn adjust(service: &Service, key: &str, direction: &str, amount: &str, item: &str) -> Answer {
    let body = json!({
        "amount": iqd(amount), "direction": direction, "item": item, "reason": "counted again",
    });
    let path = "/api/customers/c1/wallet/adjustments";
    service.post(path).by("finance").key(key).json(&body).send().await
}

async fn explain(service: &Service, item: &str, key: &str, body: &Value) -> Answer {
    let path = format!("/api/suspense-items/{item}/explain");
    service.post(&path).by("finance").key(key).json(body).send().await
}

async fn listed(service: &Service) -> Vec<Value> {
    let page = service.get("/api/suspense-items").by("auditor").send().await.expect(200);
    page["items"].as_array().unwrap().clone()
}

async fn show(service: &Service, item: &str) -> Value {
    let path = format!("/api/suspense-items/{item}");
    service.get(&path).by("auditor").send().await.expect(200)
}

#[tokio::test]
async fn an_adjustment_stands_on_an_item_until_it_is_explained_to_zero() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let first = open(&service, "k1").await;
    let again = open(&service, "k1").await;
    assert_eq!((again.header("idempotency-replayed"), &again.text), (Some("true"), &first.text));
    let place = first.header("location").unwrap().to_owned();
    let item = first.expect(201)["suspense"]["id"].as_str().unwrap().to_owned();
    assert_eq!(place, format!("/api/suspense-items/{item}"));

    let up = adjust(&service, "k2", "credit", "30", &item).await.expect(200);
    assert_eq!(up["wallet"]["balance"], iqd("130"));
    let down = adjust(&service, "k3", "debit", "10", &item).await.expect(200);
    assert_eq!(down["wallet"]["balance"], iqd("120"));
    let read = show(&service, &item).await;
    assert_eq!(read["item"]["balance"], iqd("20"));
    assert_eq!(read["item"]["owner"], "huda");
    let entries = read["entries"].as_array().unwrap();
    assert_eq!((&entries[0]["amount"], &entries[1]["amount"]), (&iqd("30"), &iqd("-10")));

    let much = json!({ "amount": iqd("21"), "against": "write_off", "reason": "gone" });
    let problem = explain(&service, &item, "k4", &much).await;
    assert_eq!(problem.expect_problem(409, "suspense-differs")["balance"], iqd("20"));
    let part = json!({ "amount": iqd("15"), "against": "rounding", "reason": "coins" });
    explain(&service, &item, "k5", &part).await.expect(200);
    let rest = json!({ "against": "write_off", "reason": "gone" });
    let settled = explain(&service, &item, "k6", &rest).await.expect(200);
    assert_eq!(settled["suspense"]["balance"], iqd("0"));
    assert_eq!(settled["suspense"]["settled"], true);
    assert_eq!(listed(&service).await, Vec::<Value>::new());
    let late = adjust(&service, "k7", "credit", "1", &item).await;
    late.expect_problem(409, "suspense-settled");
}

#[tokio::test]
async fn open_items_are_listed_by_age_a_page_at_a_time() {
    let service = Service::start().await;
    let (one, two) = (opened(&service, "k1").await, opened(&service, "k2").await);
    let ids: Vec<Value> = listed(&service).await.iter().map(|item| item["id"].clone()).collect();
    assert_eq!(json!(ids), json!([one, two]));
    let page = service.get("/api/suspense-items?limit=1").by("finance").send().await.expect(200);
    let path = format!("/api/suspense-items?limit=1&cursor={}", page["next"].as_str().unwrap());
    let page = service.get(&path).by("finance").send().await.expect(200);
    assert_eq!(page["items"][0]["id"], json!(two));
}

#[tokio::test]
async fn what_an_old_wallets_rows_do_not_explain_is_an_item_of_finance() {
    let service = Service::start().await;
    import_wallet(&service, "70", "50").await;
    let items = listed(&service).await;
    assert_eq!((&items[0]["item"], &items[0]["owner"]), (&json!("wallet"), &json!("finance")));
    let item = items[0]["id"].as_str().unwrap();
    let read = show(&service, item).await;
    assert_eq!(read["item"]["balance"], iqd("20"));
    let against = json!({ "opening_balance": read["item"]["wallet"] });
    let body = json!({ "against": against, "reason": "a row of 2019" });
    explain(&service, item, "k1", &body).await.expect(200);
    let read = show(&service, item).await;
    assert_eq!(read["item"]["settled"], true);
    assert_eq!(read["entries"][1]["against"], against);
}

#[tokio::test]
async fn much_is_adjusted_and_explained_by_two_persons() {
    let service = Service::start().await;
    service.top_up("c1", "600000").await;
    let item = opened(&service, "k1").await;
    let alone = adjust(&service, "k2", "credit", "600000", &item).await;
    alone.expect_problem(422, "needs-second-person");
    let body = json!({
        "amount": iqd("1200000"), "direction": "credit", "item": item, "reason": "counted again",
    });
    let path = "/api/customers/c1/wallet/adjustments?propose=true";
    let proposed = service.post(path).by("finance").key("k3").json(&body).send().await.expect(202);
    let approve = async |proposed: Value| {
        let id = proposed["approval"]["id"].as_str().unwrap();
        let path = format!("/api/approvals/{id}/approve");
        service.post(&path).by("second").json(&json!({})).send().await.expect(200)
    };
    approve(proposed).await;
    let all = json!({ "against": "goodwill", "reason": "theirs all along" });
    let alone = explain(&service, &item, "k4", &all).await;
    alone.expect_problem(422, "needs-second-person");
    let path = format!("/api/suspense-items/{item}/explain?propose=true");
    let proposed = service.post(&path).by("finance").key("k4").json(&all).send().await.expect(202);
    approve(proposed).await;
    assert_eq!(show(&service, &item).await["item"]["settled"], true);
}

#[tokio::test]
async fn an_item_that_is_not_there_takes_nothing() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let nobody = "00000000-0000-4000-8000-00000000dead";
    let before = service.recorded().await;
    let missing = adjust(&service, "k1", "credit", "5", nobody).await;
    missing.expect_problem(404, "suspense-not-found");
    assert_eq!(service.recorded().await, before);
    let item = opened(&service, "k2").await;
    let body = json!({ "amount": iqd("5"), "direction": "up", "item": item, "reason": "x" });
    let path = "/api/customers/c1/wallet/adjustments";
    let strange = service.post(path).by("finance").key("k3").json(&body).send().await;
    strange.expect_problem(400, "invalid-body");
}
