//! The book as it was: by position, by cursor, by time, and by when things took effect.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::actor::{Actor, ActorKind, Role};
use domain::decide::Command;
use domain::id::{CustomerId, PaymentId, Text};
use domain::money::{Amount, Currency, Money};
use domain::payment::Kind;
use ledger::{Provenance, Reply, Submission};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::service::{Answer, Service, iqd, transfer_order, wallet_order};

const WALLET: &str = "/api/customers/c1/wallet";
const STATEMENT: &str = "/api/customers/c1/wallet/statement";
const TRIAL_BALANCE: &str = "/api/audit/trial-balance";

/// What was read of one thing, right after a command.
struct Seen {
    path: String,
    position: i64,
    cursor: String,
    etag: Option<String>,
    text: String,
}

async fn read(service: &Service, path: &str) -> Answer {
    service.get(path).by("finance").send().await
}

fn asking(path: &str, query: &str) -> String {
    format!("{path}{}{query}", if path.contains('?') { "&" } else { "?" })
}

/// Reads everything that can be read as of a moment.
async fn look(service: &Service, orders: &[String], seen: &mut Vec<Seen>) {
    let orders = orders.iter().map(|order| format!("/api/orders/{order}"));
    let others = [WALLET, STATEMENT, TRIAL_BALANCE].map(str::to_owned);
    for path in orders.chain(others) {
        let answer = read(service, &path).await;
        let (cursor, etag) = (answer.header("daftar-position"), answer.header("etag"));
        let (cursor, etag) = (cursor.unwrap().to_owned(), etag.map(str::to_owned));
        let text = answer.text.clone();
        let position = answer.expect(200)["position"].as_i64().unwrap();
        assert!(cursor.starts_with(&format!("{position}.")), "{path}: {cursor}");
        seen.push(Seen { path, position, cursor, etag, text });
    }
}

#[tokio::test]
async fn what_it_was_is_what_the_reply_was_then() {
    let service = Service::start().await;
    let mut seen = Vec::new();
    let mut orders = Vec::new();
    look(&service, &orders, &mut seen).await;
    service.top_up("c1", "1000").await;
    look(&service, &orders, &mut seen).await;
    let placed = service.must("client", "/api/orders", &wallet_order("c1", "250.5")).await;
    orders.push(placed["order"]["id"].as_str().unwrap().to_owned());
    look(&service, &orders, &mut seen).await;
    let placed = service.must("client", "/api/orders", &transfer_order("c1", "90")).await;
    orders.push(placed["order"]["number"].as_str().unwrap().to_owned());
    look(&service, &orders, &mut seen).await;
    let first = orders[0].clone();
    let steps = [
        ("finance", "release", json!({})),
        ("warehouse", "start-processing", json!({})),
        ("warehouse", "pack", json!({})),
        ("logistics", "dispatch", json!({ "carrier": "own van" })),
    ];
    for (who, step, body) in steps {
        service.must(who, &format!("/api/orders/{first}/{step}"), &body).await;
        look(&service, &orders, &mut seen).await;
    }
    // Tries that a delivery code has left are those of the settings as they were.
    let tries = json!({ "delivery_code_tries": 9, "reason": "patience" });
    service.must("admin", "/api/admin/book-settings", &tries).await;
    look(&service, &orders, &mut seen).await;
    let asked = json!({
        "amount": iqd("100"),
        "destination": { "iban": "IQ98NBIQ850123456789012", "holder": "Zaid" },
    });
    service.must("client", &format!("{WALLET}/withdrawals"), &asked).await;
    look(&service, &orders, &mut seen).await;
    let cancel = json!({ "reason": "changed_mind" });
    service.must("client", &format!("/api/orders/{}/cancel", orders[1]), &cancel).await;
    for step in 1..=3 {
        service.top_up("c1", &step.to_string()).await;
        look(&service, &orders, &mut seen).await;
    }

    let mut times = Vec::new();
    let events = service.get("/api/events?limit=200").by("auditor").send().await.expect(200);
    for event in events["events"].as_array().unwrap() {
        times.push(event["recorded_at"].as_str().unwrap().to_owned());
    }
    assert!(seen.len() > 40);
    for Seen { path, position, cursor, etag, text } in &seen {
        let mut moments = vec![position.to_string(), cursor.clone()];
        if *position > 0 {
            moments.push(times[usize::try_from(*position).unwrap() - 1].clone());
        }
        for moment in moments {
            let path = asking(path, &format!("as_of={moment}"));
            let answer = read(&service, &path).await;
            assert_eq!(&answer.text, text, "{path}");
            assert_eq!(answer.header("daftar-position"), Some(cursor.as_str()), "{path}");
            assert_eq!(answer.header("etag"), etag.as_deref(), "{path}");
        }
    }
    let before = format!("/api/orders/{first}?as_of=0");
    read(&service, &before).await.expect_problem(404, "order-not-found");
}

