//! Scenario 2: Bank transfer, exact amount; receipt approved; released; delivered. One transfer
//! that pays three orders.

use serde_json::json;

use super::world::{Cart, Order, Seen, Transfer, World};

#[tokio::test]
async fn a_bank_transfer_of_the_exact_amount_is_approved_and_the_order_delivered() {
    let world = World::new("transfer").await;
    let order = place(&world, "100000").await;
    assert_eq!(order.deadline(), "2026-03-05T09:00:00Z", "three days");
    upload(&world, &order, "slip 1", "100000").await;

    let transfer = Transfer { reference: "TT-1", amount: "100000" };
    world
        .finance()
        .approves(&order, "100000", transfer)
        .then(Seen {
            events: "payment recorded, order receipt_approved, receipt_file approved, \
                     payment allocated, order payment_received",
            views: "paid | financial_reviewing · finance | paid",
            journal: &[
                "Dr 1020:TT-1 / Cr 2120:TT-1 100000",
                "Dr 2120:TT-1 / Cr 2200:M2600001 100000",
            ],
            wallet: "none",
        })
        .await;
    // Approving twice is a no-op that says so.
    world.second_finance().approves(&order, "100000", transfer).changes_nothing().await;

    // The receiver has lost the code: it is handed over all the same, and why is recorded.
    world.walk_to_packed(&order, "none").await;
    world
        .logistics()
        .dispatches_against_a_code(&order)
        .then(Seen {
            events: "order dispatched",
            views: "shipped | logistics_dispatched · logistics | paid",
            journal: &[],
            wallet: "none",
        })
        .await;
    world
        .logistics()
        .delivers_without_the_code(&order, "known in person")
        .then(Seen {
            events: "order delivered",
            views: "delivered | logistics_delivered · – | paid",
            journal: &["Dr 2200:M2600001 / Cr 4010:M2600001 100000"],
            wallet: "none",
        })
        .await;
    let events = world.read(&format!("/api/orders/{}/events", order.id)).await;
    let last = events["events"].as_array().and_then(|events| events.last());
    let payload = &last.expect("an order has events")["payload"];
    assert_eq!(
        payload.pointer("/delivered/proof/override/reason"),
        Some(&json!("known in person")),
        "{payload}"
    );
    world.ends().await;
}

#[tokio::test]
async fn one_transfer_pays_three_orders_and_not_a_dinar_more() {
    let world = World::new("three").await;
    let transfer = Transfer { reference: "TT-3", amount: "600000" };

    let first = place(&world, "100000").await;
    let second = place(&world, "200000").await;
    let third = place(&world, "300000").await;
    let fourth = place(&world, "50000").await;
    for (order, slip, claimed) in [
        (&first, "slip 1", "100000"),
        (&second, "slip 2", "200000"),
        (&third, "slip 3", "300000"),
        (&fourth, "slip 4", "50000"),
    ] {
        upload(&world, order, slip, claimed).await;
    }

    world
        .finance()
        .approves(&first, "100000", transfer)
        .then(Seen {
            events: "payment recorded, order receipt_approved, receipt_file approved, \
                     payment allocated, order payment_received",
            views: "paid | financial_reviewing · finance | paid",
            journal: &[
                "Dr 1020:TT-3 / Cr 2120:TT-3 600000",
                "Dr 2120:TT-3 / Cr 2200:M2600001 100000",
            ],
            wallet: "none",
        })
        .await;
    assert_eq!(world.account("2120").await, "-500000", "the rest waits to be allotted");
    for (order, verified, entry) in [
        (&second, "200000", "Dr 2120:TT-3 / Cr 2200:M2600002 200000"),
        (&third, "300000", "Dr 2120:TT-3 / Cr 2200:M2600003 300000"),
    ] {
        world
            .finance()
            .approves(order, verified, transfer)
            .then(Seen {
                events: "order receipt_approved, receipt_file approved, payment allocated, \
                         order payment_received",
                views: "paid | financial_reviewing · finance | paid",
                journal: &[entry],
                wallet: "none",
            })
            .await;
    }
    assert_eq!(world.account("2120").await, "0");
    world.finance().approves(&fourth, "50000", transfer).fails_with(422, "payment-used-up").await;

    world.walk_to_delivered(&first, "Dr 2200:M2600001 / Cr 4010:M2600001 100000", "none").await;
    world.walk_to_delivered(&second, "Dr 2200:M2600002 / Cr 4010:M2600002 200000", "none").await;
    world.walk_to_delivered(&third, "Dr 2200:M2600003 / Cr 4010:M2600003 300000", "none").await;
    world.ends().await;
}

async fn place(world: &World, price: &str) -> Order {
    let cart = Cart::of("zaid").line("LB-502", "1", price).total(price);
    world
        .client()
        .places(&cart.by_bank_transfer())
        .then(Seen {
            events: "order placed",
            views: "payment_grace_period | payment_grace_period · customer | grace_period",
            journal: &[],
            wallet: "none",
        })
        .await
}

async fn upload(world: &World, order: &Order, slip: &str, claimed: &str) {
    world
        .client()
        .uploads(order, slip, claimed)
        .then(Seen {
            events: "order receipt_uploaded, receipt_file uploaded",
            views: "pending | payment_uploaded · finance | receipt_uploaded",
            journal: &[],
            wallet: "none",
        })
        .await;
}
