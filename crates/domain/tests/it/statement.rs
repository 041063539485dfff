//! Statement lines: what the bank says, matched with what finance believed.

use domain::Rejection;
use domain::account::Account;
use domain::money::Currency;
use domain::payment::Held;

use crate::book::{Book, given};
use crate::build::{
    approve, bank, by_gateway, by_transfer, cash, code, gateway, gateway_id, iqd, line_id,
    match_line, place, record_cash, record_transfer, reverse, statement, transfer_id, upload,
};

fn in_bank(book: &Book) -> String {
    let bank = Account::Bank(code("rafidain-1"));
    (-book.holds(bank, Currency::IQD)).normalize().to_string()
}

#[test]
fn a_line_that_names_a_known_transfer_of_its_amount_is_matched_at_once() {
    let book = given([place(by_transfer(1, "94", "44")), upload(1, 1), approve(1, 1, "44")])
        .expect_total("1020", "-44")
        .when(statement("7", "44", Some("R1")))
        .then(&["statement_line.recorded", "payment.matched", "statement_line.matched"])
        .expect_total("1020", "0")
        .expect_total("1010", "-44");
    let payment = book.payment(transfer_id("R1")).unwrap();
    assert_eq!(payment.held, Some(Held::Bank(code("rafidain-1"))));
    assert_eq!(payment.matched, Some(line_id("7")));
    book.when(statement("7", "44", Some("R1"))).then_nothing();
}

#[test]
fn a_line_is_recorded_once_and_the_same_id_with_other_content_is_refused() {
    given([statement("7", "44", None)])
        .when(statement("7", "44", None))
        .then_nothing()
        .when(statement("7", "45", None))
        .then_refused(Rejection::StatementLineDiffers)
        .when(statement("7", "44", Some("R1")))
        .then_refused(Rejection::StatementLineDiffers)
        .when(statement("8", "44", None))
        .then(&["statement_line.recorded"]);
}

#[test]
fn a_line_that_names_a_transfer_of_another_amount_waits_to_be_matched() {
    given([record_transfer("R1", "44", None)])
        .when(statement("7", "43", Some("R1")))
        .then(&["statement_line.recorded"])
        .expect_total("1010", "0")
        .when(match_line("7", &[transfer_id("R1")], "1"))
        .then(&["payment.matched", "statement_line.matched"])
        .expect_total("1010", "-43")
        .expect_total("5010", "-1")
        .expect_total("1020", "0")
        // The customer's money is whole: the fee is the shop's.
        .expect_total("2120", "44");
}

#[test]
fn a_gateway_pays_out_several_payments_in_one_line_and_its_fee_is_spread_without_losing_a_unit() {
    let paid = [gateway_id("G-1"), gateway_id("G-2"), gateway_id("G-3")];
    let mut book = given([statement("7", "99", None)]);
    for (number, sum) in [(1, "33.333"), (2, "33.333"), (3, "33.334")] {
        book = book.and(place(by_gateway(number, "94", sum)));
        book = book.and(gateway(number, &format!("G-{number}"), sum));
    }
    let book = book
        .when(match_line("7", &paid, "1"))
        .then(&["payment.matched", "payment.matched", "payment.matched", "statement_line.matched"])
        .expect_total("1030", "0")
        .expect_total("5010", "-1");
    assert_eq!(in_bank(&book), "99");
    book.when(match_line("7", &paid, "1")).then_nothing();
}

#[test]
fn a_match_must_add_up_exactly() {
    let unbalanced = |payments: &str, fee: &str| Rejection::StatementLineUnbalanced {
        payments: iqd(payments),
        fee: iqd(fee),
        line: iqd("43"),
    };
    let one = transfer_id("R1");
    given([record_transfer("R1", "44", None), statement("7", "43", None)])
        .when(match_line("7", &[one], "0"))
        .then_refused(unbalanced("44", "0"))
        .when(match_line("7", &[one], "2"))
        .then_refused(unbalanced("44", "2"))
        .when(match_line("7", &[], "0"))
        .then_refused(unbalanced("0", "0"))
        .when(match_line("7", &[one, one], "45"))
        .then_refused(unbalanced("88", "45"))
        .when(match_line("7", &[transfer_id("R2")], "0"))
        .then_refused(Rejection::PaymentNotFound)
        .when(match_line("8", &[one], "0"))
        .then_refused(Rejection::StatementLineNotFound);
    // A fee is never negative: more than was paid is another payment.
    given([record_transfer("R1", "42", None), statement("7", "43", None)])
        .when(match_line("7", &[one], "-1"))
        .then_refused(unbalanced("42", "-1"));
}

