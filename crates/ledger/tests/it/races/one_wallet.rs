//! Eight orders on one wallet that can pay three of them.

use super::arena::{Arena, interleavings};
use super::facts::balance;
use super::tally::assert_each_comes_up;
use crate::book::{by_wallet, iqd, top_up};

const ORDERS: [&str; 8] = ["1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th"];
const PAYABLE: usize = 3;
const PRICE: i64 = 10;
/// Not enough for one more.
const REST: i64 = 9;

fn name(number: u64) -> String {
    format!("customer {number}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn as_many_orders_are_placed_as_the_wallet_can_pay() {
    let mut arena = Arena::open(11).await;
    let numbers = 0..interleavings();
    let sum = PRICE * i64::try_from(PAYABLE).unwrap() + REST;
    let before = numbers.clone().map(|number| top_up(&name(number), number, sum));
    arena.prepare(before.collect()).await;
    let races = numbers
        .clone()
        .map(|number| {
            (0_u64..)
                .zip(ORDERS)
                .map(|(turn, order)| {
                    let placed = by_wallet(number * 8 + turn, &name(number), PRICE);
                    arena.contestant(order, placed)
                })
                .collect()
        })
        .collect();
    let run = arena.run(races).await;

    let states = arena.end(&run).await;
    for (number, race) in numbers.zip(&run) {
        let placed = race.iter().filter(|finisher| finisher.changed()).count();
        assert_eq!(placed, PAYABLE, "{number}");
        assert_eq!(balance(&states, &name(number)), iqd(REST));
        for refused in race.iter().filter(|finisher| !finisher.changed()) {
            assert!(refused.body().contains("InsufficientFunds"), "{}", refused.body());
        }
    }
    let orders = i64::try_from(run.len() * PAYABLE).unwrap();
    let counters = arena.book.count("select max(counter) from daftar.customer_orders").await;
    assert_eq!(counters, orders, "a refused order takes no number");
    let placed = run.iter().flatten().filter(|finisher| finisher.changed());
    let came_up = placed.map(|finisher| finisher.name.to_owned());
    assert_each_comes_up("8 orders on a wallet for 3", run.len(), came_up, &ORDERS);
}
