//! Two persons over HTTP: one proposes, another approves.

use reqwest::Method;
use serde_json::{Value, json};

use crate::service::{Answer, Service, iqd, wallet_order};

const TOP_UPS: &str = "/api/customers/c1/wallet/deposits";

fn much() -> Value {
    json!({ "amount": iqd("2000000"), "payment": { "cash": {} } })
}

/// A proposal by finance, and its id.
async fn proposed(service: &Service, key: &str) -> (Answer, String) {
    let path = format!("{TOP_UPS}?propose=true");
    let answer = service.post(&path).by("finance").key(key).json(&much()).send().await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let id = answer.json()["approval"]["id"].as_str().unwrap().to_owned();
    (answer, id)
}

async fn approve(service: &Service, who: &str, id: &str) -> Answer {
    service.post(&format!("/api/approvals/{id}/approve")).by(who).json(&json!({})).send().await
}

async fn reject(service: &Service, who: &str, id: &str) -> Answer {
    let body = json!({ "reason": "not ours" });
    service.post(&format!("/api/approvals/{id}/reject")).by(who).json(&body).send().await
}

async fn show(service: &Service, id: &str) -> Value {
    let path = format!("/api/approvals/{id}");
    service.get(&path).by("auditor").send().await.expect(200)["approval"].clone()
}

async fn balance(service: &Service) -> Value {
    let read = service.get("/api/customers/c1/wallet").by("finance").send().await.expect(200);
    read["wallets"][0]["balance"].clone()
}

/// A key that a test has made over HTTP.
async fn key_of(service: &Service, principal: &str) -> (String, String) {
    let made = service.must("admin", "/api/admin/keys", &json!({ "principal": principal })).await;
    (made["id"].as_str().unwrap().to_owned(), made["key"].as_str().unwrap().to_owned())
}

async fn approve_with(service: &Service, key: &str, id: &str) -> Answer {
    let ask = service.post(&format!("/api/approvals/{id}/approve"));
    ask.header("authorization", &format!("Bearer {key}")).json(&json!({})).send().await
}

#[tokio::test]
async fn what_needs_a_second_person_is_proposed_shown_and_approved() {
    let service = Service::start().await;
    let alone = service.post(TOP_UPS).by("finance").key("k1").json(&much()).send().await;
    alone.expect_problem(422, "needs-second-person");

    let (answer, id) = proposed(&service, "k1").await;
    assert_eq!(answer.header("location"), Some(format!("/api/approvals/{id}").as_str()));
    let told = answer.json();
    assert_eq!(told["dry_run"], true);
    let types = |reply: &Value| -> Vec<Value> {
        reply["events"].as_array().unwrap().iter().map(|event| event["type"].clone()).collect()
    };
    assert!(!types(&told).is_empty());
    assert_eq!(told["wallet"]["balance"], iqd("2000000"), "what it would hold");
    assert_eq!(told["approval"]["state"], "open");
    assert_eq!(told["approval"]["route"], format!("POST {}", TOP_UPS.replace("c1", "{customer}")));
    assert_eq!(balance(&service).await, Value::Null, "nothing happened");
    let open = service.get("/api/approvals?state=open").by("finance").send().await.expect(200);
    assert_eq!(open["approvals"], json!([show(&service, &id).await]));

    let applied = approve(&service, "second", &id).await;
    assert_eq!(applied.header("idempotency-replayed"), None);
    let first = applied.expect(200);
    assert_eq!(types(&first), types(&told), "exactly what was shown");
    assert_eq!(first["approved_by"], "second");
    assert_eq!(balance(&service).await, iqd("2000000"));
    let shown = show(&service, &id).await;
    assert_eq!((&shown["state"], &shown["decided_by"]), (&json!("applied"), &json!("second")));
    let open = service.get("/api/approvals?state=open").by("finance").send().await.expect(200);
    assert_eq!(open["approvals"], json!([]));

    let before = service.recorded().await;
    let again = approve(&service, "second", &id).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(200), first);
    reject(&service, "second", &id).await.expect_problem(409, "approval-decided");
    let late = service.post(&format!("{TOP_UPS}?propose=true")).by("finance").key("k1");
    assert_eq!(late.json(&much()).send().await.expect(200)["approval"]["state"], "applied");
    assert_eq!(service.recorded().await, before);
}

