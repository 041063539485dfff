//! Goods by quantity: parts are shipped, cancelled, delivered, fail, come back and go out again.

use chrono::Duration;
use domain::Rejection;
use domain::decide::{Command, PlaceOrder};
use domain::order::ShipmentStage;
use domain::order::status::{DeliveryTrouble, Phase};

use crate::book::{Book, given};
use crate::build::{
    because, by_wallet, cancel, cancel_lines, complete, correct, deliver, deliver_shipment,
    dispatch, dispatch_some, fail, import, iqd, line, noon, old_order, order, pack,
    pay_from_wallet, percent, place, receive_back, release, reopen, retry, return_goods,
    return_to_origin, start, top_up,
};

/// Three lines, a discount, a fee and a tax: 1,043.333 in all.
pub(crate) fn three_lines() -> PlaceOrder {
    let mut order = by_wallet(1, "94", "1043.333");
    order.lines = vec![line("3", "33.334"), line("5", "100"), line("2.5", "133.333")];
    order.discount = iqd("33.335");
    order.delivery = iqd("53.333");
    order.tax_rate = percent("10");
    order.total = iqd("1043.333");
    order
}

pub(crate) fn packed() -> Book {
    given([top_up("94", 1, "2000"), place(three_lines()), release(1), start(1), pack(1)])
}

#[test]
fn an_order_is_shipped_and_delivered_in_parts() {
    packed()
        .when(dispatch_some(1, 1, &[(1, "3"), (2, "2")]))
        .then(&["order.dispatched"])
        .expect_phase(order(1), Phase::PartlyShipped)
        .when(deliver_shipment(1, 1))
        .then(&["order.delivered"])
        .expect_phase(order(1), Phase::PartlyShipped)
        .when(dispatch_some(1, 2, &[(2, "3.001")]))
        .then_refused(Rejection::QuantityTooLarge { line: 2, available: "3".parse().unwrap() })
        .when(dispatch_some(1, 2, &[(4, "1")]))
        .then_refused(Rejection::LineNotFound { line: 4 })
        .when(dispatch_some(1, 2, &[(2, "1"), (2, "1")]))
        .then_refused(Rejection::LineTwice { line: 2 })
        .when(dispatch_some(1, 2, &[]))
        .then_refused(Rejection::NoLines)
        .and(dispatch_some(1, 2, &[(2, "3")]))
        .and(dispatch_some(1, 3, &[(3, "2.5")]))
        .expect_phase(order(1), Phase::Dispatched)
        .and(deliver_shipment(1, 3))
        .expect_phase(order(1), Phase::Dispatched)
        .and(deliver_shipment(1, 2))
        .expect_phase(order(1), Phase::Delivered)
        .expect_total("2200", "0")
        .expect_total("4010", "933.335")
        .expect_total("4095", "-33.335");
}

#[test]
fn one_of_three_lines_is_cancelled_after_a_partial_shipment_and_the_parts_sum_to_the_whole() {
    let book = packed()
        .and(dispatch_some(1, 1, &[(1, "3")]))
        .when(cancel_lines(1, &[(1, "1")]))
        .then_refused(Rejection::QuantityTooLarge { line: 1, available: "0".parse().unwrap() })
        .when(cancel_lines(1, &[(3, "2.5")]))
        .then(&["order.lines_cancelled", "wallet.credited"])
        .expect_phase(order(1), Phase::PartlyShipped);
    let due = book.facts(order(1)).totals.due;
    assert!(due.amount() > iqd("660").amount() && due.amount() < iqd("680").amount(), "{due}");
    let kept = iqd("2000").checked_sub(due).unwrap().amount().to_string();
    let book = book
        .expect_balance("94", &kept)
        .and(deliver_shipment(1, 1))
        .and(dispatch_some(1, 2, &[(2, "5")]))
        .expect_phase(order(1), Phase::Dispatched)
        .and(deliver(1))
        .expect_phase(order(1), Phase::Delivered)
        .expect_total("2200", "0");
    assert_eq!(book.facts(order(1)).earned, book.facts(order(1)).totals);
}

#[test]
fn cancelling_what_was_not_shipped_can_make_an_order_delivered() {
    let book = packed()
        .and(dispatch_some(1, 1, &[(1, "3")]))
        .and(deliver(1))
        .when(cancel_lines(1, &[(2, "5"), (3, "2.5")]))
        .then(&["order.lines_cancelled", "wallet.credited"])
        .expect_phase(order(1), Phase::Delivered)
        .expect_total("2200", "0");
    assert_eq!(book.facts(order(1)).return_until, Some(noon() + Duration::days(14)));
}

