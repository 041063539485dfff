//! Bad input, to every route: the right problem, and no trace of it.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::described::description;
use crate::service::{Answer, GATEWAY, PDF, Service, iqd, transfer_order};

const NOBODY: &str = "00000000-0000-4000-8000-00000000dead";
const MEGABYTES: usize = 20;

/// A route as it is rightly used.
struct Route {
    method: Method,
    template: &'static str,
    who: &'static str,
    /// A role that may not.
    not: &'static str,
    body: Option<Value>,
    /// Its body is a file.
    takes_file: bool,
}

fn get(template: &'static str, who: &'static str, not: &'static str) -> Route {
    Route { method: Method::GET, template, who, not, body: None, takes_file: false }
}

fn post(template: &'static str, who: &'static str, not: &'static str, body: Value) -> Route {
    Route { method: Method::POST, template, who, not, body: Some(body), takes_file: false }
}

fn post_file(template: &'static str, who: &'static str, not: &'static str) -> Route {
    Route { method: Method::POST, template, who, not, body: None, takes_file: true }
}

/// No role is without it.
const NOBODYS: &str = "";

#[expect(clippy::too_many_lines, reason = "a table: one entry a route")]
fn routes() -> Vec<Route> {
    let transfer = json!({ "account": "rafidain-1", "reference": "R-1", "date": "2025-11-20" });
    let mut order = transfer_order("c1", "10");
    order["remainder"] = json!("gateway");
    order["wallet_part"] = iqd("1");
    order["discount"] = iqd("1");
    order["delivery"] = iqd("1");
    order["tax_rate"] = json!("1");
    order["surcharge_rate"] = json!("1");
    order["recipient"] = json!({ "name": "N", "phone": "1", "address": "A", "note": "x" });
    let mut routes = vec![
        post("/api/orders", "client", "warehouse", order),
        get("/api/orders/{order}", "client", "gateway"),
        get("/api/orders/{order}/timeline", "client", "gateway"),
        get("/api/orders/{order}/events", "auditor", "client"),
        post_file("/api/orders/{order}/receipts", "client", "warehouse"),
        get("/api/orders/{order}/receipts/{receipt}/file", "client", "logistics"),
        post(
            "/api/orders/{order}/receipts/{receipt}/approve",
            "finance",
            "client",
            json!({
                "verified": iqd("10"), "transfer": transfer, "transfer_amount": iqd("10"),
            }),
        ),
        post(
            "/api/orders/{order}/receipts/{receipt}/reject",
            "finance",
            "client",
            json!({
                "reason": "why",
            }),
        ),
        post(
            "/api/orders/{order}/pay-from-wallet",
            "client",
            "warehouse",
            json!({
                "amount": iqd("10"),
            }),
        ),
        post("/api/orders/{order}/release", "finance", "client", json!({})),
        post("/api/orders/{order}/start-processing", "warehouse", "finance", json!({})),
        post("/api/orders/{order}/pack", "warehouse", "finance", json!({})),
        post("/api/orders/{order}/reject-stock", "warehouse", "finance", json!({ "reason": "w" })),
        post("/api/orders/{order}/complete", "logistics", "client", json!({})),
        post("/api/orders/{order}/cancel", "client", "logistics", json!({ "reason": "why" })),
        post("/api/orders/{order}/reopen", "finance", "client", json!({})),
        post(
            "/api/orders/{order}/corrections",
            "admin",
            "finance",
            json!({
                "sequence": 1, "reason": "why", "ticket": "T",
            }),
        ),
        get("/api/customers/{customer}/orders", "client", "gateway"),
        get("/api/customers/{customer}/wallet", "client", "warehouse"),
        get("/api/customers/{customer}/wallet/statement", "client", "warehouse"),
        get("/api/customers/{customer}/wallet/requests", "client", "warehouse"),
        post(
            "/api/customers/{customer}/wallet/deposits",
            "finance",
            "client",
            json!({
                "amount": iqd("10"), "payment": { "bank_transfer": transfer },
            }),
        ),
        post(
            "/api/payments",
            "finance",
            "client",
            json!({
                "amount": iqd("10"), "kind": { "cash": { "note": "n" } }, "customer": "c1",
            }),
        ),
        post(
            "/api/payments/{payment}/allocate",
            "finance",
            "client",
            json!({
                "amount": iqd("10"), "to": { "customer": "c1" },
            }),
        ),
        post(
            "/api/gateways/{book}/{gateway}/callback",
            GATEWAY,
            "gateway",
            json!({ "id": "Z", "amount": iqd("10"), "order": NOBODY, "customer": "c1" }),
        ),
        get("/api/approvals", "finance", "warehouse"),
        get("/api/approvals/{approval}", "auditor", "client"),
        post("/api/approvals/{approval}/approve", "second", "auditor", json!({})),
        post("/api/approvals/{approval}/reject", "second", "auditor", json!({ "reason": "why" })),
        get("/api/management/orders", "warehouse", "client"),
        get("/api/management/deadlines", "auditor", "warehouse"),
        get("/api/audit/trial-balance", "auditor", "warehouse"),
        get("/api/audit/accounts/{account}/lines", "auditor", "warehouse"),
        get("/api/events", "auditor", "warehouse"),
        get("/api/events/{position}", "auditor", "warehouse"),
        get("/api/audit/chain", "auditor", "warehouse"),
        get("/api/book/settings", "client", "gateway"),
        post(
            "/api/admin/book-settings",
            "admin",
            "finance",
            json!({
                "payment_minutes": 45, "four_eyes_threshold": iqd("5"), "time_zone": "Asia/Baghdad",
                "number_prefix": "X", "currencies": ["IQD"], "settlement_unit": "1", "reason": "why",
            }),
        ),
        post(
            "/api/admin/principals",
            "admin",
            "auditor",
            json!({
                "id": "p", "kind": "service", "role": "client", "department": "d", "owner": "o",
            }),
        ),
        get("/api/admin/principals", "auditor", "finance"),
        post(
            "/api/admin/keys",
            "admin",
            "auditor",
            json!({
                "principal": "client", "customers": ["c1"], "expires_at": "2030-01-01T00:00:00Z",
            }),
        ),
        get("/api/admin/keys", "auditor", "finance"),
        Route {
            method: Method::DELETE,
            template: "/api/admin/keys/{key}",
            who: "admin",
            not: "auditor",
            body: None,
            takes_file: false,
        },
        get("/api/admin/inconsistencies", "finance", "client"),
        post(
            "/api/admin/emergency-order-fix",
            "admin",
            "finance",
            json!({
                "orders": ["M2500001"], "ticket": "T", "reason": "why",
                "decisions": [{ "order": "M2500001", "reason": "why", "verified_amount": "1" }],
            }),
        ),
        post("/api/admin/emergency-order-fix/{plan}/approve", "second", "client", json!({})),
    ];
    routes.extend(wallet_routes());
    routes.extend(goods_routes());
    routes.extend(change_routes());
    routes.extend(job_routes());
    routes.extend(alert_routes());
    routes
}

