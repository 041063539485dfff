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
fn the_demo_puts_customer_94_right_and_says_so_in_one_object() {
    let output = Installation::new("demo").run(&["demo", "--json"]);
    // One object and nothing else: anything beside it would not parse.
    let shown: Value = serde_json::from_slice(&output.stdout).expect("stdout is one JSON object");

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
