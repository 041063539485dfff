//! Every problem code is met by a test and stands on the page; here are those that no topic of the
//! other files brings about.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use api::{App, Limits, Secrets};
use domain::order::import::Stage;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::goods::{ask, packed, step};
use crate::imported::{old_order, receipt_without_file};
use crate::service::{PDF, Service, iqd, transfer_order, wallet_order};

const UNKNOWN: &str = "00000000-0000-4000-8000-00000000dead";

/// A row of `docs/problems.md`.
pub(crate) struct OnPage {
    pub(crate) status: u16,
    pub(crate) title: String,
}

static PAGE: LazyLock<BTreeMap<String, OnPage>> = LazyLock::new(|| {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/problems.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let row = OnPage { status: cells[1].parse().unwrap(), title: cells[2].to_owned() };
        (cells[0].trim_end_matches('`').to_owned(), row)
    })
    .collect()
});

/// What the page says of a code; a problem that it does not list is none.
#[track_caller]
pub(crate) fn on_page(code: &str) -> &'static OnPage {
    PAGE.get(code).unwrap_or_else(|| panic!("docs/problems.md does not list {code}"))
}

/// The tests' own source: what `main.rs` names as a module, and what those name, without comments
/// and without spaces.
fn source(file: &Path, folder: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_else(|_| panic!("no {}", file.display()));
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let mut whole = String::new();
    for line in lines {
        let module = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'));
        if let Some(name) = module {
            whole += &source(&folder.join(format!("{name}.rs")), &folder.join(name));
        }
        whole.extend(line.chars().filter(|letter| !letter.is_whitespace()));
    }
    whole
}

/// Each code is expected by a test that names its status, too: `expect_problem(409, "on-hold")`
/// holds the whole answer against the page.
#[test]
fn every_code_is_expected_by_a_test_with_its_status() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let source = source(&folder.join("main.rs"), &folder);
    let is_met = |code: &str, status: u16| {
        let call = format!("expect_problem({status},\"{code}\"");
        source.contains(&format!(".{call})")) || source.contains(&format!(".{call},)"))
    };
    let unmet = api::PROBLEM_CODES.iter().filter(|(code, status, _)| !is_met(code, *status));
    let unmet: Vec<&str> = unmet.map(|(code, _, _)| *code).collect();
    assert!(unmet.is_empty(), "no test expects {unmet:#?}");
}