#[tokio::test]
async fn a_position_within_a_command_is_the_commands_end() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let (_, before) = service.recorded().await;
    let placed = service.must("client", "/api/orders", &wallet_order("c1", "60")).await;
    let end = placed["position"].as_i64().unwrap();
    assert!(end - before >= 3, "the order, the wallet, the payment: {placed}");
    service.top_up("c1", "1").await;
    for position in before + 1..=end {
        let path = format!("{TRIAL_BALANCE}?as_of={position}");
        let shown = read(&service, &path).await.expect(200);
        assert_eq!(shown["position"], end);
        assert_eq!(shown["differences"], json!([iqd("0")]));
        let path = format!("{WALLET}?as_of={position}");
        assert_eq!(read(&service, &path).await.expect(200)["wallets"][0]["balance"], iqd("40"));
    }
}

#[tokio::test]
async fn the_trial_balance_is_zero_at_every_position() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    service.must("client", "/api/orders", &wallet_order("c1", "60")).await;
    service.must("client", "/api/orders", &wallet_order("c1", "40")).await;
    let (_, end) = service.recorded().await;
    for position in 0..=end {
        let path = format!("{TRIAL_BALANCE}?as_of={position}");
        let shown = read(&service, &path).await.expect(200);
        let differences = shown["differences"].as_array().unwrap();
        assert!(differences.iter().all(|difference| *difference == iqd("0")), "{shown}");
    }
}

#[tokio::test]
async fn what_is_no_moment_of_this_book_is_refused() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let (_, end) = service.recorded().await;
    let beyond = format!("as_of={}", end + 1);
    for path in [WALLET, STATEMENT, TRIAL_BALANCE] {
        for text in ["as_of=yesterday", "as_of=-1", "as_of=", "as_of=2026-02-30", "as_of=1.5"] {
            let answer = read(&service, &asking(path, text)).await;
            let problem = answer.expect_problem(400, "invalid-query");
            assert_eq!(problem["errors"][0]["pointer"], "as_of", "{problem}");
        }
        let answer = read(&service, &asking(path, "as_of=1.00000000")).await;
        answer.expect_problem(409, "cursor-diverged");
        let answer = read(&service, &asking(path, &format!("{beyond}.00000000"))).await;
        answer.expect_problem(409, "cursor-diverged");
        let answer = read(&service, &asking(path, &beyond)).await;
        answer.expect_problem(503, "position-not-reached");
    }
    for query in ["basis=effective&as_of=3", "known_at=3", "basis=effective&as_of=1.00000000"] {
        let answer = read(&service, &asking(TRIAL_BALANCE, query)).await;
        answer.expect_problem(400, "invalid-query");
    }
    let backwards = asking(STATEMENT, &format!("as_of=0&after={end}"));
    read(&service, &backwards).await.expect_problem(400, "invalid-query");
}

fn balance_of(trial_balance: &Value, number: &str) -> Option<Value> {
    let accounts = trial_balance["accounts"].as_array().unwrap();
    accounts.iter().find(|one| one["number"] == number).map(|one| one["balance"].clone())
}

#[tokio::test]
async fn a_transfer_counts_on_its_own_day_by_effect_and_on_ours_by_record() {
    let service = Service::start().await;
    service.top_up("c1", "7").await;
    let (_, before) = service.recorded().await;
    let transfer = json!({ "account": "rafidain-1", "reference": "R-1", "date": "2025-11-20" });
    let body = json!({ "amount": iqd("100"), "kind": { "bank_transfer": transfer } });
    service.must("finance", "/api/payments", &body).await;
    let shown = async |query: &str| read(&service, &asking(TRIAL_BALANCE, query)).await.expect(200);

    let clearing = |shown: &Value| balance_of(shown, "1020");
    assert_eq!(clearing(&shown("as_of=2025-11-20").await), None, "nobody knew of it");
    let then = shown("basis=effective&as_of=2025-11-20").await;
    assert_eq!(clearing(&then), Some(iqd("100")));
    assert_eq!(then["until"], "2025-11-20T20:59:59.999999Z", "the day ends in Baghdad");
    assert_eq!(then["differences"], json!([iqd("0")]));
    assert_eq!(balance_of(&then, "2100"), None, "the other one came in later");
    assert_eq!(clearing(&shown("basis=effective&as_of=2025-11-19").await), None);
    let query = format!("basis=effective&as_of=2025-11-20&known_at={before}");
    assert_eq!(clearing(&shown(&query).await), None, "it was not known yet");
    assert_eq!(clearing(&shown("basis=effective").await), clearing(&shown("").await));
}