/// Long work.
fn job_routes() -> Vec<Route> {
    let rebuild = json!({ "preview": true, "accept_differences": false });
    let accept = json!({ "accept_differences": true });
    vec![
        get("/api/admin/projections", "auditor", "client"),
        post("/api/admin/projections/{name}/rebuild", "admin", "finance", rebuild),
        post("/api/admin/verify", "finance", "client", json!({ "since": 1 })),
        get("/api/admin/jobs", "auditor", "client"),
        get("/api/admin/repairs", "auditor", "client"),
        get("/api/admin/scrubber", "finance", "warehouse"),
        get("/api/admin/jobs/{job}", "auditor", "warehouse"),
        get("/api/admin/jobs/{job}/progress", "finance", "client"),
        post("/api/admin/jobs/{job}/cancel", "auditor", "client", json!({})),
        post("/api/admin/jobs/{job}/switch", "admin", "finance", accept),
    ]
}

/// What somebody should look at.
fn alert_routes() -> Vec<Route> {
    let note = json!({ "note": "why" });
    vec![
        get("/api/admin/alerts", "auditor", "client"),
        get("/api/admin/alerts/changes", "auditor", "client"),
        get("/api/admin/alerts/stream", "finance", "client"),
        get("/api/admin/alerts/{alert}", "warehouse", "client"),
        post("/api/admin/alerts/{alert}/acknowledge", "logistics", "auditor", note),
        get("/api/admin/monitors", "auditor", "client"),
    ]
}

