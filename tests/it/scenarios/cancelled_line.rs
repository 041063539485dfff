//! Scenario 9: One line of three cancelled after a partial shipment; delivered in two parts; the
//! parts' revenue sums to the whole.

use super::world::{Cart, Seen, World};

#[tokio::test]
async fn what_is_left_of_a_cancelled_line_arrives_in_two_parts_that_sum_to_the_whole() {
    let world = World::new("parts").await;
    world.fill_wallet("zaid", "200000").await;
    let cart = Cart::of("zaid")
        .line("LB-502", "2", "33333.333")
        .line("LB-503", "1", "50000.001")
        .line("LB-504", "3", "10000.5")
        .discount("1000.015")
        .delivery("5000")
        .tax("7")
        .total("160864.923");
    let order = world
        .client()
        .places(&cart.paid_from_the_wallet())
        .then(Seen {
            events: "order placed, wallet debited, order payment_received",
            views: "paid | financial_reviewing · finance | paid",
            journal: &["Dr 2100:zaid / Cr 2200:M2600001 160864.923"],
            wallet: "39135.077",
        })
        .await;
    world.walk_to_packed(&order, "39135.077").await;
    world
        .logistics()
        .dispatches_some(&order, &[(1, "3")])
        .fails_with(422, "quantity-too-large")
        .await;
    world
        .logistics()
        .dispatches_some(&order, &[(1, "2")])
        .then(Seen {
            events: "order dispatched",
            views: "partly_shipped | logistics_partly_dispatched · logistics | paid",
            journal: &[],
            wallet: "39135.077",
        })
        .await;

    // What is under way cannot be cancelled, what is not can; its share of everything comes back.
    let of_line_1 = world.client().cancels_lines(&order, &[(1, "1")], "changed-mind");
    of_line_1.fails_with(422, "quantity-too-large").await;
    let order = world
        .client()
        .cancels_lines(&order, &[(3, "3")], "changed-mind")
        .then(Seen {
            events: "order lines_cancelled, wallet credited",
            views: "partly_shipped | logistics_partly_dispatched · logistics | paid",
            journal: &["Dr 2200:M2600001 / Cr 2100:zaid 32905.497"],
            wallet: "72040.574",
        })
        .await;
    assert_eq!(order.due(), "127959.426");

    world
        .logistics()
        .delivers(&order)
        .then(Seen {
            events: "order delivered",
            views: "partly_shipped | logistics_partly_dispatched · logistics | paid",
            journal: &["Dr 2200:M2600001 73119.671, 4095:M2600001 454.548 / \
                       Cr 4010:M2600001 66666.666, 4020:M2600001 2272.704, 2400 4634.848, \
                       5040 0.001"],
            wallet: "72040.574",
        })
        .await;
    world
        .logistics()
        .dispatches(&order)
        .then(Seen {
            events: "order dispatched",
            views: "shipped | logistics_dispatched · logistics | paid",
            journal: &[],
            wallet: "72040.574",
        })
        .await;
    world
        .logistics()
        .delivers(&order)
        .then(Seen {
            events: "order delivered",
            views: "delivered | logistics_delivered · – | paid",
            journal: &["Dr 2200:M2600001 54839.755, 4095:M2600001 340.91, 5040 0.001 / \
                       Cr 4010:M2600001 50000.001, 4020:M2600001 1704.528, 2400 3476.137"],
            wallet: "72040.574",
        })
        .await;

    // The two parts are what the two lines cost, and the roundings of the parts are none.
    for (account, balance) in [
        ("2200", "0"),
        ("4010", "-116666.667"),
        ("4020", "-3977.232"),
        ("4095", "795.458"),
        ("2400", "-8110.985"),
        ("5040", "0"),
    ] {
        assert_eq!(world.account(account).await, balance, "{account}");
    }
    world.ends().await;
}
