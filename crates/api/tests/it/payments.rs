//! Payments over HTTP: found, banked, corrected, and taken back when their money does not exist.

use serde_json::{Value, json};

use crate::service::{Service, iqd, transfer_order, wallet_order};

/// A transfer that came in.
async fn transfer(service: &Service, reference: &str, amount: &str, customer: Value) -> String {
    let kind = json!({ "account": "rafidain-1", "reference": reference, "date": "2025-11-20" });
    let body = json!({
        "amount": iqd(amount), "kind": { "bank_transfer": kind }, "customer": customer,
    });
    id(&service.must("finance", "/api/payments", &body).await)
}

async fn cash(service: &Service, amount: &str) -> String {
    let body = json!({ "amount": iqd(amount), "kind": { "cash": {} } });
    id(&service.must("finance", "/api/payments", &body).await)
}

fn id(reply: &Value) -> String {
    reply["payment"]["id"].as_str().unwrap().to_owned()
}

async fn payment(service: &Service, id: &str) -> Value {
    let answer = service.get(&format!("/api/payments/{id}")).by("auditor").send().await;
    answer.expect(200)["payment"].clone()
}

/// What an account holds in all.
async fn account(service: &Service, account: &str) -> String {
    let balance = service.get("/api/audit/trial-balance").by("auditor").send().await.expect(200);
    assert_eq!(balance["differences"], json!([iqd("0")]), "{balance}");
    let mut rows = balance["accounts"].as_array().unwrap().iter();
    let row = rows.find(|row| row["number"] == account);
    row.map_or("0", |row| row["balance"]["amount"].as_str().unwrap()).to_owned()
}

#[tokio::test]
async fn a_payment_shows_where_its_money_is_and_where_it_went() {
    let service = Service::start().await;
    let placed = service.must("client", "/api/orders", &transfer_order("c1", "70")).await;
    let paid = transfer(&service, "R-1", "100", json!("c1")).await;
    let path = format!("/api/payments/{paid}/allocate");
    let order = &placed["order"]["id"];
    service.must("finance", &path, &json!({ "to": { "order": order } })).await;

    let shown = payment(&service, &paid).await;

    assert_eq!(shown["unallocated"], iqd("30"));
    assert_eq!(shown["held"], json!({ "in": "bank_clearing" }));
    assert_eq!(shown["allocations"], json!([{ "to": { "order": order }, "amount": iqd("70") }]));
    assert_eq!(shown["reference"], "R-1");
    let waits = service.get("/api/management/payments?unallocated=true").by("finance").send().await;
    let waits = waits.expect(200);
    assert_eq!(waits["payments"].as_array().unwrap().len(), 1);
    assert_eq!(waits["payments"][0]["unallocated"], iqd("30"));
    service.must("finance", &path, &json!({ "to": { "customer": "c1" } })).await;
    let none = service.get("/api/management/payments?unallocated=true").by("auditor").send().await;
    assert_eq!(none.expect(200)["payments"], json!([]));
}

