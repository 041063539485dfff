//! Edit ∥ pack ∥ dispatch, of a paid order in the warehouse's hands.

use domain::decide::{Command, EditOrder, OrderedLine, PlaceOrder};
use domain::id::{ShipmentId, Text};
use domain::order::Facts;
use domain::order::status::{Method, Phase};
use domain::order::totals::{Percent, Quantity};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::arena::{Arena, interleavings};
use super::facts::{balance, facts};
use super::tally::{assert_each_comes_up, outcome};
use crate::book::{code, customer, iqd, order, top_up};

const PRICE: i64 = 100;
const IN_WALLET: i64 = 250;

fn name(number: u64) -> String {
    format!("customer {number}")
}

fn lines(count: usize) -> Vec<OrderedLine> {
    ["acetone", "ethanol", "toluene"][..count]
        .iter()
        .map(|sku| OrderedLine {
            sku: Text::new(*sku).unwrap(),
            quantity: Quantity::new(Decimal::ONE).unwrap(),
            unit_price: iqd(PRICE),
        })
        .collect()
}

/// What so many lines cost.
fn price(count: usize) -> i64 {
    PRICE * i64::try_from(count).unwrap()
}

/// Everything until the warehouse works on two lines.
fn in_the_warehouse(number: u64) -> Vec<Command> {
    let order = order(number);
    let placed = Command::PlaceOrder(Box::new(PlaceOrder {
        order,
        customer: customer(&name(number)),
        method: Method::WalletFull,
        remainder: None,
        wallet_part: None,
        lines: lines(2),
        discount: iqd(0),
        delivery: iqd(0),
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
        total: iqd(price(2)),
        recipient: None,
    }));
    vec![
        top_up(&name(number), number, IN_WALLET),
        placed,
        Command::Release { order },
        Command::StartProcessing { order },
    ]
}

/// Wants this many of the lines instead.
fn edit(number: u64, count: usize) -> Command {
    Command::EditOrder(Box::new(EditOrder {
        order: order(number),
        lines: lines(count),
        discount: iqd(0),
        delivery: iqd(0),
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
        total: iqd(price(count)),
    }))
}

/// Dispatches all that is wanted.
fn dispatch(number: u64) -> Command {
    Command::Dispatch {
        order: order(number),
        shipment: ShipmentId::new(Uuid::from_u64_pair(0x5, number)),
        lines: None,
        carrier: code("post"),
        tracking: None,
        code: None,
    }
}

/// Runs the races with an edit to so many lines. `follows` says of each legal outcome the phase
/// and the number of lines that it leaves.
async fn race(title: &str, seed: u64, edited: usize, follows: &[(&str, Phase, usize)]) {
    let mut arena = Arena::open(seed).await;
    let numbers = 0..interleavings();
    arena.prepare(numbers.clone().flat_map(in_the_warehouse).collect()).await;
    let races = numbers
        .clone()
        .map(|number| {
            let pack = Command::Pack { order: order(number) };
            vec![
                arena.contestant("edit", edit(number, edited)),
                arena.contestant("pack", pack),
                arena.contestant("dispatch", dispatch(number)),
            ]
        })
        .collect();
    let run = arena.run(races).await;

    let states = arena.end(&run).await;
    for (number, race) in numbers.zip(&run) {
        let outcome = outcome(race);
        let Some((_, phase, count)) = follows.iter().find(|(legal, ..)| *legal == outcome) else {
            panic!("{outcome:?} is not legal");
        };
        let facts = facts(&states, number);
        assert_eq!((facts.phase(), facts.lines.len()), (*phase, *count), "{outcome}");
        assert_shipped_as_it_stands(facts);
        assert_eq!(facts.totals.due, iqd(price(*count)));
        let paid = price(2.min(*count));
        assert_eq!(facts.received, iqd(paid));
        assert_eq!(balance(&states, &name(number)), iqd(IN_WALLET - paid));
    }
    let legal: Vec<&str> = follows.iter().map(|(legal, ..)| *legal).collect();
    assert_each_comes_up(title, run.len(), run.iter().map(|race| outcome(race)), &legal);
}

/// What left the warehouse is what is wanted, and paid for.
fn assert_shipped_as_it_stands(facts: &Facts) {
    let shipped = facts.lines.iter().any(|line| !line.shipped.is_zero());
    if shipped {
        assert!(facts.lines.iter().all(|line| line.shipped == line.live()));
        assert!(facts.settled());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_packed_and_sent_is_what_was_wanted_before_and_not_after() {
    let follows = [
        ("edit, pack, dispatch", Phase::Dispatched, 1),
        ("edit, pack", Phase::Packed, 1),
        ("pack, dispatch", Phase::Dispatched, 2),
        ("pack", Phase::Packed, 2),
    ];
    race("edit to less ∥ pack ∥ dispatch", 3, 1, &follows).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_an_edit_made_dearer_is_neither_packed_nor_sent() {
    let follows = [
        ("edit", Phase::AwaitingPayment, 3),
        ("pack, dispatch", Phase::Dispatched, 2),
        ("pack", Phase::Packed, 2),
    ];
    race("edit to more ∥ pack ∥ dispatch", 4, 3, &follows).await;
}
