//! Keys: made, rotated, limited, revoked.

use serde_json::json;

use crate::service::{Service, iqd, transfer_order};

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
    let place = |key: &serde_json::Value| {
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
    let make = |body: serde_json::Value| {
        service.post("/api/admin/principals").by("admin").json(&body).send()
    };
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
