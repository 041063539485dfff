//! Changing an order over HTTP: cancelled lines, edits, holds, and what is left on account.

use serde_json::{Value, json};

use crate::goods::{ask, packed, paid, step};
use crate::service::{Service, iqd, transfer_order};

#[tokio::test]
async fn cancelled_lines_give_back_their_share_of_everything() {
    let service = Service::start().await;
    let order = paid(&service).await;
    let body = json!({ "lines": [{ "line": 1, "quantity": "1" }], "reason": "one-too-many" });
    let refused = ask(&service, "warehouse", &order, "cancel-lines", body.clone()).await;
    refused.expect_problem(403, "forbidden");
    let reply = step(&service, "client", &order, "cancel-lines", body).await;
    assert_eq!(reply["given_back"], iqd("36"), "30 of 100, and so much of the delivery fee");
    assert_eq!(reply["order"]["totals"]["due"], iqd("84"));
    assert_eq!(reply["order"]["lines"][0]["ordered"], "3");
    assert_eq!(reply["order"]["lines"][0]["cancelled"], "1");
    let wallet = service.get("/api/customers/c1/wallet").by("client").send().await.expect(200);
    assert_eq!(wallet["wallets"][0]["balance"], iqd("916"));

    let all = json!([{ "line": 1, "quantity": "2" }, { "line": 2, "quantity": "1" }]);
    let body = json!({ "lines": all, "reason": "nothing-after-all" });
    let reply = step(&service, "finance", &order, "cancel-lines", body).await;
    assert_eq!(reply["order"]["phase"], "cancelled");
    assert_eq!(reply["given_back"], iqd("84"));
    let body = json!({ "lines": all, "reason": "again" });
    let refused = ask(&service, "finance", &order, "cancel-lines", body).await;
    let problem = refused.expect_problem(409, "wrong-phase");
    let allowed = json!(["approve_receipt", "reject_receipt", "reopen", "lift_hold"]);
    assert_eq!(problem["allowed_commands"], allowed);
}