/// Where the goods of an order go.
fn goods_routes() -> Vec<Route> {
    let lines = json!([{ "line": 1, "quantity": "1" }]);
    let shipment = json!({ "shipment": NOBODY });
    let mut failed = shipment.clone();
    failed["reason"] = json!("why");
    let sent = json!({
        "shipment": NOBODY, "carrier": "van", "tracking": "T", "lines": lines, "with_code": true,
    });
    let told = json!({ "shipment": NOBODY, "code": "123456" });
    let back = json!({ "lines": lines, "reason": "why" });
    let refund = json!({ "lines": lines, "fees": true, "reason": "why" });
    vec![
        post("/api/orders/{order}/dispatch", "logistics", "warehouse", sent),
        post("/api/orders/{order}/deliver", "logistics", "client", told),
        get("/api/orders/{order}/delivery-code", "client", "finance"),
        post("/api/orders/{order}/delivery-codes", "finance", "logistics", shipment.clone()),
        post("/api/orders/{order}/fail-delivery", "logistics", "finance", failed),
        post("/api/orders/{order}/retry-delivery", "logistics", "finance", shipment.clone()),
        post("/api/orders/{order}/return-to-origin", "logistics", "finance", shipment.clone()),
        post("/api/orders/{order}/receive-back", "logistics", "warehouse", shipment),
        post("/api/orders/{order}/returns", "warehouse", "finance", back),
        post("/api/orders/{order}/refunds", "finance", "logistics", refund),
    ]
}

/// What else can be wished of an order.
fn change_routes() -> Vec<Route> {
    let some = json!({ "lines": [{ "line": 1, "quantity": "1" }], "reason": "why" });
    let edit = json!({
        "lines": [{ "sku": "S", "quantity": "1", "unit_price": iqd("10") }],
        "discount": iqd("1"), "delivery": iqd("1"), "surcharge_rate": "1", "tax_rate": "1",
        "total": iqd("10"),
    });
    let hold = json!({ "department": "warehouse", "reason": "why" });
    let lift = json!({ "department": "warehouse" });
    vec![
        post("/api/orders/{order}/cancel-lines", "client", "warehouse", some),
        post("/api/orders/{order}/edit", "client", "logistics", edit),
        post("/api/orders/{order}/hold", "warehouse", "client", hold),
        post("/api/orders/{order}/lift-hold", "warehouse", "client", lift),
        get("/api/orders/{order}/allowed-commands", "warehouse", "gateway"),
        post("/api/orders/{order}/leave-on-account", "finance", "client", json!({})),
    ]
}

