//! Idempotency to the letter: what a retry gets, from whom, by which node, and how late.

use chrono::TimeDelta;
use domain::actor::Role;
use domain::id::Text;
use eventstore::BookId;
use ledger::database::Database as Store;
use ledger::expiry;
use ledger::principals::{self, NewKey, NewPrincipal, PrincipalKind};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::nodes::Node;
use crate::service::{Answer, BOOK, Service, iqd, wallet_order};

/// What a retry repeats.
const REPEATED: [&str; 4] = ["etag", "daftar-position", "location", "content-type"];

fn assert_repeats(first: &Answer, again: &Answer) {
    assert_eq!(again.header("idempotency-replayed"), Some("true"), "{again:?}");
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    for name in REPEATED {
        assert_eq!(first.header(name), again.header(name), "{name}");
    }
}

#[tokio::test]
async fn a_replay_is_the_first_reply_whole_on_every_node_and_after_a_restart() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let place = |price: &str| {
        service
            .post("/api/orders")
            .by("client")
            .key("place")
            .json(&wallet_order("c1", price))
            .send()
    };
    let first = place("60").await;
    assert_eq!(first.status, 201);
    for name in REPEATED {
        assert!(first.header(name).is_some(), "{name} is missing");
    }
    let position = first.header("daftar-position").unwrap();
    assert!(position.contains('.'), "{position} names its history");
    let refuse = || {
        let ask = service.post("/api/orders").by("client").key("too much");
        ask.json(&wallet_order("c1", "61")).send()
    };
    let refused = refuse().await;
    assert_eq!(refused.status, 422);
    service.top_up("c2", "5").await;

    assert_repeats(&first, &place("60").await);
    assert_repeats(&refused, &refuse().await);
    let another = Node::start(&service, BOOK, TimeDelta::zero()).await;
    let bearer = service.bearer("client").to_owned();
    let order = wallet_order("c1", "60");
    let elsewhere = another.post(&bearer, "place", "/api/orders", &order).await;
    assert_repeats(&first, &elsewhere);
    service.ledger.stop().await;
    another.ledger.stop().await;
    let restarted = Node::start(&service, BOOK, TimeDelta::zero()).await;
    assert_repeats(&first, &restarted.post(&bearer, "place", "/api/orders", &order).await);
    let order = wallet_order("c1", "61");
    assert_repeats(&refused, &restarted.post(&bearer, "too much", "/api/orders", &order).await);
    let other = restarted.post(&bearer, "place", "/api/orders", &order).await;
    other.expect_problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn a_key_is_up_to_255_visible_characters_and_there_is_one() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let order = wallet_order("c1", "1");
    let ask = || service.post("/api/orders").by("client").json(&order);
    ask().key(&"k".repeat(255)).send().await.expect(201);
    let before = service.recorded().await;
    for bad in ["k".repeat(256), String::new(), "k\tk".to_owned(), "kl\u{fc}".to_owned()] {
        ask().key(&bad).send().await.expect_problem(400, "idempotency-key-invalid");
    }
    ask().key("one").key("two").send().await.expect_problem(400, "idempotency-key-invalid");
    let none = ask().send().await.expect_problem(400, "idempotency-key-missing");
    assert_eq!(none["title"], "This route needs an Idempotency-Key");
    assert_eq!(service.recorded().await, before);
}

#[tokio::test]
async fn the_same_in_another_spelling_is_the_same() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let ask =
        |text: &str| service.post("/api/orders").by("client").key("k").raw(text.to_owned()).send();
    let first = ask(&wallet_order("c1", "10").to_string()).await;
    assert_eq!(first.status, 201);
    let spelled = r#" { "total" : {"currency":"IQD", "amount":"10.000"},
        "lines": [ {"unit_price":{"amount":"10.0","currency":"IQD"},"quantity":"1.0","sku":"\u0041CID-1"} ],
        "method":"wallet_full", "customer":"c1", "delivery": null } "#;
    assert_repeats(&first, &ask(spelled).await);
    // What is malformed is not stored, and does not use the key up.
    let broken =
        |text: &str| service.post("/api/orders").by("client").key("b").raw(text.to_owned()).send();
    broken("{").await.expect_problem(400, "malformed-json");
    broken("{}").await.expect_problem(400, "invalid-body");
    broken(spelled).await.expect(201);
}

