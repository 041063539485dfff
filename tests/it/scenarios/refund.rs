//! Scenario 10: Delivered with a discount, a tax and an odd unit price; two of five units returned,
//! refund to wallet to the last digit; a second refund of the same is refused.

use super::world::{Cart, Order, Seen, World};

#[tokio::test]
async fn two_of_five_units_come_back_and_are_paid_back_once_to_the_last_digit() {
    let world = World::new("refund").await;
    let order = delivered(&world).await;

    world.finance().refunds(&order, "nothing came back yet").fails_with(422, NOTHING).await;
    take_back_two(&world, &order).await;
    let refund = |order: &Order| world.finance().refunds(order, "two came back");
    world.client().refunds(&order, "two came back").fails_with(403, "forbidden").await;
    refund(&order)
        .then(Seen {
            events: "order refunded, wallet credited",
            views: "delivered | logistics_delivered · – | partially_refunded",
            journal: &["Dr 4090:M2600001 6666.666, 2400 313.331, 5040 0.001 / \
                       Cr 4095:M2600001 400.04, 2100:zaid 6579.958"],
            wallet: "7630.064",
        })
        .await;

    // Each unit is paid back once, with or without its share of the fees.
    refund(&order).fails_with(422, NOTHING).await;
    let again = world.finance().refunds_with_fees(&order, &[(1, "2")], "again");
    again.fails_with(422, NOTHING).await;
    let too_many = world.logistics().takes_back(&order, &[(1, "4")], "only three are left");
    too_many.fails_with(422, "quantity-too-large").await;

    // The other three come back as well: all but the delivery is paid back, and nothing is kept.
    world
        .logistics()
        .takes_back(&order, &[(1, "3")], "these as well")
        .then(Seen {
            events: "order goods_returned",
            views: "returned | returned · – | partially_refunded",
            journal: &[],
            wallet: "7630.064",
        })
        .await;
    world
        .finance()
        .refunds(&order, "the other three came back")
        .then(Seen {
            events: "order refunded, wallet credited",
            views: "returned | returned · – | partially_refunded",
            journal: &["Dr 4090:M2600001 9999.999, 2400 469.997 / \
                       Cr 5040 0.001, 4095:M2600001 600.059, 2100:zaid 9869.936"],
            wallet: "17500",
        })
        .await;
    for (account, balance) in [
        ("4010", "-16666.665"),
        ("4090", "16666.665"),
        ("4020", "-2500"),
        ("4095", "0"),
        ("2400", "0"),
        ("5040", "0"),
    ] {
        assert_eq!(world.account(account).await, balance, "{account}");
    }
    world.ends().await;
}

#[tokio::test]
async fn the_delivery_fee_of_what_came_back_can_be_paid_back_too() {
    let world = World::new("refund-fees").await;
    let order = delivered(&world).await;
    take_back_two(&world, &order).await;
    let refund = world.finance().refunds_with_fees(&order, &[(1, "2")], "they were broken");
    refund
        .then(Seen {
            events: "order refunded, wallet credited",
            views: "delivered | logistics_delivered · – | partially_refunded",
            journal: &[
                "Dr 4090:M2600001 6666.666, 2400 313.331, 4020:M2600001 1000, 5040 0.001 / \
                       Cr 4095:M2600001 400.04, 2100:zaid 7579.958",
            ],
            wallet: "8630.064",
        })
        .await;
    world.ends().await;
}

const NOTHING: &str = "nothing-to-refund";

/// Five units of 3,333.333 for 18,949.894 in all, paid from a wallet of 20,000.
async fn delivered(world: &World) -> Order {
    world.fill_wallet("zaid", "20000").await;
    let cart = Cart::of("zaid")
        .line("LB-502", "5", "3333.333")
        .discount("1000.099")
        .delivery("2500")
        .tax("5")
        .total("18949.894");
    let order = world
        .client()
        .places(&cart.paid_from_the_wallet())
        .then(Seen {
            events: "order placed, wallet debited, order payment_received",
            views: "paid | financial_reviewing · finance | paid",
            journal: &["Dr 2100:zaid / Cr 2200:M2600001 18949.894"],
            wallet: "1050.106",
        })
        .await;
    let earned = "Dr 2200:M2600001 18949.894, 4095:M2600001 1000.099 / \
                  Cr 4010:M2600001 16666.665, 4020:M2600001 2500, 2400 783.328";
    world.walk_to_delivered(&order, earned, "1050.106").await;
    order
}

async fn take_back_two(world: &World, order: &Order) {
    world
        .logistics()
        .takes_back(order, &[(1, "2")], "too small")
        .then(Seen {
            events: "order goods_returned",
            views: "delivered | logistics_delivered · – | paid",
            journal: &[],
            wallet: "1050.106",
        })
        .await;
}
