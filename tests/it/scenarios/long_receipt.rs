//! Scenario 4: Receipt over by 20,000: the excess is in the wallet; far over: a second person is
//! needed.

use super::world::{Cart, Order, Seen, Transfer, World};

#[tokio::test]
async fn what_a_receipt_is_over_goes_to_the_wallet_and_much_of_it_needs_two_persons() {
    let world = World::new("over").await;
    let order = under_review(&world, "zaid").await;
    world
        .finance()
        .approves(&order, "120000", Transfer { reference: "TT-1", amount: "120000" })
        .then(Seen {
            events: "payment recorded, order receipt_approved, receipt_file approved, \
                     payment allocated, order payment_received, payment allocated, \
                     wallet opened, wallet credited",
            views: "paid | financial_reviewing · finance | paid",
            journal: &[
                "Dr 1020:TT-1 / Cr 2120:TT-1 120000",
                "Dr 2120:TT-1 / Cr 2200:M2600001 100000",
                "Dr 2120:TT-1 / Cr 2100:zaid 20000",
            ],
            wallet: "20000",
        })
        .await;

    // Far over: more than one person may move alone.
    let order = under_review(&world, "noor").await;
    let transfer = Transfer { reference: "TT-2", amount: "1100000.001" };
    let refused = world
        .finance()
        .approves(&order, "1100000.001", transfer)
        .fails_with(422, "needs-second-person")
        .await;
    assert_eq!(refused["amount"]["amount"], "1000000.001");
    assert_eq!(refused["threshold"]["amount"], "1000000");
    let proposal =
        world.finance().approves(&order, "1100000.001", transfer).waits_for_agreement().await;
    world.finance().agrees(&proposal).fails_with(403, "same-person").await;
    world.warehouse().agrees(&proposal).fails_with(404, "approval-not-found").await;
    world
        .second_finance()
        .agrees(&proposal)
        .then(Seen {
            events: "payment recorded, order receipt_approved, receipt_file approved, \
                     payment allocated, order payment_received, payment allocated, \
                     wallet opened, wallet credited",
            views: "paid | financial_reviewing · finance | paid",
            journal: &[
                "Dr 1020:TT-2 / Cr 2120:TT-2 1100000.001",
                "Dr 2120:TT-2 / Cr 2200:M2600002 100000",
                "Dr 2120:TT-2 / Cr 2100:noor 1000000.001",
            ],
            wallet: "1000000.001",
        })
        .await;
    world.second_finance().agrees(&proposal).changes_nothing().await;
    world.ends().await;
}

/// An order of 100,000, whose receipt waits for finance.
async fn under_review(world: &World, customer: &str) -> Order {
    let cart = Cart::of(customer).line("LB-502", "1", "100000").total("100000");
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
    world
        .client()
        .uploads(&order, customer, "120000")
        .then(Seen {
            events: "order receipt_uploaded, receipt_file uploaded",
            views: "pending | payment_uploaded · finance | receipt_uploaded",
            journal: &[],
            wallet: "none",
        })
        .await
}