#[test]
fn neither_a_line_nor_a_payment_is_matched_twice() {
    let (one, two) = (transfer_id("R1"), transfer_id("R2"));
    given([
        record_transfer("R1", "44", None),
        record_transfer("R2", "44", None),
        statement("7", "44", Some("R1")),
        statement("8", "44", None),
    ])
    .when(match_line("7", &[two], "0"))
    .then_refused(Rejection::StatementLineMatched)
    .when(match_line("8", &[one], "0"))
    .then_refused(Rejection::PaymentMatched)
    .when(match_line("8", &[two], "0"))
    .then(&["payment.matched", "statement_line.matched"]);
}

#[test]
fn cash_is_banked_once_and_the_line_that_tells_of_it_posts_the_fee_alone() {
    let book = given([record_cash(1, "44"), statement("7", "43", None)])
        .when(bank(cash(1), "rafidain-1"))
        .then(&["payment.banked"])
        .expect_total("1040", "0")
        .when(bank(cash(1), "rafidain-1"))
        .then_nothing()
        .when(bank(cash(1), "other"))
        .then_refused(Rejection::PaymentMatched);
    assert_eq!(in_bank(&book), "44");
    let book = book.and(match_line("7", &[cash(1)], "1")).expect_total("5010", "-1");
    assert_eq!(in_bank(&book), "43");
    given([record_transfer("R1", "44", None)])
        .when(bank(transfer_id("R1"), "rafidain-1"))
        .then_refused(Rejection::NotCash)
        .when(bank(cash(1), "rafidain-1"))
        .then_refused(Rejection::PaymentNotFound);
}

#[test]
fn money_in_one_bank_account_is_not_on_a_line_of_another() {
    given([record_cash(1, "44"), bank(cash(1), "other"), statement("7", "44", None)])
        .when(match_line("7", &[cash(1)], "0"))
        .then_refused(Rejection::WrongBankAccount);
}

#[test]
fn a_payment_that_is_not_held_any_more_is_neither_matched_nor_banked() {
    given([record_cash(1, "44"), reverse(cash(1)), statement("7", "44", None)])
        .when(match_line("7", &[cash(1)], "0"))
        .then_refused(Rejection::PaymentNotHeld)
        .when(bank(cash(1), "rafidain-1"))
        .then_refused(Rejection::PaymentNotHeld);
}

#[test]
fn what_the_bank_has_told_of_is_no_mistake_and_is_not_corrected() {
    let correct = domain::decide::Command::CorrectPayment {
        payment: transfer_id("R1"),
        reason: crate::build::because(),
        ticket: code("T-1"),
    };
    given([record_transfer("R1", "44", None), statement("7", "44", Some("R1"))])
        .when(correct)
        .then_refused(Rejection::PaymentMatched);
}

#[test]
fn one_person_alone_calls_no_large_sum_a_fee() {
    let paid = |reference| record_transfer(reference, "3000000", None);
    given([
        paid("R1"),
        statement("7", "1999999", None),
        paid("R2"),
        statement("8", "2000000", None),
    ])
    .when(match_line("7", &[transfer_id("R1")], "1000001"))
    .then_code("needs-second-person")
    .and(match_line("7", &[transfer_id("R1")], "1000001"))
    .when(match_line("8", &[transfer_id("R2")], "1000000"))
    .then(&["payment.matched", "statement_line.matched"]);
}

#[test]
fn a_line_of_a_transfer_that_was_matched_or_is_not_held_is_recorded_and_waits() {
    for before in [statement("7", "44", Some("R1")), reverse(transfer_id("R1"))] {
        given([record_transfer("R1", "44", None), before])
            .when(statement("8", "44", Some("R1")))
            .then(&["statement_line.recorded"]);
    }
}
