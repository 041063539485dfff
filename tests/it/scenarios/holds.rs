//! Each department can stop an order where it stands: its own steps are refused until it lifts the
//! hold, and nobody else may lift it.

use super::world::{Actor, Cart, Order, Seen, Transfer, World};

#[tokio::test]
async fn a_department_that_holds_an_order_stops_its_own_steps_and_no_others() {
    let world = World::new("holds").await;
    let (finance, warehouse, logistics) = (world.finance(), world.warehouse(), world.logistics());
    let order = under_review(&world).await;

    // Finance neither approves nor releases.
    let review = "pending | payment_uploaded · finance | receipt_uploaded";
    warehouse.holds(&order, "finance", "ours").fails_with(403, "forbidden").await;
    hold(finance, &order, "finance", review).await;
    let transfer = Transfer { reference: "TT-1", amount: "100000" };
    let refused = finance.approves(&order, "100000", transfer).fails_with(409, "on-hold").await;
    assert_eq!(refused["department"], "finance", "{refused:#}");
    logistics.lifts_the_hold(&order, "finance").fails_with(403, "forbidden").await;
    lift(world.second_finance(), &order, "finance", review).await;
    finance
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
    hold(finance, &order, "finance", "paid | financial_reviewing · finance | paid").await;
    finance.releases(&order).fails_with(409, "on-hold").await;

    // The warehouse can hold it too; each lifts its own.
    hold(warehouse, &order, "warehouse", "paid | financial_reviewing · finance | paid").await;
    lift(finance, &order, "finance", "paid | financial_reviewing · finance | paid").await;
    step(finance.releases(&order), "released", READY).await;
    warehouse.starts(&order).fails_with(409, "on-hold").await;
    lift(warehouse, &order, "warehouse", READY).await;
    step(warehouse.starts(&order), "processing_started", PROCESSING).await;
    hold(warehouse, &order, "warehouse", PROCESSING).await;
    warehouse.packs(&order).fails_with(409, "on-hold").await;
    lift(warehouse, &order, "warehouse", PROCESSING).await;
    step(warehouse.packs(&order), "packed", PACKED).await;

    // Logistics neither sends nor hands over.
    hold(logistics, &order, "logistics", PACKED).await;
    logistics.dispatches(&order).fails_with(409, "on-hold").await;
    lift(logistics, &order, "logistics", PACKED).await;
    step(logistics.dispatches(&order), "dispatched", DISPATCHED).await;
    hold(logistics, &order, "logistics", DISPATCHED).await;
    logistics.delivers(&order).fails_with(409, "on-hold").await;
    lift(logistics, &order, "logistics", DISPATCHED).await;
    logistics
        .delivers(&order)
        .then(Seen {
            events: "order delivered",
            views: "delivered | logistics_delivered · – | paid",
            journal: &["Dr 2200:M2600001 / Cr 4010:M2600001 100000"],
            wallet: "none",
        })
        .await;
    world.ends().await;
}

const READY: &str = "warehouse_ready | warehouse_pending · warehouse | paid";
const PROCESSING: &str = "preparing | warehouse_processing · warehouse | paid";
const PACKED: &str = "preparing | warehouse_approved · logistics | paid";
const DISPATCHED: &str = "shipped | logistics_dispatched · logistics | paid";

/// The hold is what changes, and nothing else that the views show.
async fn hold(actor: Actor<'_>, order: &Order, department: &str, views: &str) {
    let holds = actor.holds(order, department, "a call to the customer");
    let held = step(holds, "put_on_hold", views).await;
    assert!(held.is_held_by(department), "{department} holds it");
    actor.holds(order, department, "a call to the customer").changes_nothing().await;
}

async fn lift(actor: Actor<'_>, order: &Order, department: &str, views: &str) {
    let lifted = step(actor.lifts_the_hold(order, department), "hold_lifted", views).await;
    assert!(!lifted.is_held_by(department), "{department} holds it no more");
}

/// A step that moves no money.
async fn step(step: super::world::Step<'_>, event: &str, views: &str) -> Order {
    let events = format!("order {event}");
    step.then(Seen { events: &events, views, journal: &[], wallet: "none" }).await
}

/// An order of 100,000, whose receipt waits for finance.
async fn under_review(world: &World) -> Order {
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
    world
        .client()
        .uploads(&order, "a slip", "100000")
        .then(Seen {
            events: "order receipt_uploaded, receipt_file uploaded",
            views: "pending | payment_uploaded · finance | receipt_uploaded",
            journal: &[],
            wallet: "none",
        })
        .await
}
