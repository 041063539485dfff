//! Completion: by a person at any time, without one after the return window; and reopening.

use chrono::Duration;
use domain::decide::Command;
use domain::order::import::Stage;
use domain::order::status::Phase;
use domain::settings::Setting;
use domain::{Event, Rejection};

use crate::book::{Book, given};
use crate::build::{
    as_far_as_dispatched, because, by_transfer, by_wallet, cancel, complete, complete_after_window,
    correct, deliver, import, noon, old_order, order, place, refund, reopen, return_goods, top_up,
};

fn delivered() -> Book {
    let mut book = given([top_up("94", 1, "100"), place(by_wallet(1, "94", "44"))]);
    for step in as_far_as_dispatched(1) {
        book = book.and(step);
    }
    book.and(deliver(1))
}

#[test]
fn an_order_completes_when_nothing_can_be_returned_any_more_and_not_before() {
    let until = noon() + Duration::days(14);
    delivered()
        .later(Duration::days(14) - Duration::microseconds(1))
        .when(complete_after_window(1))
        .then_refused(Rejection::ReturnWindowOpen { until })
        .later(Duration::microseconds(1))
        .when(complete_after_window(1))
        .then(&["order.completed"])
        .when(complete_after_window(1))
        .then_nothing();
}

#[test]
fn a_person_completes_an_order_at_any_time() {
    delivered().when(complete(1)).then(&["order.completed"]);
}

#[test]
fn the_book_says_how_long_goods_may_be_returned() {
    let setting = Setting::ReturnWindowDays(0);
    let mut book = given([Command::ChangeSetting { setting, reason: because() }])
        .and(top_up("94", 1, "100"))
        .and(place(by_wallet(1, "94", "44")));
    for step in as_far_as_dispatched(1) {
        book = book.and(step);
    }
    book.and(deliver(1)).when(complete_after_window(1)).then(&["order.completed"]);
}

#[test]
fn a_completed_order_is_reopened_with_a_new_return_window() {
    let book = delivered()
        .and(complete(1))
        .later(Duration::days(20))
        .when(return_goods(1, &[(1, "1")]))
        .then_code("wrong-phase")
        .when(reopen(1))
        .then(&["order.reopened"])
        .expect_phase(order(1), Phase::Delivered);
    assert_eq!(book.facts(order(1)).return_until, Some(book.now + Duration::days(14)));
    book.when(complete_after_window(1))
        .then_code("return-window-open")
        .and(return_goods(1, &[(1, "1")]))
        .and(refund(1, true))
        .expect_balance("94", "100")
        .expect_phase(order(1), Phase::Returned);
}

#[test]
fn what_was_reopened_can_still_have_its_delivery_taken_back() {
    let book = delivered().and(complete(1)).and(reopen(1));
    let sequence = book.facts(order(1)).steps.last().unwrap().sequence;
    book.and(correct(1, sequence)).expect_phase(order(1), Phase::Dispatched);
}

#[test]
fn an_order_delivered_in_the_old_system_completes_only_by_a_person() {
    let mut old = old_order("M2511128", "94", "44");
    old.stage = Stage::Delivered;
    given([import(1, old)])
        .later(Duration::days(400))
        .when(complete_after_window(1))
        .then_refused(Rejection::NoDeadline)
        .when(complete(1))
        .then(&["order.completed"]);
}

#[test]
fn a_completion_taken_back_is_not_made_again_by_the_end_of_the_window() {
    let book = delivered().later(Duration::days(14)).and(complete_after_window(1));
    let sequence = book.facts(order(1)).steps.last().unwrap().sequence;
    book.and(correct(1, sequence))
        .expect_phase(order(1), Phase::Delivered)
        .when(complete_after_window(1))
        .then_refused(Rejection::NoDeadline)
        .when(complete(1))
        .then(&["order.completed"]);
}

#[test]
fn an_order_that_was_never_completed_is_reopened_without_a_return_window() {
    for (mut book, has_window) in [
        (delivered().and(complete(1)), true),
        (given([place(by_transfer(1, "94", "44")), cancel(1)]), false),
    ] {
        let changes = book.take(reopen(1)).unwrap();
        let Event::Order(domain::order::Event::Reopened { deadline, return_until }) =
            changes[0].event
        else {
            panic!("{changes:?}");
        };
        assert_eq!((deadline.is_some(), return_until.is_some()), (!has_window, has_window));
    }
}
