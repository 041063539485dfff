//! What is quarantined is shown with a mark, and every command over it is set aside, for now.

use domain::StreamKey;
use domain::id::{OrderId, PaymentId, SuspenseId, WalletId};
use domain::money::Currency;
use eventstore::{Appended, Batch, NewEvent, Position, Version};
use ledger::load;
use ledger::quarantine::{self, Finder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::service::{Answer, BOOK, GATEWAY, Service, iqd, transfer_order, wallet_order};

const PAYLOAD: &str = r#"{"gilded": {"with": "gold"}}"#;

fn key(text: &Value) -> Uuid {
    text.as_str().unwrap().parse().unwrap()
}

impl Service {
    /// Appends an event that only a newer build understands; says where it stands.
    async fn append_unheard_of(&self, stream: StreamKey) -> Position {
        let mut conn = self.ledger.pool().acquire().await.unwrap();
        let id = load::stream_id(stream);
        let events = eventstore::read::stream(&mut conn, BOOK, &id, Version::ZERO).await.unwrap();
        let head = eventstore::read_head(&mut conn, BOOK).await.unwrap();
        let version = events.last().map_or(0, |last| last.version.get());
        let now = self.ledger.clock().now();
        let event = NewEvent {
            stream: id,
            version: Version::new(version + 1),
            event_id: Uuid::from_u64_pair(7, u64::try_from(head.position.get()).unwrap()),
            event_type: "gilded".to_owned(),
            event_version: "1".to_owned(),
            payload: PAYLOAD.to_owned(),
            metadata: "{}".to_owned(),
            effective_at: now,
            command_id: Uuid::from_u128(77),
        };
        let batch = Batch::prepare(&head, vec![event], vec![], now);
        let (views, function) = (projections::Views::default(), projections::append_function());
        let appended = eventstore::append(&mut conn, &function, &head, &batch, |call| {
            views.bind(call, &projections::Live::all())
        });
        assert_eq!(appended.await.unwrap(), Appended::Ok);
        batch.head_after.position
    }

    async fn read(&self, path: &str) -> Answer {
        self.get(path).by("admin").send().await
    }

    async fn command(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.post(path).by("finance").key(key).json(body).send().await
    }
}

#[track_caller]
fn assert_marked(shown: &Value, position: Position) {
    assert_eq!(shown["quarantined"]["position"], position.get(), "{shown}");
    let since = shown["quarantined"]["since"].as_str().unwrap();
    assert!(since.parse::<chrono::DateTime<chrono::Utc>>().is_ok(), "{since}");
}

#[track_caller]
fn assert_set_aside(answer: Answer, stream: &str, position: Position) {
    let problem = answer.expect_problem(409, "stream-quarantined");
    assert_eq!(problem["stream"], stream, "{problem}");
    assert_eq!(problem["position"], position.get(), "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(&format!("daftar event show {position}")), "{detail}");
}

#[tokio::test]
async fn an_order_is_shown_as_far_as_it_can_be_read_and_nothing_is_decided_over_it() {
    let service = Service::start().await;
    let placed = service.must("client", "/api/orders", &transfer_order("c1", "20")).await;
    let sound = service.must("client", "/api/orders", &transfer_order("c1", "30")).await;
    let id = placed["order"]["id"].as_str().unwrap().to_owned();
    let order = StreamKey::Order(OrderId::new(key(&placed["order"]["id"])));
    let before = service.read(&format!("/api/orders/{id}")).await;
    let tag = before.header("etag").unwrap().to_owned();
    let before = before.expect(200);
    assert_eq!(before["order"].get("quarantined"), None);
    let position = service.append_unheard_of(order).await;

    let shown = service.read(&format!("/api/orders/{id}")).await;

    assert_eq!(shown.header("etag"), None, "the mark comes and goes without a version");
    let again = service.get(&format!("/api/orders/{id}")).by("admin").header("if-none-match", &tag);
    again.send().await.expect(200);
    let mut shown = shown.expect(200);
    assert_marked(&shown["order"], position);
    shown["order"].as_object_mut().unwrap().remove("quarantined");
    assert_eq!(shown["order"], before["order"]);
    for path in ["/api/customers/c1/orders", "/api/management/orders"] {
        let page = service.read(path).await.expect(200);
        for row in page["orders"].as_array().unwrap() {
            if row["id"] == placed["order"]["id"] {
                assert_marked(row, position);
            } else {
                assert_eq!(row["id"], sound["order"]["id"]);
                assert_eq!(row.get("quarantined"), None, "{row}");
            }
        }
        assert_eq!(page["orders"].as_array().unwrap().len(), 2);
    }

    let (cancel, body) = (format!("/api/orders/{id}/cancel"), json!({ "reason": "changed-mind" }));
    let stream = format!("order/{id}");
    for path in [cancel.clone(), format!("{cancel}?dry_run=true")] {
        assert_set_aside(service.command("k1", &path, &body).await, &stream, position);
    }
    let allowed = service.read(&format!("/api/orders/{id}/allowed-commands")).await;
    assert_set_aside(allowed, &stream, position);
    // The story goes on past it, with the very text that is stored.
    let events = service.read(&format!("/api/orders/{id}/events")).await;
    assert!(events.text.contains(PAYLOAD), "{}", events.text);
    let feed = service.read("/api/events?limit=200").await;
    assert!(feed.text.contains(PAYLOAD), "{}", feed.text);
    let timeline = service.read(&format!("/api/orders/{id}/timeline")).await.expect(200);
    assert!(!timeline["steps"].as_array().unwrap().is_empty(), "{timeline}");
    let other = format!("/api/orders/{}/cancel", sound["order"]["id"].as_str().unwrap());
    service.command("k2", &other, &body).await.expect(200);
}

#[tokio::test]
async fn what_was_set_aside_is_decided_under_the_same_key_once_it_is_resumed() {
    let service = Service::start().await;
    let placed = service.must("client", "/api/orders", &transfer_order("c1", "20")).await;
    let id = placed["order"]["id"].as_str().unwrap().to_owned();
    let order = StreamKey::Order(OrderId::new(key(&placed["order"]["id"])));
    let position = Position::new(placed["position"].as_i64().unwrap());
    let found = projections::Quarantined {
        stream: load::stream_id(order),
        position,
        why: "an older build could not read it".to_owned(),
    };
    {
        let mut conn = service.ledger.pool().acquire().await.unwrap();
        quarantine::note(&mut conn, BOOK, &[found], Finder::Scrubber).await.unwrap();
        service.ledger.quarantine().refresh(&mut conn).await.unwrap();
    }
    let (path, body) = (format!("/api/orders/{id}/cancel"), json!({ "reason": "changed-mind" }));
    let stream = format!("order/{id}");
    assert_set_aside(service.command("k", &path, &body).await, &stream, position);

    quarantine::resume(&service.ledger, position, "rana", "it reads").await.unwrap();

    let answer = service.command("k", &path, &body).await;
    assert_eq!(answer.header("idempotency-replayed"), None);
    assert_eq!(answer.expect(200)["order"]["phase"], "cancelled");
    let again = service.command("k", &path, &body).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    again.expect(200);
}

#[tokio::test]
async fn wallets_payments_and_suspense_items_are_marked_like_orders() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let wallet = WalletId::of(&domain::id::Text::new("c1").unwrap(), Currency::IQD);
    let cash = json!({ "amount": iqd("40"), "kind": { "cash": {} } });
    let payment = service.must("finance", "/api/payments", &cash).await["payment"].clone();
    let body = json!({ "owner": "huda", "reason": "the till was short", "currency": "IQD" });
    let item = service.must("finance", "/api/suspense-items", &body).await["suspense"].clone();
    let adjusted = json!({
        "amount": iqd("30"), "direction": "credit", "item": item["id"], "reason": "counted again",
    });
    service.must("finance", "/api/customers/c1/wallet/adjustments", &adjusted).await;
    let (payment_id, item_id) = (key(&payment["id"]), key(&item["id"]));
    let of_wallet = service.append_unheard_of(StreamKey::Wallet(wallet)).await;
    let of_payment =
        service.append_unheard_of(StreamKey::Payment(PaymentId::new(payment_id))).await;
    let of_item = service.append_unheard_of(StreamKey::Suspense(SuspenseId::new(item_id))).await;

    // Whoever needs the wallet finds out, and from then on its row is marked.
    let ordered = service.post("/api/orders").by("client").key("k").json(&wallet_order("c1", "5"));
    let stream = format!("wallet/{}", wallet.uuid());
    assert_set_aside(ordered.send().await, &stream, of_wallet);
    let shown = service.read("/api/customers/c1/wallet").await;
    assert_eq!(shown.header("etag"), None);
    let shown = shown.expect(200);
    assert_marked(&shown["wallets"][0], of_wallet);
    assert_eq!(shown["wallets"][0]["balance"], iqd("130"));

    let shown = service.read(&format!("/api/payments/{payment_id}")).await.expect(200);
    assert_marked(&shown["payment"], of_payment);
    let page = service.read("/api/management/payments").await.expect(200);
    for row in page["payments"].as_array().unwrap() {
        assert_eq!(row.get("quarantined").is_some(), row["id"] == payment["id"], "{row}");
    }
    let shown = service.read(&format!("/api/suspense-items/{item_id}")).await.expect(200);
    assert_marked(&shown["item"], of_item);
    assert_eq!(shown["entries"][0]["amount"], iqd("30"), "{shown}");
    let page = service.read("/api/suspense-items").await.expect(200);
    assert_marked(&page["items"][0], of_item);
}

#[tokio::test]
async fn money_for_a_quarantined_order_comes_in_and_waits() {
    let service = Service::start().await;
    let mut order = transfer_order("c1", "70");
    order["method"] = json!("online_payment");
    let placed = service.must("client", "/api/orders", &order).await["order"].clone();
    let position =
        service.append_unheard_of(StreamKey::Order(OrderId::new(key(&placed["id"])))).await;
    let body = json!({ "id": "Z-1", "amount": iqd("70"), "order": placed["number"] });
    let call = || service.post("/api/gateways/main/zain/callback").by(GATEWAY).json(&body).send();

    let first = call().await.expect(201);

    assert_eq!(first["payment"]["unallocated"], iqd("70"), "{first}");
    let again = call().await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(201), first);
    let shown = service.read(&format!("/api/orders/{}", placed["id"].as_str().unwrap())).await;
    let shown = shown.expect(200);
    assert_marked(&shown["order"], position);
    assert_eq!(shown["order"]["received"], iqd("0"));
}

#[tokio::test]
async fn a_stream_of_which_nothing_can_be_read_is_not_said_to_be_missing() {
    let service = Service::start().await;
    let id = Uuid::from_u128(0x4000_8000_0000_0000_0077);
    let position = service.append_unheard_of(StreamKey::Order(OrderId::new(id))).await;

    let path = format!("/api/orders/{id}");

    assert_set_aside(service.read(&path).await, &format!("order/{id}"), position);
    // Whose it is cannot be told.
    service.get(&path).by("limited").send().await.expect_problem(404, "order-not-found");
}
