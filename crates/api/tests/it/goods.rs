//! Where the goods of an order go, over HTTP: out in shipments, over to the customer, and back.

use serde_json::{Value, json};

use crate::service::{Answer, Service, iqd};

/// An order of four units and a delivery fee, paid from the wallet: its id.
pub(crate) async fn paid(service: &Service) -> String {
    service.top_up("c1", "1000").await;
    let body = json!({
        "customer": "c1",
        "method": "wallet_full",
        "lines": [
            { "sku": "ACID-1", "quantity": "3", "unit_price": iqd("30") },
            { "sku": "BASE-2", "quantity": "1", "unit_price": iqd("10") },
        ],
        "delivery": iqd("20"),
        "total": iqd("120"),
    });
    let placed = service.must("client", "/api/orders", &body).await;
    placed["order"]["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn packed(service: &Service) -> String {
    let order = paid(service).await;
    step(service, "finance", &order, "release", json!({})).await;
    step(service, "warehouse", &order, "start-processing", json!({})).await;
    step(service, "warehouse", &order, "pack", json!({})).await;
    order
}

/// A step that must be accepted.
pub(crate) async fn step(
    service: &Service,
    who: &str,
    order: &str,
    step: &str,
    body: Value,
) -> Value {
    service.must(who, &format!("/api/orders/{order}/{step}"), &body).await
}

/// A step that may be refused.
pub(crate) async fn ask(
    service: &Service,
    who: &str,
    order: &str,
    step: &str,
    body: Value,
) -> Answer {
    let path = format!("/api/orders/{order}/{step}");
    service.post(&path).by(who).key(&format!("{who} {step} {body}")).json(&body).send().await
}

async fn active(service: &Service, order: &str) -> Value {
    let path = format!("/api/orders/{order}/delivery-code");
    let shown = service.get(&path).by("client").send().await.expect(200);
    shown["delivery_codes"][0].clone()
}

fn shipment(reply: &Value) -> String {
    reply["order"]["shipments"][0]["id"].as_str().unwrap().to_owned()
}

/// Six digits that are not these.
fn another(code: &str) -> String {
    let digits: u32 = code.parse().unwrap();
    format!("{:06}", (digits + 1) % 1_000_000)
}

async fn balance(service: &Service) -> Value {
    let wallet = service.get("/api/customers/c1/wallet").by("client").send().await.expect(200);
    wallet["wallets"][0]["balance"].clone()
}

#[tokio::test]
async fn a_part_is_shipped_with_its_carrier_and_what_is_delivered_and_returned_is_paid_back() {
    let service = Service::start().await;
    let order = packed(&service).await;
    let some = json!([{ "line": 1, "quantity": "2" }]);
    let body = json!({ "carrier": "taxi", "tracking": "T-9", "lines": some, "with_code": false });
    let sent = step(&service, "logistics", &order, "dispatch", body).await;
    assert_eq!(sent["order"]["phase"], "partly_shipped");
    let shown = &sent["order"]["shipments"][0];
    assert_eq!(shown["state"], "under_way");
    assert_eq!((&shown["carrier"], &shown["tracking"]), (&json!("taxi"), &json!("T-9")));
    assert_eq!(shown["lines"], some);
    assert_eq!(shown["with_code"], false);

    let delivered = step(&service, "logistics", &order, "deliver", json!({})).await;
    assert_eq!(delivered["order"]["return_until"], Value::Null, "two units are still to come");
    let rest = json!({ "carrier": "van", "with_code": false });
    step(&service, "logistics", &order, "dispatch", rest).await;
    let delivered = step(&service, "logistics", &order, "deliver", json!({})).await;
    assert_eq!(delivered["order"]["phase"], "delivered");
    assert!(delivered["order"]["return_until"].is_string());

    let back = json!({ "lines": [{ "line": 1, "quantity": "1" }], "reason": "broken" });
    let returned = step(&service, "warehouse", &order, "returns", back).await;
    assert_eq!(returned["order"]["lines"][0]["returned"], "1");
    let before = balance(&service).await;
    let refund = json!({ "fees": false, "reason": "broken" });
    let path = format!("/api/orders/{order}/refunds");
    let dry = service.post(&format!("{path}?dry_run=true")).by("finance").json(&refund).send();
    assert_eq!(dry.await.expect(200)["order"]["refunded"], iqd("30"));
    assert_eq!(balance(&service).await, before, "a dry run pays nothing");
    let refunded = step(&service, "finance", &order, "refunds", refund.clone()).await;
    assert_eq!(refunded["order"]["refunded"], iqd("30"));
    assert_eq!(refunded["order"]["lines"][0]["refunded"], "1");
    assert_eq!((before, balance(&service).await), (iqd("880"), iqd("910")));
    let again = ask(&service, "finance", &order, "refunds", refund.clone()).await;
    again.expect_problem(422, "nothing-to-refund");
    let keyless = service.post(&path).by("finance").json(&refund).send().await;
    keyless.expect_problem(400, "idempotency-key-missing");
}

#[tokio::test]
async fn the_customer_tells_the_code_that_only_the_customer_and_an_admin_can_read() {
    let service = Service::start().await;
    let order = packed(&service).await;
    let sent = step(&service, "logistics", &order, "dispatch", json!({ "carrier": "taxi" })).await;
    assert_eq!(sent["order"]["shipments"][0]["with_code"], true);
    let shown = active(&service, &order).await;
    let told = shown["code"].as_str().unwrap();
    assert_eq!((told.len(), &shown["tries_left"]), (6, &json!(5)));
    assert!(!sent.to_string().contains(&format!("\"{told}\"")), "who sends it learns no code");
    let path = format!("/api/orders/{order}/delivery-code");
    for who in ["finance", "logistics", "warehouse", "auditor"] {
        service.get(&path).by(who).send().await.expect_problem(403, "forbidden");
    }
    let admin = service.get(&path).by("admin").send().await.expect(200);
    assert_eq!(admin["delivery_codes"][0]["code"], told);
    let events = service.get(&format!("/api/orders/{order}/events")).by("auditor").send().await;
    assert!(!events.text.contains(&format!("\"{told}\"")), "the log does not hold it");

    let nothing = ask(&service, "logistics", &order, "deliver", json!({})).await;
    nothing.expect_problem(422, "delivery-code-needed");
    let delivered = step(&service, "logistics", &order, "deliver", json!({ "code": told })).await;
    assert_eq!(delivered["order"]["phase"], "delivered");
    assert_eq!(active(&service, &order).await, Value::Null, "it is of no more use");
}

#[tokio::test]
async fn wrong_codes_count_down_to_a_lock_and_a_new_code_opens_it() {
    let service = Service::start().await;
    let settings = json!({ "delivery_code_tries": 2, "reason": "strict" });
    service.must("admin", "/api/admin/book-settings", &settings).await;
    let order = packed(&service).await;
    let sent = step(&service, "logistics", &order, "dispatch", json!({ "carrier": "taxi" })).await;
    let first = active(&service, &order).await["code"].as_str().unwrap().to_owned();
    let wrong = json!({ "code": another(&first) });

    // Neither a dry run nor a proposal may try codes without leaving a trace.
    for parameter in ["dry_run", "propose"] {
        let path = format!("/api/orders/{order}/deliver?{parameter}=true");
        let free = service.post(&path).by("logistics").key("free").json(&wrong).send().await;
        let problem = free.expect_problem(400, "invalid-query");
        assert_eq!(problem["errors"][0]["pointer"], parameter);
    }
    let path = format!("/api/orders/{order}/deliver");
    let told =
        |key: &str, body: &Value| service.post(&path).by("logistics").key(key).json(body).send();
    let problem = told("one", &wrong).await.expect_problem(422, "delivery-code-wrong");
    assert_eq!((&problem["tries"], &problem["tries_left"]), (&json!(1), &json!(1)));
    let again = told("one", &wrong).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect_problem(422, "delivery-code-wrong")["tries"], 1, "it counts once");
    let read = service.get(&format!("/api/orders/{order}")).by("logistics").send().await;
    let read = read.expect(200);
    assert_eq!(read["order"]["shipments"][0]["wrong_tries"], 1);
    assert_eq!(read["order"]["shipments"][0]["tries_left"], 1);
    let problem = told("two", &wrong).await.expect_problem(422, "delivery-code-wrong");
    assert_eq!(problem["tries_left"], 0);

    let right = json!({ "code": first });
    let problem = told("right", &right).await.expect_problem(422, "delivery-code-locked");
    assert_eq!(problem["tries"], 2);
    let body = json!({ "shipment": shipment(&sent) });
    // A new code has new tries: whoever stands at the door may not give them to himself.
    for who in ["warehouse", "logistics"] {
        let refused = ask(&service, who, &order, "delivery-codes", body.clone()).await;
        refused.expect_problem(403, "forbidden");
    }
    step(&service, "finance", &order, "delivery-codes", body).await;
    let second = active(&service, &order).await;
    assert_eq!(second["tries_left"], 2);
    assert_ne!(second["code"], first);
    told("old", &right).await.expect_problem(422, "delivery-code-wrong");
    let right = json!({ "code": second["code"] });
    assert_eq!(told("new", &right).await.expect(200)["order"]["phase"], "delivered");
}

