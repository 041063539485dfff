//! Scenario 14: A forged receipt is found after the money is spent: wallet to 0, the rest in 1100,
//! written off later.

use super::world::{Booked, Cart, Order, Seen, Transfer, World};

const FORGED: Transfer<'_> = Transfer { reference: "TT-1", amount: "150000" };

#[tokio::test]
async fn money_that_never_was_is_taken_where_it_is_and_owed_where_it_was_spent() {
    let world = World::new("forged").await;
    let (sent, waiting) = spent(&world).await;
    assert_eq!(world.payment_of(&sent).await, world.payment_of(&waiting).await);

    // The bank never had it. Who may not say so does not.
    let payment = world.payment_of(&sent).await;
    let forged = "the bank knows of no such transfer";
    world.client().reverses("zaid", &payment, forged).fails_with(403, "forbidden").await;
    world
        .finance()
        .reverses("zaid", &payment, forged)
        .books(Booked {
            events: "wallet debited, wallet payment_taken_out, order payment_taken_back, wallet debt_recorded, \
                     payment reversed",
            journal: &[
                "Dr 2100:zaid / Cr 2120:TT-1 20000",
                "Dr 2200:M2600002 / Cr 2120:TT-1 30000",
                "Dr 1100:zaid 100000, 2120:TT-1 50000 / Cr 1020:TT-1 150000",
            ],
            wallet: "0",
        })
        .await;
    world.finance().reverses("zaid", &payment, forged).changes_nothing().await;
    assert_eq!(world.debt("zaid").await, "100000");
    for (account, balance) in [("1020", "0"), ("1100", "100000"), ("2120", "0"), ("2200", "0")] {
        assert_eq!(world.account(account).await, balance, "{account}");
    }

    // What was delivered stays so; what was not sent yet has to be paid anew, and is not sent.
    assert_eq!(world.views_of(&sent.id).await, "delivered | logistics_delivered · – | paid");
    assert_eq!(
        world.views_of(&waiting.id).await,
        "payment_grace_period | payment_grace_period · customer | grace_period",
    );
    world.warehouse().starts(&waiting).fails_with(409, "wrong-phase").await;

    // The customer pays a part of it back.
    world
        .finance()
        .tops_up("zaid", "40000")
        .books(Booked {
            events: "payment recorded, payment allocated, wallet topped_up",
            journal: &["Dr 1040:cash / Cr 2120:cash 40000", "Dr 2120:cash / Cr 2100:zaid 40000"],
            wallet: "40000",
        })
        .await;
    world
        .finance()
        .takes_the_debt("zaid")
        .books(Booked {
            events: "wallet debt_repaid",
            journal: &["Dr 2100:zaid / Cr 1100:zaid 40000"],
            wallet: "0",
        })
        .await;

    // The rest will never come.
    world
        .finance()
        .writes_off("zaid", "moved away")
        .books(Booked {
            events: "wallet debt_written_off",
            journal: &["Dr 5030 / Cr 1100:zaid 60000"],
            wallet: "0",
        })
        .await;
    assert_eq!(world.debt("zaid").await, "0");
    assert_eq!(world.account("1100").await, "0");
    assert_eq!(world.account("5030").await, "60000");
    world.finance().writes_off("zaid", "moved away").changes_nothing().await;
    world.ends().await;
}

/// A transfer of 150,000 that paid an order of 100,000, which was delivered, one of 30,000, which
/// waits for the warehouse, and left 20,000 in the wallet.
async fn spent(world: &World) -> (Order, Order) {
    let sent = under_review(world, "100000", "a slip", "none").await;
    world
        .finance()
        .approves(&sent, "120000", FORGED)
        .then(Seen {
            events: "payment recorded, order receipt_approved, receipt_file approved, \
                     payment allocated, order payment_received, payment allocated, \
                     wallet opened, wallet credited",
            views: "paid | financial_reviewing · finance | paid",
            journal: &[
                "Dr 1020:TT-1 / Cr 2120:TT-1 150000",
                "Dr 2120:TT-1 / Cr 2200:M2600001 100000",
                "Dr 2120:TT-1 / Cr 2100:zaid 20000",
            ],
            wallet: "20000",
        })
        .await;
    let earned = "Dr 2200:M2600001 / Cr 4010:M2600001 100000";
    world.walk_to_delivered(&sent, earned, "20000").await;

    let waiting = under_review(world, "30000", "another slip", "20000").await;
    world
        .finance()
        .approves(&waiting, "30000", FORGED)
        .then(Seen {
            events: "order receipt_approved, receipt_file approved, payment allocated, \
                     order payment_received",
            views: "paid | financial_reviewing · finance | paid",
            journal: &["Dr 2120:TT-1 / Cr 2200:M2600002 30000"],
            wallet: "20000",
        })
        .await;
    world
        .finance()
        .releases(&waiting)
        .then(Seen {
            events: "order released",
            views: "warehouse_ready | warehouse_pending · warehouse | paid",
            journal: &[],
            wallet: "20000",
        })
        .await;
    (sent, waiting)
}

async fn under_review(world: &World, price: &str, file: &str, wallet: &str) -> Order {
    let cart = Cart::of("zaid").line("LB-502", "1", price).total(price);
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
        .uploads(&order, file, "150000")
        .then(Seen {
            events: "order receipt_uploaded, receipt_file uploaded",
            views: "pending | payment_uploaded · finance | receipt_uploaded",
            journal: &[],
            wallet,
        })
        .await
}
