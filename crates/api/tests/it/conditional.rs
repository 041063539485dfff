//! Versions: every command about something takes the one that was seen, and every dry run leaves
//! the book as it is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::goods::packed;
use crate::service::{Ask, PDF, Service, iqd, transfer_order};

/// A command about something: who asks, where, and what.
struct Row {
    who: &'static str,
    /// Names in braces are replaced; `{packed}` is an order as well.
    path: &'static str,
    /// None for a file.
    body: Option<Value>,
}

fn row(who: &'static str, path: &'static str, body: Value) -> Row {
    Row { who, path, body: Some(body) }
}

#[expect(clippy::too_many_lines, reason = "one entry a route: it is a table")]
fn rows() -> Vec<Row> {
    let why = || json!({ "reason": "why" });
    let govern = || json!({ "currency": "IQD", "reason": "why" });
    let shipment = || json!({ "shipment": "00000000-0000-4000-8000-00000000dead" });
    let lines = || json!([{ "line": 1, "quantity": "1" }]);
    let goods = json!([{ "sku": "ACID-1", "quantity": "1", "unit_price": iqd("500") }]);
    let transfer =
        |name: &str| json!({ "account": "rafidain-1", "date": "2025-11-21", "reference": name });
    let fix = || json!({ "sequence": 1, "reason": "why", "ticket": "T-1" });
    vec![
        row(
            "finance",
            "/api/orders/{order}/hold",
            json!({ "department": "finance", "reason": "why" }),
        ),
        row("finance", "/api/orders/{order}/lift-hold", json!({ "department": "finance" })),
        row("admin", "/api/orders/{order}/edit", json!({ "lines": goods, "total": iqd("500") })),
        Row { who: "admin", path: "/api/orders/{order}/receipts", body: None },
        row("admin", "/api/orders/{order}/receipts/{receipt}/reject", why()),
        row(
            "admin",
            "/api/orders/{order}/receipts/{receipt}/approve",
            json!({ "transfer": transfer("T-9"), "verified": iqd("500") }),
        ),
        row("admin", "/api/orders/{order}/pay-from-wallet", json!({})),
        row("admin", "/api/orders/{order}/release", json!({})),
        row("admin", "/api/orders/{order}/start-processing", json!({})),
        row("admin", "/api/orders/{order}/pack", json!({})),
        row("admin", "/api/orders/{order}/reject-stock", why()),
        row(
            "admin",
            "/api/orders/{packed}/dispatch",
            json!({ "carrier": "taxi", "with_code": false }),
        ),
        row("admin", "/api/orders/{packed}/delivery-codes", shipment()),
        row(
            "admin",
            "/api/orders/{packed}/fail-delivery",
            json!({ "shipment": "00000000-0000-4000-8000-00000000dead", "reason": "why" }),
        ),
        row("admin", "/api/orders/{packed}/retry-delivery", shipment()),
        row("admin", "/api/orders/{packed}/return-to-origin", shipment()),
        row("admin", "/api/orders/{packed}/receive-back", shipment()),
        row("admin", "/api/orders/{packed}/deliver", json!({})),
        row("admin", "/api/orders/{packed}/returns", json!({ "lines": lines(), "reason": "why" })),
        row("admin", "/api/orders/{packed}/refunds", json!({ "fees": false, "reason": "why" })),
        row("admin", "/api/orders/{packed}/complete", json!({})),
        row("admin", "/api/orders/{packed}/leave-on-account", json!({})),
        row(
            "admin",
            "/api/orders/{order}/cancel-lines",
            json!({ "lines": lines(), "reason": "why" }),
        ),
        row("admin", "/api/orders/{order}/cancel", why()),
        row("admin", "/api/orders/{order}/reopen", json!({})),
        row("admin", "/api/orders/{order}/corrections", fix()),
        row(
            "admin",
            "/api/customers/{customer}/wallet/deposits",
            json!({ "amount": iqd("5"), "payment": { "cash": {} } }),
        ),
        Row { who: "admin", path: "/api/customers/{customer}/wallet/top-ups", body: None },
        row(
            "admin",
            "/api/customers/{customer}/wallet/withdrawals",
            json!({
                "amount": iqd("5"),
                "destination": { "iban": "IQ98NBIQ850123456789012", "holder": "Layla" },
            }),
        ),
        row(
            "admin",
            "/api/customers/{customer}/wallet/goodwill",
            json!({ "amount": iqd("5"), "reason": "why" }),
        ),
        row(
            "admin",
            "/api/customers/{customer}/wallet/adjustments",
            json!({ "amount": iqd("1"), "direction": "credit", "item": "{item}", "reason": "why" }),
        ),
        row(
            "admin",
            "/api/customers/{customer}/wallet/corrections",
            json!({ "currency": "IQD", "sequence": 1, "reason": "why", "ticket": "T-1" }),
        ),
        row("admin", "/api/customers/{customer}/wallet/debt/repay", json!({ "currency": "IQD" })),
        row("admin", "/api/customers/{customer}/wallet/debt/write-off", govern()),
        row("admin", "/api/wallet-top-ups/{top_up}/reject", why()),
        row(
            "admin",
            "/api/wallet-top-ups/{top_up}/approve",
            json!({ "transfer": transfer("T-8"), "verified": iqd("5") }),
        ),
        row("admin", "/api/wallet-withdrawals/{withdrawal}/fail", why()),
        row(
            "admin",
            "/api/wallet-withdrawals/{withdrawal}/pay",
            json!({ "account": "rafidain-1", "reference": "P-1" }),
        ),
        row("admin", "/api/customers/{customer}/wallet/freeze", govern()),
        row("admin", "/api/customers/{customer}/wallet/unfreeze", govern()),
        row("admin", "/api/customers/{customer}/wallet/close", govern()),
        row("admin", "/api/customers/{customer}/wallet/reopen", govern()),
        row("admin", "/api/payments/{payment}/bank", json!({ "account": "rafidain-1" })),
        row("admin", "/api/payments/{payment}/repay-debt", json!({ "customer": "c1" })),
        row("admin", "/api/payments/{payment}/allocate", json!({ "to": { "customer": "c1" } })),
        row("admin", "/api/payments/{payment}/reverse", why()),
        row(
            "admin",
            "/api/payments/{payment}/correct",
            json!({ "reason": "why", "ticket": "T-1" }),
        ),
        row(
            "admin",
            "/api/statement-lines/{statement_line}/match",
            json!({ "payments": ["{payment}"] }),
        ),
        row(
            "admin",
            "/api/suspense-items/{item}/explain",
            json!({ "against": "write_off", "reason": "why" }),
        ),
    ]
}