#[tokio::test]
async fn payments_that_wait_come_page_by_page() {
    let service = Service::start().await;
    for number in 0..5 {
        transfer(&service, &format!("R-{number}"), "10", Value::Null).await;
    }
    let mut path = "/api/management/payments?unallocated=true&limit=2".to_owned();
    let mut seen = Vec::new();
    loop {
        let answer = service.get(&path).by("finance").send().await;
        let page = answer.json();
        seen.extend(page["payments"].as_array().unwrap().iter().map(|row| row["id"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        assert!(answer.header("link").unwrap().contains("unallocated=true"));
        path = format!("/api/management/payments?unallocated=true&limit=2&cursor={next}");
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted());
}

#[tokio::test]
async fn cash_is_banked_once_and_what_is_no_cash_is_not() {
    let service = Service::start().await;
    let till = cash(&service, "40").await;
    let path = format!("/api/payments/{till}/bank");
    let banked = service.must("finance", &path, &json!({ "account": "rafidain-1" })).await;
    assert_eq!(banked["payment"]["held"], json!({ "in": "bank", "account": "rafidain-1" }));
    assert_eq!(account(&service, "1040").await, "0");
    assert_eq!(account(&service, "1010").await, "40");
    let again = service.must("finance", &path, &json!({ "account": "rafidain-1" })).await;
    assert_eq!(again["events"], json!([]));
    let elsewhere = service.post(&path).by("finance").key("k").json(&json!({ "account": "other" }));
    elsewhere.send().await.expect_problem(409, "payment-matched");
    let sent = transfer(&service, "R-1", "10", Value::Null).await;
    let path = format!("/api/payments/{sent}/bank");
    let ask = service.post(&path).by("finance").key("k2").json(&json!({ "account": "rafidain-1" }));
    ask.send().await.expect_problem(422, "not-cash");
}

#[tokio::test]
async fn a_payment_recorded_by_mistake_is_corrected_under_its_version() {
    let service = Service::start().await;
    let wrong = transfer(&service, "R-1", "10", Value::Null).await;
    let path = format!("/api/payments/{wrong}/correct");
    let body = json!({ "reason": "typed twice", "ticket": "T-1" });
    let ask = |key: &str| service.post(&path).by("finance").key(key).json(&body);
    ask("a").send().await.expect_problem(428, "if-match-required");
    ask("b").header("if-match", "\"v2\"").send().await.expect_problem(412, "stale");
    let corrected = ask("c").header("if-match", "\"v1\"").send().await.expect(200);
    assert_eq!(corrected["payment"]["corrected"], true);
    assert_eq!(corrected["payment"]["held"], Value::Null);
    assert_eq!(account(&service, "1020").await, "0");
    let reverse = format!("/api/payments/{wrong}/reverse");
    let reverse = service.post(&reverse).by("finance").key("d").json(&json!({ "reason": "why" }));
    reverse.send().await.expect_problem(409, "payment-not-held");
}

#[tokio::test]
async fn a_forged_receipt_found_after_the_money_is_spent_is_owed_and_written_off() {
    let service = Service::start().await;
    let placed = service.must("client", "/api/orders", &transfer_order("c1", "70")).await;
    let order = placed["order"]["id"].as_str().unwrap().to_owned();
    let shown = service.show_receipt(&order, "100").await;
    let receipts = shown["order"]["receipts"].as_array().unwrap();
    let receipt = receipts[0]["id"].as_str().unwrap();
    let transfer = json!({ "account": "rafidain-1", "reference": "F-1", "date": "2025-11-20" });
    let approve =
        json!({ "verified": iqd("100"), "transfer": transfer, "transfer_amount": iqd("100") });
    let path = format!("/api/orders/{order}/receipts/{receipt}/approve");
    service.must("finance", &path, &approve).await;
    // The excess of 30 is in the wallet; 20 of it are spent, and the order's goods are on their way.
    service.must("client", "/api/orders", &wallet_order("c1", "20")).await;
    for (who, step, body) in [
        ("finance", "release", json!({})),
        ("warehouse", "start-processing", json!({})),
        ("warehouse", "pack", json!({})),
        (
            "logistics",
            "dispatch",
            json!({ "shipment": "00000000-0000-4000-8000-000000000001", "carrier": "van" }),
        ),
    ] {
        service.must(who, &format!("/api/orders/{order}/{step}"), &body).await;
    }
    let all = service.get("/api/management/payments").by("finance").send().await.expect(200);
    let forged = all["payments"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/payments/{forged}/reverse");
    let body = json!({ "reason": "the bank knows nothing of it" });

    let would = service.post(&format!("{path}?dry_run=true")).by("finance").json(&body);
    assert_eq!(would.send().await.expect(200)["dry_run"], true);
    let ask = || service.post(&path).by("finance").key("reverse").json(&body);
    let reversed = ask().send().await.expect(200);

    assert_eq!(reversed["payment"]["reversed"], true);
    assert_eq!(reversed["payment"]["unallocated"], iqd("0"));
    let again = ask().send().await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(200), reversed);
    let wallet = service.get("/api/customers/c1/wallet").by("finance").send().await.expect(200);
    assert_eq!(wallet["wallets"][0]["balance"], iqd("0"), "it gives what it has");
    assert_eq!(account(&service, "1100").await, "90");
    assert_eq!(account(&service, "1020").await, "0");
    let path = "/api/customers/c1/wallet/debt/write-off";
    let body = json!({ "currency": "IQD", "reason": "they are gone" });
    service.must("finance", path, &body).await;
    assert_eq!(account(&service, "1100").await, "0");
    assert_eq!(account(&service, "5030").await, "90");
}

#[tokio::test]
async fn far_money_is_taken_back_by_two_persons() {
    let service = Service::start().await;
    let large = transfer(&service, "R-1", "5000000", json!("c1")).await;
    let allocate = format!("/api/payments/{large}/allocate");
    let to = json!({ "to": { "customer": "c1" } });
    let proposed = service.post(&format!("{allocate}?propose=true")).by("finance").key("p");
    let proposed = proposed.json(&to).send().await.expect(202);
    let approve = |proposed: &Value| {
        format!("/api/approvals/{}/approve", proposed["approval"]["id"].as_str().unwrap())
    };
    service.must("second", &approve(&proposed), &json!({})).await;
    let path = format!("/api/payments/{large}/reverse");
    let body = json!({ "reason": "forged" });
    let alone = service.post(&path).by("finance").key("r").json(&body).send().await;
    alone.expect_problem(422, "needs-second-person");
    let ask = service.post(&format!("{path}?propose=true")).by("finance").key("q").json(&body);
    let proposed = ask.send().await.expect(202);
    service.must("second", &approve(&proposed), &json!({})).await;
    assert_eq!(payment(&service, &large).await["reversed"], true);
    assert_eq!(account(&service, "2100").await, "0");
}

#[tokio::test]
async fn a_gateways_money_in_a_currency_that_the_book_does_not_keep_is_recorded() {
    let service = Service::start().await;
    let body = json!({ "id": "Z-1", "amount": { "amount": "5", "currency": "USD" } });
    let told = service.post("/api/gateways/main/zain/callback").by(crate::service::GATEWAY);
    let told = told.json(&body).send().await.expect(201);
    assert_eq!(told["payment"]["unallocated"], json!({ "amount": "5", "currency": "USD" }));
    assert_eq!(payment(&service, &id(&told)).await["held"], json!({ "in": "gateway_clearing" }));
}

#[tokio::test]
async fn only_finance_takes_money_back() {
    let service = Service::start().await;
    let paid = transfer(&service, "R-1", "10", Value::Null).await;
    for (who, step, body) in [
        ("client", "reverse", json!({ "reason": "why" })),
        ("auditor", "reverse", json!({ "reason": "why" })),
        ("warehouse", "bank", json!({ "account": "a" })),
        ("logistics", "correct", json!({ "reason": "why", "ticket": "T" })),
    ] {
        let ask = service.post(&format!("/api/payments/{paid}/{step}")).by(who).key("k");
        ask.json(&body).send().await.expect_problem(403, "forbidden");
    }
    let path = format!("/api/payments/{paid}");
    service.get(&path).by("client").send().await.expect_problem(403, "forbidden");
}