#[tokio::test]
async fn an_edit_is_shown_before_it_is_made_and_made_on_the_version_that_was_seen() {
    let service = Service::start().await;
    let order = paid(&service).await;
    let path = format!("/api/orders/{order}/edit");
    let more = json!({
        "lines": [{ "sku": "ACID-1", "quantity": "5", "unit_price": iqd("30") }],
        "delivery": iqd("20"), "total": iqd("170"),
    });
    let edit = |key: &str, version: &Value, body: &Value| {
        let tag = format!("\"v{version}\"");
        service.post(&path).by("client").key(key).header("if-match", &tag).json(body).send()
    };
    let read = async || {
        let read = service.get(&format!("/api/orders/{order}")).by("client").send().await;
        read.expect(200)["order"].clone()
    };
    let version = read().await["version"].clone();
    let blind = service.post(&path).by("client").key("a").json(&more).send().await;
    blind.expect_problem(428, "if-match-required");
    let stale = edit("b", &json!(1), &more).await.expect_problem(412, "stale");
    assert_eq!(stale["version"], version);

    let tag = format!("\"v{version}\"");
    let seen = service.post(&format!("{path}?dry_run=true")).by("client").header("if-match", &tag);
    let seen = seen.json(&more).send().await.expect(200);
    assert_eq!(seen["dry_run"], true);
    assert_eq!(seen["order"]["totals"]["due"], iqd("170"));
    assert_eq!(seen["order"]["received"], iqd("120"));
    assert_eq!(seen["order"]["owed"], iqd("50"));
    assert_eq!(seen["given_back"], iqd("0"));
    assert_eq!(read().await["totals"]["due"], iqd("120"), "it was only shown");

    let edited = edit("c", &version, &more).await.expect(200);
    assert_eq!(edited["order"]["phase"], "awaiting_payment");
    assert!(edited["order"]["deadline"].is_string());
    let mut less = json!({
        "lines": [{ "sku": "ACID-1", "quantity": "1", "unit_price": iqd("30") }],
        "total": iqd("31"),
    });
    let version = &edited["order"]["version"];
    edit("d", version, &less).await.expect_problem(422, "totals-disagree");
    less["total"] = iqd("30");
    let edited = edit("e", version, &less).await.expect(200);
    assert_eq!(edited["given_back"], iqd("90"));
    assert_eq!(edited["order"]["owed"], iqd("0"));

    step(&service, "finance", &order, "release", json!({})).await;
    step(&service, "warehouse", &order, "start-processing", json!({})).await;
    let packed = step(&service, "warehouse", &order, "pack", json!({})).await;
    let late = edit("f", &packed["order"]["version"], &more).await;
    assert_eq!(late.expect_problem(409, "wrong-phase")["phase"], "packed");
    let who = service.post(&path).by("warehouse").key("g").header("if-match", "*").json(&more);
    who.send().await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn a_department_holds_an_order_for_itself_and_lets_it_go_itself() {
    let service = Service::start().await;
    let order = paid(&service).await;
    let hold = json!({ "department": "finance", "reason": "odd address" });
    let refused = ask(&service, "logistics", &order, "hold", hold.clone()).await;
    refused.expect_problem(403, "forbidden");
    let reply = step(&service, "finance", &order, "hold", hold.clone()).await;
    assert_eq!(reply["order"]["holds"], json!([hold]));
    assert_eq!(reply["order"]["phase"], "finance_review");
    let work = service.get("/api/management/orders?department=finance").by("warehouse").send();
    let row = work.await.expect(200)["orders"][0].clone();
    assert_eq!(row["on_hold_departments"], json!(["finance"]));
    assert_eq!(row["on_hold_reasons"], json!(["odd address"]));
    let refused = ask(&service, "finance", &order, "release", json!({})).await;
    assert_eq!(refused.expect_problem(409, "on-hold")["department"], "finance");
    let lift = json!({ "department": "finance" });
    let refused = ask(&service, "warehouse", &order, "lift-hold", lift.clone()).await;
    refused.expect_problem(403, "forbidden");
    let lifted = step(&service, "admin", &order, "lift-hold", lift).await;
    assert_eq!(lifted["order"]["holds"], json!([]));
    step(&service, "finance", &order, "release", json!({})).await;
    let gone = json!({ "reason": "changed-my-mind" });
    step(&service, "client", &order, "cancel", gone).await;
    let refused = ask(&service, "finance", &order, "hold", hold).await;
    refused.expect_problem(409, "wrong-phase");
}

#[tokio::test]
async fn what_is_owed_is_left_on_account_only_where_goods_are_out() {
    let service = Service::start().await;
    let placed = service.must("client", "/api/orders", &transfer_order("c1", "50")).await;
    let order = placed["order"]["id"].as_str().unwrap();
    let refused = ask(&service, "finance", order, "leave-on-account", json!({})).await;
    refused.expect_problem(409, "wrong-phase");
    let refused = ask(&service, "logistics", order, "leave-on-account", json!({})).await;
    refused.expect_problem(403, "forbidden");
    service.top_up("c1", "50").await;
    step(&service, "client", order, "pay-from-wallet", json!({})).await;
    let settled = step(&service, "finance", order, "leave-on-account", json!({})).await;
    assert_eq!(settled["events"], json!([]), "nothing is owed");
}

#[tokio::test]
async fn a_completed_order_is_opened_again_for_another_return_window() {
    let service = Service::start().await;
    let order = paid(&service).await;
    for (who, what, body) in [
        ("finance", "release", json!({})),
        ("warehouse", "start-processing", json!({})),
        ("warehouse", "pack", json!({})),
        ("logistics", "dispatch", json!({ "carrier": "taxi", "with_code": false })),
        ("logistics", "deliver", json!({})),
        ("logistics", "complete", json!({})),
    ] {
        step(&service, who, &order, what, body).await;
    }
    let reopened = step(&service, "finance", &order, "reopen", json!({})).await;
    assert_eq!(reopened["order"]["phase"], "delivered");
    assert!(reopened["order"]["return_until"].is_string());
}

#[tokio::test]
async fn a_hold_is_a_departments_own_and_cannot_be_proposed() {
    let service = Service::start().await;
    let order = packed(&service).await;
    let body = json!({ "department": "warehouse", "reason": "why" });
    for (step, body) in [("hold", body), ("lift-hold", json!({ "department": "warehouse" }))] {
        let path = format!("/api/orders/{order}/{step}?propose=true");
        let ask = service.post(&path).by("warehouse").key(step).json(&body).send().await;
        let problem = ask.expect_problem(400, "invalid-query");
        assert_eq!(problem["errors"][0]["pointer"], "propose", "{problem}");
    }
}