/// What moves money or keeps a file, and makes something new or changes what has no path.
fn making() -> Vec<Row> {
    let line = json!({
        "account": "rafidain-1", "line": "L-9", "date": "2025-11-21", "amount": iqd("1"),
    });
    let cash = json!({ "amount": iqd("1"), "kind": { "cash": {} }, "customer": "c1" });
    let item = json!({ "currency": "IQD", "owner": "finance", "reason": "why" });
    vec![
        row("admin", "/api/orders", transfer_order("c1", "10")),
        row("admin", "/api/payments", cash),
        row("admin", "/api/statement-lines", line),
        row("admin", "/api/suspense-items", item),
        row("admin", "/api/admin/book-settings", json!({ "payment_minutes": 45, "reason": "why" })),
    ]
}

/// These have no dry run.
const NO_DRY_RUN: [(&str, &str); 15] = [
    ("/api/gateways/{book}/{gateway}/callback", "a gateway tells what has happened"),
    ("/api/approvals/{approval}/approve", "the proposal shows what it would do"),
    ("/api/approvals/{approval}/reject", "nothing moves"),
    ("/api/admin/alerts/{alert}/acknowledge", "nothing moves"),
    ("/api/admin/emergency-order-fix", "planning is its dry run"),
    ("/api/admin/emergency-order-fix/{plan}/approve", "nothing moves"),
    ("/api/admin/jobs/{job}/cancel", "nothing moves"),
    ("/api/admin/jobs/{job}/switch", "the job shows what it would do"),
    ("/api/admin/keys", "no money"),
    ("/api/admin/keys/{key}/rotate", "no money"),
    ("/api/admin/principals", "no money"),
    ("/api/admin/principals/{principal}/disable", "no money"),
    ("/api/admin/projections/{name}/rebuild", "a preview is its dry run"),
    ("/api/admin/verify", "nothing moves"),
    ("/api/webhooks", "no money, nor has anything below it"),
];

/// What the rows are about.
struct World {
    service: Service,
    things: Vec<(&'static str, String)>,
}

impl World {
    async fn make() -> Self {
        let service = Service::start().await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let packed = packed(&service).await;
        let placed = service.must("client", "/api/orders", &transfer_order("c1", "500")).await;
        let order = text(&placed["order"]["id"]);
        let shown = service.show_receipt(&order, "500").await;
        let paid = json!({ "amount": iqd("10"), "kind": { "cash": {} }, "customer": "c1" });
        let paid = service.must("finance", "/api/payments", &paid).await;
        let path = "/api/customers/c1/wallet/top-ups?claimed=5&currency=IQD";
        let top_up = service.post(path).by("client").key("top up").file("application/pdf", PDF);
        let top_up = top_up.send().await;
        assert!(top_up.status.is_success(), "{top_up:?}");
        let destination = json!({ "iban": "IQ98NBIQ850123456789012", "holder": "Layla" });
        let wish = json!({ "amount": iqd("5"), "destination": destination });
        let wish = service.must("client", "/api/customers/c1/wallet/withdrawals", &wish).await;
        let item = json!({ "currency": "IQD", "owner": "finance", "reason": "why" });
        let item = service.must("finance", "/api/suspense-items", &item).await;
        let line = json!({
            "account": "rafidain-1", "line": "L-1", "date": "2025-11-21", "amount": iqd("148"),
        });
        let line = service.must("finance", "/api/statement-lines", &line).await;
        let things = vec![
            ("{order}", order),
            ("{packed}", packed),
            ("{receipt}", text(&shown["order"]["receipts"][0]["id"])),
            ("{payment}", text(&paid["payment"]["id"])),
            ("{top_up}", text(&top_up.json()["request"])),
            ("{withdrawal}", text(&wish["request"])),
            ("{item}", text(&item["suspense"]["id"])),
            ("{statement_line}", text(&line["statement_line"]["id"])),
            ("{customer}", "c1".to_owned()),
        ];
        Self { service, things }
    }