#[tokio::test]
async fn an_approver_is_another_person_who_could_do_it_alone() {
    let service = Service::start().await;
    let robot = json!({ "id": "robot", "kind": "service", "role": "finance", "owner": "finance" });
    service.must("admin", "/api/admin/principals", &robot).await;
    let (_, id) = proposed(&service, "k1").await;
    let (_, second_key) = key_of(&service, "finance").await;
    let (_, robots_key) = key_of(&service, "robot").await;

    approve(&service, "finance", &id).await.expect_problem(403, "same-person");
    approve_with(&service, &second_key, &id).await.expect_problem(403, "same-person");
    approve_with(&service, &robots_key, &id).await.expect_problem(403, "forbidden");
    for who in ["auditor", "client", "gateway", "limited"] {
        approve(&service, who, &id).await.expect_problem(403, "forbidden");
        reject(&service, who, &id).await.expect_problem(403, "forbidden");
    }
    // They may decide on proposals, and not on this one: nor do they see it.
    for who in ["warehouse", "logistics"] {
        approve(&service, who, &id).await.expect_problem(404, "approval-not-found");
        let path = format!("/api/approvals/{id}");
        service.get(&path).by(who).send().await.expect_problem(404, "approval-not-found");
    }
    // What a service proposes is its owner's.
    let ask = service.post(&format!("{TOP_UPS}?propose=true")).key("k2").json(&much());
    let robots = ask.header("authorization", &format!("Bearer {robots_key}")).send().await;
    let robots = robots.expect(202)["approval"]["id"].as_str().unwrap().to_owned();
    approve(&service, "finance", &robots).await.expect_problem(403, "same-person");
    // Nobody's service has nobody to agree with.
    let order = service.post("/api/orders?propose=true").by("client").key("k3");
    let order = order.json(&wallet_order("c1", "1")).send().await;
    order.expect_problem(403, "forbidden");
    assert_eq!(balance(&service).await, Value::Null);
    approve(&service, "admin", &id).await.expect(200);
}

#[tokio::test]
async fn one_who_reads_everything_cannot_approve_what_only_admins_do() {
    let service = Service::start().await;
    let body = json!({ "payment_minutes": 45, "reason": "Eid" });
    let path = "/api/admin/book-settings?propose=true";
    let answer = service.post(path).by("admin").key("k1").json(&body).send().await.expect(202);
    let id = answer["approval"]["id"].as_str().unwrap();
    approve(&service, "finance", id).await.expect_problem(403, "forbidden");
    approve(&service, "second", id).await.expect(200);
    let read = service.get("/api/book/settings").by("client").send().await.expect(200);
    assert_eq!(read["settings"]["payment_minutes"], 45);
}

#[tokio::test]
async fn a_stale_version_and_a_rules_refusal_leave_a_proposal_open() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let order = service.must("client", "/api/orders", &wallet_order("c1", "60")).await;
    let order = order["order"]["id"].as_str().unwrap();
    let release = format!("/api/orders/{order}/release?propose=true");
    let stale = service.post(&release).by("finance").key("k1").header("if-match", "\"v2\"");
    let stale = stale.json(&json!({})).send().await.expect(202);
    let plain = service.post(&release).by("finance").key("k2").json(&json!({}));
    let plain = plain.send().await.expect(202);
    let body = json!({ "reason": "changed-mind" });
    service.must("client", &format!("/api/orders/{order}/cancel"), &body).await;

    for _ in 0..2 {
        let id = stale["approval"]["id"].as_str().unwrap();
        let problem = approve(&service, "second", id).await.expect_problem(412, "stale");
        assert_eq!((&problem["expected_version"], &problem["version"]), (&json!(2), &json!(3)));
        assert_eq!(show(&service, id).await["state"], "open");
        let id = plain["approval"]["id"].as_str().unwrap();
        approve(&service, "second", id).await.expect_problem(409, "wrong-phase");
        assert_eq!(show(&service, id).await["state"], "open");
    }
    // What is refused whoever agrees is no proposal.
    let again = service.post(&release).by("finance").key("k3").json(&json!({})).send().await;
    again.expect_problem(409, "wrong-phase");
}