#[tokio::test]
async fn a_day_is_as_long_on_every_page_though_the_time_zone_changes_between_them() {
    let service = Service::start().await;
    for day in ["2025-11-19", "2025-11-20"] {
        let transfer = json!({ "account": "rafidain-1", "reference": day, "date": day });
        let body = json!({ "amount": iqd("100"), "kind": { "bank_transfer": transfer } });
        service.must("finance", "/api/payments", &body).await;
    }
    let lines = "/api/audit/accounts/1020/lines?basis=effective&as_of=2025-11-20&limit=1";
    let first = read(&service, lines).await.expect(200);
    assert_eq!(first["until"], "2025-11-20T20:59:59.999999Z", "the day ends in Baghdad");

    let zone = json!({ "time_zone": "UTC", "reason": "policy" });
    let path = "/api/admin/book-settings?propose=true";
    let asked = service.post(path).by("admin").key("zone").json(&zone).send().await;
    let id = asked.expect(202)["approval"]["id"].as_str().unwrap().to_owned();
    service.must("second", &format!("/api/approvals/{id}/approve"), &json!({})).await;

    let next = first["next"].as_str().unwrap();
    let second = read(&service, &format!("{lines}&cursor={next}")).await.expect(200);
    assert_eq!(second["until"], first["until"]);
    let anew = read(&service, lines).await.expect(200);
    assert_eq!(anew["until"], "2025-11-20T23:59:59.999999Z", "the day ends in Greenwich now");
}

fn amount(sum: i64) -> Amount {
    Amount::try_from(Money::new(Decimal::from(sum), Currency::from_code("IQD").unwrap()).unwrap())
        .unwrap()
}

/// Cash that was taken some time before anybody wrote it down.
async fn top_up_at(service: &Service, number: u128, sum: i64, effective_at: DateTime<Utc>) {
    let actor = Actor {
        kind: ActorKind::Person,
        id: Text::new("finance").unwrap(),
        role: Role::Finance,
        department: None,
        on_behalf_of: None,
    };
    let command = Command::TopUpWallet {
        customer: CustomerId::new("c1").unwrap(),
        payment: PaymentId::new(Uuid::from_u128(number)),
        kind: Kind::Cash { note: None },
        amount: amount(sum),
    };
    let submission = Submission {
        command_id: Uuid::from_u128(number),
        fingerprint: Vec::new(),
        is_unrepeatable: true,
        keeps_refusal: true,
        commands: vec![command],
        fresh: Vec::new(),
        expected: Vec::new(),
        provenance: Provenance { effective_at: Some(effective_at), ..Provenance::of(actor) },
        render: Arc::new(|_| Reply {
            status: 200,
            body: "{}".to_owned(),
            resource: None,
            version: None,
        }),
    };
    assert!(service.ledger.submit(submission).await.unwrap().is_accepted());
}

#[tokio::test]
async fn a_statement_by_effect_puts_each_movement_where_it_belongs() {
    let service = Service::start().await;
    let now = service.ledger.clock().now();
    let days = |days: i64| now - TimeDelta::days(days);
    top_up_at(&service, 1, 1, days(1)).await;
    let (_, known) = service.recorded().await;
    top_up_at(&service, 2, 20, days(5)).await;
    top_up_at(&service, 3, 300, days(3)).await;

    let lines = |shown: &Value| -> Vec<(Value, Value)> {
        let lines = shown["lines"].as_array().unwrap().iter();
        let lines = lines.filter(|line| line["amount"] != iqd("0"));
        lines.map(|line| (line["amount"].clone(), line["balance"].clone())).collect()
    };
    let shown = async |query: &str| {
        let path = format!("{WALLET}/statement?{query}");
        service.get(&path).by("client").send().await.expect(200)
    };
    let recorded = shown("").await;
    let by_record = [("300", "321"), ("20", "21"), ("1", "1")];
    assert_eq!(lines(&recorded), by_record.map(|(sum, after)| (iqd(sum), iqd(after))));
    let effective = shown("basis=effective").await;
    let by_effect = [("1", "321"), ("300", "320"), ("20", "20")];
    assert_eq!(lines(&effective), by_effect.map(|(sum, after)| (iqd(sum), iqd(after))));
    let text = |time: DateTime<Utc>| time.to_rfc3339().replace('+', "%2B");
    let period = format!(
        "basis=effective&after={}&as_of={}&limit=1",
        text(days(4)),
        text(days(1) + TimeDelta::seconds(1))
    );
    let first = shown(&period).await;
    assert_eq!((&first["opening"], &first["closing"]), (&iqd("20"), &iqd("321")));
    assert_eq!((&first["page_opening"], &first["page_closing"]), (&iqd("320"), &iqd("321")));
    let early = shown(&format!("basis=effective&known_at={known}")).await;
    assert_eq!(lines(&early), [(iqd("1"), iqd("1"))], "the others were not known");
}
