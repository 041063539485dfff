//! `daftar replay` from outside: as a program reads it, and as a person does.

use serde_json::{Value, json};
use testkit::Database;

use crate::daftar::{Api, Installation, Ticket, migrated};

/// A book with a wallet, an order that was paid from it, and the positions after each step.
async fn told(name: &str) -> (Installation, Database, String, Vec<i64>) {
    let database = migrated().await;
    let daftar = Installation::at(name, database.url());
    let (finance, client) = (daftar.key("finance", "zahra"), daftar.key("client", "shop"));
    let service = daftar.serve();
    let api = Api::new(service.base());
    let mut ends = Vec::new();
    let mut end = |reply: Value| ends.push(reply["position"].as_i64().expect("a position"));
    end(api.command(&Ticket::top_up(&finance, "94", 1_000)).await.json());
    let placed = Ticket::place(&client, "basket".to_owned(), "94", 250);
    let placed = api.command(&placed).await.json();
    let order = placed["order"]["id"].as_str().expect("an id").to_owned();
    end(placed);
    let release = Ticket::release(&finance, "go".to_owned(), &order);
    end(api.command(&release).await.json());
    service.kill();
    (daftar, database, order, ends)
}

/// What it prints with `--json`, an object a line.
fn lines(daftar: &Installation, arguments: &[&str]) -> Vec<Value> {
    let output = daftar.run(&[&["replay"], arguments, &["--json"]].concat());
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
}

fn text(daftar: &Installation, arguments: &[&str]) -> String {
    let output = daftar.run(&[&["replay"], arguments].concat());
    String::from_utf8(output.stdout).expect("text")
}

#[tokio::test]
async fn any_state_is_printed_row_by_row_and_whole() {
    let (daftar, _database, order, ends) = told("replay").await;
    let [paid, placed, released] = ends[..] else { panic!("three steps: {ends:?}") };
    let (at_paid, at_placed) = (paid.to_string(), placed.to_string());

    let sums = daftar.json(&["replay", "--as-of", &at_paid]);
    assert_eq!(sums["at"]["position"], json!(paid));
    assert_eq!(sums["events"], json!(paid));
    assert_eq!(sums["differences"], json!([{ "currency": "IQD", "amount": "0" }]));
    let rows = |sums: &Value, view: &str| {
        let mut views = sums["views"].as_array().expect("a list").iter();
        views.find(|one| one["view"] == view).expect("every view is listed")["rows"].clone()
    };
    assert_eq!(rows(&sums, "customer_orders"), json!(0));
    let now = daftar.json(&["replay"]);
    assert_eq!(now["at"]["position"], json!(released));
    assert_eq!(rows(&now, "customer_orders"), json!(1));
    let cursor = sums["at"]["cursor"].as_str().expect("a cursor");
    assert_eq!(daftar.json(&["replay", "--as-of", cursor]), sums);

    let printed = lines(&daftar, &["--order", &order, "--as-of", &at_placed]);
    let [first, rows @ .., last] = printed.as_slice() else { panic!("{printed:?}") };
    assert_eq!(first["at"]["position"], json!(placed));
    assert_eq!(last, &json!({ "end": { "count": rows.len(), "quarantined": 0 } }));
    assert_eq!(rows[0]["view"], "customer_orders");
    assert_eq!(rows[0]["row"]["paid"], "250");
    let number = rows[0]["row"]["number"].as_str().expect("a number");
    assert_eq!(lines(&daftar, &["--order", number, "--as-of", &at_placed]), printed);
    assert_eq!(rows.last().expect("some")["view"], "timeline");

    let wallet = lines(&daftar, &["--wallet", "94:IQD", "--as-of", &at_paid]);
    let balance = wallet.iter().find(|line| line["view"] == "wallet_balances").expect("a row");
    assert_eq!(balance["row"]["balance"], "1000");
    let view = lines(&daftar, &["--view", "wallet_balances"]);
    assert_eq!(view[1]["row"]["balance"], "750");
    assert_eq!(view.len(), 3);

    let read = text(&daftar, &["--order", &order]);
    for part in ["customer_orders", "timeline", number, "warehouse_ready", "position"] {
        assert!(read.contains(part), "{part} is missing in:\n{read}");
    }
    assert!(!read.contains("null") && !read.contains("Some("), "{read}");
    let read = text(&daftar, &[]);
    for part in ["wallet_balances", "2100", "Trial balance 0.", "750"] {
        assert!(read.contains(part), "{part} is missing in:\n{read}");
    }
}

