//! Scenario 12: The same command 50 times at once with one idempotency key, on two nodes: one
//! append, 50 identical replies.

use tokio::task::JoinSet;

use super::world::{Cart, World};

const TIMES: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_command_sent_fifty_times_at_once_is_done_once_and_answered_alike() {
    let world = World::with_nodes("fifty-times", 2).await;
    world.fill_wallet("zaid", "500000").await;
    let cart = Cart::of("zaid").line("LB-502", "1", "360960.16").total("360960.16");
    let ticket =
        world.client().ticket("/api/orders".to_owned(), cart.paid_from_the_wallet().body());

    let mut sending = JoinSet::new();
    for (_, node) in (0..TIMES).zip(world.nodes().iter().cycle()) {
        let (node, ticket) = (node.clone(), ticket.clone());
        sending.spawn(async move { node.command(&ticket).await });
    }
    let replies = sending.join_all().await;
    assert_eq!(replies.len(), TIMES);
    let first = &replies[0];
    assert_eq!(first.status, 201, "{}", first.body);
    for reply in &replies {
        assert_eq!((reply.status, &reply.body), (first.status, &first.body));
    }
    let first_hand = replies.iter().filter(|reply| !reply.is_replayed).count();
    assert!(first_hand <= 1, "{first_hand} say that they were the first");

    let said = first.json();
    assert_eq!(World::events_told(&said), "order placed, wallet debited, order payment_received");
    assert_eq!(
        world.accounts_for_everything().await,
        ["Dr 2100:zaid / Cr 2200:M2600001 360960.16"],
        "one append"
    );
    let order = said["order"]["id"].as_str().expect("it was placed");
    assert_eq!(world.views_of(order).await, "paid | financial_reviewing · finance | paid");
    assert_eq!(world.wallet("zaid").await, "139039.84");
    world.assert_balanced().await;
    world.ends().await;
}
