//! Changes beside the log: done once under a key, and answered alike ever after.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::service::Service;

/// Comes with a signature, and the gateway's own id is what makes it once.
const SIGNED: &str = "/api/gateways/{book}/{gateway}/callback";

#[test]
fn every_post_takes_an_idempotency_key() {
    let document: Value = serde_json::from_str(&api::openapi_document()).unwrap();
    let mut posts = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let post = &item["post"];
        if post.is_null() || path == SIGNED {
            continue;
        }
        posts += 1;
        let names: BTreeSet<&str> = post["parameters"]
            .as_array()
            .unwrap_or_else(|| panic!("{path}"))
            .iter()
            .filter_map(|one| one["$ref"].as_str().or_else(|| one["name"].as_str()))
            .collect();
        assert!(names.iter().any(|name| name.contains("IdempotencyKey")), "{path}: {names:?}");
    }
    assert!(posts > 55, "{posts}");
}

#[tokio::test]
async fn a_key_is_made_once_and_its_retry_shows_the_same_secret() {
    let service = Service::start().await;
    let make = |body: Value| service.post("/api/admin/keys").by("admin").key("k-1").json(&body);
    let first = make(json!({ "principal": "finance" })).send().await;
    let count = keys(&service).await;
    let second = make(json!({ "principal": "finance", "customers": null })).send().await;

    assert_eq!(first.status, 201);
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(second.status, 201);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.text, second.text);
    assert_eq!(keys(&service).await, count);
    make(json!({ "principal": "client" }))
        .send()
        .await
        .expect_problem(422, "idempotency-key-reused");
    let elsewhere = service.post("/api/admin/principals").by("admin").key("k-1");
    let body = json!({ "id": "zed", "kind": "person", "role": "client" });
    elsewhere.json(&body).send().await.expect_problem(422, "idempotency-key-reused");
    let other = service.post("/api/admin/keys").by("second").key("k-1");
    let other = other.json(&json!({ "principal": "finance" })).send().await;
    assert_eq!(other.header("idempotency-replayed"), None);
    assert_ne!(other.expect(201)["key"], first.json()["key"]);
}

#[tokio::test]
async fn a_key_of_a_command_is_not_one_of_a_change_beside_the_log() {
    let service = Service::start().await;
    let body = json!({ "owner": "finance", "reason": "a difference", "currency": "IQD" });
    service.post("/api/suspense-items").by("admin").key("one").json(&body).send().await.expect(201);
    let body = json!({ "principal": "finance" });
    let key = service.post("/api/admin/keys").by("admin").key("one").json(&body).send().await;
    key.expect_problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn a_key_of_a_change_beside_the_log_is_not_one_of_a_command() {
    let service = Service::start().await;
    let body = json!({ "principal": "finance" });
    service.post("/api/admin/keys").by("admin").key("one").json(&body).send().await.expect(201);
    let before = service.recorded().await;
    let body = json!({ "owner": "finance", "reason": "a difference", "currency": "IQD" });
    let item = service.post("/api/suspense-items").by("admin").key("one").json(&body).send().await;
    item.expect_problem(422, "idempotency-key-reused");
    assert_eq!(service.recorded().await, before);
}

#[tokio::test]
async fn fifty_at_once_make_one_key() {
    let service = Service::start().await;
    let body = json!({ "principal": "finance" });
    let before = keys(&service).await;
    let asks = (0..50)
        .map(|_| service.post("/api/admin/keys").by("admin").key("at once").json(&body).send());
    let answers = futures::future::join_all(asks).await;
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == answers[0].text));
    let first_hand =
        answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count();
    assert_eq!(first_hand, 1);
    assert_eq!(keys(&service).await, before + 1);
}

#[tokio::test]
async fn forty_approvals_at_once_do_not_wait_for_each_others_connections() {
    let service = Service::start().await;
    let fix = "/api/admin/emergency-order-fix";
    let wish = json!({ "ticket": "T-1", "reason": "a look" });
    let asks = (0..40).map(|_| service.post(fix).by("admin").key("plan").json(&wish).send());
    let answers = futures::future::join_all(asks).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.text == answers[0].text));
    let apart = (0..40)
        .map(|one| service.post(fix).by("admin").key(&format!("plan {one}")).json(&wish).send());
    let answers = futures::future::join_all(apart).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
}

#[tokio::test]
async fn a_refusal_by_rule_stands_under_its_key_and_what_is_malformed_does_not() {
    let service = Service::start().await;
    let ali = json!({ "id": "ali", "kind": "person", "role": "finance" });
    let ask = |key: &str, body: &Value| {
        service.post("/api/admin/principals").by("admin").key(key).json(body).send()
    };
    ask("a", &json!({ "id": "ali" })).await.expect_problem(400, "invalid-body");
    ask("a", &ali).await.expect(201);
    let refused = ask("b", &ali).await;
    let again = ask("b", &ali).await;
    assert_eq!(refused.header("idempotency-replayed"), None);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(refused.text, again.text);
    again.expect_problem(409, "principal-exists");
    let principal = json!({ "principal": "nobody" });
    let key =
        |key: &str| service.post("/api/admin/keys").by("admin").key(key).json(&principal).send();
    key("c").await.expect_problem(422, "bad-principal");
    let nobody = json!({ "id": "nobody", "kind": "person", "role": "finance" });
    ask("d", &nobody).await.expect(201);
    key("c").await.expect_problem(422, "bad-principal");
    key("e").await.expect(201);
}

#[tokio::test]
async fn a_plan_its_approval_and_its_application_are_replayed() {
    let service = Service::start().await;
    let fix = "/api/admin/emergency-order-fix";
    let ask = |key: &str, body: Value| service.post(fix).by("admin").key(key).json(&body).send();
    let plan = ask("plan", json!({ "ticket": "T-1", "reason": "a look" })).await;
    let again = ask("plan", json!({ "reason": "a look", "ticket": "T-1" })).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(plan.text, again.text);
    let digest = plan.expect(200)["digest"].as_str().unwrap().to_owned();
    let approve = async || {
        let path = format!("{fix}/{digest}/approve");
        service.post(&path).by("second").key("agree").json(&json!({})).send().await
    };
    let (first, second) = (approve().await, approve().await);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.expect(200), second.expect(200));
    let apply = json!({ "apply": true, "plan": digest });
    let (first, second) = (ask("do", apply.clone()).await, ask("do", apply).await);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.text, second.text);
    let other = ask("do", json!({ "ticket": "T-1", "reason": "a look" })).await;
    other.expect_problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn what_has_no_version_takes_no_if_match_and_no_dry_run() {
    let service = Service::start().await;
    let body = json!({ "principal": "finance" });
    let ask = || service.post("/api/admin/keys").by("admin").json(&body);
    ask().header("if-match", "\"v1\"").send().await.expect_problem(400, "invalid-header");
    ask().header("if-match", "*").send().await.expect(201);
    let path = "/api/admin/keys?dry_run=true";
    let dry = service.post(path).by("admin").json(&body).send().await;
    dry.expect_problem(400, "invalid-query");
}

async fn keys(service: &Service) -> usize {
    let listed = service.get("/api/admin/keys").by("admin").send().await.expect(200);
    listed["keys"].as_array().unwrap().len()
}
