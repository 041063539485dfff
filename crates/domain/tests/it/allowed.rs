//! What is said to be allowed is accepted, and what is said to be refused is refused as was said.

use domain::decide::{self, Circumstances, Command, Prospect, prospects, representative};
use domain::id::OrderId;
use domain::order::{Department, Step};
use domain::{Rejection, StreamKey};
use serde_json::Value;

use crate::book::{Book, given};
use crate::build;

pub(crate) fn circumstances(book: &Book) -> Circumstances {
    Circumstances { now: book.now, second_person: book.second_person }
}

/// How one step of an order would go; none if there is no such order.
pub(crate) fn prospect(book: &Book, order: OrderId, step: Step) -> Option<Prospect> {
    if !book.is_placed(order) {
        return None;
    }
    Some(decide::prospect(book.memory(), circumstances(book), order, None, step).unwrap())
}

/// The order and step that a command is, if it is one.
pub(crate) fn step(command: &Command) -> Option<(OrderId, Step)> {
    let stored = serde_json::to_value(command).unwrap();
    let (name, content) = stored.as_object()?.iter().next()?;
    let name = match name.as_str() {
        "pay_from_wallet" => "pay",
        "edit_order" => "edit",
        "complete_after_return_window" => "complete",
        other => other,
    };
    let step = Step::ALL.into_iter().find(|step| step.as_str() == name)?;
    let Some(Value::String(order)) = content.get("order") else { return None };
    Some((order.parse().unwrap(), step))
}

/// Tries every step of every order for real, each on a book of its own.
pub(crate) fn try_all(book: &Book) {
    let orders: Vec<OrderId> = book
        .streams()
        .filter_map(
            |(stream, _)| {
                if let StreamKey::Order(order) = stream { Some(order) } else { None }
            },
        )
        .collect();
    for order in orders {
        let phase = book.phase(order);
        for (step, said) in prospects(book.memory(), circumstances(book), order, None).unwrap() {
            let command =
                representative(book.memory(), circumstances(book), order, None, step).unwrap();
            let taken = book.clone().take(command.clone());
            match said {
                Prospect::Allowed => {
                    assert!(step.phases().contains(&phase), "{step:?} in {phase:?}: {command:?}");
                    assert!(!taken.unwrap().is_empty(), "{command:?} does nothing");
                }
                Prospect::AlreadySo => assert!(taken.unwrap().is_empty(), "{command:?}"),
                Prospect::Refused(rejection) => {
                    assert_eq!(taken.unwrap_err(), rejection, "{command:?}");
                    let in_phase = step.phases().contains(&phase);
                    let by_phase = matches!(rejection, Rejection::WrongPhase { .. });
                    assert!(!(in_phase && by_phase), "{step:?} in {phase:?}");
                }
            }
        }
    }
}

fn allowed(book: &Book, order: u64) -> String {
    let all = prospects(book.memory(), circumstances(book), build::order(order), None).unwrap();
    let steps = all.iter().filter(|(_, prospect)| *prospect == Prospect::Allowed);
    steps.map(|(step, _)| step.as_str()).collect::<Vec<_>>().join(" ")
}

fn refusal(book: &Book, order: u64, step: Step) -> &'static str {
    match prospect(book, build::order(order), step) {
        Some(Prospect::Refused(rejection)) => rejection.code(),
        other => panic!("{step:?}: {other:?}"),
    }
}

#[test]
fn an_unpaid_order_waits_for_money_and_says_why_nothing_else_goes() {
    let book = given([build::place(build::by_transfer(1, "94", "500"))]);
    assert_eq!(allowed(&book, 1), "upload_receipt edit cancel_lines cancel put_on_hold");
    assert_eq!(refusal(&book, 1, Step::Pay), "insufficient-funds");
    assert_eq!(refusal(&book, 1, Step::Release), "wrong-phase");
    assert_eq!(refusal(&book, 1, Step::ApproveReceipt), "receipt-not-found");
    assert_eq!(refusal(&book, 1, Step::Expire), "deadline-not-reached");
    let richer = book.and(build::top_up("94", 1, "20"));
    assert!(allowed(&richer, 1).starts_with("pay "), "a part can be paid: {}", allowed(&richer, 1));
    let frozen = richer.and(build::freeze("94"));
    assert_eq!(refusal(&frozen, 1, Step::Pay), "wallet-frozen");
}

#[test]
fn a_hold_is_the_guard_of_its_departments_steps_alone() {
    let book = given([
        build::top_up("94", 1, "500"),
        build::place(build::by_wallet(1, "94", "500")),
        build::hold(1, Department::Finance),
    ]);
    assert_eq!(refusal(&book, 1, Step::Release), "on-hold");
    assert!(allowed(&book, 1).ends_with("lift_hold"), "{}", allowed(&book, 1));
    let lifted = book.and(build::lift(1, Department::Finance));
    assert_eq!(prospect(&lifted, build::order(1), Step::LiftHold), Some(Prospect::AlreadySo));
    assert_eq!(prospect(&lifted, build::order(1), Step::Release), Some(Prospect::Allowed));
}

#[test]
fn returned_goods_open_the_way_to_a_refund() {
    let book =
        given([build::top_up("94", 1, "500"), build::place(build::by_wallet(1, "94", "500"))]);
    let book = build::as_far_as_dispatched(1).into_iter().fold(book, Book::and);
    assert_eq!(refusal(&book, 1, Step::CancelLines), "wrong-phase");
    assert_eq!(refusal(&book, 1, Step::ReturnGoods), "quantity-too-large");
    let delivered = book.and(build::deliver(1));
    assert_eq!(refusal(&delivered, 1, Step::Refund), "nothing-to-refund");
    let returned = delivered.and(build::return_goods(1, &[(1, "1")]));
    assert_eq!(prospect(&returned, build::order(1), Step::Refund), Some(Prospect::Allowed));
}

#[test]
fn an_order_that_is_not_there_has_no_prospects() {
    let book = Book::new();
    let none = prospects(book.memory(), circumstances(&book), build::order(1), None);
    assert_eq!(none.unwrap_err(), Rejection::OrderNotFound.into());
}
