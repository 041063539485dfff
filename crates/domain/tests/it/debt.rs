//! What a customer owes: left on account, repaid from the wallet or a payment, or written off.

use domain::Rejection;
use domain::decide::{Allocation, Command};
use domain::order::Facts;
use domain::order::import::{Imported, Stage};
use domain::order::status::Phase;

use crate::book::{Book, given};
use crate::build::{
    allocate, approve, as_far_as_dispatched, because, by_transfer, by_wallet, cancel, cancel_lines,
    cash, customer, deliver, dispatch_some, edit, freeze, import, import_wallet, iqd,
    leave_on_account, line, old_order, order, pack, place, record_cash, refund, release, repay,
    return_goods, reverse, start, top_up, transfer_id, upload, write_off,
};

/// An old order that is under way and of whose 44 dinars 4 were never paid.
fn under_way() -> Book {
    let old = Imported {
        stage: Stage::Dispatched,
        proven: iqd("40"),
        ..old_order("M2511128", "94", "44")
    };
    given([import(1, old)])
}

fn facts(book: &Book) -> Facts {
    book.facts(order(1))
}

#[test]
fn what_a_customer_owes_for_goods_under_way_can_be_left_on_account_and_the_order_goes_on() {
    let book = under_way()
        .when(deliver(1))
        .then_refused(Rejection::NotSettled { owed: iqd("4") })
        .and(leave_on_account(1))
        .expect_debt("94", "4")
        .expect_total("1100", "-4")
        .expect_total("2200", "44");
    assert!(facts(&book).settled());
    book.when(leave_on_account(1))
        .then_nothing()
        .and(deliver(1))
        .expect_phase(order(1), Phase::Delivered)
        .expect_total("2200", "0")
        .expect_debt("94", "4");
}

#[test]
fn leaving_on_account_always_takes_two_persons() {
    let nothing = iqd("0");
    under_way().when(leave_on_account(1)).then_refused(Rejection::NeedsSecondPerson {
        amount: iqd("4"),
        threshold: nothing,
        moved: nothing,
        left: nothing,
    });
}

#[test]
fn an_order_that_still_stands_in_the_shop_is_not_left_on_account() {
    let book = given([top_up("94", 1, "44"), place(by_wallet(1, "94", "44"))]);
    book.when(leave_on_account(1)).then_nothing();
    given([place(by_transfer(1, "94", "44"))]).when(leave_on_account(1)).then_code("wrong-phase");
    given([top_up("94", 1, "44"), place(by_wallet(1, "94", "44"))])
        .and(as_far_as_dispatched(1)[0].clone())
        .when(leave_on_account(1))
        .then_nothing();
}

#[test]
fn a_debt_is_repaid_from_the_wallet_as_far_as_it_goes() {
    given([import_wallet("94", "-30", "-30"), top_up("94", 1, "20")])
        .expect_debt("94", "30")
        .when(repay("94", Some("31")))
        .then_refused(Rejection::DebtDiffers { debt: iqd("30"), claimed: iqd("31") })
        .when(repay("94", Some("21")))
        .then_code("insufficient-funds")
        .when(repay("94", None))
        .then(&["wallet.debt_repaid"])
        .expect_balance("94", "0")
        .expect_debt("94", "10")
        .expect_total("1100", "-10")
        .when(repay("94", None))
        .then_code("insufficient-funds");
}

#[test]
fn a_debt_is_repaid_with_money_that_came_in() {
    let to_debt = || Allocation::Debt(customer("94"));
    given([import_wallet("94", "-30", "-30"), record_cash(1, "20"), record_cash(2, "50")])
        .when(allocate(cash(1), None, to_debt()))
        .then(&["payment.allocated", "wallet.debt_repaid"])
        .expect_debt("94", "10")
        .when(allocate(cash(2), Some("11"), to_debt()))
        .then_code("debt-differs")
        .and(allocate(cash(2), None, to_debt()))
        .expect_debt("94", "0")
        .expect_total("1100", "0")
        .expect_total("2120", "40")
        .expect_balance("94", "0")
        .when(allocate(cash(2), None, to_debt()))
        .then_code("payment-used-up");
}