#[tokio::test]
async fn a_rejected_request_stays_rejected_and_says_so() {
    let service = Service::start().await;
    let (_, id) = proposed(&service, "k1").await;
    let rejected = reject(&service, "second", &id).await.expect(200);
    assert_eq!(rejected["approval"]["state"], "rejected");
    assert_eq!(rejected["approval"]["decision_reason"], "not ours");
    reject(&service, "second", &id).await.expect(200);
    approve(&service, "second", &id).await.expect_problem(409, "approval-decided");
    let retry = service.post(TOP_UPS).by("finance").key("k1").json(&much()).send().await;
    let problem = retry.expect_problem(409, "approval-decided");
    assert_eq!(problem["rejection"], "not ours");
    let unknown = "00000000-0000-4000-8000-00000000dead";
    approve(&service, "second", unknown).await.expect_problem(404, "approval-not-found");
}

#[tokio::test]
async fn what_is_late_or_made_with_a_key_that_was_revoked_is_refused() {
    let service = Service::start().await;
    let (_, late) = proposed(&service, "k1").await;
    let (key_id, key) = key_of(&service, "finance").await;
    let ask = service.post(&format!("{TOP_UPS}?propose=true")).key("k2").json(&much());
    let revoked = ask.header("authorization", &format!("Bearer {key}")).send().await.expect(202);
    let revoked = revoked["approval"]["id"].as_str().unwrap();
    let path = format!("/api/admin/keys/{key_id}");
    assert_eq!(service.ask(Method::DELETE, &path).by("admin").send().await.status, 204);

    approve(&service, "second", revoked).await.expect_problem(409, "approval-proposer-revoked");
    service.run("update daftar.approvals set expires_at = now()").await;
    approve(&service, "second", &late).await.expect_problem(409, "approval-expired");
    assert_eq!(show(&service, &late).await["state"], "expired");
    assert_eq!(balance(&service).await, Value::Null);
}

#[tokio::test]
async fn a_retry_finds_its_proposal_and_a_changed_one_is_refused() {
    let service = Service::start().await;
    let (first, id) = proposed(&service, "k1").await;
    let (again, same) = proposed(&service, "k1").await;
    assert_eq!((&id, first.json()), (&same, again.json()));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let path = format!("{TOP_UPS}?propose=true");
    let other = json!({ "amount": iqd("3000000"), "payment": { "cash": {} } });
    let other = service.post(&path).by("finance").key("k1").json(&other).send().await;
    other.expect_problem(422, "idempotency-key-reused");
    let bare = service.post(&path).by("finance").json(&much()).send().await;
    bare.expect_problem(400, "idempotency-key-missing");
    let both = service.post(&format!("{path}&dry_run=true")).by("finance").key("k2");
    both.json(&much()).send().await.expect_problem(400, "invalid-query");
    // What was done is answered, not proposed.
    let small = json!({ "amount": iqd("5"), "payment": { "cash": {} } });
    let ask = |path: &str| service.post(path).by("finance").key("k3").json(&small).send();
    let done = ask(TOP_UPS).await.expect(200);
    assert_eq!(ask(&path).await.expect(200), done);
}

#[tokio::test]
async fn the_timeline_names_both_persons() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let order = service.must("client", "/api/orders", &wallet_order("c1", "60")).await;
    let order = order["order"]["id"].as_str().unwrap();
    let release = format!("/api/orders/{order}/release?propose=true");
    let proposed = service.post(&release).by("finance").key("k1").json(&json!({}));
    let proposed = proposed.send().await.expect(202);
    approve(&service, "admin", proposed["approval"]["id"].as_str().unwrap()).await.expect(200);

    let path = format!("/api/orders/{order}/timeline");
    let steps = service.get(&path).by("auditor").send().await.expect(200);
    let steps = steps["steps"].as_array().unwrap().clone();
    let last = steps.last().unwrap();
    assert_eq!((&last["actor"], &last["approved_by"]), (&json!("finance"), &json!("admin")));
    assert_eq!(steps[0]["approved_by"], Value::Null);
}
