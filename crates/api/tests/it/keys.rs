//! Keys: made, rotated, limited, revoked.

use api::{App, Secrets};
use chrono::{DateTime, Utc};
use ledger::database::Database as Store;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::service::{BOOK, Service, iqd, transfer_order};

#[tokio::test]
async fn a_rotated_key_is_the_same_principal_and_a_revoked_one_is_nobody() {
    let service = Service::start().await;
    let new = json!({ "id": "shop-2", "kind": "service", "role": "client", "owner": "admin" });
    service.post("/api/admin/principals").by("admin").json(&new).send().await.expect(201);
    let make = async || {
        let body = json!({ "principal": "shop-2" });
        service.post("/api/admin/keys").by("admin").json(&body).send().await.expect(201)
    };
    let (old, new) = (make().await, make().await);
    let place = |key: &Value| {
        let bearer = format!("Bearer {}", key["key"].as_str().unwrap());
        let ask = service.post("/api/orders").header("authorization", &bearer);
        ask.key("once").json(&transfer_order("c1", "10")).send()
    };

    let first = place(&old).await.expect(201);
    let path = format!("/api/admin/keys/{}", old["id"].as_str().unwrap());
    service.ask(reqwest::Method::DELETE, &path).by("admin").send().await.expect(204);
    let second = place(&new).await;

    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(second.json()["order"]["id"], first["order"]["id"]);
    place(&old).await.expect_problem(401, "unauthenticated");
    let listed = service.get("/api/admin/keys").by("auditor").send().await;
    assert!(!listed.text.contains(new["key"].as_str().unwrap()));
    let listed = listed.expect(200);
    let revoked = listed["keys"].as_array().unwrap().iter().find(|key| key["id"] == old["id"]);
    assert!(revoked.unwrap()["revoked_at"].is_string());
}

