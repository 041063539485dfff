//! The owner's decisions for customer 94 fit the orders they are about.

use serde_json::Value;

use crate::old_shop::{MISSING, dinars, weigh};

#[tokio::test]
async fn the_decisions_name_every_order_that_needs_a_person_and_no_other() {
    let text = include_str!("../../../../data/legacy/decisions-94.json");
    let decisions: Vec<Value> = serde_json::from_str(text).unwrap();
    let weighed = weigh(MISSING, "").await;
    let named: Vec<&str> = decisions.iter().map(|one| one["order"].as_str().unwrap()).collect();
    assert_eq!(named, ["M2511130", "M2511133", "M2511135", "M2511138"]);
    for decision in &decisions {
        let facts = decision["facts"].as_object().unwrap();
        assert_eq!(facts.keys().collect::<Vec<_>>(), ["delivered", "released", "shipped"]);
        assert!(!decision["reason"].as_str().unwrap().is_empty());
    }
    let receipt = &decisions[3];
    let due = weighed.order("M2511138").due;
    assert_eq!(Some(dinars(receipt["verified_amount"].as_str().unwrap())), due);
    assert_eq!(Some(dinars(receipt["transfer"]["amount"].as_str().unwrap())), due);
}
