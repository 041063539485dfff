//! Two approvals that name one transfer, which is enough for one of the orders.

use domain::order::status::Phase;

use super::arena::{Arena, interleavings};
use super::facts::{balance, facts, left};
use super::receipts::{approve, transfer, upload};
use super::tally::{assert_each_comes_up, outcome};
use crate::book::{by_transfer, iqd};

const DUE: i64 = 100;
const SENT: i64 = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_transfer_that_is_enough_for_one_of_two_orders_pays_one_of_them() {
    let mut arena = Arena::open(2).await;
    let pairs: Vec<[u64; 2]> = (0..interleavings()).map(|pair| [2 * pair, 2 * pair + 1]).collect();
    let name = |pair: &[u64; 2]| format!("customer {}", pair[0]);
    let reference = |pair: &[u64; 2]| format!("transfer {}", pair[0]);
    let before = pairs.iter().flat_map(|pair| {
        pair.iter().flat_map(|number| [by_transfer(*number, &name(pair), DUE), upload(*number)])
    });
    arena.prepare(before.collect()).await;
    let races = pairs
        .iter()
        .map(|pair| {
            let [first, second] = pair.map(|number| approve(number, DUE, &reference(pair), SENT));
            vec![arena.contestant("first", first), arena.contestant("second", second)]
        })
        .collect();
    let run = arena.run(races).await;

    let states = arena.end(&run).await;
    for (pair, race) in pairs.iter().zip(&run) {
        let [paid, unpaid] = match outcome(race).as_str() {
            "first" => *pair,
            "second" => [pair[1], pair[0]],
            other => panic!("{other:?} is not legal"),
        };
        assert_eq!(facts(&states, paid).phase(), Phase::FinanceReview);
        assert_eq!(facts(&states, unpaid).phase(), Phase::PaymentReview);
        assert!(facts(&states, unpaid).received.is_zero());
        assert_eq!(left(&states, transfer(&reference(pair))), iqd(SENT - DUE));
        assert!(balance(&states, &name(pair)).is_zero());
        let refused = race.iter().find(|finisher| !finisher.changed()).unwrap();
        assert!(refused.body().contains("PaymentUsedUp"), "{}", refused.body());
    }
    let title = "two approvals of one transfer";
    let came_up = run.iter().map(|race| outcome(race));
    assert_each_comes_up(title, run.len(), came_up, &["first", "second"]);
}