async fn placed(service: &Service, body: &Value) -> String {
    let placed = service.must("client", "/api/orders", body).await;
    placed["order"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_not_there_is_named_by_its_kind() {
    let service = Service::start().await;
    let key = service.ask(reqwest::Method::DELETE, "/api/admin/keys/0000000000000000");
    key.by("admin").send().await.expect_problem(404, "key-not-found");
    let principal = service.post("/api/admin/principals/nobody/disable").by("admin").key("k");
    principal.json(&json!({})).send().await.expect_problem(404, "principal-not-found");
    let get = |path: &str| service.get(&format!("{path}/{UNKNOWN}")).by("admin").send();
    get("/api/payments").await.expect_problem(404, "payment-not-found");
    get("/api/statement-lines").await.expect_problem(404, "statement-line-not-found");
}

#[tokio::test]
async fn a_key_is_replaced_once() {
    let service = Service::start().await;
    let key = service.must("admin", "/api/admin/keys", &json!({ "principal": "client" })).await;
    let path = format!("/api/admin/keys/{}/rotate", key["id"].as_str().unwrap());
    service.must("admin", &path, &json!({})).await;
    let again = service.post(&path).by("admin").key("again").json(&json!({})).send().await;
    again.expect_problem(409, "key-not-live");
}

#[tokio::test]
async fn a_receipt_of_the_old_shop_has_no_file() {
    let service = Service::start().await;
    let order = placed(&service, &transfer_order("c1", "10")).await;
    let receipt = receipt_without_file(&service, &order).await;
    let path = format!("/api/orders/{order}/receipts/{receipt}/file");
    service.get(&path).by("finance").send().await.expect_problem(404, "file-not-found");
}

#[tokio::test]
async fn shipments_are_named() {
    let service = Service::start().await;
    let order = packed(&service).await;
    let nobodys = json!({ "shipment": UNKNOWN, "reason": "why" });
    let part = json!([{ "line": 1, "quantity": "1" }]);
    let first = json!({ "carrier": "taxi", "lines": part, "with_code": false });
    let sent = step(&service, "logistics", &order, "dispatch", first).await;
    let first = sent["order"]["shipments"][0]["id"].clone();
    let missing = ask(&service, "logistics", &order, "fail-delivery", nobodys).await;
    missing.expect_problem(404, "shipment-not-found");
    let coded = ask(&service, "logistics", &order, "deliver", json!({ "code": "123456" })).await;
    coded.expect_problem(422, "no-delivery-code");
    let rest = json!({ "carrier": "van", "with_code": false });
    step(&service, "logistics", &order, "dispatch", rest.clone()).await;
    let which = ask(&service, "logistics", &order, "deliver", json!({})).await;
    which.expect_problem(409, "shipment-unnamed");
    let same = json!({ "shipment": first, "carrier": "van", "with_code": false });
    let same = ask(&service, "logistics", &order, "dispatch", same).await;
    same.expect_problem(409, "shipment-exists");
}

#[tokio::test]
async fn what_is_out_has_a_stage_and_is_not_dispatched_again() {
    let service = Service::start().await;
    let order = packed(&service).await;
    let sent = json!({ "carrier": "taxi", "with_code": false });
    let out = step(&service, "logistics", &order, "dispatch", sent).await;
    let out = &out["order"]["shipments"][0]["id"];
    let failed = json!({ "shipment": out, "reason": "nobody home" });
    step(&service, "logistics", &order, "fail-delivery", failed).await;
    let over = ask(&service, "logistics", &order, "deliver", json!({ "shipment": out })).await;
    over.expect_problem(409, "wrong-shipment-stage");
    let more = json!({ "carrier": "van", "with_code": false });
    let more = ask(&service, "logistics", &order, "dispatch", more).await;
    more.expect_problem(422, "nothing-to-dispatch");
}

#[tokio::test]
async fn lines_that_are_none_or_unknown_come_back_from_nobody() {
    let service = Service::start().await;
    let order = packed(&service).await;
    let body = |lines: Value| json!({ "lines": lines, "reason": "why" });
    let none = ask(&service, "finance", &order, "cancel-lines", body(json!([]))).await;
    none.expect_problem(422, "no-lines");
    let unknown = body(json!([{ "line": 99, "quantity": "1" }]));
    let unknown = ask(&service, "finance", &order, "cancel-lines", unknown).await;
    unknown.expect_problem(422, "line-not-found");
}

#[tokio::test]
async fn an_order_that_does_not_add_up_is_not_placed() {
    let service = Service::start().await;
    let place = |key: &str, change: Value| {
        let mut order = wallet_order("c1", "10");
        order.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        service.post("/api/orders").by("client").key(key).json(&order).send()
    };
    let dollars = json!({ "amount": "1", "currency": "USD" });
    let line = |price: Value| json!([{ "sku": "A", "quantity": "1", "unit_price": price }]);
    place("a", json!({ "lines": [] })).await.expect_problem(422, "line-count");
    let much = json!({ "discount": iqd("11"), "total": iqd("0") });
    place("b", much).await.expect_problem(422, "discount-too-large");
    let below = json!({ "delivery": iqd("-1"), "total": iqd("9") });
    place("c", below).await.expect_problem(422, "negative-charge");
    place("d", json!({ "lines": line(dollars) })).await.expect_problem(422, "bad-amount");
    let part = json!({ "method": "wallet_partial", "wallet_part": iqd("20") });
    place("e", part).await.expect_problem(422, "wallet-part-mismatch");
}

#[tokio::test]
async fn an_id_is_one_orders() {
    let service = Service::start().await;
    let mut order = transfer_order("c1", "10");
    order["id"] = json!("01955611-0000-7000-8000-0000000000a7");
    placed(&service, &order).await;
    let mut other = transfer_order("c1", "11");
    other["id"] = order["id"].clone();
    let other = service.post("/api/orders").by("client").key("other").json(&other).send().await;
    other.expect_problem(409, "order-exists");
}

#[tokio::test]
async fn a_number_that_two_orders_bear_names_none() {
    let service = Service::start().await;
    for _ in 0..2 {
        placed(&service, &transfer_order("c1", "10")).await;
    }
    // No two orders of one book get one number; two books that became one may hold it twice.
    let twice = "do $$ begin alter table daftar.customer_orders disable trigger all; \
                 update daftar.customer_orders set number = 'M1'; end $$";
    service.run(twice).await;
    let read = service.get("/api/orders/M1").by("client").send().await;
    let problem = read.expect_problem(409, "order-number-ambiguous");
    assert_eq!(problem["orders"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_receipt_is_decided_on_once_and_its_file_pays_once() {
    let service = Service::start().await;
    let mut paths = Vec::new();
    for _ in 0..2 {
        let order = placed(&service, &transfer_order("c1", "500")).await;
        let path = format!("/api/orders/{order}/receipts?claimed=500&currency=IQD");
        let shown = service.post(&path).by("client").key(&order).file("application/pdf", PDF);
        let shown = shown.send().await.expect(200);
        let receipt = shown["order"]["receipts"][0]["id"].as_str().unwrap().to_owned();
        paths.push(format!("/api/orders/{order}/receipts/{receipt}"));
    }
    let transfer = |reference: &str| json!({ "account": "rafidain-1", "reference": reference, "date": "2025-11-20" });
    let body = |reference: &str| json!({ "verified": iqd("500"), "transfer": transfer(reference) });
    service.must("finance", &format!("{}/approve", paths[0]), &body("R-1")).await;
    let reject = service.post(&format!("{}/reject", paths[0])).by("finance").key("r");
    let reject = reject.json(&json!({ "reason": "why" })).send().await;
    reject.expect_problem(409, "receipt-decided");
    let other = service.post(&format!("{}/approve", paths[1])).by("finance").key("a");
    other.json(&body("R-2")).send().await.expect_problem(409, "receipt-file-used");
    let mut online = transfer_order("c1", "10");
    online["method"] = json!("online_payment");
    let order = placed(&service, &online).await;
    let path = format!("/api/orders/{order}/receipts");
    let shown = service.post(&path).by("client").key("k").file("application/pdf", PDF).send().await;
    shown.expect_problem(422, "no-receipt-needed");
}

#[tokio::test]
async fn a_closed_wallet_is_asked_for_nothing_and_a_transfer_pays_one_withdrawal() {
    let service = Service::start().await;
    service.top_up("c1", "10").await;
    let withdraw = async || {
        let destination = json!({ "iban": "IQ98NBIQ850123456789012", "holder": "N" });
        let body = json!({ "amount": iqd("5"), "destination": destination });
        let asked = service.must("client", "/api/customers/c1/wallet/withdrawals", &body).await;
        format!("/api/wallet-withdrawals/{}/pay", asked["request"].as_str().unwrap())
    };
    let (one, two) = (withdraw().await, withdraw().await);
    let paid = json!({ "account": "rafidain-1", "reference": "OUT-1" });
    service.must("finance", &one, &paid).await;
    let again = service.post(&two).by("finance").key("again").json(&paid).send().await;
    again.expect_problem(409, "payout-reference-used");
    let paid = json!({ "account": "rafidain-1", "reference": "OUT-2" });
    service.must("finance", &two, &paid).await;
    let close = json!({ "currency": "IQD", "reason": "left" });
    service.must("finance", "/api/customers/c1/wallet/close", &close).await;
    let path = "/api/customers/c1/wallet/top-ups?currency=IQD";
    let asked = service.post(path).by("client").key("k").file("application/pdf", PDF).send().await;
    asked.expect_problem(409, "wallet-closed");
}

#[tokio::test]
async fn an_order_that_owes_is_not_handed_over() {
    let service = Service::start().await;
    let order = old_order(&service, Stage::Dispatched, "70").await;
    let deliver = ask(&service, "logistics", &order, "deliver", json!({})).await;
    assert_eq!(deliver.expect_problem(422, "not-settled")["owed"], iqd("70"));
}

#[tokio::test]
async fn a_line_of_one_account_is_no_payment_to_another() {
    let service = Service::start().await;
    let transfer = json!({ "account": "other-1", "reference": "R-1", "date": "2025-11-20" });
    let body = json!({ "amount": iqd("10"), "kind": { "bank_transfer": transfer } });
    let paid = service.must("finance", "/api/payments", &body).await;
    let line = json!({
        "account": "rafidain-1", "line": "L-1", "date": "2025-11-21", "amount": iqd("10"),
    });
    let line = service.must("finance", "/api/statement-lines", &line).await;
    let id = line["statement_line"]["id"].as_str().unwrap();
    let ask = service.post(&format!("/api/statement-lines/{id}/match")).by("finance").key("m");
    let ask = ask.json(&json!({ "payments": [paid["payment"]["id"]] })).send().await;
    ask.expect_problem(422, "wrong-bank-account");
}

#[tokio::test]
async fn a_plan_is_what_its_digest_says_and_decides_each_order_once() {
    let service = Service::start().await;
    let order = placed(&service, &transfer_order("c1", "10")).await;
    let fix =
        |body: Value| service.post("/api/admin/emergency-order-fix").by("admin").json(&body).send();
    let decision = json!({ "order": order, "reason": "seen" });
    let twice = json!({ "decisions": [decision, decision], "ticket": "T-1", "reason": "why" });
    fix(twice).await.expect_problem(422, "decision-unusable");
    let plan = fix(json!({ "ticket": "T-1", "reason": "a look" })).await.expect(200);
    let tampered = "update daftar.fix_plans set plan = replace(plan::text, 'a look', 'no')::json";
    service.run(tampered).await;
    let apply = json!({ "apply": true, "plan": plan["digest"] });
    fix(apply).await.expect_problem(409, "plan-tampered");
}

#[tokio::test]
async fn a_plan_that_moves_much_takes_a_second_person() {
    let service = Service::start().await;
    let order = old_order(&service, Stage::Review, "5000000").await;
    let transfer = json!({
        "account": "rafidain-1", "reference": "R-9", "date": "2025-11-20", "amount": "5000000",
    });
    let decision = json!({
        "order": order, "verified_amount": "5000000", "transfer": transfer, "reason": "seen",
    });
    let fix = |body: Value| {
        let ask = service.post("/api/admin/emergency-order-fix").by("admin").json(&body);
        ask.send()
    };
    let plan = json!({ "decisions": [decision], "ticket": "T-1", "reason": "a look" });
    let plan = fix(plan).await.expect(200);
    let apply = fix(json!({ "apply": true, "plan": plan["digest"] })).await;
    apply.expect_problem(422, "plan-needs-approval");
}

#[tokio::test]
async fn webhooks_go_to_public_addresses_and_not_while_they_are_disabled() {
    let service = Service::start().await;
    let make = |url: &str| {
        service.post("/api/webhooks").by("admin").key(url).json(&json!({ "url": url })).send()
    };
    make("https://127.0.0.1/x").await.expect_problem(422, "webhook-address-refused");
    let webhook = make("https://8.8.8.8/x").await.expect(201);
    let path = format!("/api/webhooks/{}", webhook["webhook"]["id"].as_str().unwrap());
    let get = |path: String| service.get(&path).by("admin").send();
    get(format!("/api/webhooks/{UNKNOWN}")).await.expect_problem(404, "webhook-not-found");
    let delivery = get(format!("{path}/deliveries/{UNKNOWN}")).await;
    delivery.expect_problem(404, "webhook-delivery-not-found");
    service.must("admin", &format!("{path}/disable"), &json!({})).await;
    let test = service.post(&format!("{path}/test")).by("admin").key("t").json(&json!({}));
    test.send().await.expect_problem(409, "webhook-disabled");
}

/// The same book, served once more with these limits.
async fn limited(service: &mut Service, limits: Limits) {
    let secrets = Secrets::new([7; 32], [8; 32], service.vault.clone());
    let app = App::new(service.ledger.clone(), secrets).with_limits(limits);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    service.url = format!("http://{}", listener.local_addr().unwrap());
    TaskTracker::new().spawn(async move { axum::serve(listener, api::router(app)).await.unwrap() });
}

#[tokio::test]
async fn who_has_no_time_is_told_to_come_again() {
    let mut service = Service::start().await;
    let limits = Limits { timeout: Duration::from_nanos(1), ..Limits::default() };
    limited(&mut service, limits).await;
    let late = service.get("/api/audit/chain").by("auditor").send().await;
    assert!(late.header("retry-after").is_some(), "{late:?}");
    late.expect_problem(503, "timeout");
}

#[tokio::test]
async fn who_is_refused_too_often_waits() {
    let mut service = Service::start().await;
    limited(&mut service, Limits { refusals_per_minute_max: 2, ..Limits::default() }).await;
    let place = |key: &str| {
        service.post("/api/orders").by("client").key(key).json(&wallet_order("c1", "1")).send()
    };
    for key in ["a", "b"] {
        place(key).await.expect_problem(422, "insufficient-funds");
    }
    let waits = place("c").await;
    assert!(waits.header("retry-after").is_some(), "{waits:?}");
    waits.expect_problem(429, "too-many-refusals");
}