#[tokio::test]
async fn what_changed_is_printed_in_rows_and_in_money() {
    let (daftar, _database, order, ends) = told("replaydiff").await;
    let (from, to) = (ends[0].to_string(), ends[1].to_string());
    let printed = lines(&daftar, &["--diff", &from, &to]);
    let [first, changes @ .., last] = printed.as_slice() else { panic!("{printed:?}") };
    assert_eq!(
        (&first["from"]["position"], &first["to"]["position"]),
        (&json!(ends[0]), &json!(ends[1]))
    );
    let end = &last["end"];
    assert_eq!(end["count"], json!(changes.len()));
    let money = json!({
        "view": "wallet_balances", "column": "balance", "currency": "IQD",
        "before": "1000", "after": "750", "change": "-250",
    });
    assert!(end["money"].as_array().expect("a list").contains(&money), "{end}");
    let accounts = end["accounts"].as_array().expect("a list");
    let account = |number: &str| accounts.iter().find(|one| one["account"] == number);
    assert_eq!(account("2100").expect("the wallets")["balance"], "250");
    assert_eq!(account("2200").expect("the prepayments")["balance"], "-250");

    let wallet = lines(&daftar, &["--diff", &from, &to, "--wallet", "94"]);
    let balance = wallet.iter().find(|line| line["view"] == "wallet_balances").expect("a change");
    let moved = json!({ "column": "balance", "before": "1000", "after": "750" });
    assert_eq!(balance["change"], "changed");
    assert!(balance["columns"].as_array().expect("a list").contains(&moved), "{balance}");
    let of_order = lines(&daftar, &["--diff", &from, &to, "--order", &order]);
    assert!(
        of_order.iter().any(|line| line["view"] == "customer_orders" && line["change"] == "added")
    );
    let of_view = lines(&daftar, &["--diff", &from, &to, "--view", "wallet_balances"]);
    assert_eq!(of_view[1], *balance);

    let read = text(&daftar, &["--diff", &from, &to]);
    for part in ["wallet_balances", "changed", "balance", "1000", "750", "-250", "2200"] {
        assert!(read.contains(part), "{part} is missing in:\n{read}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_refused_and_a_broken_stream_is_named() {
    let (daftar, database, _, ends) = told("replayno").await;
    let end = ends[2].to_string();
    let beyond = (ends[2] + 1).to_string();
    for (arguments, code, why) in [
        (vec!["--as-of", &beyond], 1, "not reached"),
        (vec!["--as-of", "1.00c0ffee"], 1, "another history"),
        (vec!["--as-of", "yesterday"], 2, "a moment is"),
        (vec!["--diff", &end, "1"], 1, "lies after"),
        (vec!["--diff", "1"], 2, "2 values"),
        (vec!["--view", "orders"], 2, "customer_orders"),
        (vec!["--order", "M2500001"], 1, "no order"),
        (vec!["--order", "00000000-0000-4000-8000-00000000dead"], 1, "was not there"),
        (vec!["--wallet", "95"], 1, "was not there"),
        (vec!["--wallet", "94", "--view", "payments"], 2, "cannot be used with"),
        (vec!["--as-of", "1", "--diff", "1", "2"], 2, "cannot be used with"),
    ] {
        let output = daftar.try_run(&[&["replay"], arguments.as_slice()].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(why), "{arguments:?}: {said}");
    }

    database.run("alter table daftar.events disable trigger user").await;
    database.run("update daftar.events set payload = '{}' where aggregate_type = 'order'").await;
    let output = daftar.try_run(&["replay", "--view", "customer_orders", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines[1]["quarantined"]["stream"].as_str().expect("a name").starts_with("order/"));
    assert_eq!(lines[2], json!({ "end": { "count": 0, "quarantined": 1 } }));
    let output = daftar.try_run(&["replay"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("Cannot follow order/"), "{said}");
}
