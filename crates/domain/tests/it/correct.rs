//! Corrections take back the last step, and only that; what a delivery had earned is mirrored.

use domain::Rejection;
use domain::decide::Command;
use domain::order::status::Phase;

use crate::book::{Book, given};
use crate::build::{
    as_far_as_dispatched, by_wallet, cancel, complete, correct, deliver, dispatch, order, pack,
    place, reject_stock, release, reopen, start, top_up,
};

/// Placed, paid and taken through these steps.
fn after(steps: &[Command]) -> Book {
    given(
        [top_up("94", 1, "100"), place(by_wallet(1, "94", "44"))].into_iter().chain(steps.to_vec()),
    )
}

fn last_step(book: &Book) -> u64 {
    book.facts(order(1)).steps.last().unwrap().sequence
}

#[test]
fn each_kind_of_step_is_taken_back_to_where_the_order_stood_before() {
    let steps = [release(1), start(1), pack(1), dispatch(1), deliver(1), complete(1)];
    let mut book = after(&[]);
    for step in steps {
        let before = (book.phase(order(1)), book.total("2200"), book.total("4010"));
        let done = book.clone().and(step.clone());
        let sequence = last_step(&done);
        let taken_back = done.and(correct(1, sequence));
        let now = (taken_back.phase(order(1)), taken_back.total("2200"), taken_back.total("4010"));
        assert_eq!(now, before, "{step:?}");
        // And it can be done again.
        book = taken_back.and(step);
    }
    assert_eq!(book.phase(order(1)), Phase::Completed);
}

#[test]
fn a_rejection_for_stock_is_taken_back_to_what_the_warehouse_was_doing() {
    let book = after(&[release(1), start(1), reject_stock(1)]);
    let sequence = last_step(&book);
    book.and(correct(1, sequence)).expect_phase(order(1), Phase::WarehouseProcessing);
}

#[test]
fn only_the_last_step_and_only_once() {
    let book = after(&[release(1), start(1), pack(1)]);
    let last = last_step(&book);
    let refused = |sequence| Rejection::NotCorrectable { sequence };
    book.when(correct(1, last - 1))
        .then_refused(refused(last - 1))
        .when(correct(1, last + 1))
        .then_refused(refused(last + 1))
        .and(correct(1, last))
        .when(correct(1, last))
        .then_refused(refused(last))
        .and(correct(1, last - 1))
        .and(correct(1, last - 2))
        .expect_phase(order(1), Phase::FinanceReview)
        .when(correct(1, 1))
        .then_refused(refused(1));
}

#[test]
fn what_is_over_is_not_corrected() {
    let book = after(&[release(1)]);
    let last = last_step(&book);
    book.and(cancel(1))
        .when(correct(1, last))
        .then_refused(Rejection::NotCorrectable { sequence: last });
}

#[test]
fn a_completed_order_is_corrected_back_to_the_warehouse_and_then_cancelled_with_its_money() {
    let mut book = after(&as_far_as_dispatched(1)).and(deliver(1)).and(complete(1));
    for _ in 0..4 {
        let last = last_step(&book);
        book = book.and(correct(1, last));
    }
    book.expect_phase(order(1), Phase::WarehouseProcessing)
        .and(cancel(1))
        .expect_balance("94", "100")
        .expect_total("4010", "0");
}

#[test]
fn what_was_done_before_a_reopening_is_not_corrected_after_it() {
    let book = after(&[release(1)]);
    let last = last_step(&book);
    book.and(cancel(1))
        .and(reopen(1))
        .when(correct(1, last))
        .then_refused(Rejection::NotCorrectable { sequence: last });
}
