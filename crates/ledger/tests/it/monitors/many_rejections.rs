//! A customer whose receipts are refused again and again is told of.

use domain::settings::Setting;
use ledger::alerts::Synced;

use super::paper::{DAY, asks_top_up, refuses, refuses_top_up, uploads};
use super::watched::Watched;
use crate::book::by_transfer;

const MONITOR: &str = "many-rejections";

impl Watched {
    /// A receipt for this order that finance refuses.
    async fn refused(&self, order: u64, receipt: u64) {
        self.send(uploads(order, receipt, &receipt.to_string())).await;
        self.send(refuses(order, receipt)).await;
    }
}

#[tokio::test]
async fn the_third_refusal_within_a_week_is_told_of_until_the_first_is_older() {
    let desk = Watched::open().await;
    desk.send(by_transfer(1, "anna", 100)).await;
    desk.send(by_transfer(2, "bashir", 100)).await;
    desk.refused(1, 1).await;
    desk.refused(2, 2).await;
    desk.after(DAY);
    desk.refused(1, 3).await;
    desk.send(asks_top_up("anna", 1, "top-up")).await;
    desk.sees_nothing(MONITOR).await;
    desk.send(refuses_top_up("anna", 1)).await;

    let alert = desk.one(MONITOR).await;
    assert_eq!((&*alert.subject, &*alert.owner), ("customer/anna", "finance"));
    assert_eq!(
        alert.says,
        "3 receipts of customer anna were refused from 2025-11-20 12:00 to 2025-11-21 12:00"
    );
    assert_eq!(alert.evidence["positions"].as_array().unwrap().len(), 3);
    assert_eq!(alert.evidence["orders"], serde_json::json!(["M2500001"]));

    desk.after(7 * DAY - 1);
    assert_eq!(desk.look(MONITOR).await.len(), 1);
    desk.after(7 * DAY);
    assert_eq!(desk.synced(MONITOR).await, Synced { resolved: 1, ..Synced::default() });
}

#[tokio::test]
async fn a_book_says_how_many_are_many() {
    let desk = Watched::open().await;
    desk.send(by_transfer(1, "anna", 100)).await;
    desk.refused(1, 1).await;
    desk.sees_nothing(MONITOR).await;
    desk.change(Setting::ManyRejections(1)).await;
    assert_eq!(desk.look(MONITOR).await.len(), 1);
    desk.change(Setting::ManyRejections(2)).await;
    desk.sees_nothing(MONITOR).await;
}
