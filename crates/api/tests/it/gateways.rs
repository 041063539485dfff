//! Gateways' callbacks: believed by their signature, counted once, never refused for a rule.

use chrono::TimeDelta;
use futures::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use ledger::gateways::{self, GatewayName, GatewaySecret};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::service::{Answer, BOOK, GATEWAY, Service, iqd, transfer_order};

const PATH: &str = "/api/gateways/main/zain/callback";

/// The header for a body, as a gateway makes it.
pub(crate) fn sign(secret: &GatewaySecret, seconds: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).unwrap();
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    format!("t={seconds},v1={}", hex::encode(mac.finalize().into_bytes()))
}

fn name() -> GatewayName {
    GatewayName::parse(GATEWAY).unwrap()
}

fn told(id: &str, amount: &str) -> Value {
    json!({ "id": id, "amount": iqd(amount) })
}

async fn online_order(service: &Service, customer: &str, price: &str) -> Value {
    let mut order = transfer_order(customer, price);
    order["method"] = json!("online_payment");
    service.must("client", "/api/orders", &order).await["order"].clone()
}

async fn call(service: &Service, body: &Value) -> Answer {
    service.post(PATH).by(GATEWAY).json(body).send().await
}

async fn order(service: &Service, id: &Value) -> Value {
    let path = format!("/api/orders/{}", id.as_str().unwrap());
    service.get(&path).by("finance").send().await.expect(200)["order"].clone()
}

fn now(service: &Service) -> i64 {
    service.ledger.clock().now().timestamp()
}

/// A callback that is signed like this; anything may be wrong with it.
async fn with_header(service: &Service, path: &str, header: &str, body: &Value) -> Answer {
    service.post(path).header("daftar-signature", header).json(body).send().await
}

#[tokio::test]
async fn a_gateway_that_calls_fifty_times_more_pays_once() {
    let service = Service::start().await;
    let placed = online_order(&service, "c1", "70").await;
    let mut body = told("Z-1", "100");
    body["order"] = placed["number"].clone();

    let first = call(&service, &body).await;

    assert_eq!(first.header("idempotency-replayed"), None);
    let first = first.expect(201);
    assert_eq!(first["payment"]["amount"], iqd("100"));
    assert_eq!(first["payment"]["unallocated"], iqd("0"));
    let recorded = service.recorded().await;
    // By its id it is the same order, and the same payment.
    body["order"] = placed["id"].clone();
    for again in join_all((0..50).map(|_| call(&service, &body))).await {
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.expect(201), first);
    }
    assert_eq!(service.recorded().await, recorded);
    let paid = order(&service, &placed["id"]).await;
    assert_eq!(paid["received"], iqd("70"));
    assert_eq!(paid["phase"], "finance_review");
    let wallet = service.get("/api/customers/c1/wallet").by("finance").send().await.expect(200);
    assert_eq!(wallet["wallets"][0]["balance"], iqd("30"), "the rest is the customer's");
    let path = format!("/api/orders/{}/events", placed["id"].as_str().unwrap());
    let events = service.get(&path).by("auditor").send().await.expect(200);
    let metadata = &events["events"].as_array().unwrap().last().unwrap()["metadata"];
    for (name, is) in [("actor_kind", "service"), ("actor_id", GATEWAY), ("role", "gateway")] {
        assert_eq!(metadata[name], is, "{metadata}");
    }
}

#[tokio::test]
async fn whatever_is_wrong_with_a_signature_the_answer_is_the_same_and_nothing_is_recorded() {
    let service = Service::start().await;
    let before = service.recorded().await;
    let body = told("Z-1", "10");
    let text = body.to_string();
    let now = now(&service);
    let right = sign(&service.gateway, now, text.as_bytes());
    let stranger = GatewaySecret::from_random(&[1; 32]);
    let (t, mac) = right.split_once(',').unwrap();
    let unsigned_time = format!("t={},{mac}", now + 1);
    let headers = [
        ("another secret", sign(&stranger, now, text.as_bytes())),
        ("another body", sign(&service.gateway, now, told("Z-1", "11").to_string().as_bytes())),
        ("only the body", sign(&service.gateway, now, b"")),
        ("too old", sign(&service.gateway, now - 310, text.as_bytes())),
        ("too new", sign(&service.gateway, now + 310, text.as_bytes())),
        ("another time", unsigned_time),
        ("no time", mac.to_owned()),
        ("no signature", t.to_owned()),
        ("cut off", right[..right.len() - 2].to_owned()),
        ("of another version", right.replace("v1=", "v0=")),
        ("twice a time", format!("{t},{right}")),
        ("many signatures", format!("{t}{}", format!(",{mac}").repeat(5))),
        ("a negative time", sign(&service.gateway, -now, text.as_bytes())),
        ("not of its form", "nonsense".to_owned()),
    ];
    let mut answers = Vec::new();
    for (what, header) in headers {
        answers.push((what, with_header(&service, PATH, &header, &body).await));
    }
    for (what, path) in [
        ("an unknown gateway", "/api/gateways/main/asia/callback"),
        ("another book", "/api/gateways/other/zain/callback"),
        ("no gateway's name", "/api/gateways/main/ZAIN/callback"),
    ] {
        answers.push((what, with_header(&service, path, &right, &body).await));
    }
    answers.push(("no header", service.post(PATH).json(&body).send().await));
    answers.push(("a key", service.post(PATH).by("admin").key("k").json(&body).send().await));
    for (what, answer) in answers {
        assert_eq!(answer.header("www-authenticate"), Some("Daftar-Signature"), "{what}");
        let mut problem = answer.expect_problem(401, "bad-signature");
        for own in ["instance", "trace_id"] {
            problem.as_object_mut().unwrap().remove(own);
        }
        let title = "The signature is missing, wrong or too old";
        let expected = json!({
            "type": "/problems/bad-signature", "code": "bad-signature", "status": 401, "title": title,
        });
        assert_eq!(problem, expected, "{what}");
    }
    assert_eq!(service.recorded().await, before);
    with_header(&service, PATH, &right, &body).await.expect(201);
}