#[tokio::test]
async fn if_match_is_no_part_of_what_is_asked() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let placed = service.must("client", "/api/orders", &wallet_order("c1", "10")).await;
    let path = format!("/api/orders/{}/release", placed["order"]["id"].as_str().unwrap());
    let version = placed["order"]["version"].as_u64().unwrap();
    let release = |key: &str, version: u64| {
        let ask = service.post(&path).by("admin").key(key).json(&json!({}));
        ask.header("if-match", &format!("\"v{version}\"")).send()
    };
    let stale = release("a", version + 7).await;
    let first = release("b", version).await;
    assert_eq!(first.status, 200);
    // The version has moved on, and the answer has not.
    assert_repeats(&first, &release("b", version).await);
    assert_repeats(&first, &release("b", version + 1).await);
    // A refusal stands under its key, as every one does: whoever reads anew asks anew.
    assert_repeats(&stale, &release("a", version).await);
    stale.expect_problem(412, "stale");
}

#[tokio::test]
async fn fifty_at_once_on_two_nodes_are_one_order() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let another = Node::start(&service, BOOK, TimeDelta::zero()).await;
    let (bearer, order) = (service.bearer("client").to_owned(), wallet_order("c1", "60"));
    let here = (0..25)
        .map(|_| service.post("/api/orders").by("client").key("at once").json(&order).send());
    let there = (0..25).map(|_| another.post(&bearer, "at once", "/api/orders", &order));
    let (here, there) =
        tokio::join!(futures::future::join_all(here), futures::future::join_all(there));
    let answers: Vec<Answer> = here.into_iter().chain(there).collect();
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == answers[0].text));
    let first = answers.iter().filter(|one| one.header("idempotency-replayed").is_none());
    assert_eq!(first.count(), 1);
    let listed = service.get("/api/customers/c1/orders").by("client").send().await.expect(200);
    assert_eq!(listed["orders"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn two_keys_of_one_principal_are_one_and_two_books_are_two() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let rotated = service.must("admin", "/api/admin/keys", &json!({ "principal": "client" })).await;
    let same_book = Node::start(&service, BOOK, TimeDelta::zero()).await;
    let order = wallet_order("c1", "60");
    let ask = service.post("/api/orders").by("client").key("k").json(&order);
    let first = ask.send().await;
    let bearer = rotated["key"].as_str().unwrap();
    assert_repeats(&first, &same_book.post(bearer, "k", "/api/orders", &order).await);

    let (book, uuid) = (BookId(2), Uuid::from_u128(2));
    let store = Store::at(&service.database.url(), None).unwrap();
    store.create_book(book, "other", uuid, service.ledger.clock().now()).await.unwrap();
    let other = Node::start(&service, book, TimeDelta::zero()).await;
    let bearer = client_of(&other).await;
    let mut order = order;
    order["method"] = json!("bank_transfer_grace");
    let placed = other.post(&bearer, "k", "/api/orders", &order).await;
    assert_eq!(placed.header("idempotency-replayed"), None);
    assert_ne!(placed.expect(201)["order"]["id"], first.json()["order"]["id"]);
}

async fn client_of(node: &Node) -> String {
    let (mut conn, now) = (node.ledger.pool().acquire().await.unwrap(), node.ledger.clock().now());
    let (book, id): (_, Text<64>) = (node.ledger.book(), Text::new("client").unwrap());
    let (kind, role) = (PrincipalKind::Service, Role::Client);
    let new = NewPrincipal { id: id.clone(), kind, role, department: None, owner: None };
    principals::create_principal(&mut conn, book, &new, None, now).await.unwrap();
    let new = NewKey { principal: id, customers: None, expires_at: None };
    let token =
        principals::create_key(&mut conn, book, &new, &rand::random(), None, now).await.unwrap();
    token.reveal()
}

#[tokio::test]
async fn after_thirty_days_a_retry_gets_what_was_decided_and_nothing_happens_twice() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let (bearer, admin) = (service.bearer("client").to_owned(), service.bearer("admin").to_owned());
    let (order, dear) = (wallet_order("c1", "60"), wallet_order("c1", "61"));
    let now = Node::start(&service, BOOK, TimeDelta::zero()).await;
    let placed = now.post(&bearer, "place", "/api/orders", &order).await;
    let refused = now.post(&bearer, "dear", "/api/orders", &dear).await;
    assert_eq!((placed.status.as_u16(), refused.status.as_u16()), (201, 422));
    let new = json!({ "principal": "finance" });
    let key = now.post(&admin, "key", "/api/admin/keys", &new).await;
    assert_eq!(key.status, 201);

    let expire = async |after: TimeDelta| {
        let mut conn = service.ledger.pool().acquire().await.unwrap();
        let at = service.ledger.clock().now() + after;
        expiry::expire(&mut conn, BOOK, at).await.unwrap()
    };
    assert_eq!(expire(TimeDelta::days(29)).await, 0);
    assert_repeats(&placed, &now.post(&bearer, "place", "/api/orders", &order).await);
    let (recorded, _) = service.recorded().await;
    let gone = expire(TimeDelta::days(31)).await;
    assert_eq!(gone, u64::try_from(recorded).unwrap() + 1, "the commands', and that of the key");
    assert_eq!(expire(TimeDelta::days(31)).await, 0, "nothing is gone through twice");

    let before = service.recorded().await;
    let late = Node::start(&service, BOOK, TimeDelta::days(31)).await;
    let again = late.post(&bearer, "place", "/api/orders", &order).await;
    for name in REPEATED.into_iter().chain(["idempotency-replayed"]) {
        let expected = placed.header(name).or(Some("true"));
        assert_eq!(again.header(name), expected, "{name}");
    }
    let told = placed.json();
    let id = told["order"]["id"].as_str().unwrap();
    let expected = json!({
        "status": 201, "resource": format!("order/{id}"), "version": told["order"]["version"],
        "position": told["position"], "expired": true,
    });
    assert_eq!(again.expect(201), expected);
    let again = late.post(&bearer, "dear", "/api/orders", &dear).await;
    assert_eq!(again.header("content-type"), Some("application/problem+json"));
    let told = again.expect(422);
    assert_eq!((&told["status"], &told["expired"]), (&json!(422), &json!(true)), "{told}");
    let other = late.post(&bearer, "place", "/api/orders", &dear).await;
    other.expect_problem(422, "idempotency-key-reused");
    let again = late.post(&admin, "key", "/api/admin/keys", &new).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let expected = json!({
        "status": 201, "resource": format!("key/{}", key.json()["id"].as_str().unwrap()),
        "version": Value::Null, "position": Value::Null, "expired": true,
    });
    assert_eq!(again.expect(201), expected);
    let other = late.post(&admin, "key", "/api/admin/keys", &json!({ "principal": "admin" })).await;
    other.expect_problem(422, "idempotency-key-reused");
    assert_eq!(service.recorded().await, before);

    // What comes later has a reply of its own again.
    let later = late.post(&bearer, "later", "/api/orders", &wallet_order("c1", "1")).await;
    assert_eq!(later.status, 201);
    assert_repeats(
        &later,
        &late.post(&bearer, "later", "/api/orders", &wallet_order("c1", "1")).await,
    );
    assert_eq!(expire(TimeDelta::days(31)).await, 0);
    let top_up = json!({ "amount": iqd("1"), "payment": { "cash": {} } });
    service.must("finance", "/api/customers/c1/wallet/deposits", &top_up).await;
}
