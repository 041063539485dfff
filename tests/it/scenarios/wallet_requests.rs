//! What a customer asks of a wallet, from asking to the money: top-ups and withdrawals.

use super::world::{Booked, Cart, Transfer, World};

#[tokio::test]
async fn a_top_up_moves_nothing_until_finance_has_seen_the_money_and_is_approved_once() {
    let world = World::new("top-up").await;
    let asks = |file| world.client().asks_for_a_top_up("zaid", file, "50000");
    let refused = asks("a blank page")
        .books(Booked {
            events: "wallet opened, wallet top_up_requested, receipt_file uploaded",
            journal: &[],
            wallet: "0",
        })
        .await;
    world
        .finance()
        .rejects_top_up("zaid", &refused, "it is a blank page")
        .books(Booked { events: "wallet top_up_rejected", journal: &[], wallet: "0" })
        .await;
    let asked = asks("a slip")
        .books(Booked {
            events: "wallet top_up_requested, receipt_file uploaded",
            journal: &[],
            wallet: "0",
        })
        .await;

    // Finance saw less than was claimed, in a transfer that was for something else too.
    let transfer = Transfer { reference: "TT-1", amount: "100000" };
    let approves = |asked| world.finance().approves_top_up("zaid", asked, "45000", transfer);
    let own = world.client().approves_top_up("zaid", &asked, "45000", transfer);
    own.fails_with(403, "forbidden").await;
    approves(&refused).fails_with(409, "request-decided").await;
    approves(&asked)
        .books(Booked {
            events: "payment recorded, wallet top_up_approved, receipt_file approved, \
                     payment allocated, wallet topped_up",
            journal: &["Dr 1020:TT-1 / Cr 2120:TT-1 100000", "Dr 2120:TT-1 / Cr 2100:zaid 45000"],
            wallet: "45000",
        })
        .await;
    approves(&asked).changes_nothing().await;
    let late = world.finance().rejects_top_up("zaid", &asked, "too late");
    late.fails_with(409, "request-decided").await;
    assert_eq!(world.account("2120").await, "-55000", "the rest waits to be allotted");
    // The file has served.
    asks("a slip").fails_with(409, "receipt-file-used").await;
    // What another customer is known to have sent is not for this wallet.
    world
        .finance()
        .records("noor", Transfer { reference: "TT-2", amount: "7000" })
        .books(Booked {
            events: "payment recorded",
            journal: &["Dr 1020:TT-2 / Cr 2120:TT-2 7000"],
            wallet: "none",
        })
        .await;
    let asked = asks("noor's slip")
        .books(Booked {
            events: "wallet top_up_requested, receipt_file uploaded",
            journal: &[],
            wallet: "45000",
        })
        .await;
    let others = Transfer { reference: "TT-2", amount: "7000" };
    let approves = world.finance().approves_top_up("zaid", &asked, "7000", others);
    approves.fails_with(422, "payment-for-another").await;
    world.ends().await;
}

#[tokio::test]
async fn a_withdrawal_leaves_the_wallet_at_once_and_comes_back_if_it_fails() {
    let world = World::new("withdrawal").await;
    world.fill_wallet("zaid", "80000").await;
    let asks = |amount| world.client().asks_for_a_withdrawal("zaid", amount);
    asks("80000.001").fails_with(422, "insufficient-funds").await;
    let asked = asks("50000")
        .books(Booked {
            events: "wallet withdrawal_requested",
            journal: &["Dr 2100:zaid / Cr 2300:zaid 50000"],
            wallet: "30000",
        })
        .await;
    // What was asked for cannot be spent meanwhile.
    let cart = Cart::of("zaid").line("LB-502", "1", "30000.001").total("30000.001");
    let order = world.client().places(&cart.paid_from_the_wallet());
    order.fails_with(422, "insufficient-funds").await;
    world
        .finance()
        .fails_to_pay_out("zaid", &asked, "the bank knows of no such account")
        .books(Booked {
            events: "wallet withdrawal_failed",
            journal: &["Dr 2300:zaid / Cr 2100:zaid 50000"],
            wallet: "80000",
        })
        .await;
    let pays = |asked| world.finance().pays_out("zaid", asked, "OUT-1");
    pays(&asked).fails_with(409, "request-decided").await;

    let asked = asks("70000")
        .books(Booked {
            events: "wallet withdrawal_requested",
            journal: &["Dr 2100:zaid / Cr 2300:zaid 70000"],
            wallet: "10000",
        })
        .await;
    world.client().pays_out("zaid", &asked, "OUT-1").fails_with(403, "forbidden").await;
    pays(&asked)
        .books(Booked {
            events: "wallet withdrawal_paid",
            journal: &["Dr 2300:zaid / Cr 1010:rafidain 70000"],
            wallet: "10000",
        })
        .await;
    pays(&asked).changes_nothing().await;
    assert_eq!(world.account("2300").await, "0", "nothing is on its way any more");

    // A frozen wallet takes money and pays none.
    world
        .finance()
        .freezes("zaid", "somebody else has the phone")
        .books(Booked { events: "wallet frozen", journal: &[], wallet: "10000" })
        .await;
    asks("1").fails_with(409, "wallet-frozen").await;
    world
        .finance()
        .gives("zaid", "500", "for the trouble")
        .books(Booked {
            events: "wallet credited",
            journal: &["Dr 5020 / Cr 2100:zaid 500"],
            wallet: "10500",
        })
        .await;
    world
        .finance()
        .unfreezes("zaid", "the phone is found")
        .books(Booked { events: "wallet unfrozen", journal: &[], wallet: "10500" })
        .await;
    world.ends().await;
}
