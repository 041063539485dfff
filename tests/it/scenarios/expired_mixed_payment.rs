//! Scenario 8: Mixed payment, expired: the wallet part comes back in the same transaction.

use super::world::{Cart, Seen, World};

#[tokio::test]
async fn the_wallet_part_of_an_expired_order_comes_back_with_its_expiry() {
    let world = World::new("mixed").await;
    world.fill_wallet("zaid", "30000").await;
    let cart = Cart::of("zaid").line("LB-502", "1", "100000").total("100000");
    let order = world
        .client()
        .places(&cart.partly_from_the_wallet("30000", "bank_transfer"))
        .then(Seen {
            events: "order placed, wallet debited, order payment_received",
            views: "payment_grace_period | payment_grace_period · customer | partial",
            journal: &["Dr 2100:zaid / Cr 2200:M2600001 30000"],
            wallet: "0",
        })
        .await;
    assert_eq!(order.owed(), "70000");
    assert_eq!(order.deadline(), "2026-03-05T09:00:00Z", "as for a bank transfer");

    world.time_is("2026-03-05T09:00:00Z");
    world
        .deadline_of(&order)
        .then(Seen {
            events: "order expired, wallet credited",
            views: "expired | expired · – | unpaid",
            journal: &["Dr 2200:M2600001 / Cr 2100:zaid 30000"],
            wallet: "30000",
        })
        .await;
    world.ends().await;
}
