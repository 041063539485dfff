//! Orders from placing to completion, as each department works on them.

use serde_json::{Value, json};

use crate::service::{Service, iqd, transfer_order, wallet_order};

fn id(reply: &Value) -> String {
    reply["order"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_wallet_order_goes_all_the_way() {
    let service = Service::start().await;
    service.top_up("c1", "1000").await;

    let placed = service
        .post("/api/orders")
        .by("client")
        .key("first")
        .header("on-behalf-of", "user-7")
        .json(&wallet_order("c1", "250.50"))
        .send()
        .await;
    assert_eq!(placed.header("etag"), Some("\"v2\""));
    let location = placed.header("location").unwrap().to_owned();
    assert!(placed.header("daftar-position").is_some());
    let placed = placed.expect(201);
    let order = id(&placed);
    assert_eq!(location, format!("/api/orders/{order}"));
    assert_eq!(placed["order"]["phase"], "finance_review");
    assert_eq!(placed["order"]["received"], iqd("250.5"));
    let types: Vec<&str> =
        placed["events"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["placed", "debited", "payment_received"]);

    let number = placed["order"]["number"].as_str().unwrap();
    let steps = [
        ("finance", "release", json!({}), "warehouse_ready"),
        ("warehouse", "start-processing", json!({}), "warehouse_processing"),
        ("warehouse", "pack", json!({}), "packed"),
        (
            "logistics",
            "dispatch",
            json!({ "carrier": "own van", "with_code": false }),
            "dispatched",
        ),
        ("logistics", "deliver", json!({}), "delivered"),
        ("logistics", "complete", json!({}), "completed"),
    ];
    for (who, step, body, phase) in steps {
        let reply = service.must(who, &format!("/api/orders/{number}/{step}"), &body).await;
        assert_eq!(reply["order"]["phase"], phase, "{reply}");
    }

    let read = service.get(&format!("/api/orders/{number}")).by("client").send().await;
    assert_eq!(read.header("etag"), Some("\"v8\""));
    let read = read.expect(200);
    assert_eq!(read["order"]["phase"], "completed");
    assert!(read["position"].is_i64());

    let wallet = service.get("/api/customers/c1/wallet").by("client").send().await.expect(200);
    assert_eq!(wallet["wallets"][0]["balance"], iqd("749.5"));
    let events = service.get(&format!("/api/orders/{order}/events")).by("auditor").send().await;
    let events = events.expect(200);
    assert_eq!(events["events"][0]["metadata"]["on_behalf_of"], "user-7");
    assert_eq!(events["events"][0]["metadata"]["actor_id"], "client");
    let story = service.get(&format!("/api/orders/{order}/timeline?limit=5")).by("finance").send();
    let story = story.await;
    assert!(story.header("link").unwrap().contains("cursor="));
    assert_eq!(story.expect(200)["steps"].as_array().unwrap().len(), 5);
    let orders = service.get("/api/customers/c1/orders").by("client").send().await.expect(200);
    assert_eq!(orders["orders"][0]["status"], "completed");
}

#[tokio::test]
async fn a_receipt_is_rejected_and_the_next_one_approved_with_the_excess_in_the_wallet() {
    let service = Service::start().await;
    let placed = service.must("client", "/api/orders", &transfer_order("c1", "500")).await;
    let order = id(&placed);
    assert_eq!(placed["order"]["customer_status"], "payment_grace_period");

    let first = service.show_receipt(&order, "500").await;
    let receipt = first["order"]["receipts"][0]["id"].as_str().unwrap();
    assert_eq!(first["order"]["phase"], "payment_review");
    let path = format!("/api/orders/{order}/receipts/{receipt}/reject");
    let rejected = service.must("finance", &path, &json!({ "reason": "unreadable" })).await;
    assert_eq!(rejected["order"]["phase"], "payment_rejected");

    let work = service.get("/api/management/orders?department=customer").by("finance").send().await;
    assert_eq!(work.expect(200)["orders"][0]["status"], "financial_rejected");

    let second = service.show_receipt(&order, "520").await;
    let receipt = second["order"]["receipts"][1]["id"].as_str().unwrap();
    let path = format!("/api/orders/{order}/receipts/{receipt}/approve");
    let body = json!({
        "verified": iqd("520"),
        "transfer": { "account": "rafidain-1", "reference": "R-77", "date": "2025-11-20" },
    });
    let approved = service.must("finance", &path, &body).await;
    assert_eq!(approved["order"]["phase"], "finance_review");
    let again = service.must("finance", &path, &body).await;
    assert_eq!(again["events"], json!([]), "approving twice is a no-op that says so");
    assert_eq!(again["order"]["phase"], "finance_review");

    let wallet = service.get("/api/customers/c1/wallet").by("finance").send().await.expect(200);
    assert_eq!(wallet["wallets"][0]["balance"], iqd("20"));
}

#[tokio::test]
async fn what_was_paid_for_a_cancelled_order_is_in_the_wallet_and_it_can_be_reopened() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let order = id(&service.must("client", "/api/orders", &wallet_order("c1", "60")).await);

    let path = format!("/api/orders/{order}/cancel");
    let cancelled = service.must("client", &path, &json!({ "reason": "changed-mind" })).await;

    assert_eq!(cancelled["order"]["phase"], "cancelled");
    let statement =
        service.get("/api/customers/c1/wallet/statement?limit=1").by("client").send().await;
    let statement = statement.expect(200);
    assert_eq!(statement["lines"][0]["source"], "cancelled");
    assert_eq!(statement["lines"][0]["balance"], iqd("100"));
    let reopened =
        service.must("finance", &format!("/api/orders/{order}/reopen"), &json!({})).await;
    assert_eq!(reopened["order"]["phase"], "awaiting_payment");
    let path = format!("/api/orders/{order}/pay-from-wallet");
    let paid = service.must("client", &path, &json!({ "amount": iqd("60.00") })).await;
    assert_eq!(paid["order"]["phase"], "finance_review");
}

#[tokio::test]
async fn the_warehouse_rejects_for_stock_and_a_mistaken_step_is_taken_back() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let order = id(&service.must("client", "/api/orders", &wallet_order("c1", "60")).await);
    service.must("finance", &format!("/api/orders/{order}/release"), &json!({})).await;
    let path = format!("/api/orders/{order}/start-processing");
    service.must("warehouse", &path, &json!({})).await;
    let path = format!("/api/orders/{order}/reject-stock");
    let rejected = service.must("warehouse", &path, &json!({ "reason": "broken" })).await;
    assert_eq!(rejected["order"]["phase"], "stock_rejected");
    let version = rejected["order"]["version"].as_u64().unwrap();

    let path = format!("/api/orders/{order}/corrections");
    let body = json!({ "sequence": version, "reason": "wrong shelf", "ticket": "T-1" });
    let correct = || service.post(&path).by("admin").json(&body);
    correct().key("a").send().await.expect_problem(428, "if-match-required");
    let stale = correct().key("b").header("if-match", "\"v1\"").send().await;
    assert_eq!(stale.header("etag"), Some(format!("\"v{version}\"").as_str()));
    assert_eq!(stale.expect_problem(412, "stale")["version"], version);
    let tag = format!("\"v{version}\"");
    let corrected = correct().key("c").header("if-match", &tag).send().await.expect(200);
    assert_eq!(corrected["order"]["phase"], "warehouse_processing");
}

