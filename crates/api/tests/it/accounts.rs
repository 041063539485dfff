//! Payments, settings and the audit's routes.

use serde_json::{Value, json};

use crate::service::{Service, iqd, transfer_order, wallet_order};

#[tokio::test]
async fn a_payment_waits_until_it_is_allocated_to_an_order_and_to_a_wallet() {
    let service = Service::start().await;
    let transfer = json!({ "account": "rafidain-1", "reference": "R-1", "date": "2025-11-20" });
    let body = json!({ "amount": iqd("100"), "kind": { "bank_transfer": transfer } });
    let recorded = service.must("finance", "/api/payments", &body).await;
    assert_eq!(recorded["payment"]["unallocated"], iqd("100"));
    let again = service.must("finance", "/api/payments", &body).await;
    assert_eq!(again["events"], json!([]), "a transfer told of twice is one payment");
    assert_eq!(again["payment"]["id"], recorded["payment"]["id"]);
    let order = service.must("client", "/api/orders", &transfer_order("c1", "70")).await;

    let path = format!("/api/payments/{}/allocate", recorded["payment"]["id"].as_str().unwrap());
    let to_order = json!({ "to": { "order": order["order"]["id"] } });
    let allocated = service.must("finance", &path, &to_order).await;
    assert_eq!(allocated["payment"]["unallocated"], iqd("30"));
    let to_wallet = json!({ "amount": iqd("30"), "to": { "customer": "c1" } });
    let allocated = service.must("finance", &path, &to_wallet).await;
    assert_eq!(allocated["payment"]["unallocated"], iqd("0"));
}

#[tokio::test]
async fn settings_change_together_with_a_reason() {
    let service = Service::start().await;
    let body = json!({ "payment_minutes": 45, "bank_transfer_hours": 24, "reason": "Eid" });

    let changed = service.must("admin", "/api/admin/book-settings", &body).await;

    assert_eq!(changed["events"].as_array().unwrap().len(), 2);
    let read = service.get("/api/book/settings").by("client").send().await;
    assert_eq!(read.header("etag"), Some("\"v2\""));
    let read = read.expect(200);
    assert_eq!(read["settings"]["payment_minutes"], 45);
    assert_eq!(read["settings"]["four_eyes_threshold"], iqd("1000000"));
    let half = json!({ "payment_minutes": 46, "bank_transfer_hours": 0, "reason": "typo" });
    let refused = service.post("/api/admin/book-settings").by("admin").json(&half).send().await;
    refused.expect_problem(422, "setting-out-of-range");
    let read = service.get("/api/book/settings").by("client").send().await.expect(200);
    assert_eq!(read["settings"]["payment_minutes"], 45, "all or none");
}

/// A value that a setting does not have.
fn another(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("time_zone", _) => json!("UTC"),
        ("number_prefix", _) => json!("QX"),
        ("settlement_unit", _) => json!("250"),
        ("working_days", _) => json!(["Sat", "Sun"]),
        ("working_hours", _) => json!("08:30-14:00"),
        (_, Value::Number(number)) => json!(number.as_u64().unwrap() + 1),
        (_, Value::Array(_)) => json!(["IQD", "USD"]),
        (_, Value::Object(_)) => iqd("5"),
        (name, value) => panic!("say what else than {value} {name} can be"),
    }
}