#[tokio::test]
async fn somebody_answers_for_a_delivery_without_its_code_and_the_reason_is_kept() {
    let service = Service::start().await;
    let order = packed(&service).await;
    step(&service, "logistics", &order, "dispatch", json!({ "carrier": "taxi" })).await;
    let both = json!({ "code": "000000", "override_reason": "no phone" });
    let problem = ask(&service, "logistics", &order, "deliver", both).await;
    let problem = problem.expect_problem(400, "invalid-body");
    assert_eq!(problem["errors"][0]["pointer"], "/override_reason");
    let body = json!({ "override_reason": "no phone" });
    let delivered = step(&service, "logistics", &order, "deliver", body).await;
    assert_eq!(delivered["order"]["phase"], "delivered");
    let events = service.get(&format!("/api/orders/{order}/events")).by("auditor").send().await;
    let events = events.expect(200);
    let last = events["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["metadata"]["reason"], "no phone");
    assert_eq!(last["payload"]["delivered"]["proof"]["override"]["reason"], "no phone", "{last}");
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_and_one_that_comes_back_is_sent_anew() {
    let service = Service::start().await;
    let order = packed(&service).await;
    let body = json!({ "carrier": "taxi", "with_code": false });
    let sent = step(&service, "logistics", &order, "dispatch", body.clone()).await;
    let named = json!({ "shipment": shipment(&sent) });
    let failed = json!({ "shipment": shipment(&sent), "reason": "nobody home" });
    for (name, body, phase, state) in [
        ("fail-delivery", &failed, "delivery_failed", "failed"),
        ("retry-delivery", &named, "dispatched", "under_way"),
        ("fail-delivery", &failed, "delivery_failed", "failed"),
        ("return-to-origin", &named, "returning_to_origin", "returning"),
        ("receive-back", &named, "packed", "received_back"),
    ] {
        let refused = ask(&service, "warehouse", &order, name, body.clone()).await;
        refused.expect_problem(403, "forbidden");
        let reply = step(&service, "logistics", &order, name, body.clone()).await;
        assert_eq!(reply["order"]["phase"], phase, "{name}: {reply}");
        assert_eq!(reply["order"]["shipments"][0]["state"], state, "{name}");
    }
    let wrong = ask(&service, "logistics", &order, "retry-delivery", named).await;
    let problem = wrong.expect_problem(409, "wrong-phase");
    assert_eq!((&problem["phase"], &problem["step"]), (&json!("packed"), &json!("retry_delivery")));
    let allowed = problem["allowed_commands"].as_array().unwrap();
    assert!(allowed.contains(&json!("dispatch")) && !allowed.contains(&json!("pack")), "{problem}");
    let again = step(&service, "logistics", &order, "dispatch", body).await;
    assert_eq!(again["order"]["phase"], "dispatched");
}

#[tokio::test]
async fn goods_that_were_not_delivered_cannot_come_back_from_the_customer() {
    let service = Service::start().await;
    let order = packed(&service).await;
    let back = json!({ "lines": [{ "line": 1, "quantity": "1" }], "reason": "broken" });
    let refused = ask(&service, "logistics", &order, "returns", back.clone()).await;
    refused.expect_problem(409, "wrong-phase");
    let refund = json!({ "fees": false, "reason": "broken" });
    let refused = ask(&service, "finance", &order, "refunds", refund.clone()).await;
    refused.expect_problem(409, "wrong-phase");
    let refused = ask(&service, "logistics", &order, "refunds", refund).await;
    refused.expect_problem(403, "forbidden");
    let body = json!({ "carrier": "taxi", "with_code": false });
    step(&service, "logistics", &order, "dispatch", body).await;
    step(&service, "logistics", &order, "deliver", json!({})).await;
    let much = json!({ "lines": [{ "line": 2, "quantity": "2" }], "reason": "broken" });
    let refused = ask(&service, "logistics", &order, "returns", much).await;
    assert_eq!(refused.expect_problem(422, "quantity-too-large")["available"], "1");
    let twice = json!({ "lines": [back["lines"][0], back["lines"][0]], "reason": "broken" });
    let refused = ask(&service, "logistics", &order, "returns", twice).await;
    assert_eq!(refused.expect_problem(422, "line-twice")["line"], 1);
    step(&service, "logistics", &order, "returns", back).await;
}

#[tokio::test]
async fn two_orders_shipments_of_one_id_have_two_codes() {
    let service = Service::start().await;
    let body = json!({ "carrier": "taxi", "shipment": "01955611-0000-7000-8000-0000000000a1" });
    let mut codes = Vec::new();
    for _ in 0..2 {
        let order = packed(&service).await;
        step(&service, "logistics", &order, "dispatch", body.clone()).await;
        codes.push(active(&service, &order).await["code"].clone());
    }
    assert!(codes[0].is_string() && codes[0] != codes[1], "{codes:?}");
}
