//! A receipt that waits is told of once the transfer that its file shows has nothing left, and when its
//! file was refused before.

use domain::decide::Command;
use ledger::alerts::Synced;

use super::paper::{
    allocates, approves, asks_top_up, digest, dinars, paid_by, receipt, refuses, refuses_top_up,
    request, transfer, uploads,
};
use super::watched::Watched;
use crate::book::{because, by_transfer, order};

const MONITOR: &str = "transfer-used-up";

/// Two orders of 100 whose receipts are one picture.
async fn two_with_one_picture() -> Watched {
    let desk = Watched::open().await;
    for number in [1, 2] {
        desk.send(by_transfer(number, "anna", 100)).await;
        desk.send(uploads(number, number, "picture")).await;
    }
    desk.sees_nothing(MONITOR).await;
    desk
}

#[tokio::test]
async fn a_receipt_whose_transfer_paid_another_order_is_told_of_until_it_is_refused() {
    let desk = two_with_one_picture().await;
    desk.send(approves(1, 1, 100, transfer("TT-1", 100))).await;
    let alert = desk.one(MONITOR).await;
    assert_eq!(alert.subject, format!("order/{}/receipt/{}", order(2), receipt(2)));
    assert_eq!(
        alert.says,
        "the receipt of order M2500002 shows the transfer RAFIDAIN TT-1 of 100 IQD, \
         which is used up"
    );
    assert_eq!(alert.evidence["file"], digest("picture").as_str());
    assert_eq!(alert.evidence["amount"], dinars("100"));
    // Finance tries it with this transfer and with another one.
    let used_up = desk.is_refused(1, approves(2, 2, 100, transfer("TT-1", 100))).await;
    let another = desk.is_refused(2, approves(2, 2, 100, transfer("TT-2", 100))).await;
    assert_ne!(used_up, another);
    assert_eq!(desk.look(MONITOR).await.len(), 1);

    desk.send(refuses(2, 2)).await;
    assert_eq!(desk.synced(MONITOR).await, Synced { resolved: 1, ..Synced::default() });
}

#[tokio::test]
async fn a_transfer_with_something_left_may_pay_another_order_until_it_is_used_up_or_reversed() {
    let desk = two_with_one_picture().await;
    desk.send(approves(1, 1, 100, transfer("TT-1", 101))).await;
    desk.sees_nothing(MONITOR).await;
    desk.send(allocates(paid_by("TT-1"), None, "anna")).await;
    let told = desk.told(MONITOR).await;
    assert!(told[0].ends_with("which is used up"), "{told:?}");
    desk.send(Command::ReversePayment { payment: paid_by("TT-1"), reason: because() }).await;
    let told = desk.told(MONITOR).await;
    assert!(told[0].ends_with("which was reversed"), "{told:?}");
}

#[tokio::test]
async fn a_top_up_names_a_transfer_by_its_picture_too() {
    let desk = Watched::open().await;
    desk.send(by_transfer(1, "anna", 100)).await;
    desk.send(asks_top_up("anna", 1, "picture")).await;
    desk.send(uploads(1, 1, "picture")).await;
    desk.send(approves(1, 1, 100, transfer("TT-1", 100))).await;
    let alert = desk.one(MONITOR).await;
    assert_eq!(alert.subject, format!("request/{}", request(1)));
    assert!(alert.says.starts_with("the top-up of customer anna shows "), "{}", alert.says);
    desk.send(refuses_top_up("anna", 1)).await;
    desk.sees_nothing(MONITOR).await;
}

#[tokio::test]
async fn a_picture_that_was_refused_is_told_of_when_it_comes_again_for_the_same_order() {
    let desk = Watched::open().await;
    desk.send(by_transfer(1, "anna", 100)).await;
    desk.send(uploads(1, 1, "picture")).await;
    desk.send(refuses(1, 1)).await;
    desk.send(uploads(1, 2, "a better picture")).await;
    desk.sees_nothing(MONITOR).await;
    desk.send(uploads(1, 3, "picture")).await;
    let alert = desk.one(MONITOR).await;
    assert_eq!(alert.subject, format!("order/{}/receipt/{}", order(1), receipt(3)));
    assert_eq!(
        alert.says,
        "the receipt of order M2500001 is a file that finance refused for it before"
    );
    // It was right after all.
    desk.send(approves(1, 3, 100, transfer("TT-1", 100))).await;
    desk.sees_nothing(MONITOR).await;
}