#[tokio::test]
async fn a_clock_that_is_a_little_off_is_forgiven() {
    let service = Service::start().await;
    for (id, off) in [("Z-1", -280), ("Z-2", 280)] {
        let body = told(id, "10");
        let at = now(&service) + off;
        let header = sign(&service.gateway, at, body.to_string().as_bytes());
        with_header(&service, PATH, &header, &body).await.expect(201);
    }
}

#[tokio::test]
async fn while_a_secret_is_rotated_both_are_good_and_a_disabled_gateway_is_nobody() {
    let service = Service::start().await;
    let rotate = async |overlap: TimeDelta| {
        let mut conn = service.ledger.pool().acquire().await.unwrap();
        let now = service.ledger.clock().now();
        let vault = &service.vault;
        gateways::rotate(&mut conn, vault, BOOK, &name(), overlap, None, now).await.unwrap()
    };
    let mut count = 0;
    let mut try_with = async |secret: &GatewaySecret| {
        count += 1;
        let body = told(&format!("R-{count}"), "10");
        let header = sign(secret, now(&service), body.to_string().as_bytes());
        with_header(&service, PATH, &header, &body).await
    };
    let first = service.gateway.clone();
    let second = rotate(TimeDelta::hours(1)).await;
    try_with(&first).await.expect(201);
    try_with(&second).await.expect(201);

    let third = rotate(TimeDelta::hours(1)).await;
    try_with(&first).await.expect_problem(401, "bad-signature");
    try_with(&second).await.expect(201);
    try_with(&third).await.expect(201);

    let fourth = rotate(TimeDelta::zero()).await;
    try_with(&second).await.expect_problem(401, "bad-signature");
    try_with(&third).await.expect_problem(401, "bad-signature");
    try_with(&fourth).await.expect(201);

    // A sender that is about to change signs with both.
    let body = told("both", "10");
    let at = now(&service);
    let old = sign(&first, at, body.to_string().as_bytes());
    let new = sign(&fourth, at, body.to_string().as_bytes());
    let header = format!("{old},{}", new.split_once(',').unwrap().1);
    with_header(&service, PATH, &header, &body).await.expect(201);

    let mut conn = service.ledger.pool().acquire().await.unwrap();
    let at = service.ledger.clock().now();
    let listed = gateways::list(&mut conn, BOOK, at).await.unwrap();
    assert_eq!((listed[0].gateway.as_str(), listed[0].secrets), (GATEWAY, 1));
    assert!(gateways::disable(&mut conn, BOOK, &name(), at).await.unwrap());
    drop(conn);
    try_with(&fourth).await.expect_problem(401, "bad-signature");
}

#[tokio::test]
async fn money_for_an_unknown_order_waits_and_is_allocated_later() {
    let service = Service::start().await;
    let mut body = told("Z-1", "70");
    body["order"] = json!("M2599999");
    body["customer"] = json!("c1");

    let waits = call(&service, &body).await.expect(201);

    assert_eq!(waits["payment"]["unallocated"], iqd("70"));
    assert_eq!(waits["payment"]["customer"], "c1");
    let balance = service.get("/api/audit/trial-balance").by("auditor").send().await.expect(200);
    let accounts = balance["accounts"].to_string();
    assert!(accounts.contains("2120") && accounts.contains("1030"), "{accounts}");
    let placed = online_order(&service, "c1", "70").await;
    let path = format!("/api/payments/{}/allocate", waits["payment"]["id"].as_str().unwrap());
    let to = json!({ "to": { "order": placed["id"] } });
    let allocated = service.must("finance", &path, &to).await;
    assert_eq!(allocated["payment"]["unallocated"], iqd("0"));
    assert_eq!(order(&service, &placed["id"]).await["phase"], "finance_review");
    // The gateway calls once more, and gets the answer that it got.
    assert_eq!(call(&service, &body).await.expect(201), waits);
    let balance = service.get("/api/audit/trial-balance").by("auditor").send().await.expect(200);
    assert_eq!(balance["differences"], json!([iqd("0")]));
}

