//! Cancelling, expiring and reopening: whatever an order holds goes back in the same decision.

use chrono::Duration;
use domain::Rejection;
use domain::decide::{Allocation, Command};
use domain::money::Currency;
use domain::order::status::Phase;
use domain::settings::Setting;

use crate::book::given;
use crate::build::{
    allocate, approve, as_far_as_dispatched, because, by_gateway, by_transfer, by_wallet, cancel,
    cash, expire, gateway, mixed, noon, order, pay_from_wallet, place, record_cash, release,
    reopen, start, top_up, upload,
};

#[test]
fn a_cancelled_order_gives_its_money_back_in_the_same_decision() {
    given([top_up("94", 1, "100"), place(by_wallet(1, "94", "44")), release(1)])
        .when(cancel(1))
        .then(&["order.cancelled", "wallet.credited"])
        .expect_phase(order(1), Phase::Cancelled)
        .expect_balance("94", "100")
        .expect_total("2200", "0")
        .when(cancel(1))
        .then_nothing();
}

#[test]
fn an_order_that_holds_nothing_is_cancelled_without_a_wallet() {
    given([place(by_transfer(1, "94", "44"))])
        .when(cancel(1))
        .then(&["order.cancelled"])
        .expect_balance("94", "no wallet");
}

#[test]
fn money_that_came_by_transfer_goes_to_a_wallet_opened_for_it() {
    given([place(by_transfer(1, "94", "44")), upload(1, 1), approve(1, 1, "44")])
        .when(cancel(1))
        .then(&["order.cancelled", "wallet.opened", "wallet.credited"])
        .expect_balance("94", "44");
}

#[test]
fn nothing_is_cancelled_once_it_is_on_its_way() {
    let mut book = given([top_up("94", 1, "100"), place(by_wallet(1, "94", "44"))]);
    for step in as_far_as_dispatched(1) {
        book.clone().when(cancel(1)).then(&["order.cancelled", "wallet.credited"]);
        book = book.and(step);
    }
    book.when(cancel(1)).then_code("wrong-phase");
}

#[test]
fn an_order_expires_at_its_deadline_and_not_before() {
    let deadline = noon() + Duration::days(3);
    given([top_up("94", 1, "100"), place(mixed(1, "94", "44", "40"))])
        .later(Duration::days(3) - Duration::microseconds(1))
        .when(expire(1))
        .then_refused(Rejection::DeadlineNotReached { deadline })
        .later(Duration::microseconds(1))
        .when(expire(1))
        .then(&["order.expired", "wallet.credited"])
        .expect_balance("94", "100")
        .expect_phase(order(1), Phase::Expired)
        .when(expire(1))
        .then_nothing()
        .when(cancel(1))
        .then_code("wrong-phase");
}

#[test]
fn a_paid_order_does_not_expire() {
    given([top_up("94", 1, "100"), place(by_wallet(1, "94", "44"))])
        .later(Duration::days(30))
        .when(expire(1))
        .then_code("wrong-phase");
}

#[test]
fn expired_then_paid_then_reopened() {
    let book = given([place(by_gateway(1, "94", "44"))])
        .later(Duration::minutes(30))
        .and(expire(1))
        .and(gateway(1, "G-1", "44"))
        .expect_balance("94", "44")
        .later(Duration::hours(5))
        .when(reopen(1))
        .then(&["order.reopened"])
        .expect_phase(order(1), Phase::AwaitingPayment);
    assert_eq!(book.facts(order(1)).deadline, Some(book.now + Duration::minutes(30)));
    book.and(pay_from_wallet(1, None))
        .and(release(1))
        .expect_phase(order(1), Phase::WarehouseReady)
        .when(reopen(1))
        .then_code("wrong-phase");
}

#[test]
fn a_reopened_order_needs_its_release_and_its_goods_again() {
    let mut book = given([top_up("94", 1, "100"), place(by_wallet(1, "94", "44"))]);
    for step in [release(1), start(1), cancel(1), reopen(1), pay_from_wallet(1, None)] {
        book = book.and(step);
    }
    book.expect_phase(order(1), Phase::FinanceReview)
        .and(release(1))
        .expect_phase(order(1), Phase::WarehouseReady);
}

#[test]
fn money_comes_back_even_when_the_book_keeps_its_currency_no_more() {
    let only_dollars = Command::ChangeSetting {
        setting: Setting::Currencies(vec![Currency::USD]),
        reason: because(),
    };
    given([place(by_gateway(1, "94", "44")), gateway(1, "G-1", "44"), only_dollars])
        .when(cancel(1))
        .then(&["order.cancelled", "wallet.opened", "wallet.credited"])
        .expect_balance("94", "44");
}

#[test]
fn money_that_came_for_an_order_that_is_over_goes_to_the_wallet_and_names_the_order() {
    given([place(by_transfer(1, "94", "44")), record_cash(9, "60"), cancel(1)])
        .when(allocate(cash(9), None, Allocation::Order(order(1))))
        .then(&["payment.allocated", "wallet.opened", "wallet.credited"])
        .expect_phase(order(1), Phase::Cancelled)
        .expect_balance("94", "60")
        .expect_total("2120", "0");
}
