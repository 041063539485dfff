//! Holds stop the forward steps of one department and nothing else.

use domain::Rejection;
use domain::order::Department::{self, Finance, Logistics, Warehouse};
use domain::order::status::Phase;

use crate::book::given;
use crate::build::{
    approve, because, by_transfer, by_wallet, cancel, complete, deliver, dispatch, hold, lift,
    order, pack, place, reject, release, start, top_up, upload,
};

fn held(department: Department) -> Rejection {
    Rejection::OnHold { department, reason: because() }
}

#[test]
fn each_department_is_stopped_by_its_own_hold_alone() {
    let mut book = given([top_up("94", 1, "100"), place(by_wallet(1, "94", "44"))]);
    let steps = [
        (Finance, release(1)),
        (Warehouse, start(1)),
        (Warehouse, pack(1)),
        (Logistics, dispatch(1)),
        (Logistics, deliver(1)),
    ];
    for (department, step) in steps {
        let phase = book.phase(order(1));
        book = book.and(hold(1, department)).expect_phase(order(1), phase);
        book.clone().when(step.clone()).then_refused(held(department));
        book = book.and(lift(1, department));
        for other in Department::ALL.into_iter().filter(|other| *other != department) {
            book = book.and(hold(1, other));
        }
        book = book.and(step);
        for other in Department::ALL.into_iter().filter(|other| *other != department) {
            book = book.and(lift(1, other));
        }
    }
    book.and(complete(1)).when(hold(1, Finance)).then_code("wrong-phase");
}

#[test]
fn finance_on_hold_rejects_receipts_and_approves_none() {
    let book = given([place(by_transfer(1, "94", "44")), upload(1, 1), hold(1, Finance)]);
    book.clone().when(approve(1, 1, "44")).then_refused(held(Finance));
    book.when(reject(1, 1)).then(&["order.receipt_rejected"]);
}

#[test]
fn a_hold_is_put_and_lifted_once_and_ends_with_the_order() {
    let book = given([place(by_transfer(1, "94", "44"))])
        .when(hold(1, Warehouse))
        .then(&["order.put_on_hold"])
        .when(hold(1, Warehouse))
        .then_nothing()
        .when(lift(1, Finance))
        .then_nothing()
        .and(cancel(1))
        .expect_phase(order(1), Phase::Cancelled);
    assert!(book.facts(order(1)).holds.is_empty());
    book.when(lift(1, Warehouse)).then_nothing();
}