    fn fill(&self, text: &str) -> String {
        self.things.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }

    fn ask(&self, row: &Row, query: &str, key: &str) -> Ask<'_> {
        let (path, claim) = (self.fill(row.path), "claimed=5&currency=IQD");
        let path = match (&row.body, query) {
            (Some(_), query) => format!("{path}?{query}"),
            (None, "") => format!("{path}?{claim}"),
            (None, query) => format!("{path}?{claim}&{query}"),
        };
        let ask = self.service.post(&path).by(row.who).key(key);
        match &row.body {
            Some(body) => ask.raw(self.fill(&body.to_string())),
            None => ask.file("application/pdf", &[PDF, row.path.as_bytes()].concat()),
        }
    }
}

fn document() -> Value {
    serde_json::from_str(&api::openapi_document()).unwrap()
}

/// The commands that take this parameter.
fn posts_with(parameter: &str) -> BTreeSet<String> {
    with("post", parameter)
}

/// The paths where this method takes this parameter.
fn with(method: &str, parameter: &str) -> BTreeSet<String> {
    let document = document();
    let has = |operation: &Value| {
        let listed = operation["parameters"].as_array().into_iter().flatten();
        let mut names = listed.map(|one| one["$ref"].as_str().or_else(|| one["name"].as_str()));
        names.any(|name| name.is_some_and(|name| name.rsplit('/').next() == Some(parameter)))
    };
    let paths = document["paths"].as_object().unwrap();
    paths.iter().filter(|(_, item)| has(&item[method])).map(|(path, _)| path.clone()).collect()
}

/// The path as the description has it.
fn template(row: &Row) -> String {
    row.path
        .replace("{packed}", "{order}")
        .replace("{top_up}", "{request}")
        .replace("{withdrawal}", "{request}")
}

#[tokio::test]
async fn every_command_about_something_takes_the_version_that_was_seen() {
    let world = World::make().await;
    let required = posts_with("IfMatchRequired");
    let listed: BTreeSet<String> = rows().iter().map(template).collect();
    let taken: BTreeSet<String> = posts_with("IfMatch").union(&required).cloned().collect();
    assert_eq!(listed, taken, "the table and the description differ");
    assert_eq!(required.len(), 4, "{required:?}");
    let before = world.service.recorded().await.1;

    for (index, row) in rows().iter().enumerate() {
        let ask = |tag: Option<&str>| {
            let ask = world.ask(row, "", &format!("{index} {tag:?}"));
            match tag {
                Some(tag) => ask.header("if-match", tag).send(),
                None => world.ask(row, "", "blind").send(),
            }
        };
        let stale = ask(Some("\"v999\"")).await;
        let (tag, path) = (stale.header("etag").map(str::to_owned), row.path);
        assert_eq!(stale.status, 412, "{path}: {}", stale.text);
        let problem = stale.expect_problem(412, "stale");
        assert!(problem["version"].as_u64().is_some_and(|version| version > 0), "{path} {problem}");
        assert_eq!(tag, Some(format!("\"v{}\"", problem["version"])), "{path}");
        for (bad, why) in [
            ("W/\"v1\"", "weak-tag"),
            ("\"v1\", \"v2\"", "one-version-only"),
            ("v1", "invalid-value"),
            ("\"v01\"", "invalid-value"),
            ("\"nonsense\"", "invalid-value"),
        ] {
            let problem = ask(Some(bad)).await.expect_problem(400, "invalid-header");
            assert_eq!(problem["errors"][0]["code"], why, "{path} {bad}");
        }
        if required.contains(&template(row)) {
            ask(None).await.expect_problem(428, "if-match-required");
            ask(Some("*")).await.expect_problem(428, "if-match-required");
        }
    }
    assert_eq!(world.service.recorded().await.1, before, "no event");
}

