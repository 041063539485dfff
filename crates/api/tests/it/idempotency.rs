//! A command is executed once, however often it is asked for.

use serde_json::json;

use crate::service::{Service, wallet_order};

#[tokio::test]
async fn a_retry_gets_the_stored_reply_and_another_body_is_refused() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let ask = |price: &str| {
        service.post("/api/orders").by("client").key("checkout-1").json(&wallet_order("c1", price))
    };

    let first = ask("60").send().await;
    let before = service.recorded().await;
    let second = ask("60.000").send().await;

    assert_eq!(first.status, 201);
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(second.status, 201);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.text, second.text);
    assert_eq!(first.header("etag"), second.header("etag"));
    ask("61").send().await.expect_problem(422, "idempotency-key-reused");
    assert_eq!(service.recorded().await, before);
}

#[tokio::test]
async fn a_refusal_is_replayed_too_even_once_it_would_succeed() {
    let service = Service::start().await;
    let ask =
        || service.post("/api/orders").by("client").key("early").json(&wallet_order("c1", "60"));
    let first = ask().send().await;
    service.top_up("c1", "100").await;

    let second = ask().send().await;

    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.text, second.text);
    second.expect_problem(422, "insufficient-funds");
}

#[tokio::test]
async fn fifty_duplicates_at_once_make_one_order_and_one_reply() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let body = wallet_order("c1", "60");

    let asks =
        (0..50).map(|_| service.post("/api/orders").by("client").key("at once").json(&body).send());
    let mut answers = Vec::new();
    let mut waiting: Vec<_> = asks.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|ask| match ask.as_mut().poll(context) {
            std::task::Poll::Ready(answer) => {
                answers.push(answer);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;

    assert_eq!(answers.len(), 50);
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == answers[0].text));
    let first_hand =
        answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count();
    assert_eq!(first_hand, 1);
    let orders = service.get("/api/customers/c1/orders").by("client").send().await.expect(200);
    assert_eq!(orders["orders"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn two_principals_do_not_share_keys_and_one_key_is_for_one_route() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let place = |who: &str| {
        service.post("/api/orders").by(who).key("same").json(&wallet_order("c1", "10")).send()
    };
    let one = place("client").await.expect(201);
    let other = place("admin").await.expect(201);
    assert_ne!(one["order"]["id"], other["order"]["id"]);

    let release = |order: &serde_json::Value| {
        let path = format!("/api/orders/{}/release", order["order"]["id"].as_str().unwrap());
        service.post(&path).by("admin").key("release").json(&json!({})).send()
    };
    release(&one).await.expect(200);
    release(&other).await.expect_problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn money_does_not_move_without_a_key() {
    let service = Service::start().await;
    let ask = || service.post("/api/orders").by("client").json(&wallet_order("c1", "10"));
    ask().send().await.expect_problem(400, "idempotency-key-missing");
    let long = "k".repeat(256);
    ask().key(&long).send().await.expect_problem(400, "idempotency-key-invalid");
    assert_eq!(service.recorded().await, (0, 0));
}

#[tokio::test]
async fn what_adds_up_or_keeps_a_file_needs_a_key() {
    let service = Service::start().await;
    let order = crate::goods::packed(&service).await;
    let lines = json!([{ "line": 1, "quantity": "1" }]);
    for (who, step, body) in [
        ("logistics", "dispatch", json!({ "carrier": "taxi", "lines": lines })),
        ("warehouse", "returns", json!({ "lines": lines, "reason": "broken" })),
    ] {
        let ask = service.post(&format!("/api/orders/{order}/{step}")).by(who).json(&body);
        ask.send().await.expect_problem(400, "idempotency-key-missing");
    }
    let (receipts, top_ups) =
        (format!("/api/orders/{order}/receipts"), "/api/customers/c1/wallet/top-ups?currency=IQD");
    for path in [&receipts, top_ups] {
        let ask = service.post(path).by("client").file("application/pdf", crate::service::PDF);
        ask.send().await.expect_problem(400, "idempotency-key-missing");
    }
}
