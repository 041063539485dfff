//! A frozen wallet takes money and pays none; a closed one is empty, until the next credit.

use domain::Rejection;
use domain::wallet::Facts;

use crate::book::{Book, given};
use crate::build::{
    adjust_down, approve, by_transfer, by_wallet, cancel, close, correct_wallet, freeze, goodwill,
    iqd, mixed, open_suspense, order, pay_from_wallet, pay_out, place, repay, suspense, top_up,
    unfreeze, upload, wallet, withdraw,
};
use domain::account::SuspenseItem;

fn wallet_of(book: &Book) -> Facts {
    book.wallet(wallet("94")).unwrap()
}

#[test]
fn a_frozen_wallet_pays_nothing() {
    let book = given([
        open_suspense(1),
        top_up("94", 1, "100"),
        goodwill("94", "10"),
        withdraw("94", 1, "5"),
        place(by_transfer(1, "94", "20")),
        freeze("94"),
    ]);
    for refused in [
        place(by_wallet(2, "94", "20")),
        place(mixed(2, "94", "20", "5")),
        pay_from_wallet(1, None),
        withdraw("94", 2, "5"),
        pay_out("94", 1),
        adjust_down("94", SuspenseItem::Item(suspense(1)), "5"),
        correct_wallet("94", 3),
    ] {
        book.clone().when(refused).then_refused(Rejection::WalletFrozen);
    }
}

#[test]
fn a_frozen_wallet_covers_no_shortfall_and_the_rest_stays_due() {
    let book = given([
        top_up("94", 1, "100"),
        place(by_transfer(1, "94", "20")),
        upload(1, 1),
        freeze("94"),
        approve(1, 1, "15"),
    ])
    .expect_balance("94", "100");
    assert_eq!(book.facts(order(1)).owed(), iqd("5"));
}

#[test]
fn a_frozen_wallet_takes_credits() {
    given([top_up("94", 1, "100"), place(by_wallet(1, "94", "20")), freeze("94")])
        .and(top_up("94", 2, "7"))
        .and(goodwill("94", "1"))
        .and(cancel(1))
        .expect_balance("94", "108");
}

#[test]
fn freezing_twice_does_nothing_and_unfreezing_lets_it_pay_again() {
    given([top_up("94", 1, "100")])
        .when(freeze("94"))
        .then(&["wallet.frozen"])
        .when(freeze("94"))
        .then_nothing()
        .when(unfreeze("94"))
        .then(&["wallet.unfrozen"])
        .when(unfreeze("94"))
        .then_nothing()
        .and(place(by_wallet(1, "94", "100")))
        .expect_balance("94", "0");
}

#[test]
fn only_a_wallet_that_is_empty_and_waits_for_nothing_is_closed() {
    let in_use = |balance, debt, pending| Rejection::WalletInUse {
        balance: iqd(balance),
        debt: iqd(debt),
        pending,
    };
    given([top_up("94", 1, "100")])
        .when(close("94"))
        .then_refused(in_use("100", "0", false))
        .and(withdraw("94", 1, "100"))
        .when(close("94"))
        .then_refused(in_use("0", "0", true))
        .and(pay_out("94", 1))
        .when(close("94"))
        .then(&["wallet.closed"])
        .when(close("94"))
        .then_nothing();
    given([crate::build::import_wallet("95", "-30", "-30")])
        .when(close("95"))
        .then_refused(in_use("0", "30", false));
}

#[test]
fn the_next_credit_opens_a_closed_wallet_again() {
    let closed = given([top_up("94", 1, "100"), place(by_wallet(1, "94", "100")), close("94")]);
    assert!(wallet_of(&closed).closed);
    let by_goodwill =
        closed.clone().when(goodwill("94", "1")).then(&["wallet.reopened", "wallet.credited"]);
    assert!(!wallet_of(&by_goodwill).closed);
    closed
        .clone()
        .when(cancel(1))
        .then(&["order.cancelled", "wallet.reopened", "wallet.credited"])
        .expect_balance("94", "100");
    closed.when(repay("94", None)).then_nothing();
}