/// The routes of wallets, of what is asked of them, and of suspense items.
#[expect(clippy::too_many_lines, reason = "a table: one entry a route")]
fn wallet_routes() -> Vec<Route> {
    let transfer = json!({ "account": "rafidain-1", "reference": "R-1", "date": "2025-11-20" });
    let because = json!({ "currency": "IQD", "reason": "why" });
    vec![
        post_file("/api/customers/{customer}/wallet/top-ups", "client", "finance"),
        post(
            "/api/wallet-top-ups/{request}/approve",
            "finance",
            "client",
            json!({
                "verified": iqd("10"), "transfer": transfer, "transfer_amount": iqd("10"),
            }),
        ),
        post(
            "/api/wallet-top-ups/{request}/reject",
            "finance",
            "client",
            json!({ "reason": "why" }),
        ),
        get("/api/wallet-top-ups/{request}/file", "client", "logistics"),
        post(
            "/api/customers/{customer}/wallet/withdrawals",
            "client",
            "finance",
            json!({
                "amount": iqd("10"),
                "destination": { "iban": "IQ98NBIQ850123456789012", "holder": "N" },
            }),
        ),
        get("/api/wallet-withdrawals/{request}", "finance", "auditor"),
        post(
            "/api/wallet-withdrawals/{request}/pay",
            "finance",
            "client",
            json!({ "account": "rafidain-1", "reference": "R-1" }),
        ),
        post(
            "/api/wallet-withdrawals/{request}/fail",
            "finance",
            "client",
            json!({ "reason": "why" }),
        ),
        get("/api/management/wallet-requests", "auditor", "client"),
        post("/api/customers/{customer}/wallet/freeze", "finance", "client", because.clone()),
        post("/api/customers/{customer}/wallet/unfreeze", "finance", "client", because.clone()),
        post("/api/customers/{customer}/wallet/close", "finance", "client", because.clone()),
        post("/api/customers/{customer}/wallet/reopen", "finance", "client", because),
        post(
            "/api/customers/{customer}/wallet/goodwill",
            "finance",
            "client",
            json!({ "amount": iqd("10"), "reason": "why" }),
        ),
        post(
            "/api/customers/{customer}/wallet/adjustments",
            "finance",
            "client",
            json!({
                "amount": iqd("10"), "direction": "credit", "item": NOBODY, "reason": "why",
            }),
        ),
        post(
            "/api/customers/{customer}/wallet/corrections",
            "finance",
            "client",
            json!({ "sequence": 1, "currency": "IQD", "reason": "why", "ticket": "T" }),
        ),
        post(
            "/api/customers/{customer}/wallet/debt/repay",
            "finance",
            "client",
            json!({ "amount": iqd("10"), "currency": "IQD" }),
        ),
        post(
            "/api/customers/{customer}/wallet/debt/write-off",
            "finance",
            "client",
            json!({ "amount": iqd("10"), "currency": "IQD", "reason": "why" }),
        ),
        get("/api/payments/{payment}", "auditor", "client"),
        post(
            "/api/payments/{payment}/bank",
            "finance",
            "auditor",
            json!({ "account": "rafidain-1" }),
        ),
        post("/api/payments/{payment}/reverse", "finance", "auditor", json!({ "reason": "why" })),
        post(
            "/api/payments/{payment}/correct",
            "finance",
            "auditor",
            json!({ "reason": "why", "ticket": "T" }),
        ),
        get("/api/management/payments", "finance", "warehouse"),
        post(
            "/api/statement-lines",
            "finance",
            "auditor",
            json!({
                "account": "rafidain-1", "line": "L-1", "date": "2025-11-20", "amount": iqd("10"),
                "reference": "R-1",
            }),
        ),
        get("/api/statement-lines", "auditor", "client"),
        get("/api/statement-lines/{statement_line}", "auditor", "client"),
        post(
            "/api/statement-lines/{statement_line}/match",
            "finance",
            "auditor",
            json!({ "payments": [NOBODY], "fee": iqd("1") }),
        ),
        post_file("/api/bank-statements", "finance", "auditor"),
        post(
            "/api/payments/{payment}/repay-debt",
            "finance",
            "client",
            json!({ "amount": iqd("10"), "customer": "c1" }),
        ),
        post(
            "/api/suspense-items",
            "finance",
            "auditor",
            json!({ "owner": "finance", "reason": "why", "currency": "IQD" }),
        ),
        get("/api/suspense-items", "auditor", "client"),
        get("/api/suspense-items/{item}", "auditor", "client"),
        post(
            "/api/suspense-items/{item}/explain",
            "finance",
            "auditor",
            json!({
                "amount": iqd("10"), "against": { "opening_balance": NOBODY }, "reason": "why",
            }),
        ),
        get("/api/me", "client", NOBODYS),
        get("/api/audit/export", "auditor", "client"),
        get("/api/audit/replay", "auditor", "client"),
        get("/api/audit/replay/orders/{order}", "finance", "warehouse"),
        get("/api/audit/replay/wallets/{wallet}", "auditor", "logistics"),
        get("/api/audit/replay/views/{name}", "admin", "client"),
        get("/api/audit/replay/diff", "finance", "gateway"),
        get("/api/events/stream", "auditor", "client"),
        post(
            "/api/admin/keys/{key}/rotate",
            "admin",
            "finance",
            json!({ "overlap_seconds": 60, "expires_at": "2030-01-01T00:00:00Z" }),
        ),
        post("/api/admin/principals/{principal}/disable", "admin", "finance", json!({})),
        post(
            "/api/webhooks",
            "admin",
            "auditor",
            json!({
                "url": "https://8.8.8.8/", "types": ["placed"], "description": "d", "after": "1",
            }),
        ),
        get("/api/webhooks", "auditor", "finance"),
        get("/api/webhooks/{webhook}", "auditor", "finance"),
        Route {
            method: Method::DELETE,
            template: "/api/webhooks/{webhook}",
            who: "admin",
            not: "auditor",
            body: None,
            takes_file: false,
        },
        get("/api/webhooks/{webhook}/deliveries", "auditor", "finance"),
        get("/api/webhooks/{webhook}/deliveries/{delivery}", "auditor", "finance"),
        post("/api/webhooks/{webhook}/deliveries/{delivery}/retry", "admin", "auditor", json!({})),
        post("/api/webhooks/{webhook}/disable", "admin", "auditor", json!({})),
        post("/api/webhooks/{webhook}/enable", "admin", "auditor", json!({ "skip_missed": true })),
        post("/api/webhooks/{webhook}/replay", "admin", "auditor", json!({ "from": 1, "to": 1 })),
        post(
            "/api/webhooks/{webhook}/rotate-secret",
            "admin",
            "auditor",
            json!({ "expire_previous_now": true }),
        ),
        post("/api/webhooks/{webhook}/test", "admin", "auditor", json!({})),
        post(
            "/api/webhooks/{webhook}/update",
            "admin",
            "auditor",
            json!({ "url": "https://8.8.8.8/", "types": ["placed"], "description": "d" }),
        ),
    ]
}

