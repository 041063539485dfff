//! Money that turned out not to exist: taken back where it is, owed where it was spent.

use chrono::Duration;
use domain::Rejection;
use domain::decide::Allocation;
use domain::order::status::{PaymentStatus, Phase};

use crate::book::{Book, given};
use crate::build::{
    allocate, approval, approve, as_far_as_dispatched, because, by_transfer, by_wallet, cancel,
    cash, code, customer, deliver, freeze, import_wallet, match_line, noon, order, pay_from_wallet,
    place, record_cash, record_transfer, release, reverse, start, statement, top_up, transfer,
    transfer_id, upload,
};

/// Order 1 of customer 94, paid by the transfer R1.
fn paid(due: &str) -> Book {
    given([place(by_transfer(1, "94", due)), upload(1, 1), approve(1, 1, due)])
}

#[test]
fn an_order_of_which_nothing_was_shipped_gives_the_money_back_and_is_to_be_paid_anew() {
    let book = paid("44")
        .and(release(1))
        .and(start(1))
        .later(Duration::days(9))
        .when(reverse(transfer_id("R1")))
        .then(&[
            "wallet.opened",
            "wallet.payment_taken_out",
            "order.payment_taken_back",
            "payment.reversed",
        ])
        .expect_phase(order(1), Phase::AwaitingPayment)
        .expect_total("2200", "0")
        .expect_total("2120", "0")
        .expect_total("1020", "0")
        .expect_total("1100", "0")
        .expect_balance("94", "0");
    let facts = book.facts(order(1));
    assert_eq!(facts.deadline, Some(noon() + Duration::days(12)));
    assert_eq!(facts.payment_status(), PaymentStatus::GracePeriod);
    // It begins anew: what was released before is not released now.
    book.and(top_up("94", 9, "44"))
        .and(pay_from_wallet(1, None))
        .expect_phase(order(1), Phase::FinanceReview);
}

#[test]
fn a_payment_is_reversed_once() {
    paid("44")
        .and(reverse(transfer_id("R1")))
        .when(reverse(transfer_id("R1")))
        .then_nothing()
        .when(allocate(transfer_id("R1"), None, Allocation::Customer(customer("94"))))
        .then_code("payment-used-up");
    Book::new().when(reverse(cash(1))).then_refused(Rejection::PaymentNotFound);
}

#[test]
fn a_forged_receipt_found_after_the_money_is_spent_empties_the_wallet_and_leaves_a_debt() {
    let mut book = paid("44");
    for step in as_far_as_dispatched(1) {
        book = book.and(step);
    }
    book.and(deliver(1))
        .and(top_up("94", 9, "10"))
        .when(reverse(transfer_id("R1")))
        .then(&["wallet.debited", "wallet.debt_recorded", "payment.reversed"])
        .expect_balance("94", "0")
        .expect_total("1100", "-34")
        .expect_total("1020", "0")
        .expect_total("2120", "0")
        .expect_phase(order(1), Phase::Delivered);
}

#[test]
fn a_frozen_wallet_gives_back_what_it_never_should_have_held() {
    given([top_up("94", 1, "50"), freeze("94")])
        .when(reverse(cash(1)))
        .then(&["wallet.debited", "payment.reversed"])
        .expect_balance("94", "0")
        .expect_total("1100", "0");
}

#[test]
fn a_debt_repaid_with_money_that_did_not_exist_is_owed_again() {
    let mut book = paid("44");
    for step in as_far_as_dispatched(1) {
        book = book.and(step);
    }
    book.and(reverse(transfer_id("R1")))
        .expect_total("1100", "-44")
        .and(record_cash(2, "44"))
        .and(allocate(cash(2), None, Allocation::Debt(customer("94"))))
        .expect_total("1100", "0")
        .when(reverse(cash(2)))
        .then(&["wallet.debt_recorded", "payment.reversed"])
        .expect_total("1100", "-44");
}

#[test]
fn a_customer_without_a_wallet_owes_all_of_it() {
    let mut book = paid("44");
    for step in as_far_as_dispatched(1) {
        book = book.and(step);
    }
    book.when(reverse(transfer_id("R1")))
        .then(&["wallet.opened", "wallet.debt_recorded", "payment.reversed"])
        .expect_total("1100", "-44")
        .expect_total("2200", "44")
        .expect_phase(order(1), Phase::Dispatched);
}

