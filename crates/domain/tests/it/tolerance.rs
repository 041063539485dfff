//! A shortfall so small that the book forgives it, by rule and as an event of its own.

use chrono::Duration;
use domain::decide::Command;
use domain::order::status::{PaymentStatus, Phase};
use domain::settings::Setting;

use crate::book::{Book, given};
use crate::build::{
    approve, as_far_as_dispatched, because, by_transfer, cancel, deliver, edit, expire, iqd, line,
    order, place, refund, return_goods, reverse, top_up, transfer_id, upload,
};

/// A book that forgives this much, and an order of 44 under review.
fn forgiving(tolerance: &str) -> Book {
    let setting = Setting::ShortfallTolerance(iqd(tolerance));
    given([
        Command::ChangeSetting { setting, reason: because() },
        place(by_transfer(1, "94", "44")),
        upload(1, 1),
    ])
}

#[test]
fn what_a_receipt_lacks_within_the_tolerance_is_forgiven() {
    let mut book = forgiving("2")
        .when(approve(1, 1, "42"))
        .then(&[
            "payment.recorded",
            "order.receipt_approved",
            "receipt_file.approved",
            "payment.allocated",
            "order.payment_received",
            "order.shortfall_forgiven",
        ])
        .expect_phase(order(1), Phase::FinanceReview)
        .expect_total("5040", "-2")
        .expect_total("2200", "44");
    assert_eq!(book.facts(order(1)).deadline, None);
    for step in as_far_as_dispatched(1) {
        book = book.and(step);
    }
    book.and(deliver(1)).expect_phase(order(1), Phase::Delivered).expect_total("2200", "0");
}

#[test]
fn more_than_the_tolerance_stays_due() {
    let book = forgiving("2").and(approve(1, 1, "41.999"));
    assert_eq!(book.facts(order(1)).owed(), iqd("2.001"));
    let none = forgiving("0").and(approve(1, 1, "43.999"));
    assert_eq!(none.facts(order(1)).owed(), iqd("0.001"));
}

#[test]
fn a_wallet_that_covers_it_is_asked_first() {
    forgiving("2")
        .and(top_up("94", 9, "2"))
        .and(approve(1, 1, "42"))
        .expect_balance("94", "0")
        .expect_total("5040", "0");
}

#[test]
fn what_was_forgiven_is_never_paid_out() {
    forgiving("2")
        .and(approve(1, 1, "42"))
        .when(cancel(1))
        .then(&[
            "order.forgiveness_taken_back",
            "order.cancelled",
            "wallet.opened",
            "wallet.credited",
        ])
        .expect_balance("94", "42")
        .expect_total("5040", "0");
}

#[test]
fn a_reversed_payment_takes_what_was_forgiven_with_it() {
    let book = forgiving("2")
        .and(approve(1, 1, "42"))
        .when(reverse(transfer_id("R1")))
        .then(&[
            "wallet.opened",
            "wallet.payment_taken_out",
            "order.forgiveness_taken_back",
            "order.payment_taken_back",
            "payment.reversed",
        ])
        .expect_total("5040", "0");
    assert_eq!(book.facts(order(1)).owed(), iqd("44"));
    book.later(Duration::days(3)).and(expire(1)).expect_phase(order(1), Phase::Expired);
}

#[test]
fn a_cheaper_order_takes_back_what_was_forgiven_before_it_gives_money_back() {
    forgiving("2")
        .and(approve(1, 1, "42"))
        .when(edit(1, &[("1", "43")], "43"))
        .then(&["order.forgiveness_taken_back", "order.edited"])
        .expect_total("5040", "-1")
        .when(edit(1, &[("1", "10")], "10"))
        .then(&["order.forgiveness_taken_back", "order.edited", "wallet.opened", "wallet.credited"])
        .expect_balance("94", "32")
        .expect_total("5040", "0")
        .and(cancel(1))
        .expect_balance("94", "42");
}

#[test]
fn a_refund_pays_back_no_more_than_was_paid() {
    let mut book = forgiving("2").and(approve(1, 1, "42"));
    for step in as_far_as_dispatched(1) {
        book = book.and(step);
    }
    let book = book
        .and(deliver(1))
        .and(return_goods(1, &[(1, "1")]))
        .and(refund(1, true))
        .expect_balance("94", "42")
        .expect_total("4090", "-44")
        .expect_total("5040", "0")
        .expect_total("2200", "0");
    assert_eq!(book.facts(order(1)).payment_status(), PaymentStatus::Refunded);
}

#[test]
fn refunds_one_by_one_pay_back_no_more_than_was_paid() {
    let setting = Setting::ShortfallTolerance(iqd("12"));
    let mut four = by_transfer(1, "94", "44");
    four.lines = vec![line("4", "11")];
    let mut book = given([
        Command::ChangeSetting { setting, reason: because() },
        place(four),
        upload(1, 1),
        approve(1, 1, "32"),
    ]);
    for step in as_far_as_dispatched(1) {
        book = book.and(step);
    }
    book = book.and(deliver(1));
    for balance in ["11", "22", "32", "32"] {
        book = book.and(return_goods(1, &[(1, "1")])).and(refund(1, true));
        book = book.expect_balance("94", balance);
    }
    book.expect_total("4090", "-44").expect_total("5040", "0").expect_total("2200", "0");
}
