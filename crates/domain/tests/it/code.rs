//! Delivery codes: a shipment that has one is handed over against it, or somebody answers for it.

use domain::Rejection;
use domain::decide::Command;
use domain::order::status::Phase;
use domain::settings::Setting;

use crate::book::{Book, given};
use crate::build::{
    because, by_wallet, deliver, deliver_with, deliver_without_code, dispatch, dispatch_with_code,
    issue_code, order, pack, place, release, start, top_up,
};

fn packed() -> Book {
    given([top_up("94", 1, "100"), place(by_wallet(1, "94", "44")), release(1), start(1), pack(1)])
}

#[test]
fn a_shipment_with_a_code_is_delivered_against_it() {
    packed()
        .and(dispatch_with_code(1, "right"))
        .when(deliver(1))
        .then_refused(Rejection::DeliveryCodeNeeded)
        .when(deliver_with(1, "right"))
        .then(&["order.delivered"])
        .when(deliver_with(1, "wrong"))
        .then_nothing();
}

#[test]
fn a_shipment_without_a_code_takes_none() {
    packed()
        .and(dispatch(1))
        .when(deliver_with(1, "right"))
        .then_refused(Rejection::NoDeliveryCode)
        .when(deliver(1))
        .then(&["order.delivered"]);
}

#[test]
fn wrong_tries_are_kept_and_lock_the_code_until_there_is_a_new_one() {
    let mut book = packed().and(dispatch_with_code(1, "right"));
    for _ in 0..5 {
        book = book
            .when(deliver_with(1, "wrong"))
            .then(&["order.delivery_code_refused"])
            .expect_phase(order(1), Phase::Dispatched);
    }
    book.when(deliver_with(1, "right"))
        .then_refused(Rejection::DeliveryCodeLocked { tries: 5 })
        .when(issue_code(1, 1, "new"))
        .then(&["order.delivery_code_issued"])
        .when(issue_code(1, 1, "new"))
        .then_nothing()
        .when(deliver_with(1, "right"))
        .then(&["order.delivery_code_refused"])
        .when(deliver_with(1, "new"))
        .then(&["order.delivered"])
        .when(issue_code(1, 1, "newer"))
        .then_code("wrong-phase");
}

#[test]
fn the_book_says_how_many_tries_there_are() {
    let twice =
        Command::ChangeSetting { setting: Setting::DeliveryCodeTries(2), reason: because() };
    packed()
        .and(twice)
        .and(dispatch_with_code(1, "right"))
        .and(deliver_with(1, "wrong"))
        .and(deliver_with(1, "wrong"))
        .when(deliver_with(1, "right"))
        .then_refused(Rejection::DeliveryCodeLocked { tries: 2 });
}

#[test]
fn an_override_delivers_a_locked_shipment_and_is_recorded() {
    let mut book = packed().and(dispatch_with_code(1, "right"));
    for _ in 0..5 {
        book = book.and(deliver_with(1, "wrong"));
    }
    let changes = book.take(deliver_without_code(1)).unwrap();
    let payload = changes[0].event.payload().unwrap();
    assert!(payload.contains(r#""proof":{"override":{"reason":"as the customer asked"}}"#));
}
