//! Refunds: returned units are paid back once, with their share of tax, discount and, if wished,
//! fees.

use domain::Rejection;
use domain::money::Money;
use domain::order::status::{PaymentStatus, Phase};

use crate::book::{Book, given};
use crate::build::{
    as_far_as_dispatched, by_wallet, complete, deliver, iqd, line, order, percent, place, refund,
    refund_some, return_goods, top_up,
};

/// Five units at an odd price, with a discount, a fee, a surcharge and a tax: delivered.
fn delivered() -> Book {
    let mut five = by_wallet(1, "94", "1");
    five.lines = vec![line("5", "33.333")];
    five.discount = iqd("10");
    five.delivery = iqd("7");
    five.surcharge_rate = percent("1");
    five.tax_rate = percent("15");
    // 166.665 − 10 + 7 + 1.567 + 23.5
    five.total = iqd("188.732");
    let mut book = given([top_up("94", 1, "188.732"), place(five)]);
    for step in as_far_as_dispatched(1) {
        book = book.and(step);
    }
    book.and(deliver(1)).expect_balance("94", "0")
}

fn refunded(book: &Book) -> Money {
    book.facts(order(1)).refunded
}

#[test]
fn two_of_five_units_are_paid_back_to_the_last_digit_and_not_a_second_time() {
    delivered()
        .and(return_goods(1, &[(1, "2")]))
        .when(refund(1, true))
        .then(&["order.refunded", "wallet.credited"])
        .expect_phase(order(1), Phase::Delivered)
        // The whole less what three of five units come to: 113.239.
        .expect_balance("94", "75.493")
        .expect_total("4010", "166.665")
        .expect_total("4090", "-66.666")
        .expect_total("4095", "-6")
        .expect_total("4020", "4.2")
        .expect_total("4030", "0.94")
        .expect_total("2400", "14.1")
        .when(refund(1, true))
        .then_refused(Rejection::NothingToRefund)
        .when(refund_some(1, &[(1, "1")], true))
        .then_refused(Rejection::NothingToRefund);
}

#[test]
fn all_units_paid_back_one_by_one_give_everything_back() {
    let mut book = delivered();
    for _ in 0..5 {
        book = book.and(return_goods(1, &[(1, "1")])).and(refund(1, true));
    }
    let status = book.facts(order(1)).payment_status();
    assert_eq!(status, PaymentStatus::Refunded);
    book.expect_phase(order(1), Phase::Returned)
        .expect_balance("94", "188.732")
        .expect_total("2400", "0")
        .expect_total("4020", "0")
        .expect_total("4030", "0")
        .expect_total("4095", "0")
        .expect_total("5040", "0");
}

#[test]
fn a_refund_without_fees_keeps_the_delivery_fee_and_the_surcharge() {
    let book = delivered()
        .and(return_goods(1, &[(1, "5")]))
        .when(refund(1, false))
        .then(&["order.refunded", "wallet.credited"])
        .expect_total("4020", "7")
        .expect_total("4030", "1.567")
        .expect_total("2400", "0")
        .expect_balance("94", "180.165")
        .when(refund(1, true))
        .then_refused(Rejection::NothingToRefund);
    assert_eq!(refunded(&book), iqd("180.165"));
    assert_eq!(book.facts(order(1)).payment_status(), PaymentStatus::PartiallyRefunded);
}

#[test]
fn fees_that_were_withheld_for_some_units_are_not_paid_back_with_others() {
    delivered()
        .and(return_goods(1, &[(1, "2")]))
        .and(refund(1, false))
        .and(return_goods(1, &[(1, "3")]))
        .and(refund(1, true))
        .expect_total("4020", "2.8")
        .expect_total("4090", "-166.665")
        .expect_total("2400", "0");
}

#[test]
fn only_what_came_back_is_paid_back() {
    delivered()
        .when(refund(1, true))
        .then_refused(Rejection::NothingToRefund)
        .and(return_goods(1, &[(1, "2")]))
        .when(refund_some(1, &[(1, "3")], true))
        .then_refused(Rejection::NothingToRefund)
        .when(refund_some(1, &[(2, "1")], true))
        .then_refused(Rejection::LineNotFound { line: 2 })
        .and(refund_some(1, &[(1, "1")], true))
        .when(refund(1, true))
        .then(&["order.refunded", "wallet.credited"]);
}

#[test]
fn what_came_back_before_completion_is_paid_back_after_it() {
    delivered()
        .and(return_goods(1, &[(1, "2")]))
        .and(complete(1))
        .when(refund(1, true))
        .then(&["order.refunded", "wallet.credited"])
        .expect_phase(order(1), Phase::Completed)
        .when(return_goods(1, &[(1, "1")]))
        .then_code("wrong-phase");
}

#[test]
fn a_large_refund_needs_a_second_person() {
    let mut book = given([top_up("94", 1, "2000000"), place(by_wallet(1, "94", "2000000"))]);
    for step in as_far_as_dispatched(1) {
        book = book.and(step);
    }
    book.and(deliver(1))
        .and(return_goods(1, &[(1, "1")]))
        .when(refund(1, true))
        .then_code("needs-second-person")
        .and(refund(1, true))
        .expect_balance("94", "2000000");
}

#[test]
fn returned_goods_that_cost_nothing_are_taken_back_without_a_wallet() {
    let mut free = crate::build::by_transfer(1, "94", "0");
    free.lines = vec![line("2", "5")];
    free.discount = iqd("10");
    let mut book = given([place(free)]);
    for step in as_far_as_dispatched(1) {
        book = book.and(step);
    }
    book.and(deliver(1))
        .expect_total("4010", "10")
        .and(return_goods(1, &[(1, "2")]))
        .when(refund(1, true))
        .then(&["order.refunded"])
        .expect_total("4090", "-10")
        .expect_total("4095", "0")
        .expect_balance("94", "no wallet");
}
