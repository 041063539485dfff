//! Scenario 3: Receipt short by 5,000: the wallet covers it. Again with a wallet that does not.

use super::world::{Cart, Order, Seen, Transfer, World};

#[tokio::test]
async fn what_a_receipt_is_short_of_is_taken_from_the_wallet_if_it_suffices() {
    let world = World::new("short").await;
    world.fill_wallet("zaid", "20000").await;
    let order = under_review(&world, "zaid", "20000").await;
    world
        .finance()
        .approves(&order, "95000", Transfer { reference: "TT-1", amount: "95000" })
        .then(Seen {
            events: "payment recorded, order receipt_approved, receipt_file approved, \
                     payment allocated, order payment_received, wallet debited, \
                     order payment_received",
            views: "paid | financial_reviewing · finance | paid",
            journal: &[
                "Dr 1020:TT-1 / Cr 2120:TT-1 95000",
                "Dr 2120:TT-1 / Cr 2200:M2600001 95000",
                "Dr 2100:zaid / Cr 2200:M2600001 5000",
            ],
            wallet: "15000",
        })
        .await;
    world.walk_to_delivered(&order, "Dr 2200:M2600001 / Cr 4010:M2600001 100000", "15000").await;

    // Again with a wallet that does not: nothing of it is taken, and the rest stays due.
    world.fill_wallet("noor", "4999.999").await;
    let order = under_review(&world, "noor", "4999.999").await;
    let order = world
        .finance()
        .approves(&order, "95000", Transfer { reference: "TT-2", amount: "95000" })
        .then(Seen {
            events: "payment recorded, order receipt_approved, receipt_file approved, \
                     payment allocated, order payment_received",
            views: "payment_grace_period | payment_grace_period · customer | partial",
            journal: &[
                "Dr 1020:TT-2 / Cr 2120:TT-2 95000",
                "Dr 2120:TT-2 / Cr 2200:M2600002 95000",
            ],
            wallet: "4999.999",
        })
        .await;
    assert_eq!(order.owed(), "5000");
    assert_eq!(order.deadline(), "2026-03-05T09:00:00Z", "it keeps the three days that it had");
    world.finance().releases(&order).fails_with(409, "wrong-phase").await;
    let refused =
        world.client().pays_from_the_wallet(&order).fails_with(422, "insufficient-funds").await;
    assert_eq!(refused["available"]["amount"], "4999.999");
    assert_eq!(refused["required"]["amount"], "5000");

    // A second receipt brings what is missing.
    let order = world
        .client()
        .uploads(&order, "the rest", "5000")
        .then(Seen {
            events: "order receipt_uploaded, receipt_file uploaded",
            views: "pending | payment_uploaded · finance | receipt_uploaded",
            journal: &[],
            wallet: "4999.999",
        })
        .await;
    world
        .finance()
        .approves(&order, "5000", Transfer { reference: "TT-3", amount: "5000" })
        .then(Seen {
            events: "payment recorded, order receipt_approved, receipt_file approved, \
                     payment allocated, order payment_received",
            views: "paid | financial_reviewing · finance | paid",
            journal: &["Dr 1020:TT-3 / Cr 2120:TT-3 5000", "Dr 2120:TT-3 / Cr 2200:M2600002 5000"],
            wallet: "4999.999",
        })
        .await;
    world.ends().await;
}

/// An order of 100,000, whose receipt waits for finance.
async fn under_review(world: &World, customer: &str, wallet: &str) -> Order {
    let cart = Cart::of(customer).line("LB-502", "1", "100000").total("100000");
    let order = world
        .client()
        .places(&cart.by_bank_transfer())
        .then(Seen {
            events: "order placed",
            views: "payment_grace_period | payment_grace_period · customer | grace_period",
            journal: &[],
            wallet,
        })
        .await;
    world
        .client()
        .uploads(&order, customer, "100000")
        .then(Seen {
            events: "order receipt_uploaded, receipt_file uploaded",
            views: "pending | payment_uploaded · finance | receipt_uploaded",
            journal: &[],
            wallet,
        })
        .await
}
