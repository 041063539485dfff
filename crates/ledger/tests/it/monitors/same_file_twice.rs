//! One file on the receipts of two orders or top-ups is told of while one of them waits.

use domain::id::ReceiptFileId;
use ledger::alerts::{Severity, Synced};
use serde_json::json;

use super::paper::{approves, asks_top_up, digest, refuses, refuses_top_up, transfer, uploads};
use super::watched::Watched;
use crate::book::{by_transfer, order};

const MONITOR: &str = "same-file-twice";

#[tokio::test]
async fn one_picture_for_two_orders_is_told_of_until_both_are_decided() {
    let desk = Watched::open().await;
    for number in [1, 2, 3] {
        desk.send(by_transfer(number, "anna", 100)).await;
    }
    desk.send(uploads(1, 1, "picture")).await;
    // Another picture, and the same one once more for the same order.
    desk.send(uploads(3, 3, "another")).await;
    desk.send(refuses(1, 1)).await;
    desk.send(uploads(1, 4, "picture")).await;
    desk.sees_nothing(MONITOR).await;

    desk.send(uploads(2, 2, "picture")).await;
    let alert = desk.one(MONITOR).await;
    let file = digest("picture");
    assert_eq!(alert.subject, format!("receipt-file/{}", ReceiptFileId::of(file.as_str())));
    assert_eq!((alert.severity, &*alert.owner), (Severity::Warning, "finance"));
    assert_eq!(alert.says, "one file is the receipt of order M2500001, order M2500002");
    let waits: Vec<_> = alert.evidence["uploads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|upload| (upload["sent"]["order"].clone(), upload["waits"].clone()))
        .collect();
    let (first, second) = (json!(order(1)), json!(order(2)));
    assert_eq!(waits, [(first.clone(), json!(false)), (first, json!(true)), (second, json!(true))]);

    // One transfer pays for both.
    desk.send(approves(1, 4, 100, transfer("TT-1", 200))).await;
    assert_eq!(desk.look(MONITOR).await.len(), 1);
    desk.send(approves(2, 2, 100, transfer("TT-1", 200))).await;
    assert_eq!(desk.synced(MONITOR).await, Synced { resolved: 1, ..Synced::default() });
}

#[tokio::test]
async fn a_picture_that_two_customers_sent_is_worse() {
    let desk = Watched::open().await;
    desk.send(asks_top_up("anna", 1, "picture")).await;
    desk.send(by_transfer(1, "anna", 100)).await;
    desk.send(uploads(1, 1, "picture")).await;
    let alert = desk.one(MONITOR).await;
    assert_eq!(alert.severity, Severity::Warning);
    assert!(alert.says.starts_with("one file is the receipt of top-up "), "{}", alert.says);

    desk.send(by_transfer(2, "bashir", 100)).await;
    desk.send(uploads(2, 2, "picture")).await;
    let worse = desk.one(MONITOR).await;
    assert_eq!((worse.id, worse.severity), (alert.id, Severity::Critical));
    assert!(worse.says.ends_with(", order M2500002 of several customers"), "{}", worse.says);

    desk.send(refuses_top_up("anna", 1)).await;
    desk.send(refuses(1, 1)).await;
    assert_eq!(desk.look(MONITOR).await.len(), 1, "the last one waits");
    desk.send(refuses(2, 2)).await;
    desk.sees_nothing(MONITOR).await;
}
