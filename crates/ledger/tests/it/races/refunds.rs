//! Refund ∥ refund, of the same returned units of an order with an odd price and a tax.

use domain::decide::{Command, OrderedLine, PlaceOrder};
use domain::id::{ShipmentId, Text};
use domain::money::{Currency, Money};
use domain::order::status::{Method, PaymentStatus};
use domain::order::totals::{Percent, Quantity};
use domain::order::{DeliveryProof, LineQuantity};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::arena::{Arena, interleavings};
use super::facts::{balance, facts};
use super::tally::{assert_each_comes_up, outcome};
use crate::book::{because, code, customer, iqd, order, top_up};

/// Five units at 3.335, the tax of 7 % rounded half up: 16.675 + 1.167.
const UNIT_PRICE: i64 = 3_335;
const DUE: i64 = 17_842;
/// The share of two units in five: 6.67 + 0.467.
const SHARE: i64 = 7_137;

fn name(number: u64) -> String {
    format!("customer {number}")
}

fn fils(sum: i64) -> Money {
    Money::new(Decimal::new(sum, 3), Currency::IQD).unwrap()
}

fn units(quantity: i64) -> Quantity {
    Quantity::new(Decimal::from(quantity)).unwrap()
}

fn two_units() -> Vec<LineQuantity> {
    vec![LineQuantity { line: 1, quantity: units(2) }]
}

/// Everything until two of five units have come back.
fn returned(number: u64) -> Vec<Command> {
    let order = order(number);
    let shipment = ShipmentId::new(Uuid::from_u64_pair(0x5, number));
    let placed = Command::PlaceOrder(Box::new(PlaceOrder {
        order,
        customer: customer(&name(number)),
        method: Method::WalletFull,
        remainder: None,
        wallet_part: None,
        lines: vec![OrderedLine {
            sku: Text::new("acetone").unwrap(),
            quantity: units(5),
            unit_price: fils(UNIT_PRICE),
        }],
        discount: iqd(0),
        delivery: iqd(0),
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::new(Decimal::from(7)).unwrap(),
        total: fils(DUE),
        recipient: None,
    }));
    let dispatch = Command::Dispatch {
        order,
        shipment,
        lines: None,
        carrier: code("post"),
        tracking: None,
        code: None,
    };
    let deliver = Command::Deliver { order, shipment: Some(shipment), proof: DeliveryProof::None };
    vec![
        top_up(&name(number), number, 20),
        placed,
        Command::Release { order },
        Command::StartProcessing { order },
        Command::Pack { order },
        dispatch,
        deliver,
        Command::ReturnGoods { order, lines: two_units(), reason: because() },
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_came_back_is_paid_back_once() {
    let mut arena = Arena::open(10).await;
    let numbers = 0..interleavings();
    arena.prepare(numbers.clone().flat_map(returned).collect()).await;
    let races = numbers
        .clone()
        .map(|number| {
            let order = order(number);
            let refund = Command::Refund { order, lines: Some(two_units()), fees: false };
            vec![arena.contestant("first", refund.clone()), arena.contestant("second", refund)]
        })
        .collect();
    let run = arena.run(races).await;

    let states = arena.end(&run).await;
    for (number, race) in numbers.zip(&run) {
        let facts = facts(&states, number);
        assert_eq!(facts.refunded, fils(SHARE));
        assert_eq!(facts.payment_status(), PaymentStatus::PartiallyRefunded);
        let spent = fils(DUE).checked_sub(fils(SHARE)).unwrap();
        assert_eq!(balance(&states, &name(number)), iqd(20).checked_sub(spent).unwrap());
        let refused = race.iter().find(|finisher| !finisher.changed()).unwrap();
        assert!(refused.body().contains("NothingToRefund"), "{}", refused.body());
    }
    let came_up = run.iter().map(|race| outcome(race));
    assert_each_comes_up("refund ∥ refund", run.len(), came_up, &["first", "second"]);
}
