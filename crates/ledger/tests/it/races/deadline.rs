//! Upload ∥ expire ∥ cancel, once the deadline of an order has passed that is paid in part.

use std::sync::atomic::Ordering;

use domain::decide::{Command, OrderedLine, PlaceOrder};
use domain::id::Text;
use domain::order::status::{Channel, Method, Phase};
use domain::order::totals::{Percent, Quantity};
use rust_decimal::Decimal;

use super::arena::{Arena, interleavings};
use super::facts::{balance, facts};
use super::receipts::upload;
use super::tally::{assert_each_comes_up, outcome};
use crate::book::{because, customer, iqd, order, top_up};

const IN_WALLET: i64 = 50;
const AFTER_THE_DEADLINE: i64 = 73 * 3_600;

fn name(number: u64) -> String {
    format!("customer {number}")
}

/// Forty of a hundred from the wallet, the rest by transfer.
fn placed(number: u64) -> Command {
    Command::PlaceOrder(Box::new(PlaceOrder {
        order: order(number),
        customer: customer(&name(number)),
        method: Method::WalletPartial,
        remainder: Some(Channel::BankTransfer),
        wallet_part: Some(iqd(40)),
        lines: vec![OrderedLine {
            sku: Text::new("acetone").unwrap(),
            quantity: Quantity::new(Decimal::ONE).unwrap(),
            unit_price: iqd(100),
        }],
        discount: iqd(0),
        delivery: iqd(0),
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
        total: iqd(100),
        recipient: None,
    }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_upload_expiry_and_cancellation_one_ends_the_order_and_gives_its_money_back_once() {
    let mut arena = Arena::open(13).await;
    let numbers = 0..interleavings();
    let before = numbers
        .clone()
        .flat_map(|number| [top_up(&name(number), number, IN_WALLET), placed(number)]);
    arena.prepare(before.collect()).await;
    arena.book.hands.store(AFTER_THE_DEADLINE, Ordering::SeqCst);
    let races = numbers
        .clone()
        .map(|number| {
            let order = order(number);
            vec![
                arena.contestant("upload", upload(number)),
                arena.contestant("expire", Command::Expire { order }),
                arena.contestant("cancel", Command::Cancel { order, reason: because() }),
            ]
        })
        .collect();
    let run = arena.run(races).await;

    let states = arena.end(&run).await;
    for (number, race) in numbers.zip(&run) {
        let (phase, receipts) = match outcome(race).as_str() {
            "expire" => (Phase::Expired, 0),
            "cancel" => (Phase::Cancelled, 0),
            "upload, cancel" => (Phase::Cancelled, 1),
            other => panic!("{other:?} is not legal"),
        };
        let facts = facts(&states, number);
        assert_eq!((facts.phase(), facts.receipts.len()), (phase, receipts));
        assert!(facts.held().is_zero());
        assert_eq!(balance(&states, &name(number)), iqd(IN_WALLET), "all of it, once");
    }
    let legal = ["upload, cancel", "expire", "cancel"];
    let title = "upload ∥ expire ∥ cancel";
    assert_each_comes_up(title, run.len(), run.iter().map(|race| outcome(race)), &legal);
}
