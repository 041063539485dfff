//! Payments, settings and the audit's routes.

use serde_json::json;

use crate::service::{Service, iqd, transfer_order, wallet_order};

#[tokio::test]
async fn a_payment_waits_until_it_is_allocated_to_an_order_and_to_a_wallet() {
    let service = Service::start().await;
    let transfer = json!({ "account": "rafidain-1", "reference": "R-1", "date": "2025-11-20" });
    let body = json!({ "amount": iqd("100"), "kind": { "bank_transfer": transfer } });
    let recorded = service.must("finance", "/api/payments", &body).await;
    assert_eq!(recorded["payment"]["unallocated"], iqd("100"));
    let again = service.must("finance", "/api/payments", &body).await;
    assert_eq!(again["events"], json!([]), "a transfer told of twice is one payment");
    assert_eq!(again["payment"]["id"], recorded["payment"]["id"]);
    let order = service.must("client", "/api/orders", &transfer_order("c1", "70")).await;

    let path = format!("/api/payments/{}/allocate", recorded["payment"]["id"].as_str().unwrap());
    let to_order = json!({ "to": { "order": order["order"]["id"] } });
    let allocated = service.must("finance", &path, &to_order).await;
    assert_eq!(allocated["payment"]["unallocated"], iqd("30"));
    let to_wallet = json!({ "amount": iqd("30"), "to": { "customer": "c1" } });
    let allocated = service.must("finance", &path, &to_wallet).await;
    assert_eq!(allocated["payment"]["unallocated"], iqd("0"));
}

#[tokio::test]
async fn a_gateway_that_calls_twice_pays_once() {
    let service = Service::start().await;
    let mut order = wallet_order("c1", "70");
    order["method"] = json!("online_payment");
    let order = service.must("client", "/api/orders", &order).await;
    let order = order["order"]["id"].as_str().unwrap();
    let body =
        json!({ "gateway": "zain", "gateway_id": "Z-1", "amount": iqd("70"), "order": order });

    let first = service.must("gateway", "/api/gateway-payments", &body).await;
    let second = service.must("gateway", "/api/gateway-payments", &body).await;

    assert_eq!(first["payment"]["amount"], iqd("70"));
    assert_eq!(second["events"], json!([]));
    let read = service.get(&format!("/api/orders/{order}")).by("finance").send().await.expect(200);
    assert_eq!(read["order"]["received"], iqd("70"));
    let other =
        json!({ "gateway": "zain", "gateway_id": "Z-1", "amount": iqd("71"), "order": order });
    let differs = service.post("/api/gateway-payments").by("gateway").key("x").json(&other);
    differs.send().await.expect_problem(422, "payment-differs");
}

#[tokio::test]
async fn settings_change_together_with_a_reason() {
    let service = Service::start().await;
    let body = json!({ "payment_minutes": 45, "bank_transfer_hours": 24, "reason": "Eid" });

    let changed = service.must("admin", "/api/admin/book-settings", &body).await;

    assert_eq!(changed["events"].as_array().unwrap().len(), 2);
    let read = service.get("/api/book/settings").by("client").send().await;
    assert_eq!(read.header("etag"), Some("\"v2\""));
    let read = read.expect(200);
    assert_eq!(read["settings"]["payment_minutes"], 45);
    assert_eq!(read["settings"]["four_eyes_threshold"], iqd("1000000"));
    let half = json!({ "payment_minutes": 46, "bank_transfer_hours": 0, "reason": "typo" });
    let refused = service.post("/api/admin/book-settings").by("admin").json(&half).send().await;
    refused.expect_problem(422, "setting-out-of-range");
    let read = service.get("/api/book/settings").by("client").send().await.expect(200);
    assert_eq!(read["settings"]["payment_minutes"], 45, "all or none");
}

#[tokio::test]
async fn the_auditor_sees_a_trial_balance_of_zero_and_a_chain_that_holds() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    service.must("client", "/api/orders", &wallet_order("c1", "60")).await;

    let balance = service.get("/api/audit/trial-balance").by("auditor").send().await.expect(200);
    assert_eq!(balance["differences"], json!([iqd("0")]));
    assert!(!balance["accounts"].as_array().unwrap().is_empty());
    let before = service.get("/api/audit/trial-balance?as_of=0").by("auditor").send().await;
    assert_eq!(before.expect(200)["accounts"], json!([]));

    let first = service.get("/api/audit/events?after=0&limit=2").by("auditor").send().await;
    let first = first.expect(200);
    assert_eq!(first["events"].as_array().unwrap().len(), 2);
    assert_eq!(first["next"], 2);
    let chain = service.get("/api/audit/chain").by("auditor").send().await.expect(200);
    assert_eq!(chain["findings"], json!([]));
    assert_eq!(chain["checked_up_to"], chain["position"]);
}

#[tokio::test]
async fn a_node_says_that_it_lives_and_is_ready() {
    let service = Service::start().await;
    service.get("/livez").send().await.expect(204);
    let ready = service.get("/readyz").send().await.expect(200);
    assert_eq!(ready["position"], 0);
}
