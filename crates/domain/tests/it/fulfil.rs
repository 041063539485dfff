//! From paid to completed: finance is the only gate, then warehouse and logistics.

use domain::Rejection;
use domain::order::Step;
use domain::order::status::Phase;

use crate::book::{Book, given};
use crate::build::{
    approve, as_far_as_dispatched, by_transfer, by_wallet, cancel, complete, correct, deliver,
    deliver_shipment, dispatch, expire, give_back, iqd, line, link, nothing_stated, order, pack,
    percent, place, reject, reject_stock, release, reopen, resolve, start, top_up,
};

fn paid() -> Book {
    given([top_up("94", 1, "100"), place(by_wallet(1, "94", "44"))])
}

#[test]
fn a_paid_order_goes_through_finance_warehouse_and_logistics() {
    paid()
        .when(release(1))
        .then(&["order.released"])
        .expect_phase(order(1), Phase::WarehouseReady)
        .when(start(1))
        .then(&["order.processing_started"])
        .expect_phase(order(1), Phase::WarehouseProcessing)
        .when(pack(1))
        .then(&["order.packed"])
        .expect_phase(order(1), Phase::Packed)
        .when(dispatch(1))
        .then(&["order.dispatched"])
        .expect_phase(order(1), Phase::Dispatched)
        .expect_total("2200", "44")
        .when(deliver(1))
        .then(&["order.delivered"])
        .expect_phase(order(1), Phase::Delivered)
        .expect_total("2200", "0")
        .expect_total("4010", "44")
        .when(complete(1))
        .then(&["order.completed"])
        .expect_phase(order(1), Phase::Completed)
        .expect_balance("94", "56");
}

#[test]
fn every_step_asked_for_again_does_nothing() {
    let mut book = paid();
    for step in [release(1), start(1), pack(1), dispatch(1), deliver(1), complete(1)] {
        book = book.and(step.clone()).when(step).then_nothing();
    }
    book.when(release(1)).then_nothing().when(deliver(1)).then_nothing();
}

#[test]
fn a_named_shipment_is_delivered_once_and_an_unknown_one_never() {
    let named = |number| deliver_shipment(1, number);
    paid()
        .and(release(1))
        .when(named(1))
        .then_refused(Rejection::ShipmentNotFound)
        .and(start(1))
        .and(pack(1))
        .and(dispatch(1))
        .when(named(2))
        .then_refused(Rejection::ShipmentNotFound)
        .when(named(1))
        .then(&["order.delivered"])
        .when(named(1))
        .then_nothing();
}

#[test]
fn nothing_enters_the_warehouse_that_finance_has_not_released() {
    let unpaid = given([place(by_transfer(1, "94", "44"))]);
    for book in [unpaid, paid()] {
        for step in [start(1), pack(1), reject_stock(1), dispatch(1), deliver(1), complete(1)] {
            book.clone().when(step).then_code("wrong-phase");
        }
    }
    given([place(by_transfer(1, "94", "44"))])
        .when(release(1))
        .then_refused(Rejection::WrongPhase { phase: Phase::AwaitingPayment, step: Step::Release });
}

#[test]
fn no_step_is_skipped_and_none_is_taken_backwards() {
    let steps = [release(1), start(1), pack(1), dispatch(1), deliver(1), complete(1)];
    let mut book = paid();
    for (index, step) in steps.iter().enumerate() {
        for skipping in steps.iter().skip(index + 1) {
            book.clone().when(skipping.clone()).then_code("wrong-phase");
        }
        book = book.and(step.clone());
    }
    for behind in [start(1), pack(1), reject_stock(1), cancel(1), expire(1)] {
        book.clone().when(behind).then_code("wrong-phase");
    }
}

#[test]
fn what_is_not_in_stock_waits_and_starts_again() {
    paid()
        .and(release(1))
        .when(reject_stock(1))
        .then(&["order.stock_rejected"])
        .expect_phase(order(1), Phase::StockRejected)
        .when(reject_stock(1))
        .then_nothing()
        .when(pack(1))
        .then_code("wrong-phase")
        .and(start(1))
        .and(reject_stock(1))
        .and(start(1))
        .and(pack(1))
        .when(reject_stock(1))
        .then_code("wrong-phase");
}

#[test]
fn an_order_that_does_not_exist_takes_no_step() {
    for step in [
        release(1),
        start(1),
        pack(1),
        reject_stock(1),
        dispatch(1),
        deliver(1),
        complete(1),
        cancel(1),
        expire(1),
        reopen(1),
        reject(1, 1),
        approve(1, 1, "4"),
        correct(1, 1),
        resolve(1, nothing_stated()),
        link(1, "wallet_transactions:1", "4"),
        give_back(1, "a", "b", "4"),
    ] {
        Book::new().when(step).then_refused(Rejection::OrderNotFound);
    }
}

#[test]
fn delivery_earns_items_fees_and_tax_and_gives_the_discount() {
    let mut rich = by_wallet(1, "94", "1");
    rich.lines = vec![line("2", "500")];
    rich.discount = iqd("100");
    rich.delivery = iqd("50");
    rich.surcharge_rate = percent("1");
    rich.tax_rate = percent("10");
    rich.total = iqd("1049");
    let mut book = given([top_up("94", 1, "2000"), place(rich)]);
    for step in as_far_as_dispatched(1) {
        book = book.and(step);
    }
    book.and(deliver(1))
        .expect_total("4010", "1000")
        .expect_total("4095", "-100")
        .expect_total("4020", "50")
        .expect_total("4030", "9")
        .expect_total("2400", "90")
        .expect_total("2200", "0");
}