#[tokio::test]
async fn every_setting_is_shown_explained_and_changed_under_its_name() {
    let service = Service::start().await;
    let read = async || service.get("/api/book/settings").by("client").send().await.expect(200);
    let before = read().await;
    let described = before["described"].as_array().unwrap().clone();
    assert_eq!(described.len(), before["settings"].as_object().unwrap().len() - 1);
    assert_eq!(described.len(), ledger::book_settings::names().len());
    for one in &described {
        let name = one["name"].as_str().unwrap();
        assert_eq!(one["value"], before["settings"][name], "{name}");
        assert_eq!(one["value"], one["default"], "a new book has the defaults: {name}");
        assert!(!one["unit"].as_str().unwrap().is_empty(), "{name}");
        assert!(!one["meaning"].as_str().unwrap().is_empty(), "{name}");
        let other = another(name, &one["value"]);
        let body = json!({ name: other, "reason": "policy", "ticket": "T-1" });

        if name == "time_zone" {
            // A business day that begins anew takes two.
            let path = "/api/admin/book-settings?propose=true";
            let asked = service.post(path).by("admin").key("zone").json(&body).send().await;
            let id = asked.expect(202)["approval"]["id"].as_str().unwrap().to_owned();
            service.must("second", &format!("/api/approvals/{id}/approve"), &json!({})).await;
        } else {
            let changed = service.must("admin", "/api/admin/book-settings", &body).await;
            assert_eq!(changed["events"].as_array().unwrap().len(), 1, "{changed}");
            assert_eq!(changed["settings"][name], other);
        }
        assert_eq!(read().await["settings"][name], other, "{name}");
    }
    let events = service.get("/api/events?after=0").by("auditor").send().await.expect(200);
    let metadata = &events["events"][0]["metadata"];
    for (name, is) in [("reason", "policy"), ("ticket", "T-1"), ("actor_id", "admin")] {
        assert_eq!(metadata[name], is, "{metadata}");
    }
}

#[tokio::test]
async fn a_change_of_no_setting_of_one_twice_or_of_an_unknown_one_is_refused() {
    let service = Service::start().await;
    let refused = async |text: &'static str| {
        let ask = service.post("/api/admin/book-settings").by("admin").raw(text);
        let problem = ask.send().await.expect_problem(400, "invalid-body");
        let fault = &problem["errors"][0];
        (fault["pointer"].as_str().unwrap().to_owned(), fault["code"].as_str().unwrap().to_owned())
    };
    for (text, pointer, code) in [
        (r#"{"reason":"why"}"#, "", "nothing-to-change"),
        (r#"{"reason":"why","payment_minutes":1,"payment_minutes":2}"#, "", "duplicate-field"),
        (r#"{"reason":"why","grace":1}"#, "/grace", "unknown-field"),
        (r#"{"payment_minutes":1}"#, "", "missing-field"),
        (
            r#"{"reason":"why","four_eyes_threshold":{"amount":5,"currency":"IQD"}}"#,
            "/four_eyes_threshold/amount",
            "wrong-type",
        ),
    ] {
        assert_eq!(refused(text).await, (pointer.to_owned(), code.to_owned()), "{text}");
    }
    assert_eq!(service.recorded().await, (0, 0));
}

#[tokio::test]
async fn the_auditor_sees_a_trial_balance_of_zero_and_a_chain_that_holds() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    service.must("client", "/api/orders", &wallet_order("c1", "60")).await;

    let balance = service.get("/api/audit/trial-balance").by("auditor").send().await.expect(200);
    assert_eq!(balance["differences"], json!([iqd("0")]));
    assert!(!balance["accounts"].as_array().unwrap().is_empty());
    let before = service.get("/api/audit/trial-balance?as_of=0").by("auditor").send().await;
    assert_eq!(before.expect(200)["accounts"], json!([]));

    let first = service.get("/api/events?after=0&limit=2").by("auditor").send().await;
    let first = first.expect(200);
    assert_eq!(first["events"].as_array().unwrap().len(), 2);
    assert!(first["next"].as_str().unwrap().starts_with("2."), "{first}");
    let chain = service.get("/api/audit/chain").by("auditor").send().await.expect(200);
    assert_eq!(chain["findings"], json!([]));
    assert_eq!(chain["checked_up_to"], chain["position"]);
}

#[tokio::test]
async fn a_node_says_that_it_lives_and_is_ready() {
    let service = Service::start().await;
    service.get("/livez").send().await.expect(204);
    let ready = service.get("/readyz").send().await.expect(200);
    assert_eq!(ready["position"], 0);
}
