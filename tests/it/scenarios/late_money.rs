//! Scenario 7: Expired, then the money arrives: it is in the wallet, and the order can be reopened.

use serde_json::json;

use super::world::{Booked, Cart, Seen, Transfer, World};

#[tokio::test]
async fn money_for_an_expired_order_is_in_the_wallet_and_the_order_can_be_reopened() {
    let world = World::new("late").await;
    let cart = Cart::of("zaid").line("LB-502", "1", "100000").total("100000");
    let order = world
        .client()
        .places(&cart.by_bank_transfer())
        .then(Seen {
            events: "order placed",
            views: "payment_grace_period | payment_grace_period · customer | grace_period",
            journal: &[],
            wallet: "none",
        })
        .await;
    world.time_is("2026-03-05T09:00:00Z");
    world
        .deadline_of(&order)
        .then(Seen {
            events: "order expired",
            views: "expired | expired · – | unpaid",
            journal: &[],
            wallet: "none",
        })
        .await;

    // The bank tells of the transfer a day later.
    world.time_is("2026-03-06T09:00:00Z");
    world.client().uploads(&order, "slip", "100000").fails_with(409, "wrong-phase").await;
    let payment = world
        .finance()
        .records("zaid", Transfer { reference: "TT-1", amount: "100000" })
        .books(Booked {
            events: "payment recorded",
            journal: &["Dr 1020:TT-1 / Cr 2120:TT-1 100000"],
            wallet: "none",
        })
        .await;
    world
        .finance()
        .allots_to(&order, &payment)
        .books(Booked {
            events: "payment allocated, wallet opened, wallet credited",
            journal: &["Dr 2120:TT-1 / Cr 2100:zaid 100000"],
            wallet: "100000",
        })
        .await;
    let statement = world.read("/api/customers/zaid/wallet/statement?currency=IQD").await;
    let line = &statement["lines"][0];
    assert_eq!((&line["source"], &line["order"]), (&json!("late"), &json!(order.id)), "{line:#}");
    assert_eq!(world.views_of(&order.id).await, "expired | expired · – | unpaid");

    let order = world
        .finance()
        .reopens(&order)
        .then(Seen {
            events: "order reopened",
            views: "payment_grace_period | payment_grace_period · customer | grace_period",
            journal: &[],
            wallet: "100000",
        })
        .await;
    assert_eq!(order.deadline(), "2026-03-09T09:00:00Z", "its three days begin anew");
    world
        .client()
        .pays_from_the_wallet(&order)
        .then(Seen {
            events: "wallet debited, order payment_received",
            views: "paid | financial_reviewing · finance | paid",
            journal: &["Dr 2100:zaid / Cr 2200:M2600001 100000"],
            wallet: "0",
        })
        .await;
    world.walk_to_delivered(&order, "Dr 2200:M2600001 / Cr 4010:M2600001 100000", "0").await;
    world.ends().await;
}

#[tokio::test]
async fn a_gateway_that_tells_of_its_payment_too_late_fills_the_wallet() {
    let world = World::new("late-gateway").await;
    let cart = Cart::of("noor").line("LB-502", "1", "44").total("44");
    let pending = "pending | pending_payment · customer | unpaid";
    let order = world
        .client()
        .places(&cart.online())
        .then(Seen { events: "order placed", views: pending, journal: &[], wallet: "none" })
        .await;
    assert_eq!(order.deadline(), "2026-03-02T09:30:00Z", "half an hour");
    world.time_is("2026-03-02T09:30:00Z");
    world
        .deadline_of(&order)
        .then(Seen {
            events: "order expired",
            views: "expired | expired · – | unpaid",
            journal: &[],
            wallet: "none",
        })
        .await;
    world
        .gateway()
        .reports(&order, "qi-1", "44")
        .then(Seen {
            events: "payment recorded, payment allocated, wallet opened, wallet credited",
            views: "expired | expired · – | unpaid",
            journal: &["Dr 1030:qi-1 / Cr 2120:qi-1 44", "Dr 2120:qi-1 / Cr 2100:noor 44"],
            wallet: "44",
        })
        .await;
    // Told twice, it is one payment.
    world.gateway().reports(&order, "qi-1", "44").changes_nothing().await;
    world.ends().await;
}