#[test]
fn cancelling_every_line_before_shipping_cancels_the_order() {
    packed()
        .and(cancel_lines(1, &[(2, "5")]))
        .when(cancel_lines(1, &[(1, "3"), (3, "2.5")]))
        .then(&["order.cancelled", "wallet.credited"])
        .expect_phase(order(1), Phase::Cancelled)
        .expect_balance("94", "2000");
}

#[test]
fn an_unpaid_order_whose_rest_is_paid_already_waits_for_its_release() {
    let mut order_of_two = by_wallet(1, "94", "100");
    order_of_two.lines = vec![line("1", "60"), line("1", "40")];
    let part = crate::build::mixed(1, "94", "100", "60");
    let order_of_two = PlaceOrder { lines: order_of_two.lines, ..part };
    let book = given([top_up("94", 1, "60"), place(order_of_two)])
        .expect_phase(order(1), Phase::AwaitingPayment)
        .when(cancel_lines(1, &[(2, "1")]))
        .then(&["order.lines_cancelled"])
        .expect_phase(order(1), Phase::FinanceReview);
    assert_eq!(book.facts(order(1)).deadline, None);
}

#[test]
fn what_is_over_or_under_review_gives_up_no_lines() {
    packed().and(cancel(1)).when(cancel_lines(1, &[(1, "1")])).then_code("wrong-phase");
    given([import(1, old_order("M2511128", "94", "44"))])
        .when(cancel_lines(1, &[(1, "1")]))
        .then_code("wrong-phase");
}

#[test]
fn a_failed_delivery_is_tried_again() {
    let book = packed()
        .and(dispatch(1))
        .when(retry(1, 1))
        .then_nothing()
        .when(fail(1, 1))
        .then(&["order.delivery_failed"])
        .expect_phase(order(1), Phase::DeliveryFailed)
        .when(fail(1, 1))
        .then_nothing()
        .when(deliver(1))
        .then_refused(Rejection::WrongShipmentStage { stage: ShipmentStage::Failed });
    assert_eq!(book.facts(order(1)).trouble(), Some(DeliveryTrouble::Failed));
    book.when(dispatch_some(1, 2, &[(1, "1")]))
        .then_refused(Rejection::NothingToDispatch)
        .when(retry(1, 1))
        .then(&["order.delivery_retried"])
        .expect_phase(order(1), Phase::Dispatched)
        .and(deliver(1))
        .expect_phase(order(1), Phase::Delivered);
}

#[test]
fn what_returns_to_its_origin_is_packed_again_and_can_go_out_again() {
    let mut book = packed();
    for step in [dispatch_some(1, 1, &[(1, "3")]), dispatch_some(1, 2, &[(2, "5")])] {
        book = book.and(step);
    }
    book.and(deliver_shipment(1, 1))
        .when(receive_back(1, 2))
        .then_code("wrong-phase")
        .and(fail(1, 2))
        .when(return_to_origin(1, 2))
        .then(&["order.returning_to_origin"])
        .expect_phase(order(1), Phase::ReturningToOrigin)
        .when(retry(1, 2))
        .then_refused(Rejection::WrongShipmentStage { stage: ShipmentStage::Returning })
        .when(receive_back(1, 2))
        .then(&["order.received_back"])
        .expect_phase(order(1), Phase::PartlyShipped)
        .when(receive_back(1, 2))
        .then_nothing()
        .when(deliver_shipment(1, 2))
        .then_refused(Rejection::WrongShipmentStage { stage: ShipmentStage::ReceivedBack })
        .and(dispatch_some(1, 3, &[(2, "5"), (3, "2.5")]))
        .and(deliver(1))
        .expect_phase(order(1), Phase::Delivered);
}

#[test]
fn what_is_all_back_at_its_origin_can_be_cancelled() {
    packed()
        .and(dispatch(1))
        .and(return_to_origin(1, 1))
        .and(receive_back(1, 1))
        .expect_phase(order(1), Phase::Packed)
        .when(cancel(1))
        .then(&["order.cancelled", "wallet.credited"])
        .expect_balance("94", "2000");
}

#[test]
fn an_order_taken_over_unpaid_that_comes_back_waits_for_its_money() {
    let mut old = old_order("M2511128", "94", "44");
    old.stage = domain::order::import::Stage::Dispatched;
    let book = given([import(1, old)]);
    let shipment = *book.facts(order(1)).shipments.keys().next().unwrap();
    let named =
        |command: fn(domain::id::OrderId, domain::id::ShipmentId) -> _| command(order(1), shipment);
    let book = book
        .and(named(|order, shipment| Command::ReturnToOrigin { order, shipment }))
        .and(named(|order, shipment| Command::ReceiveBack { order, shipment }))
        .expect_phase(order(1), Phase::AwaitingPayment);
    assert_eq!(book.facts(order(1)).deadline, Some(noon() + Duration::minutes(30)));
    book.when(Command::Cancel { order: order(1), reason: because() }).then(&["order.cancelled"]);
}