#[tokio::test]
async fn what_is_not_there_matches_nothing() {
    let service = Service::start().await;
    let body = json!({ "amount": iqd("5"), "payment": { "cash": {} } });
    let ask = |key: &str, tag: &str| {
        let ask = service.post("/api/customers/c-new/wallet/deposits").by("finance").key(key);
        ask.json(&body).header("if-match", tag).send()
    };
    ask("a", "*").await.expect_problem(412, "stale");
    ask("b", "\"v1\"").await.expect_problem(412, "stale");
    ask("c", "\"v0\"").await.expect(200);
    ask("d", "*").await.expect(200);
    let place = service.post("/api/orders").by("client").key("e").header("if-match", "*");
    place.json(&transfer_order("c1", "10")).send().await.expect_problem(412, "stale");
}

#[tokio::test]
async fn a_reader_who_knows_the_version_gets_no_body() {
    let world = World::make().await;
    world.service.top_up("c1", "10").await;
    let versioned = [
        "/api/book/settings",
        "/api/customers/{customer}/wallet",
        "/api/orders/{order}",
        "/api/payments/{payment}",
        "/api/statement-lines/{statement_line}",
        "/api/suspense-items/{item}",
    ];
    let described = with("get", "IfNoneMatch");
    assert!(described.iter().eq(versioned.iter()), "{described:?} say that they have versions");
    for path in versioned {
        let path = world.fill(path);
        let ask = || world.service.get(&path).by("admin");
        let read = |known: &str| ask().header("if-none-match", known).send();
        let first = ask().send().await;
        let tag = first.header("etag").unwrap_or_else(|| panic!("{path} has no ETag")).to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let again = read(&known).await;
            assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{path} {known}");
            assert_eq!(again.header("etag"), Some(tag.as_str()));
            assert_eq!(again.header("daftar-position"), first.header("daftar-position"));
        }
        assert_eq!(read("\"v999\"").await.status, 200);
        read("v1").await.expect_problem(400, "invalid-header");
        let nobody = world.service.get(&path).header("if-none-match", "v1").send().await;
        nobody.expect_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_dry_run_says_what_the_command_does_and_records_nothing() {
    let world = World::make().await;
    let all: Vec<Row> = rows().into_iter().chain(making()).collect();
    let listed: BTreeSet<String> = all.iter().map(template).collect();
    let mut taken: BTreeSet<String> = posts_with("DryRun");
    taken.extend(posts_with("dry_run"));
    taken.remove("/api/bank-statements");
    assert_eq!(listed, taken, "the table and the description differ");
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        let is_listed = NO_DRY_RUN.iter().any(|(known, _)| {
            path == known || *known == "/api/webhooks" && path.starts_with("/api/webhooks/")
        });
        let is_taken = taken.contains(path) || path == "/api/bank-statements";
        assert!(item["post"].is_null() || is_listed != is_taken, "{path}");
    }

    let mut done = 0;
    for (index, row) in all.iter().enumerate() {
        let (path, key) = (row.path, format!("{index}"));
        let current = world.ask(row, "", &format!("{key} seen")).header("if-match", "\"v999\"");
        let seen = if rows().iter().any(|one| one.path == path) {
            current.send().await.header("etag").map(str::to_owned)
        } else {
            None
        };
        let ask = |query: &str| {
            let ask = world.ask(row, query, &key);
            match seen.as_deref() {
                Some(tag) => ask.header("if-match", tag),
                None => ask,
            }
        };
        let before = world.service.recorded().await;
        let dry = ask("dry_run=true").send().await;
        assert_eq!(world.service.recorded().await, before, "{path} was recorded");
        assert!(
            !matches!(dry.status.as_u16(), 400 | 401 | 403 | 412 | 428 | 500..),
            "{path} {dry:?}"
        );
        assert!(dry.header("daftar-position").is_some_and(|at| at.contains('.')), "{path} {dry:?}");
        let real = ask("").send().await;
        assert_eq!(real.header("idempotency-replayed"), None, "{path}: a dry run was stored");
        assert_eq!(dry.status, real.status, "{path}: {} {}", dry.text, real.text);
        let (dry, real) = (dry.json(), real.json());
        assert_eq!(dry["code"], real["code"], "{path}");
        if real["code"].is_null() {
            done += 1;
            assert_eq!(dry["dry_run"], true, "{path}");
            assert_eq!(events(&dry), events(&real), "{path}");
        }
    }
    assert!(done >= 20, "only {done} of {} commands were accepted", all.len());
}

/// What was appended, without where.
fn events(reply: &Value) -> Vec<(Value, Value, Value, Value)> {
    let events = reply["events"].as_array().unwrap().iter();
    let event = |event: &Value| {
        let member = |name: &str| event[name].clone();
        (member("stream"), member("id"), member("version"), member("type"))
    };
    events.map(event).collect()
}