#[tokio::test]
async fn an_order_that_a_later_callback_names_is_paid() {
    let service = Service::start().await;
    let mut body = told("Z-1", "70");
    let waits = call(&service, &body).await.expect(201);
    assert_eq!(waits["payment"]["unallocated"], iqd("70"));
    let placed = online_order(&service, "c1", "70").await;

    body["order"] = placed["number"].clone();
    let paid = call(&service, &body).await;

    assert_eq!(paid.header("idempotency-replayed"), None);
    assert_eq!(paid.expect(201)["payment"]["unallocated"], iqd("0"));
    assert_eq!(order(&service, &placed["id"]).await["phase"], "finance_review");
    let recorded = service.recorded().await;
    assert_eq!(call(&service, &body).await.header("idempotency-replayed"), Some("true"));
    assert_eq!(service.recorded().await, recorded);
}

#[tokio::test]
async fn money_of_another_currency_than_its_order_waits() {
    let service = Service::start().await;
    let both = json!({ "currencies": ["IQD", "USD"], "reason": "abroad" });
    service.must("admin", "/api/admin/book-settings", &both).await;
    let placed = online_order(&service, "c1", "70").await;
    let dollars = json!({ "amount": "70", "currency": "USD" });
    let body = json!({ "id": "Z-1", "amount": dollars, "order": placed["id"] });

    let waits = call(&service, &body).await.expect(201);

    assert_eq!(waits["payment"]["unallocated"], dollars);
    assert_eq!(waits["payment"]["customer"], "c1", "the order's own");
    assert_eq!(order(&service, &placed["id"]).await["phase"], "awaiting_payment");
}

#[tokio::test]
async fn the_same_id_with_another_amount_or_for_another_order_is_refused() {
    let service = Service::start().await;
    let (one, two) =
        (online_order(&service, "c1", "70").await, online_order(&service, "c1", "70").await);
    let mut body = told("Z-1", "70");
    body["order"] = one["id"].clone();
    call(&service, &body).await.expect(201);
    let recorded = service.recorded().await;

    body["amount"] = iqd("71");
    let differs = call(&service, &body).await.expect_problem(409, "payment-differs");
    assert_eq!((&differs["recorded"], &differs["claimed"]), (&iqd("70"), &iqd("71")));
    body["amount"] = iqd("70");
    body["order"] = two["id"].clone();
    call(&service, &body).await.expect_problem(422, "payment-for-another");

    assert_eq!(service.recorded().await, recorded);
    assert_eq!(order(&service, &two["id"]).await["received"], iqd("0"));
}

#[tokio::test]
async fn of_two_amounts_told_at_once_one_is_recorded() {
    let service = Service::start().await;
    for round in 0..20 {
        let id = format!("Z-{round}");
        let (ten, eleven) = (told(&id, "10"), told(&id, "11"));
        let (ten, eleven) = tokio::join!(call(&service, &ten), call(&service, &eleven));
        let (won, lost) = if ten.status == 201 { (ten, eleven) } else { (eleven, ten) };
        won.expect(201);
        lost.expect_problem(409, "payment-differs");
    }
}

#[tokio::test]
async fn a_secret_is_kept_encrypted_for_its_place() {
    let service = Service::start().await;
    let mut conn = service.ledger.pool().acquire().await.unwrap();
    let at = service.ledger.clock().now();
    let read = async |conn: &mut ledger::database::Connection, vault, name: &str| {
        let name = GatewayName::parse(name).unwrap();
        gateways::live_secrets(conn, vault, BOOK, &name, at).await
    };
    let secrets = read(&mut conn, &service.vault, GATEWAY).await.unwrap();
    assert_eq!(secrets[0].reveal(), service.gateway.reveal());
    let other = ledger::personal::Vault::new([1; 32]);
    assert!(read(&mut conn, &other, GATEWAY).await.is_err(), "under another master key");
    assert!(read(&mut conn, &service.vault, "asia").await.unwrap().is_empty());
    let again = gateways::add(&mut conn, &service.vault, BOOK, &name(), None, at).await;
    assert!(matches!(again, Err(gateways::GatewayError::Exists)));
}