#[tokio::test]
async fn an_expired_key_and_a_wrong_secret_are_nobody() {
    let service = Service::start().await;
    let body = json!({ "principal": "client", "expires_at": "2020-01-01T00:00:00Z" });
    let key = service.post("/api/admin/keys").by("admin").json(&body).send().await.expect(201);
    let bearer = format!("Bearer {}", key["key"].as_str().unwrap());
    let ask =
        |bearer: &str| service.get("/api/book/settings").header("authorization", bearer).send();
    ask(&bearer).await.expect_problem(401, "unauthenticated");
    let wrong = format!("Bearer dk_{}_{}", key["id"].as_str().unwrap(), "0".repeat(64));
    ask(&wrong).await.expect_problem(401, "unauthenticated");
    ask("Bearer dk_\u{e9}").await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_limits_of_a_key_make_others_customers_disappear() {
    let service = Service::start().await;
    let placed = service.must("client", "/api/orders", &transfer_order("c1", "10")).await;
    let own = service.must("limited", "/api/orders", &transfer_order("c-limited", "10")).await;
    for name in ["id", "number"] {
        let path = format!("/api/orders/{}", placed["order"][name].as_str().unwrap());
        let theirs = service.get(&path).by("limited").send().await;
        theirs.expect_problem(404, "order-not-found");
        let path = format!("/api/orders/{}", own["order"][name].as_str().unwrap());
        service.get(&path).by("limited").send().await.expect(200);
    }
    service
        .get("/api/customers/c1/wallet")
        .by("limited")
        .send()
        .await
        .expect_problem(404, "not-found");
    let before = service.recorded().await;
    let theirs =
        service.post("/api/orders").by("limited").key("k").json(&transfer_order("c1", "1"));
    theirs.send().await.expect_problem(404, "not-found");
    assert_eq!(service.recorded().await, before);
}

#[tokio::test]
async fn a_principal_is_made_once_and_only_a_service_has_an_owner() {
    let service = Service::start().await;
    let make = |body: Value| service.post("/api/admin/principals").by("admin").json(&body).send();
    let ali = json!({ "id": "ali", "kind": "person", "role": "finance", "department": "finance" });
    make(ali.clone()).await.expect(201);
    make(ali).await.expect_problem(409, "principal-exists");
    let owned = json!({ "id": "omar", "kind": "person", "role": "finance", "owner": "ali" });
    make(owned).await.expect_problem(422, "bad-principal");
    let unknown = json!({ "principal": "nobody" });
    let key = service.post("/api/admin/keys").by("admin").json(&unknown).send().await;
    key.expect_problem(422, "bad-principal");
    let listed = service.get("/api/admin/principals").by("admin").send().await.expect(200);
    assert!(listed.to_string().contains("\"ali\""));
}

#[tokio::test]
async fn a_person_speaks_for_themselves() {
    let service = Service::start().await;
    let ask = service.get("/api/book/settings").by("finance").header("on-behalf-of", "somebody");
    ask.send().await.expect_problem(400, "invalid-header");
}

#[tokio::test]
async fn a_limited_key_of_finance_does_nothing_to_money_of_nobody_or_of_others() {
    let service = Service::start().await;
    let limited = json!({ "principal": "finance", "customers": ["c-limited"] });
    let limited = service.must("admin", "/api/admin/keys", &limited).await;
    let bearer = format!("Bearer {}", limited["key"].as_str().unwrap());
    let record = async |customer: &str| {
        let body = json!({ "amount": iqd("10"), "kind": { "cash": {} }, "customer": customer });
        let recorded = service.must("finance", "/api/payments", &body).await;
        recorded["payment"]["id"].as_str().unwrap().to_owned()
    };
    let (own, allocated, theirs) =
        (record("c-limited").await, record("c-limited").await, record("c1").await);
    let to = json!({ "to": { "customer": "c-limited" } });
    service.must("finance", &format!("/api/payments/{allocated}/allocate"), &to).await;
    let order = service.must("client", "/api/orders", &transfer_order("c1", "10")).await;
    let line = json!({
        "account": "rafidain-1", "line": "L-1", "date": "2025-11-21", "amount": iqd("148"),
    });
    let recorded = service.must("finance", "/api/statement-lines", &line).await;
    let line_id = recorded["statement_line"]["id"].as_str().unwrap();
    let nobodys = json!({ "amount": iqd("10"), "kind": { "cash": {} } });
    let adjustment = json!({
        "amount": iqd("1"), "direction": "credit", "item": order["order"]["id"], "reason": "why",
    });
    let because = json!({ "reason": "forged" });
    let paths = [
        ("/api/statement-lines".to_owned(), line, 403, "forbidden"),
        (
            format!("/api/statement-lines/{line_id}/match"),
            json!({ "payments": [own] }),
            403,
            "forbidden",
        ),
        ("/api/customers/c-limited/wallet/adjustments".to_owned(), adjustment, 403, "forbidden"),
        ("/api/payments".to_owned(), nobodys, 403, "forbidden"),
        (
            format!("/api/payments/{theirs}/repay-debt"),
            json!({ "customer": "c-limited" }),
            404,
            "payment-not-found",
        ),
        (
            format!("/api/payments/{own}/allocate"),
            json!({ "to": { "order": order["order"]["id"] } }),
            404,
            "order-not-found",
        ),
        (format!("/api/payments/{allocated}/reverse"), because, 403, "forbidden"),
    ];
    let before = service.recorded().await;
    for (path, body, status, code) in paths {
        let ask = service.post(&path).header("authorization", &bearer).key(&path).json(&body);
        ask.send().await.expect_problem(status, code);
    }
    let ask = service.post("/api/bank-statements").header("authorization", &bearer).key("file");
    let file = b"account,line,date,amount,currency,reference\n";
    ask.file("text/csv", file).send().await.expect_problem(403, "forbidden");
    assert_eq!(service.recorded().await, before);
}

/// Another node of the same book: where it is.
async fn another_node(service: &Service) -> String {
    let store = Store::at(&service.database.url(), None).unwrap();
    let ledger = store.open(BOOK, service.ledger.clock().clone()).await.unwrap();
    let app = App::new(ledger, Secrets::new([7; 32], [8; 32], service.vault.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    TaskTracker::new().spawn(async move { axum::serve(listener, api::router(app)).await.unwrap() });
    url
}

async fn status_at(service: &Service, url: &str, key: &Value) -> u16 {
    let ask = service.http.get(format!("{url}/api/me")).bearer_auth(key["key"].as_str().unwrap());
    ask.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn what_becomes_of_a_key_holds_on_every_node_from_the_next_request_on() {
    let service = Service::start().await;
    let nodes = [service.url.clone(), another_node(&service).await];
    let new = json!({ "id": "leaver", "kind": "person", "role": "finance" });
    service.must("admin", "/api/admin/principals", &new).await;
    let make = async || {
        let new = json!({ "principal": "leaver" });
        service.must("admin", "/api/admin/keys", &new).await
    };
    let on_both = async |key: &Value| {
        let [one, two] = &nodes;
        (status_at(&service, one, key).await, status_at(&service, two, key).await)
    };
    for _ in 0..5 {
        let (revoked, rotated, kept) = (make().await, make().await, make().await);
        for key in [&revoked, &rotated, &kept] {
            assert_eq!(
                on_both(key).await,
                (200, 200),
                "used on both, so that either could know it"
            );
        }
        let path = format!("/api/admin/keys/{}", revoked["id"].as_str().unwrap());
        service.ask(reqwest::Method::DELETE, &path).by("admin").send().await.expect(204);
        assert_eq!(on_both(&revoked).await, (401, 401));
        let path = format!("/api/admin/keys/{}/rotate", rotated["id"].as_str().unwrap());
        let new = service.must("admin", &path, &json!({ "overlap_seconds": 0 })).await;
        assert_eq!(on_both(&rotated).await, (401, 401));
        assert_eq!(on_both(&new).await, (200, 200));
        let path = format!("/api/admin/keys/{}/rotate", kept["id"].as_str().unwrap());
        let new = service.must("admin", &path, &json!({ "overlap_seconds": 3_600 })).await;
        assert_eq!((on_both(&kept).await, on_both(&new).await), ((200, 200), (200, 200)));
    }
    let left = make().await;
    assert_eq!(on_both(&left).await, (200, 200));
    service.must("admin", "/api/admin/principals/leaver/disable", &json!({})).await;
    assert_eq!(on_both(&left).await, (401, 401));
    let new = json!({ "principal": "leaver" });
    let none = service.post("/api/admin/keys").by("admin").json(&new).send().await;
    none.expect_problem(422, "bad-principal");
}

#[tokio::test]
async fn a_key_says_whose_it_is_what_it_may_do_and_for_how_long() {
    let service = Service::start().await;
    let new = json!({
        "principal": "client", "customers": ["c-7"], "expires_at": "2100-01-01T00:00:00Z",
    });
    let key = service.must("admin", "/api/admin/keys", &new).await;
    let bearer = format!("Bearer {}", key["key"].as_str().unwrap());
    let me = async || {
        let me = service.get("/api/me").header("authorization", &bearer).send().await;
        me.expect(200)
    };
    let shown = me().await;
    assert_eq!((&shown["principal"], &shown["role"]), (&json!("client"), &json!("client")));
    assert_eq!(shown["customers"], json!(["c-7"]));
    assert_eq!(shown["key"]["id"], key["id"]);
    assert_eq!(shown["key"]["expires_at"], "2100-01-01T00:00:00Z");
    assert_eq!(shown["may_act_on_behalf_of"], true);
    let scopes = shown["scopes"].as_array().unwrap().clone();
    assert!(scopes.contains(&json!("place_orders")) && !scopes.contains(&json!("manage_keys")));

    let path = format!("/api/admin/keys/{}/rotate", key["id"].as_str().unwrap());
    let new = service.must("admin", &path, &json!({ "overlap_seconds": 60 })).await;
    assert_eq!((&new["customers"], &new["replaces"]), (&json!(["c-7"]), &key["id"]));
    let shown = me().await;
    assert_eq!(shown["key"]["replaced_by"], new["id"], "its holder sees that it is time");
    assert_eq!(shown["key"]["expires_at"], new["replaced_at"]);
    let nobody = service.get("/api/me").by("gateway").send().await.expect(200);
    assert_eq!(nobody["scopes"], json!([]));
    let long = service.post(&path).by("admin").json(&json!({ "overlap_seconds": 604_801 }));
    long.send().await.expect_problem(400, "invalid-body");
}

#[tokio::test]
async fn a_key_that_replaces_itself_and_loses_the_reply_asks_again() {
    let service = Service::start().await;
    let own = service.must("admin", "/api/admin/keys", &json!({ "principal": "admin" })).await;
    let bearer = format!("Bearer {}", own["key"].as_str().unwrap());
    let path = format!("/api/admin/keys/{}/rotate", own["id"].as_str().unwrap());
    let rotate = |key: &str, body: Value| {
        let ask = service.post(&path).header("authorization", &bearer);
        ask.key(key).json(&body).send()
    };
    let at_once = rotate("none", json!({ "overlap_seconds": 0 })).await;
    at_once.expect_problem(400, "invalid-body");
    let lost = rotate("one", json!({})).await;
    let again = rotate("one", json!({})).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(lost.text, again.text);
    assert_eq!(status_at(&service, &service.url, &again.expect(201)).await, 200);
}

#[tokio::test]
async fn keys_and_principals_are_listed_in_pages_the_newest_first() {
    let service = Service::start().await;
    for name in ["p-1", "p-2", "p-3"] {
        let new = json!({ "id": name, "kind": "person", "role": "finance" });
        service.must("admin", "/api/admin/principals", &new).await;
        service.must("admin", "/api/admin/keys", &json!({ "principal": name })).await;
    }
    for (path, list, name) in
        [("/api/admin/keys", "keys", "principal"), ("/api/admin/principals", "principals", "id")]
    {
        let (mut at, mut seen) = (format!("{path}?limit=2"), Vec::new());
        loop {
            let page = service.get(&at).by("auditor").send().await;
            let link = page.header("link").map(str::to_owned);
            let page = page.expect(200);
            let rows = page[list].as_array().unwrap();
            assert!((1..=2).contains(&rows.len()), "{page}");
            seen.extend(rows.iter().map(|row| (row["id"].clone(), row[name].clone())));
            let Some(link) = link else {
                assert_eq!(page["next"], Value::Null);
                break;
            };
            at = link[1..].split_once('>').unwrap().0.to_owned();
        }
        let newest: Vec<&Value> = seen.iter().take(3).map(|row| &row.1).collect();
        assert_eq!(newest, ["p-3", "p-2", "p-1"]);
        let whole = service.get(&format!("{path}?limit=200")).by("auditor").send().await;
        let whole = whole.expect(200);
        let ids = whole[list].as_array().unwrap().iter().map(|row| &row["id"]);
        assert!(seen.iter().map(|row| &row.0).eq(ids), "each once");
    }
}

#[tokio::test]
async fn nobody_makes_rotates_or_revokes_a_key_that_sees_more_than_their_own() {
    let service = Service::start().await;
    let new = json!({ "principal": "admin", "customers": ["c-7"] });
    let limited = service.must("admin", "/api/admin/keys", &new).await;
    let bearer = format!("Bearer {}", limited["key"].as_str().unwrap());
    let new = json!({ "principal": "second" });
    let whole = service.must("admin", "/api/admin/keys", &new).await;
    let post = |path: &str, body: Value| {
        service.post(path).header("authorization", &bearer).json(&body).send()
    };
    for customers in [Value::Null, json!(["c-8"]), json!(["c-7", "c-8"])] {
        let new = json!({ "principal": "client", "customers": customers });
        post("/api/admin/keys", new).await.expect_problem(403, "forbidden");
    }
    let path = format!("/api/admin/keys/{}", whole["id"].as_str().unwrap());
    post(&format!("{path}/rotate"), json!({})).await.expect_problem(404, "key-not-found");
    let revoke = service.ask(reqwest::Method::DELETE, &path).header("authorization", &bearer);
    revoke.send().await.expect_problem(404, "key-not-found");
    let listed = service.get("/api/admin/keys").header("authorization", &bearer).send().await;
    assert_eq!(listed.expect(200)["keys"].as_array().unwrap().len(), 1, "its own");
    assert_eq!(status_at(&service, &service.url, &whole).await, 200);
}

#[tokio::test]
async fn a_keys_last_use_is_noted_once_a_minute_however_often_it_is_used() {
    let service = Service::start().await;
    let used = "select last_used_at from daftar.api_keys where principal_id = 'auditor'";
    service.get("/api/me").by("auditor").send().await.expect(200);
    let first: DateTime<Utc> = service.database.value(used).await;
    for _ in 0..20 {
        service.get("/api/me").by("auditor").send().await.expect(200);
    }
    assert_eq!(service.database.value::<DateTime<Utc>>(used).await, first);
    service.run("update daftar.api_keys set last_used_at = now() - interval '61 seconds'").await;
    service.get("/api/me").by("auditor").send().await.expect(200);
    assert!(service.database.value::<DateTime<Utc>>(used).await >= first);
}
