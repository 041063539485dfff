//! Scenario 6: The deadline fires while a receipt is under review: nothing happens.

use super::world::{Cart, Order, Seen, World};

#[tokio::test]
async fn a_deadline_that_passes_while_a_receipt_is_under_review_ends_nothing() {
    let world = World::new("review").await;
    let reviewed = place(&world).await;
    world.time_is("2026-03-02T09:00:01Z");
    let forgotten = place(&world).await;

    world
        .client()
        .uploads(&reviewed, "slip", "100000")
        .then(Seen {
            events: "order receipt_uploaded, receipt_file uploaded",
            views: "pending | payment_uploaded · finance | receipt_uploaded",
            journal: &[],
            wallet: "none",
        })
        .await;

    // Both are over time. That the later one has expired shows that the earlier one's turn has been.
    world.time_is("2026-03-05T09:00:01Z");
    world
        .deadline_of(&forgotten)
        .then(Seen {
            events: "order expired",
            views: "expired | expired · – | unpaid",
            journal: &[],
            wallet: "none",
        })
        .await;
    // Rejected after its first deadline, it has a day more.
    let reviewed = world
        .finance()
        .rejects(&reviewed, "it is a blank page")
        .then(Seen {
            events: "order receipt_rejected",
            views: REJECTED,
            journal: &[],
            wallet: "none",
        })
        .await;
    assert_eq!(reviewed.deadline(), "2026-03-06T09:00:01Z");
    let reviewed = world.reminds_of(&reviewed, REJECTED, "none").await;
    world.time_is("2026-03-06T09:00:01Z");
    world
        .deadline_of(&reviewed)
        .then(Seen {
            events: "order expired",
            views: "expired | expired · – | rejected",
            journal: &[],
            wallet: "none",
        })
        .await;
    world.ends().await;
}

const REJECTED: &str = "payment_rejected | financial_rejected · customer | rejected";

async fn place(world: &World) -> Order {
    let cart = Cart::of("zaid").line("LB-502", "1", "100000").total("100000");
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