#[test]
fn what_will_never_come_is_written_off() {
    given([import_wallet("94", "-30", "-30")])
        .when(write_off("94", Some("31")))
        .then_code("debt-differs")
        .when(write_off("94", Some("12")))
        .then(&["wallet.debt_written_off"])
        .expect_debt("94", "18")
        .expect_total("5030", "-12")
        .when(write_off("94", None))
        .then(&["wallet.debt_written_off"])
        .expect_debt("94", "0")
        .expect_total("1100", "0")
        .when(write_off("94", None))
        .then_nothing();
}

#[test]
fn who_has_no_wallet_owes_nothing_that_could_be_repaid() {
    let commands: [Command; 2] = [repay("94", None), write_off("94", None)];
    for command in commands {
        Book::new().when(command).then_refused(Rejection::WalletNotOpen);
    }
}

#[test]
fn what_was_left_on_account_is_not_given_back_as_money_when_the_goods_come_back() {
    let old = Imported {
        stage: Stage::Dispatched,
        proven: iqd("40"),
        ..old_order("M2511128", "94", "100")
    };
    let book = given([import(1, old)]).and(leave_on_account(1)).expect_debt("94", "60");
    let shipment = *facts(&book).shipments.keys().next().unwrap();
    book.and(Command::FailDelivery { order: order(1), shipment, reason: because() })
        .and(Command::ReturnToOrigin { order: order(1), shipment })
        .and(Command::ReceiveBack { order: order(1), shipment })
        .when(cancel(1))
        .then(&["order.cancelled", "wallet.credited", "wallet.debt_repaid"])
        .expect_balance("94", "40")
        .expect_debt("94", "0")
        .expect_total("2200", "0");
}

/// Two lines, of 30 and 14, paid by a forged transfer; the first is under way.
fn half_shipped_on_forged_money() -> Book {
    let mut two = by_transfer(1, "94", "44");
    two.lines = vec![line("1", "30"), line("1", "14")];
    given([place(two), upload(1, 1), approve(1, 1, "44"), release(1), start(1), pack(1)])
        .and(dispatch_some(1, 1, &[(1, "1")]))
        .and(reverse(transfer_id("R1")))
        .expect_debt("94", "44")
}

#[test]
fn cancelled_lines_that_were_paid_with_money_that_did_not_exist_lessen_the_debt() {
    half_shipped_on_forged_money()
        .when(cancel_lines(1, &[(2, "1")]))
        .then(&["order.lines_cancelled", "wallet.credited", "wallet.debt_repaid"])
        .expect_balance("94", "0")
        .expect_debt("94", "30");
}

#[test]
fn a_frozen_wallet_repays_what_an_order_gave_back() {
    half_shipped_on_forged_money()
        .and(freeze("94"))
        .and(cancel_lines(1, &[(2, "1")]))
        .expect_balance("94", "0")
        .expect_debt("94", "30");
}

#[test]
fn a_cheaper_order_repays_what_its_customer_owes_and_gives_back_the_rest() {
    given([import_wallet("94", "-30", "-30"), place(by_transfer(1, "94", "44"))])
        .and(upload(1, 1))
        .and(approve(1, 1, "44"))
        .when(edit(1, &[("1", "4")], "4"))
        .then(&["order.edited", "wallet.credited", "wallet.debt_repaid"])
        .expect_balance("94", "10")
        .expect_debt("94", "0");
}

#[test]
fn a_refund_of_what_was_left_on_account_repays_the_debt_first() {
    under_way()
        .and(leave_on_account(1))
        .and(deliver(1))
        .and(return_goods(1, &[(1, "1")]))
        .when(refund(1, true))
        .then(&["order.refunded", "wallet.credited", "wallet.debt_repaid"])
        .expect_balance("94", "40")
        .expect_debt("94", "0")
        .expect_total("1100", "0");
}