#[test]
fn only_what_was_delivered_comes_back_and_only_once() {
    packed()
        .and(dispatch_some(1, 1, &[(1, "3"), (2, "2")]))
        .when(return_goods(1, &[(1, "1")]))
        .then_refused(Rejection::QuantityTooLarge { line: 1, available: "0".parse().unwrap() })
        .and(deliver(1))
        .when(return_goods(1, &[(2, "2")]))
        .then(&["order.goods_returned"])
        .when(return_goods(1, &[(2, "0.001")]))
        .then_refused(Rejection::QuantityTooLarge { line: 2, available: "0".parse().unwrap() });
}

#[test]
fn an_order_is_returned_only_when_nothing_is_on_its_way_any_more() {
    packed()
        .and(dispatch_some(1, 1, &[(1, "3")]))
        .and(deliver(1))
        .and(return_goods(1, &[(1, "3")]))
        .expect_phase(order(1), Phase::PartlyShipped)
        .and(dispatch_some(1, 2, &[(2, "5"), (3, "2.5")]))
        .expect_phase(order(1), Phase::Dispatched)
        .and(deliver(1))
        .expect_phase(order(1), Phase::Delivered)
        .and(return_goods(1, &[(2, "5")]))
        .expect_phase(order(1), Phase::Delivered)
        .and(return_goods(1, &[(3, "2.5")]))
        .expect_phase(order(1), Phase::Returned);
}

#[test]
fn a_delivery_cannot_be_taken_back_once_goods_of_it_came_back() {
    let book = packed().and(dispatch(1)).and(deliver(1));
    let sequence = book.facts(order(1)).steps.last().unwrap().sequence;
    book.and(return_goods(1, &[(1, "1")]))
        .when(correct(1, sequence))
        .then_refused(Rejection::NotCorrectable { sequence });
}

#[test]
fn a_delivery_that_is_taken_back_has_no_return_window() {
    let book = packed().and(dispatch(1)).and(deliver(1));
    assert_eq!(book.facts(order(1)).return_until, Some(noon() + Duration::days(14)));
    let sequence = book.facts(order(1)).steps.last().unwrap().sequence;
    let book = book.and(correct(1, sequence)).expect_phase(order(1), Phase::Dispatched);
    assert_eq!(book.facts(order(1)).return_until, None);
}

#[test]
fn lines_that_were_cancelled_stay_cancelled_when_the_order_is_reopened() {
    let book = packed().and(cancel_lines(1, &[(2, "5"), (3, "2.5")]));
    let due = book.facts(order(1)).totals;
    let book = book.and(cancel(1)).expect_balance("94", "2000").and(reopen(1));
    assert_eq!(book.facts(order(1)).totals, due);
    book.and(pay_from_wallet(1, None))
        .and(release(1))
        .and(start(1))
        .and(pack(1))
        .and(dispatch(1))
        .and(deliver(1))
        .and(complete(1))
        .expect_phase(order(1), Phase::Completed);
}

#[test]
fn a_shipment_dispatched_again_with_other_content_is_another_one_under_its_id() {
    let sent = dispatch_some(1, 1, &[(1, "3"), (2, "2")]);
    let Command::Dispatch { order: of, shipment, lines, carrier, .. } = sent.clone() else {
        unreachable!("it is a dispatch")
    };
    let tracking = Some(crate::build::code("RR1"));
    let tracked = Command::Dispatch { order: of, shipment, lines, carrier, tracking, code: None };
    packed()
        .and(sent.clone())
        .when(dispatch_some(1, 1, &[(2, "2.0"), (1, "3")]))
        .then_nothing()
        .when(dispatch_some(1, 1, &[(1, "3")]))
        .then_refused(Rejection::ShipmentExists)
        .when(dispatch(1))
        .then_refused(Rejection::ShipmentExists)
        .when(tracked)
        .then_refused(Rejection::ShipmentExists)
        .and(return_to_origin(1, 1))
        .and(receive_back(1, 1))
        .when(sent)
        .then_refused(Rejection::ShipmentExists);
}

#[test]
fn a_delivery_names_its_shipment_where_several_are_under_way() {
    packed()
        .and(dispatch_some(1, 1, &[(1, "3")]))
        .and(dispatch_some(1, 2, &[(2, "5")]))
        .when(deliver(1))
        .then_refused(Rejection::ShipmentUnnamed)
        .and(deliver_shipment(1, 2))
        .when(deliver(1))
        .then(&["order.delivered"])
        .when(deliver(1))
        .then_refused(Rejection::ShipmentNotFound)
        .and(dispatch_some(1, 3, &[(3, "2.5")]))
        .and(deliver(1))
        .expect_phase(order(1), Phase::Delivered)
        .when(deliver(1))
        .then_nothing();
}
