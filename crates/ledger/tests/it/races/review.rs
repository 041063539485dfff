//! Approve ∥ reject ∥ cancel, of an order whose receipt shows more than it costs.

use domain::decide::Command;
use domain::order::status::{PaymentStatus, Phase};

use super::arena::{Arena, interleavings};
use super::facts::{balance, facts, left};
use super::receipts::{approve, receipt, transfer, upload};
use super::tally::{assert_each_comes_up, outcome};
use crate::book::{because, by_transfer, iqd, order};

const DUE: i64 = 100;
const SENT: i64 = 120;

fn name(number: u64) -> String {
    format!("customer {number}")
}

fn reference(number: u64) -> String {
    format!("transfer {number}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_whatever_order_approval_rejection_and_cancellation_come_no_dinar_is_lost() {
    let mut arena = Arena::open(14).await;
    let numbers = 0..interleavings();
    let before = numbers
        .clone()
        .flat_map(|number| [by_transfer(number, &name(number), DUE), upload(number)]);
    arena.prepare(before.collect()).await;
    let races = numbers
        .clone()
        .map(|number| {
            let (order, receipt) = (order(number), receipt(number));
            let reject = Command::RejectReceipt { order, receipt, reason: because() };
            let approve = approve(number, SENT, &reference(number), SENT);
            vec![
                arena.contestant("approve", approve),
                arena.contestant("reject", reject),
                arena.contestant("cancel", Command::Cancel { order, reason: because() }),
            ]
        })
        .collect();
    let run = arena.run(races).await;

    let states = arena.end(&run).await;
    for (number, race) in numbers.zip(&run) {
        let (sum, payment) = match outcome(race).as_str() {
            "approve, cancel" | "cancel, approve" => (SENT, PaymentStatus::Unpaid),
            "reject, cancel" | "cancel, reject" => (0, PaymentStatus::Rejected),
            other => panic!("{other:?} is not legal"),
        };
        let facts = facts(&states, number);
        assert_eq!((facts.phase(), facts.payment_status()), (Phase::Cancelled, payment));
        assert!(facts.held().is_zero());
        assert_eq!(balance(&states, &name(number)), iqd(sum));
        if sum > 0 {
            assert_eq!(left(&states, transfer(&reference(number))), iqd(0));
        }
    }
    let legal = ["approve, cancel", "reject, cancel", "cancel, approve", "cancel, reject"];
    let title = "approve ∥ reject ∥ cancel";
    assert_each_comes_up(title, run.len(), run.iter().map(|race| outcome(race)), &legal);
}
