//! Scenario 1: Wallet order, paid in full, through finance, warehouse, logistics, delivered,
//! completed.

use super::world::{Cart, Order, Seen, World};

#[tokio::test]
async fn a_wallet_order_goes_through_every_department_and_is_completed() {
    let world = World::new("wallet").await;
    world.fill_wallet("zaid", "500000").await;

    let cart = Cart::of("zaid")
        .line("LB-502", "3", "120320.05")
        .discount("960.15")
        .delivery("5000")
        .tax("5")
        .total("383000");
    let order = world
        .client()
        .places(&cart.paid_from_the_wallet())
        .then(Seen {
            events: "order placed, wallet debited, order payment_received",
            views: "paid | financial_reviewing · finance | paid",
            journal: &["Dr 2100:zaid / Cr 2200:M2600001 383000"],
            wallet: "117000",
        })
        .await;
    assert_eq!(order.number, "M2600001");
    assert_eq!(order.deadline(), "", "what is paid has no deadline");

    // Finance is the only gate into the warehouse.
    world.warehouse().starts(&order).fails_with(409, "wrong-phase").await;
    world.warehouse().releases(&order).fails_with(403, "forbidden").await;
    world
        .finance()
        .releases(&order)
        .then(Seen {
            events: "order released",
            views: "warehouse_ready | warehouse_pending · warehouse | paid",
            journal: &[],
            wallet: "117000",
        })
        .await;
    world.finance().releases(&order).changes_nothing().await;

    world
        .warehouse()
        .starts(&order)
        .then(Seen {
            events: "order processing_started",
            views: "preparing | warehouse_processing · warehouse | paid",
            journal: &[],
            wallet: "117000",
        })
        .await;
    world
        .warehouse()
        .packs(&order)
        .then(Seen {
            events: "order packed",
            views: "preparing | warehouse_approved · logistics | paid",
            journal: &[],
            wallet: "117000",
        })
        .await;

    world
        .logistics()
        .dispatches_against_a_code(&order)
        .then(Seen {
            events: "order dispatched",
            views: "shipped | logistics_dispatched · logistics | paid",
            journal: &[],
            wallet: "117000",
        })
        .await;
    world.client().cancels(&order, "too-late").fails_with(409, "wrong-phase").await;

    let code = tell_a_wrong_code(&world, &order).await;
    world
        .logistics()
        .delivers_with_code(&order, &code)
        .then(Seen {
            events: "order delivered",
            views: "delivered | logistics_delivered · – | paid",
            journal: &["Dr 2200:M2600001 383000, 4095:M2600001 960.15 / \
                       Cr 4010:M2600001 360960.15, 4020:M2600001 5000, 2400 18000"],
            wallet: "117000",
        })
        .await;
    world
        .logistics()
        .completes(&order)
        .then(Seen {
            events: "order completed",
            views: "completed | completed · – | paid",
            journal: &[],
            wallet: "117000",
        })
        .await;

    assert_eq!(world.account("2200").await, "0", "nothing is held for it any more");
    world.ends().await;
}

/// Who cannot tell the code does not get the goods, and that it was tried is known.
async fn tell_a_wrong_code(world: &World, order: &Order) -> String {
    let code = world.delivery_code(order).await;
    let wrong = if code == "000000" { "111111" } else { "000000" };
    world.logistics().delivers(order).fails_with(422, "delivery-code-needed").await;
    world
        .logistics()
        .delivers_with_code(order, wrong)
        .counts_as(
            422,
            "delivery-code-wrong",
            Seen {
                events: "order delivery_code_refused",
                views: "shipped | logistics_dispatched · logistics | paid",
                journal: &[],
                wallet: "117000",
            },
        )
        .await;
    code
}