/// A service with one order of somebody else's, and its id.
async fn prepared() -> (Service, String) {
    let service = Service::start().await;
    let placed = service.must("client", "/api/orders", &transfer_order("c1", "10")).await;
    (service, placed["order"]["id"].as_str().unwrap().to_owned())
}

fn path(template: &str, order: &str) -> String {
    template
        .replace("{order}", order)
        .replace("{receipt}", NOBODY)
        .replace("{customer}", "c1")
        .replace("{payment}", NOBODY)
        .replace("{statement_line}", NOBODY)
        .replace("{approval}", NOBODY)
        .replace("{request}", NOBODY)
        .replace("{item}", NOBODY)
        .replace("{key}", "0123456789abcdef")
        .replace("{principal}", "nobody")
        .replace("{webhook}", NOBODY)
        .replace("{delivery}", NOBODY)
        .replace("{account}", "2100")
        .replace("{position}", "1")
        .replace("{plan}", &"0".repeat(64))
        .replace("{name}", NOBODY)
        .replace("{wallet}", NOBODY)
        .replace("{job}", NOBODY)
        .replace("{alert}", NOBODY)
        .replace("{book}", "main")
        .replace("{gateway}", GATEWAY)
}

/// Whether its description has an `If-Match`.
fn takes_version(route: &Route) -> bool {
    let method = route.method.as_str().to_lowercase();
    let parameters = &description().document["paths"][route.template][method]["parameters"];
    let mut names = parameters.as_array().into_iter().flatten();
    names.any(|one| one["$ref"].as_str().is_some_and(|shared| shared.contains("/IfMatch")))
}

async fn send(service: &Service, route: &Route, path: &str, body: Option<&Value>) -> Answer {
    let ask = service.ask(route.method.clone(), path).by(route.who).key("bad input");
    let ask = if takes_version(route) { ask.header("if-match", "\"v1\"") } else { ask };
    match body {
        Some(body) => ask.json(body).send().await,
        None if route.takes_file => ask.file("application/pdf", PDF).send().await,
        None => ask.send().await,
    }
}

