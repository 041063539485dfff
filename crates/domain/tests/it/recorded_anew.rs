//! A payment that was corrected or reversed and has come in after all, and one told of again.

use domain::Rejection;
use domain::decide::{Allocation, Command};
use domain::payment::Kind;

use crate::book::{Book, given};
use crate::build::{
    allocate, amount, approval, approve, approve_top_up, ask_top_up, by_transfer, cash, code,
    correct_payment, customer, iqd, line_id, match_line, order, pay_from_wallet, place,
    record_cash, record_transfer, reverse, statement, top_up, transfer, transfer_id, upload,
};

#[test]
fn a_mistyped_transfer_is_corrected_and_recorded_anew_with_the_right_amount() {
    let book = given([
        record_transfer("R1", "440", Some("95")),
        correct_payment(transfer_id("R1")),
        place(by_transfer(1, "94", "44")),
        upload(1, 1),
    ])
    .when(approve(1, 1, "44"))
    .then(&[
        "payment.recorded",
        "order.receipt_approved",
        "receipt_file.approved",
        "payment.allocated",
        "order.payment_received",
    ])
    .expect_total("1020", "-44")
    .expect_total("2120", "0")
    .when(statement("7", "44", Some("R1")))
    .then(&["statement_line.recorded", "payment.matched", "statement_line.matched"])
    .expect_total("1020", "0");
    let payment = book.payment(transfer_id("R1")).unwrap();
    assert_eq!((payment.amount, payment.customer), (amount("44"), Some(customer("94"))));
    assert_eq!((payment.version, payment.corrected), (5, false));
}

#[test]
fn a_transfer_that_the_bank_did_not_know_and_that_arrives_is_recorded_anew_and_matched() {
    let book = given([ask_top_up("94", 1, "50"), approve_top_up("94", 1, "50", "50")])
        .and(statement("7", "50", None))
        .and(reverse(transfer_id("W1")))
        .expect_balance("94", "0")
        .when(record_transfer("W1", "50", None))
        .then(&["payment.recorded"])
        .when(match_line("7", &[transfer_id("W1")], "0"))
        .then(&["payment.matched", "statement_line.matched"])
        .when(allocate(transfer_id("W1"), None, Allocation::Customer(customer("94"))))
        .then(&["payment.allocated", "wallet.topped_up"])
        .expect_balance("94", "50");
    assert_eq!(book.payment(transfer_id("W1")).unwrap().matched, Some(line_id("7")));
}

#[test]
fn a_second_reversal_takes_back_only_what_the_money_went_to_since() {
    given([
        place(by_transfer(1, "94", "44")),
        upload(1, 1),
        approve(1, 1, "44"),
        reverse(transfer_id("R1")),
        top_up("94", 9, "44"),
        pay_from_wallet(1, None),
        record_transfer("R1", "44", Some("95")),
    ])
    .and(allocate(transfer_id("R1"), Some("40"), Allocation::Customer(customer("95"))))
    .when(reverse(transfer_id("R1")))
    .then(&["wallet.debited", "wallet.payment_taken_out", "payment.reversed"])
    .expect_balance("95", "0")
    .expect_total("2200", "44")
    .expect_total("1020", "0")
    .expect_total("2120", "0");
}

#[test]
fn a_payment_told_of_again_as_another_is_refused() {
    let other_day = || {
        let mut sent = transfer("R1", "44");
        sent.date = sent.date.succ_opt().unwrap();
        sent
    };
    let with_note = Command::RecordPayment {
        payment: cash(1),
        kind: Kind::Cash { note: Some(code("till 2")) },
        amount: amount("44"),
        customer: None,
    };
    let noted_top_up = Command::TopUpWallet {
        customer: customer("94"),
        payment: cash(2),
        kind: Kind::Cash { note: Some(code("till 2")) },
        amount: amount("44"),
    };
    given([record_transfer("R1", "44", Some("94")), record_cash(1, "44")])
        .when(record_transfer("R1", "44", Some("94")))
        .then_nothing()
        .when(record_transfer("R1", "44", None))
        .then_nothing()
        .when(record_transfer("R1", "44", Some("95")))
        .then_refused(Rejection::PaymentForAnother)
        .when(with_note)
        .then_refused(Rejection::PaymentKindDiffers)
        .and(top_up("94", 2, "44"))
        .when(noted_top_up)
        .then_refused(Rejection::PaymentKindDiffers)
        .and(place(by_transfer(1, "94", "44")))
        .and(upload(1, 1))
        .when(Command::ApproveReceipt(Box::new(approval(1, 1, "44", other_day()))))
        .then_code("payment-differs");
}

#[test]
fn a_top_up_told_of_again_is_so_only_if_all_of_it_is_in_this_wallet() {
    let used_up = || Rejection::PaymentUsedUp { left: iqd("0"), required: iqd("44") };
    given([top_up("94", 1, "44")]).when(top_up("94", 1, "44")).then_nothing();
    given([place(by_transfer(1, "94", "44")), record_cash(1, "44")])
        .and(allocate(cash(1), None, Allocation::Order(order(1))))
        .when(top_up("94", 1, "44"))
        .then_refused(used_up());
    given([record_cash(1, "44")])
        .and(allocate(cash(1), None, Allocation::Customer(customer("95"))))
        .when(top_up("94", 1, "44"))
        .then_refused(used_up());
    given([top_up("94", 1, "44"), reverse(cash(1))])
        .when(top_up("94", 1, "44"))
        .then_refused(used_up());
    Book::new().when(top_up("94", 1, "44")).then(&[
        "payment.recorded",
        "wallet.opened",
        "payment.allocated",
        "wallet.topped_up",
    ]);
}
