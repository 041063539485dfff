//! Deadlines: every unpaid order has one; a reminder goes out once for each.

use chrono::Duration;
use domain::Rejection;
use domain::decide::Command;
use domain::order::Receipt;
use domain::order::import::Stage;
use domain::order::status::Phase;
use domain::settings::Setting;

use crate::book::{Book, given};
use crate::build::{
    approve, because, by_gateway, by_transfer, cancel, expire, import, iqd, noon, old_order, order,
    place, receipt, reject, remind, reopen, upload,
};

fn awaited() -> Book {
    given([place(by_transfer(1, "94", "44"))])
}

#[test]
fn an_order_taken_over_unpaid_has_as_long_as_a_transfer_has() {
    let old = old_order("M2500001", "94", "44");
    let open = || domain::order::import::Imported { stage: Stage::Open, ..old.clone() };
    let book = given([import(1, open())]).expect_phase(order(1), Phase::AwaitingPayment);
    assert_eq!(book.facts(order(1)).deadline, Some(noon() + Duration::days(3)));
    book.later(Duration::days(3)).and(expire(1)).expect_phase(order(1), Phase::Expired);

    let mut stated = open();
    stated.deadline = Some(noon() + Duration::hours(5));
    let book = given([import(1, stated.clone())]);
    assert_eq!(book.facts(order(1)).deadline, stated.deadline);
    // What is paid or under review has none, whatever was stated.
    stated.proven = iqd("44");
    let paid = given([import(1, stated.clone())]);
    assert_eq!(paid.facts(order(1)).deadline, None);
    stated.proven = iqd("0");
    stated.receipt = Some(Receipt {
        receipt: receipt(1),
        claimed: None,
        file: None,
        stored: None,
        repeats: None,
    });
    let reviewed = given([import(1, stated)]).expect_phase(order(1), Phase::PaymentReview);
    assert_eq!(reviewed.facts(order(1)).deadline, None);
    let rejected = reviewed.and(reject(1, 1));
    assert_eq!(rejected.facts(order(1)).deadline, Some(noon() + Duration::days(1)));
}

#[test]
fn an_order_reopened_with_an_open_receipt_has_no_deadline_until_that_is_decided() {
    let book = awaited().and(upload(1, 1)).and(cancel(1)).and(reopen(1));
    let book = book.expect_phase(order(1), Phase::PaymentReview);
    assert_eq!(book.facts(order(1)).deadline, None);
    let book = book.and(reject(1, 1));
    assert_eq!(book.facts(order(1)).deadline, Some(noon() + Duration::days(1)));
}

#[test]
fn a_reminder_is_due_a_day_before_the_deadline_and_goes_out_once() {
    let deadline = noon() + Duration::days(3);
    let book = awaited().later(Duration::hours(48) - Duration::microseconds(1));
    let due = book.facts(order(1)).reminder_due(&book.settings());
    assert_eq!(due, Some(noon() + Duration::hours(48)));
    let book = book
        .when(remind(1))
        .then_refused(Rejection::ReminderNotDue)
        .later(Duration::microseconds(1))
        .when(remind(1))
        .then(&["order.reminded"])
        .when(remind(1))
        .then_nothing();
    let facts = book.facts(order(1));
    assert_eq!((facts.reminded, facts.deadline), (Some(deadline), Some(deadline)));
    assert_eq!(facts.reminder_due(&book.settings()), None);
    // Another deadline is another reminder.
    let book = book.and(upload(1, 1)).later(Duration::days(4)).and(reject(1, 1));
    book.when(remind(1)).then(&["order.reminded"]);
}

#[test]
fn nobody_is_reminded_of_what_is_over_paid_or_under_review() {
    let late = || awaited().later(Duration::hours(60));
    late().and(upload(1, 1)).when(remind(1)).then_code("wrong-phase");
    late().and(cancel(1)).when(remind(1)).then_code("wrong-phase");
    late().and(upload(1, 1)).and(approve(1, 1, "44")).when(remind(1)).then_code("wrong-phase");
    late().later(Duration::hours(12)).when(remind(1)).then_refused(Rejection::ReminderNotDue);
    Book::new().when(remind(1)).then_refused(Rejection::OrderNotFound);
}

#[test]
fn where_payment_takes_minutes_nobody_is_reminded_and_a_book_may_remind_nobody_at_all() {
    given([place(by_gateway(1, "94", "44"))])
        .later(Duration::minutes(29))
        .when(remind(1))
        .then_refused(Rejection::ReminderNotDue);
    let none = Command::ChangeSetting { setting: Setting::ReminderHours(0), reason: because() };
    given([none, place(by_transfer(1, "94", "44"))])
        .later(Duration::hours(71))
        .when(remind(1))
        .then_refused(Rejection::ReminderNotDue);
}

#[test]
fn a_short_time_is_reminded_of_in_its_second_half() {
    let day = Setting::BankTransferHours(24);
    let book = given([
        Command::ChangeSetting { setting: day, reason: because() },
        place(by_transfer(1, "94", "44")),
    ])
    .later(Duration::hours(11))
    .when(remind(1))
    .then_refused(Rejection::ReminderNotDue)
    .later(Duration::hours(1));
    book.clone().when(remind(1)).then(&["order.reminded"]);
    book.and(upload(1, 1)).and(approve(1, 1, "44")).when(remind(1)).then_code("wrong-phase");
}
