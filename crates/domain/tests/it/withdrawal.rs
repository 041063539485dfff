//! Money that a customer wants back: out of the wallet at once, then paid out or returned.

use domain::Rejection;
use domain::decide::Command;

use crate::book::given;
use crate::build::{
    by_wallet, cash, code, fail_withdrawal, import_wallet, iqd, pay_out, place, repay, request,
    reverse, top_up, wallet, withdraw,
};

#[test]
fn a_withdrawal_leaves_the_wallet_when_it_is_requested_and_the_bank_when_it_is_paid() {
    given([top_up("94", 1, "100")])
        .when(withdraw("94", 1, "60"))
        .then(&["wallet.withdrawal_requested"])
        .expect_balance("94", "40")
        .expect_total("2300", "60")
        .when(pay_out("94", 1))
        .then(&["wallet.withdrawal_paid"])
        .expect_total("2300", "0")
        .expect_total("1010", "60")
        .expect_balance("94", "40");
}

#[test]
fn what_waits_to_be_paid_out_cannot_be_spent() {
    given([top_up("94", 1, "100"), withdraw("94", 1, "60")])
        .when(place(by_wallet(1, "94", "41")))
        .then_code("insufficient-funds")
        .when(withdraw("94", 2, "41"))
        .then_refused(Rejection::InsufficientFunds { available: iqd("40"), required: iqd("41") });
}

#[test]
fn a_withdrawal_that_failed_is_in_the_wallet_again() {
    given([top_up("94", 1, "100"), withdraw("94", 1, "60")])
        .when(fail_withdrawal("94", 1))
        .then(&["wallet.withdrawal_failed"])
        .expect_balance("94", "100")
        .expect_total("2300", "0")
        .when(fail_withdrawal("94", 1))
        .then_nothing()
        .when(pay_out("94", 1))
        .then_refused(Rejection::RequestDecided);
}

#[test]
fn a_withdrawal_is_paid_once() {
    let elsewhere = Command::PayWithdrawal {
        wallet: wallet("94"),
        request: request(1),
        account: code("rafidain-1"),
        reference: code("P-2"),
    };
    given([top_up("94", 1, "100"), withdraw("94", 1, "60"), pay_out("94", 1)])
        .when(pay_out("94", 1))
        .then_nothing()
        .when(elsewhere)
        .then_refused(Rejection::RequestDecided)
        .when(fail_withdrawal("94", 1))
        .then_refused(Rejection::RequestDecided)
        .when(withdraw("94", 1, "60"))
        .then_refused(Rejection::RequestExists)
        .when(pay_out("94", 2))
        .then_refused(Rejection::RequestNotFound)
        .expect_total("1010", "60");
}

#[test]
fn what_the_customer_owes_goes_before_a_withdrawal() {
    given([import_wallet("94", "-30", "-30"), top_up("94", 1, "100")])
        .when(withdraw("94", 1, "10"))
        .then_refused(Rejection::WalletInDebt { debt: iqd("30") });
}

#[test]
fn a_withdrawal_of_money_that_turned_out_not_to_exist_is_not_paid() {
    given([top_up("94", 1, "100"), withdraw("94", 1, "100"), reverse(cash(1))])
        .expect_debt("94", "100")
        .when(pay_out("94", 1))
        .then_refused(Rejection::WalletInDebt { debt: iqd("100") })
        .and(fail_withdrawal("94", 1))
        .and(repay("94", None))
        .expect_balance("94", "0")
        .expect_debt("94", "0");
}

#[test]
fn one_outgoing_transfer_pays_one_withdrawal() {
    let by_the_same = |number| Command::PayWithdrawal {
        wallet: wallet("94"),
        request: request(number),
        account: code("rafidain-1"),
        reference: code("P-1"),
    };
    given([top_up("94", 1, "100"), withdraw("94", 1, "60"), withdraw("94", 2, "30")])
        .and(by_the_same(1))
        .when(by_the_same(2))
        .then_refused(Rejection::PayoutReferenceUsed)
        .and(pay_out("94", 2))
        .expect_total("1010", "90");
}