#[test]
fn money_of_a_cancelled_order_is_taken_from_the_wallet_it_went_to() {
    paid("44")
        .and(cancel(1))
        .expect_balance("94", "44")
        .when(reverse(transfer_id("R1")))
        .then(&["wallet.debited", "payment.reversed"])
        .expect_balance("94", "0")
        .expect_total("1100", "0");
}

#[test]
fn a_top_up_that_was_spent_on_another_order_is_taken_as_far_as_the_wallet_goes() {
    given([top_up("94", 1, "50"), place(by_wallet(1, "94", "44")), release(1)])
        .when(reverse(cash(1)))
        .then(&["wallet.debited", "wallet.debt_recorded", "payment.reversed"])
        .expect_balance("94", "0")
        .expect_total("1100", "-44")
        .expect_total("1040", "0")
        .expect_phase(order(1), Phase::WarehouseReady);
}

#[test]
fn one_transfer_for_two_orders_and_a_rest_comes_back_from_each_place() {
    let part = |number: u64, sum: &str| {
        let approval = approval(number, number, sum, transfer("R", "100"));
        domain::decide::Command::ApproveReceipt(Box::new(approval))
    };
    let mut book = given([
        place(by_transfer(1, "94", "30")),
        upload(1, 1),
        part(1, "35"),
        place(by_transfer(2, "94", "40")),
        upload(2, 2),
        part(2, "40"),
    ]);
    for step in as_far_as_dispatched(2) {
        book = book.and(step);
    }
    // 30 for the first order, 5 in the wallet, 40 shipped with the second, 25 not yet allocated.
    book.when(reverse(transfer_id("R")))
        .then(&[
            "wallet.debited",
            "wallet.payment_taken_out",
            "order.payment_taken_back",
            "wallet.debt_recorded",
            "payment.reversed",
        ])
        .expect_total("1100", "-40")
        .expect_total("1020", "0")
        .expect_total("2120", "0")
        .expect_balance("94", "0")
        .expect_phase(order(1), Phase::AwaitingPayment)
        .expect_phase(order(2), Phase::Dispatched);
}

#[test]
fn money_that_waited_is_reversed_without_touching_anybody() {
    given([record_cash(1, "44")])
        .when(reverse(cash(1)))
        .then(&["payment.reversed"])
        .expect_total("1040", "0")
        .expect_total("2120", "0");
}

#[test]
fn what_the_bank_charges_back_leaves_the_bank_and_its_fee_stays_spent() {
    given([
        record_transfer("R1", "44", Some("94")),
        statement("7", "43", None),
        match_line("7", &[transfer_id("R1")], "1"),
        reverse(transfer_id("R1")),
    ])
    .expect_total("1010", "1")
    .expect_total("5010", "-1")
    .expect_total("2120", "0");
}

#[test]
fn a_payment_that_was_corrected_holds_nothing_to_reverse() {
    let correct = domain::decide::Command::CorrectPayment {
        payment: cash(1),
        reason: because(),
        ticket: code("T-1"),
    };
    given([record_cash(1, "44"), correct])
        .when(reverse(cash(1)))
        .then_refused(Rejection::PaymentNotHeld);
}

#[test]
fn one_person_alone_does_not_take_much_from_a_customer() {
    given([top_up("94", 1, "2000000")])
        .when(reverse(cash(1)))
        .then_code("needs-second-person")
        .and(reverse(cash(1)))
        .expect_balance("94", "0");
}

#[test]
fn a_debt_beyond_what_a_book_can_hold_is_refused() {
    let most = "-9999999999999999";
    let mut book = given([import_wallet("94", most, most)]);
    for step in [place(by_transfer(1, "94", "44")), upload(1, 1), approve(1, 1, "44")] {
        book = book.and(step);
    }
    for step in as_far_as_dispatched(1) {
        book = book.and(step);
    }
    book.second_person = true;
    book.when(reverse(transfer_id("R1")))
        .then_refused(domain::money::MoneyError::OutOfRange.into());
}
