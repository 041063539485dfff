//! An order can be edited until it is packed, and a dry run shows what would become due; more has to
//! be paid before it goes on, less comes back at once.

use super::world::{Cart, Order, Seen, World};

#[tokio::test]
async fn an_edit_is_shown_before_it_is_made_and_moves_the_difference() {
    let world = World::new("edit").await;
    world.fill_wallet("zaid", "150000").await;
    let cart = Cart::of("zaid").line("LB-502", "2", "50000").total("100000");
    let order = world
        .client()
        .places(&cart.paid_from_the_wallet())
        .then(Seen {
            events: "order placed, wallet debited, order payment_received",
            views: "paid | financial_reviewing · finance | paid",
            journal: &["Dr 2100:zaid / Cr 2200:M2600001 100000"],
            wallet: "50000",
        })
        .await;
    let order = release(&world, &order, "50000").await;

    // More: what it would cost is shown, and only then done. The release is withdrawn.
    let more = Cart::of("zaid").line("LB-502", "2", "50000").line("LB-503", "1", "20000");
    let more = more.delivery("5000").total("125000");
    let shown = world.client().edits(&order, &more).previews().await;
    let sums = ["/order/totals/due", "/order/owed", "/given_back"].map(|sum| {
        shown.pointer(&format!("{sum}/amount")).unwrap_or_else(|| panic!("{sum} in {shown:#}"))
    });
    assert_eq!(sums, ["125000", "25000", "0"], "{shown:#}");
    world.client().edits_version(&order, &more, 1).fails_with(412, "stale").await;
    let wrong = more.clone().total("124999");
    world.client().edits(&order, &wrong).fails_with(422, "totals-disagree").await;
    let order = world
        .client()
        .edits(&order, &more)
        .then(Seen {
            events: "order edited",
            views: "pending | pending_payment · customer | partial",
            journal: &[],
            wallet: "50000",
        })
        .await;
    assert_eq!((order.due(), order.owed()), ("125000", "25000"));
    assert_eq!(order.deadline(), "2026-03-02T09:30:00Z", "half an hour for the rest");
    world.warehouse().starts(&order).fails_with(409, "wrong-phase").await;
    let order = world
        .client()
        .pays_from_the_wallet(&order)
        .then(Seen {
            events: "wallet debited, order payment_received",
            views: "paid | financial_reviewing · finance | paid",
            journal: &["Dr 2100:zaid / Cr 2200:M2600001 25000"],
            wallet: "25000",
        })
        .await;

    // Less, while the warehouse is at it: the difference is in the wallet in the same command.
    release(&world, &order, "25000").await;
    let order = world
        .warehouse()
        .starts(&order)
        .then(Seen {
            events: "order processing_started",
            views: "preparing | warehouse_processing · warehouse | paid",
            journal: &[],
            wallet: "25000",
        })
        .await;
    let less = Cart::of("zaid").line("LB-502", "1", "50000").delivery("5000").total("55000");
    let shown = world.client().edits(&order, &less).previews().await;
    assert_eq!(shown["given_back"]["amount"], "70000", "{shown:#}");
    let order = world
        .client()
        .edits(&order, &less)
        .then(Seen {
            events: "order edited, wallet credited",
            views: "preparing | warehouse_processing · warehouse | paid",
            journal: &["Dr 2200:M2600001 / Cr 2100:zaid 70000"],
            wallet: "95000",
        })
        .await;
    let order = world
        .warehouse()
        .packs(&order)
        .then(Seen {
            events: "order packed",
            views: "preparing | warehouse_approved · logistics | paid",
            journal: &[],
            wallet: "95000",
        })
        .await;
    world.client().edits(&order, &more).fails_with(409, "wrong-phase").await;
    world.ends().await;
}

async fn release(world: &World, order: &Order, wallet: &str) -> Order {
    world
        .finance()
        .releases(order)
        .then(Seen {
            events: "order released",
            views: "warehouse_ready | warehouse_pending · warehouse | paid",
            journal: &[],
            wallet,
        })
        .await
}
