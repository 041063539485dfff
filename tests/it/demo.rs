//! What `daftar demo --json` promises to whoever reads it with a program.

use serde_json::{Value, json};

use crate::daftar::Installation;

const ORDERS: [&str; 5] = ["M2511128", "M2511130", "M2511133", "M2511135", "M2511138"];

fn text<'a>(order: &'a Value, name: &str) -> &'a str {
    order[name].as_str().expect("every order says so")
}

/// What one side of the object says of each order.
fn statuses(side: &Value) -> Vec<(&str, &str, &str)> {
    let orders = side.as_array().expect("it is a list of orders");
    orders
        .iter()
        .map(|order| {
            (text(order, "order"), text(order, "customer_status"), text(order, "management_status"))
        })
        .collect()
}

fn troubled(side: &Value) -> Vec<&str> {
    let orders = side.as_array().expect("it is a list of orders");
    orders
        .iter()
        .filter(|order| !order["classes"].as_array().expect("classes are a list").is_empty())
        .map(|order| text(order, "order"))
        .collect()
}

#[test]
fn the_demo_puts_customer_94_right_and_says_so_in_one_object_every_time() {
    let installation = Installation::new("demo");
    for _run in 0..2 {
        assert_put_right(&installation.json(&["demo"]));
        assert!(!installation.runs_postgres(), "it stops what it started");
    }
}

#[test]
fn the_demo_tells_people_the_whole_story() {
    let output = Installation::new("demotext").run(&["demo", "--exit"]);
    let told = String::from_utf8(output.stdout).expect("it is text");
    for part in ORDERS.iter().copied().chain(["trial balance 0", "15145593.99"]) {
        assert!(told.contains(part), "{part} is not in it:\n{told}");
    }
}

/// What the object says, member by member.
fn assert_put_right(shown: &Value) {
    let members: Vec<&str> =
        shown.as_object().expect("it is an object").keys().map(String::as_str).collect();
    let mut expected =
        ["before", "after", "wallet", "mismatches_after", "trial_balance", "verified", "position"];
    expected.sort_unstable();
    assert_eq!(members, expected);

    assert_eq!(
        statuses(&shown["before"]),
        [
            (ORDERS[0], "warehouse_ready", "warehouse_pending"),
            (ORDERS[1], "pending", "logistics_dispatched"),
            (ORDERS[2], "pending", "pending"),
            (ORDERS[3], "pending", "warehouse_processing"),
            (ORDERS[4], "pending", "pending"),
        ]
    );
    assert_eq!(troubled(&shown["before"]), &ORDERS[1..]);

    assert_eq!(
        statuses(&shown["after"]),
        [
            (ORDERS[0], "warehouse_ready", "warehouse_pending"),
            (ORDERS[1], "delivered", "logistics_delivered"),
            (ORDERS[2], "warehouse_ready", "warehouse_pending"),
            (ORDERS[3], "delivered", "logistics_delivered"),
            (ORDERS[4], "warehouse_ready", "warehouse_pending"),
        ]
    );
    assert_eq!(troubled(&shown["after"]), Vec::<&str>::new());

    // 44.00, 11.00 and 151,126.17 were taken, once each.
    assert_eq!(shown["wallet"], json!({ "before": "15296775.16", "after": "15145593.99" }));
    assert_eq!(shown["mismatches_after"], json!(0));
    assert_eq!(shown["trial_balance"], json!("0"));
    assert_eq!(shown["verified"], json!(true));
    assert!(shown["position"].as_u64().is_some_and(|position| position > 0), "{shown}");
}
