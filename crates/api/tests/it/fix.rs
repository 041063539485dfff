//! Finding and fixing over HTTP.

use serde_json::json;

use crate::service::Service;

#[tokio::test]
async fn a_plan_is_stored_shown_approved_by_another_person_and_applied() {
    let service = Service::start().await;
    let none = service.get("/api/admin/inconsistencies").by("auditor").send().await.expect(200);
    assert_eq!(none["orders"], json!([]));
    let ask = |body: serde_json::Value| {
        service.post("/api/admin/emergency-order-fix").by("admin").json(&body).send()
    };
    ask(json!({ "ticket": "T-1" })).await.expect_problem(400, "invalid-body");
    let plan = ask(json!({ "ticket": "T-1", "reason": "a look" })).await.expect(200);
    let digest = plan["digest"].as_str().unwrap();

    let approve = format!("/api/admin/emergency-order-fix/{digest}/approve");
    let own = service.post(&approve).by("admin").json(&json!({})).send().await;
    own.expect_problem(409, "own-plan");
    let approved = service.post(&approve).by("second").json(&json!({})).send().await.expect(200);
    assert_eq!(approved["approved_by"], json!(["second"]));
    let applied = ask(json!({ "apply": true, "plan": digest })).await.expect(200);
    assert_eq!(applied["orders"], json!([]));

    let unknown = ask(json!({ "apply": true, "plan": "0".repeat(64) })).await;
    unknown.expect_problem(404, "plan-not-found");
    let mixed = json!({ "apply": true, "plan": digest, "ticket": "T-2" });
    ask(mixed).await.expect_problem(400, "invalid-body");
    let order = json!({ "orders": ["M2500001"], "ticket": "T-1", "reason": "a look" });
    ask(order).await.expect_problem(404, "order-not-found");
    let by_client = service.post("/api/admin/emergency-order-fix").by("client");
    by_client.json(&json!({})).send().await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn whoever_made_a_plan_cannot_approve_it_through_a_service_of_their_own() {
    let service = Service::start().await;
    let bot = json!({ "id": "bot", "kind": "service", "role": "admin", "owner": "admin" });
    service.post("/api/admin/principals").by("admin").json(&bot).send().await.expect(201);
    let key = json!({ "principal": "bot" });
    let key = service.post("/api/admin/keys").by("admin").json(&key).send().await.expect(201);
    let bearer = format!("Bearer {}", key["key"].as_str().unwrap());
    let wish = json!({ "ticket": "T-1", "reason": "a look" });
    let plan = service.post("/api/admin/emergency-order-fix").by("admin").json(&wish).send().await;
    let plan = plan.expect(200);

    let path =
        format!("/api/admin/emergency-order-fix/{}/approve", plan["digest"].as_str().unwrap());
    let approved =
        service.post(&path).header("authorization", &bearer).json(&json!({})).send().await;

    approved.expect_problem(409, "own-plan");
}
