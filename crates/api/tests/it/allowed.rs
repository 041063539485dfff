//! "Why can't I?": what is said of each command is what its route answers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::goods::{ask, packed, paid, step};
use crate::service::Service;

/// Every command of an order, by its name.
async fn commands(service: &Service, who: &str, order: &str) -> BTreeMap<String, Value> {
    let path = format!("/api/orders/{order}/allowed-commands");
    let body = service.get(&path).by(who).send().await.expect(200);
    let commands = body["commands"].as_array().unwrap().clone();
    let named = commands.into_iter().map(|one| (one["command"].as_str().unwrap().to_owned(), one));
    named.collect()
}

#[tokio::test]
async fn each_command_is_allowed_or_names_the_guard_that_its_route_answers_with() {
    let service = Service::start().await;
    let order = packed(&service).await;
    let before = service.recorded().await;
    let seen = commands(&service, "admin", &order).await;
    assert_eq!(service.recorded().await, before, "nothing is left of it");
    assert_eq!(seen["dispatch"], json!({ "command": "dispatch", "allowed": true }));
    assert_eq!(seen["pack"]["changes_nothing"], true, "it is packed");
    assert_eq!(seen["lift_hold"]["changes_nothing"], true);
    assert!(!seen.contains_key("expire"), "nobody asks for that");

    let some = json!({ "lines": [{ "line": 1, "quantity": "1" }], "reason": "r" });
    let nowhere = json!({ "shipment": "00000000-0000-4000-8000-00000000dead" });
    for (command, route, body) in [
        ("start_processing", "start-processing", json!({})),
        ("return_goods", "returns", some),
        ("refund", "refunds", json!({ "fees": true, "reason": "r" })),
        ("complete", "complete", json!({})),
        ("retry_delivery", "retry-delivery", nowhere),
        ("reopen", "reopen", json!({})),
    ] {
        let guard = &seen[command]["guard"];
        assert_eq!(seen[command]["allowed"], false, "{command}");
        let answer = ask(&service, "admin", &order, route, body).await.json();
        for member in ["code", "detail", "phase", "step", "allowed_commands"] {
            assert_eq!(guard[member], answer[member], "{command}: {member}");
        }
    }
}

#[tokio::test]
async fn what_the_callers_role_may_not_do_is_forbidden_to_it_as_its_route_says() {
    let service = Service::start().await;
    let order = paid(&service).await;
    let seen = commands(&service, "client", &order).await;
    assert_eq!(seen["cancel"]["allowed"], true);
    assert_eq!(seen["release"]["guard"]["code"], "forbidden");
    assert_eq!(seen["release"]["guard"]["role"], "client");
    let seen = commands(&service, "finance", &order).await;
    assert_eq!(seen["release"]["allowed"], true);
    let hold = json!({ "department": "finance", "reason": "odd address" });
    step(&service, "finance", &order, "hold", hold).await;
    let seen = commands(&service, "finance", &order).await;
    assert_eq!(seen["release"]["guard"]["code"], "on-hold");
    assert_eq!(seen["release"]["guard"]["department"], "finance");
    assert_eq!(seen["lift_hold"], json!({ "command": "lift_hold", "allowed": true }));
    let seen = commands(&service, "auditor", &order).await;
    assert!(seen.values().all(|one| one["guard"]["code"] == "forbidden"), "{seen:?}");
}