#[tokio::test]
async fn a_wallet_that_does_not_hold_enough_is_refused_with_both_amounts_and_a_dry_run_changes_nothing()
 {
    let service = Service::start().await;
    service.top_up("c1", "10").await;
    let before = service.recorded().await;

    let dry = service
        .post("/api/orders?dry_run=true")
        .by("client")
        .json(&wallet_order("c1", "10"))
        .send()
        .await
        .expect(201);
    assert_eq!(dry["dry_run"], true);
    assert_eq!(dry["events"].as_array().unwrap().len(), 3);
    assert_eq!(service.recorded().await, before);

    let refused = service.post("/api/orders").by("client").key("k").json(&wallet_order("c1", "11"));
    let problem = refused.send().await.expect_problem(422, "insufficient-funds");
    assert_eq!(problem["available"], iqd("10"));
    assert_eq!(problem["required"], iqd("11"));
    let (commands, events) = service.recorded().await;
    assert_eq!((commands, events), (before.0 + 1, before.1), "the refusal is recorded");
}

#[tokio::test]
async fn the_recipient_is_kept_apart_and_in_no_event() {
    let service = Service::start().await;
    let mut order = transfer_order("c1", "10");
    order["recipient"] = json!({ "name": "Zaynab Al-Test", "phone": "+964 770 000 0000" });

    let placed = service.must("client", "/api/orders", &order).await;

    assert!(!placed.to_string().contains("Zaynab"));
    let events = service.get(&format!("/api/orders/{}/events", id(&placed))).by("auditor").send();
    let events = events.await.expect(200);
    assert!(!events.to_string().contains("Zaynab"));
    assert!(events["events"][0]["payload"]["placed"]["recipient"]["id"].is_string(), "{events}");
}

#[tokio::test]
async fn the_next_page_of_a_worklist_is_of_the_same_worklist() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    for _ in 0..2 {
        service.must("client", "/api/orders", &wallet_order("c1", "10")).await;
    }
    let first = "/api/management/orders?department=finance&limit=1";
    let page = service.get(first).by("finance").send().await;
    let link = page.header("link").unwrap().to_owned();
    assert!(link.contains("department=finance") && link.contains("limit=1"), "{link}");
    let address = link.strip_prefix('<').and_then(|link| link.split_once('>')).unwrap().0;
    let next = service.get(address).by("finance").send().await;
    assert_eq!(next.expect(200)["orders"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_customer_wrote_is_no_reason_and_a_code_is() {
    let service = Service::start().await;
    let order = id(&service.must("client", "/api/orders", &transfer_order("c1", "20")).await);
    let cancel = format!("/api/orders/{order}/cancel");
    let lines = json!([{ "line": 1, "quantity": "1" }]);
    let before = service.recorded().await;
    for reason in ["Zaid of 0770 123 4567 moved to Basra", "Zaid", &"a".repeat(65)] {
        let cancel_lines = format!("{cancel}-lines");
        for (path, body) in [
            (&cancel, json!({ "reason": reason })),
            (&cancel_lines, json!({ "lines": lines, "reason": reason })),
        ] {
            let answer = service.post(path).by("client").key("k").json(&body).send().await;
            let problem = answer.expect_problem(422, "bad-text");
            assert_eq!(problem["errors"], json!([{ "pointer": "/reason", "code": "not-a-code" }]));
        }
    }
    assert_eq!(service.recorded().await, before);
    service.must("client", &cancel, &json!({ "reason": "moved_away-2" })).await;
    let other = id(&service.must("client", "/api/orders", &transfer_order("c1", "20")).await);
    let sentence = json!({ "reason": "nobody answered the phone" });
    service.must("finance", &format!("/api/orders/{other}/cancel"), &sentence).await;
}