/// Every place in a body, as a JSON pointer, with what stands there.
fn places(value: &Value, at: &str, into: &mut Vec<(String, Value)>) {
    if !at.is_empty() {
        into.push((at.to_owned(), value.clone()));
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                places(member, &format!("{at}/{name}"), into);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{index}"), into);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn with(body: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = body.clone();
    *changed.pointer_mut(pointer).unwrap() = value;
    changed
}

#[test]
fn the_table_of_routes_is_complete() {
    let document: Value = serde_json::from_str(&api::openapi_document()).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            if !["/livez", "/metrics", "/readyz"].contains(&path.as_str()) {
                described.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    let tested: BTreeSet<_> = routes()
        .iter()
        .map(|route| (route.method.to_string(), route.template.to_owned()))
        .collect();
    assert_eq!(tested, described);
}

#[tokio::test]
async fn without_a_key_or_the_role_every_route_is_closed() {
    let (service, order) = prepared().await;
    let before = service.recorded().await;
    for route in routes() {
        let path = path(route.template, &order);
        let nobody = service.ask(route.method.clone(), &path).send().await;
        let is_signed = route.who == GATEWAY;
        let code = if is_signed { "bad-signature" } else { "unauthenticated" };
        nobody.expect_problem(401, code);
        if route.not == NOBODYS {
            continue;
        }
        let body = route.body.clone().unwrap_or_else(|| json!({}));
        let ask = service.ask(route.method.clone(), &path).by(route.not).key("k").json(&body);
        // No key is of any use where a signature is asked for.
        let (status, code) = if is_signed { (401, code) } else { (403, "forbidden") };
        ask.send().await.expect_problem(status, code);
    }
    assert_eq!(service.recorded().await, before);
}

#[tokio::test]
async fn unknown_ids_other_methods_and_unknown_parameters_are_problems() {
    let (service, order) = prepared().await;
    let before = service.recorded().await;
    for route in routes() {
        if route.template.contains('{') && !route.template.contains("{customer}") {
            // An account has no lines until it has some, and the first position has its event.
            let is_always_there =
                route.template.contains("{account}") || route.template.contains("{position}");
            if route.who != GATEWAY && !is_always_there {
                let unknown = path(route.template, NOBODY);
                let answer = send(&service, &route, &unknown, route.body.as_ref()).await;
                assert_eq!(answer.status, 404, "{} {}", route.template, answer.text);
            }
            let nul = route.template.replace("{receipt}", NOBODY);
            let nul = nul.replace("{order}", "%00").replace("{payment}", "%00");
            let nul = nul.replace("{approval}", "%00").replace("{request}", "%00");
            let nul = nul.replace("{item}", "%00").replace("{statement_line}", "%00");
            let nul = nul.replace("{key}", "%00").replace("{plan}", "%00");
            let nul = nul.replace("{account}", "%00").replace("{position}", "%00");
            let nul = nul.replace("{principal}", "%00").replace("{delivery}", NOBODY);
            let nul = nul.replace("{name}", "%00").replace("{job}", "%00");
            let nul = nul.replace("{alert}", "%00");
            let nul = nul.replace("{wallet}", "%00");
            let nul = nul
                .replace("{webhook}", "%00")
                .replace("{book}", "main")
                .replace("{gateway}", "%00");
            let answer = send(&service, &route, &nul, route.body.as_ref()).await;
            answer.expect_problem(400, "invalid-path");
        }
        let known = path(route.template, &order);
        let answer =
            send(&service, &route, &format!("{known}?surprise=1"), route.body.as_ref()).await;
        answer.expect_problem(400, "invalid-query");
        let answer = service.ask(Method::PATCH, &known).by("admin").send().await;
        assert!(answer.header("allow").is_some(), "{known}");
        answer.expect_problem(405, "method-not-allowed");
    }
    let long = format!("/api/orders/{}", "x".repeat(10_000));
    service.get(&long).by("client").send().await.expect_problem(400, "invalid-path");
    service.get("/api/nothing").by("client").send().await.expect_problem(404, "not-found");
    service
        .get("/api/events?after=x")
        .by("auditor")
        .send()
        .await
        .expect_problem(400, "invalid-query");
    service
        .get("/api/events?after=-1")
        .by("auditor")
        .send()
        .await
        .expect_problem(400, "invalid-query");
    for limit in ["0", "201", "-1"] {
        let path = format!("/api/management/orders?limit={limit}");
        service.get(&path).by("finance").send().await.expect_problem(400, "invalid-query");
    }
    let cursor = "/api/management/orders?cursor=nonsense";
    service.get(cursor).by("finance").send().await.expect_problem(400, "invalid-query");
    assert_eq!(service.recorded().await, before);
}

#[tokio::test]
async fn someone_elses_order_is_not_there() {
    let (service, order) = prepared().await;
    let before = service.recorded().await;
    for mut route in routes() {
        let names_order = route.template.contains("{order}");
        let names_customer = route.template.contains("{customer}");
        if route.who != "client" || !(names_order || names_customer) {
            continue;
        }
        route.who = "limited";
        let answer =
            send(&service, &route, &path(route.template, &order), route.body.as_ref()).await;
        answer.expect_problem(404, if names_order { "order-not-found" } else { "not-found" });
    }
    assert_eq!(service.recorded().await, before);
}

#[tokio::test]
async fn every_part_of_every_body_is_checked_and_named() {
    let (service, order) = prepared().await;
    let before = service.recorded().await;
    for route in routes() {
        let Some(body) = &route.body else { continue };
        let path = path(route.template, &order);
        let refused = async |body: &Value, what: &str| {
            let answer = send(&service, &route, &path, Some(body)).await;
            assert_eq!(answer.status, 400, "{} {what}: {}", route.template, answer.text);
            let problem = answer.expect_problem(400, "invalid-body");
            problem["errors"][0]["pointer"].as_str().unwrap().to_owned()
        };
        let mut all = Vec::new();
        places(body, "", &mut all);
        for (pointer, value) in all {
            let wrong = if value.is_object() { json!("text") } else { json!({ "a": 1 }) };
            let named =
                refused(&with(body, &pointer, wrong), &format!("{pointer}: wrong type")).await;
            assert!(
                pointer.starts_with(&named) || named.starts_with(&pointer),
                "{pointer} {named}"
            );
            if value.is_string() {
                refused(&with(body, &pointer, json!("a\u{0}b")), &format!("{pointer}: NUL")).await;
                let long = json!("x".repeat(10_000));
                refused(&with(body, &pointer, long), &format!("{pointer}: 10 kB")).await;
            }
            if pointer.ends_with("/amount") && value.is_string() {
                for number in [json!(10), json!(10.5)] {
                    refused(&with(body, &pointer, number), &format!("{pointer}: number")).await;
                }
                for text in ["", "1e3", "1,000", " 1", "0.00001", "99999999999999999999"] {
                    refused(&with(body, &pointer, json!(text)), &format!("{pointer}: {text}"))
                        .await;
                }
            }
            if value.is_object() {
                let mut more = value.clone();
                more["surprise"] = json!(1);
                refused(&with(body, &pointer, more), &format!("{pointer}: unknown field")).await;
                let list: Vec<Value> = value.as_object().unwrap().values().cloned().collect();
                refused(&with(body, &pointer, json!(list)), &format!("{pointer}: list")).await;
            }
        }
        let mut more = body.clone();
        more["surprise"] = json!(1);
        let pointer = refused(&more, "unknown field").await;
        assert_eq!(pointer, "/surprise", "{}", route.template);
    }
    assert_eq!(service.recorded().await, before);
}

#[tokio::test]
async fn what_is_not_json_or_too_large_is_refused_and_harms_no_command_beside_it() {
    let (service, order) = prepared().await;
    service.top_up("c1", "1000").await;
    let before = service.recorded().await;
    for route in routes() {
        let Some(body) = &route.body else { continue };
        let path = path(route.template, &order);
        let ask = || service.post(&path).by(route.who).key("k");
        for text in ["{", "[]", "null", "\"text\"", "{} {}", "\u{feff}{}", "{\"a\":1}"] {
            let answer = ask().raw(text).send().await;
            assert_eq!(answer.status, 400, "{} {text}: {}", route.template, answer.text);
        }
        let answer = ask().raw(vec![0xff, 0xfe]).send().await;
        answer.expect_problem(400, "malformed-json");
        let deep = "[".repeat(100_000);
        assert_eq!(ask().raw(deep).send().await.status, 400);
        let plain = service.post(&path).by(route.who).key("k").header("content-type", "text/plain");
        let answer = plain.body(&body.to_string()).send().await;
        answer.expect_problem(415, "unsupported-media-type");
    }
    for template in ["/api/orders", "/api/orders/{order}/release", "/api/admin/keys"] {
        let route = routes().into_iter().find(|route| route.template == template).unwrap();
        let huge = format!("{{\"reason\":\"{}\"}}", "x".repeat(MEGABYTES * 1024 * 1024));
        let path = path(template, &order);
        let huge = service.post(&path).by(route.who).key("huge").raw(huge).send();
        let body = json!({ "amount": iqd("1") });
        let pay = format!("/api/orders/{order}/pay-from-wallet");
        let (huge, beside) = tokio::join!(huge, service.must("client", &pay, &body));
        huge.expect_problem(413, "body-too-large");
        assert_eq!(beside["events"].as_array().unwrap().len(), 2);
    }
    let (commands, _) = service.recorded().await;
    assert_eq!(commands, before.0 + 3, "only what stood beside them");
}
