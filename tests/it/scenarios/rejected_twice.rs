//! Scenario 5: Receipt rejected twice, approved the third time; the deadline arithmetic is right
//! each time.

use super::world::{Cart, Order, Seen, Transfer, World};

#[tokio::test]
async fn a_receipt_rejected_twice_gets_more_time_and_is_approved_the_third_time() {
    let world = World::new("rejected").await;
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
    assert_eq!(order.deadline(), "2026-03-05T09:00:00Z", "three days");

    // Rejected on the first day, there is still more time left than 24 hours.
    let order = upload(&world, &order, "a blank page").await;
    assert_eq!(order.deadline(), "", "a review stops it");
    world.time_is("2026-03-02T15:30:00Z");
    let order = reject(&world, &order, "it is a blank page").await;
    assert_eq!(order.deadline(), "2026-03-05T09:00:00Z", "it keeps the time that it had");

    // Rejected an hour before the end, it gets 24 hours from the rejection.
    world.time_is("2026-03-05T07:00:00Z");
    let order = world.reminds_of(&order, REJECTED, "none").await;
    let order = upload(&world, &order, "somebody else's").await;
    world.time_is("2026-03-05T08:00:00Z");
    let order = reject(&world, &order, "it is somebody else's").await;
    assert_eq!(order.deadline(), "2026-03-06T08:00:00Z", "24 hours from now");
    // It is another deadline, and so is told of anew.
    let order = world.reminds_of(&order, REJECTED, "none").await;

    world.time_is("2026-03-06T07:59:59Z");
    let order = upload(&world, &order, "the right one").await;
    assert_eq!(order.deadline(), "");
    // Finance takes its time: the customer's does not run.
    world.time_is("2026-03-09T07:00:00Z");
    let order = world
        .finance()
        .approves(&order, "100000", Transfer { reference: "TT-1", amount: "100000" })
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
    assert_eq!(order.deadline(), "", "what is paid has no deadline");
    world.ends().await;
}

const REJECTED: &str = "payment_rejected | financial_rejected · customer | rejected";

async fn upload(world: &World, order: &Order, file: &str) -> Order {
    world
        .client()
        .uploads(order, file, "100000")
        .then(Seen {
            events: "order receipt_uploaded, receipt_file uploaded",
            views: "pending | payment_uploaded · finance | receipt_uploaded",
            journal: &[],
            wallet: "none",
        })
        .await
}

async fn reject(world: &World, order: &Order, reason: &str) -> Order {
    world
        .finance()
        .rejects(order, reason)
        .then(Seen {
            events: "order receipt_rejected",
            views: REJECTED,
            journal: &[],
            wallet: "none",
        })
        .await
}
