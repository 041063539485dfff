//! Scenario 11: N parallel orders on one wallet that can pay k of them: exactly k succeed.

use serde_json::Value;
use tokio::task::JoinSet;

use super::world::{Cart, World};

/// As many orders at once.
const ORDERS: usize = 24;
/// So many of them the wallet can pay.
const PAYABLE: usize = 9;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_parallel_orders_on_one_wallet_exactly_those_succeed_that_it_can_pay() {
    let world = World::with_nodes("parallel", 2).await;
    // Nine orders and all but a thousandth of another.
    world.fill_wallet("zaid", "12499.999").await;
    let cart = Cart::of("zaid").line("LB-502", "1", "1250").total("1250").paid_from_the_wallet();

    let mut placing = JoinSet::new();
    for (number, node) in (0..ORDERS).zip(world.nodes().iter().cycle()) {
        let node = node.clone();
        let ticket = world.client().ticket("/api/orders".to_owned(), cart.body());
        placing.spawn(async move { (number, node.command(&ticket).await) });
    }
    let replies = placing.join_all().await;
    let (paid, refused): (Vec<_>, Vec<_>) =
        replies.into_iter().partition(|(_, reply)| reply.is_accepted());
    assert_eq!((paid.len(), refused.len()), (PAYABLE, ORDERS - PAYABLE));
    for (_, reply) in refused {
        let said = reply.json();
        assert_eq!((reply.status, &said["code"]), (422, &Value::from("insufficient-funds")));
        assert_eq!(said["available"]["amount"], "1249.999", "decided after all that it could pay");
    }

    // The first two events are the top-up's; each order has three, and its own entry.
    let journal = world.accounts_for_everything().await;
    let entries: Vec<String> = (1..=PAYABLE)
        .map(|number| format!("Dr 2100:zaid / Cr 2200:M260000{number} 1250"))
        .collect();
    assert_eq!(journal, entries, "numbers without a hole, in the order of the payments");
    for (_, reply) in paid {
        let said = reply.json();
        let order = said["order"]["id"].as_str().expect("it was placed");
        let views = "paid | financial_reviewing · finance | paid";
        assert_eq!(world.views_of(order).await, views);
        assert_eq!(
            World::events_told(&said),
            "order placed, wallet debited, order payment_received"
        );
    }
    assert_eq!(world.wallet("zaid").await, "1249.999");
    world.assert_balanced().await;
    world.ends().await;
}
