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
