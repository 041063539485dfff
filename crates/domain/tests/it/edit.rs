//! Editing before packing: what is due changes, and with it what is owed or given back.

use chrono::Duration;
use domain::Rejection;
use domain::decide::Command;
use domain::order::status::{Phase, Warehouse};

use crate::book::{Book, given};
use crate::build::{
    approve, by_transfer, by_wallet, cancel_lines, edit, edited, iqd, noon, order, pack,
    pay_from_wallet, place, release, start, top_up, upload, usd,
};

fn paid() -> Book {
    given([top_up("94", 1, "100"), place(by_wallet(1, "94", "44"))])
}

#[test]
fn a_cheaper_order_gives_back_and_goes_on() {
    paid()
        .and(release(1))
        .and(start(1))
        .when(edit(1, &[("2", "10"), ("1", "4")], "24"))
        .then(&["order.edited", "wallet.credited"])
        .expect_phase(order(1), Phase::WarehouseProcessing)
        .expect_balance("94", "76")
        .expect_total("2200", "24");
}

#[test]
fn a_dearer_order_loses_its_release_and_has_time_to_be_paid() {
    let book = paid()
        .and(release(1))
        .and(start(1))
        .later(Duration::hours(9))
        .when(edit(1, &[("1", "60")], "60"))
        .then(&["order.edited"])
        .expect_phase(order(1), Phase::AwaitingPayment);
    let facts = book.facts(order(1));
    assert_eq!(facts.deadline, Some(book.now + Duration::minutes(30)));
    assert_eq!(facts.owed(), iqd("16"));
    assert_eq!((facts.released, facts.warehouse), (false, Warehouse::Waiting));
    book.and(pay_from_wallet(1, None))
        .expect_phase(order(1), Phase::FinanceReview)
        .and(release(1))
        .expect_phase(order(1), Phase::WarehouseReady)
        .expect_balance("94", "40");
}

#[test]
fn an_order_that_costs_the_same_goes_on_with_other_lines() {
    let book = paid()
        .and(release(1))
        .when(edit(1, &[("4", "11")], "44"))
        .then(&["order.edited"])
        .expect_phase(order(1), Phase::WarehouseReady);
    assert_eq!(book.facts(order(1)).lines[0].live(), "4".parse().unwrap());
}

#[test]
fn an_edit_gives_an_unpaid_order_no_more_time() {
    let book = given([place(by_transfer(1, "94", "44"))]).later(Duration::days(2)).and(edit(
        1,
        &[("1", "60")],
        "60",
    ));
    assert_eq!(book.facts(order(1)).deadline, Some(noon() + Duration::days(3)));
}

#[test]
fn a_receipt_under_review_stops_the_clock_of_an_edited_order() {
    let book = given([place(by_transfer(1, "94", "44")), upload(1, 1)])
        .and(edit(1, &[("1", "60")], "60"))
        .expect_phase(order(1), Phase::PaymentReview);
    assert_eq!(book.facts(order(1)).deadline, None);
    book.and(approve(1, 1, "60")).expect_phase(order(1), Phase::FinanceReview);
}

#[test]
fn the_same_again_does_nothing_unless_lines_were_cancelled() {
    let book = given([top_up("94", 1, "100"), place(by_wallet(1, "94", "44"))])
        .and(edit(1, &[("2", "11"), ("1", "22")], "44"))
        .when(edit(1, &[("2", "11"), ("1", "22")], "44"))
        .then_nothing();
    book.and(cancel_lines(1, &[(2, "1")]))
        .when(edit(1, &[("2", "11"), ("1", "22")], "44"))
        .then(&["order.edited"])
        .expect_phase(order(1), Phase::AwaitingPayment);
}

#[test]
fn the_shop_and_the_book_must_agree_on_the_new_total() {
    paid()
        .when(edit(1, &[("2", "10")], "21"))
        .then_refused(Rejection::TotalsDisagree { claimed: iqd("21"), computed: iqd("20") })
        .when(edit(1, &[], "0"))
        .then_code("line-count");
    let mut dollars = edited(1, &[], "0");
    dollars.total = usd("4").money();
    paid().when(Command::EditOrder(Box::new(dollars))).then_code("bad-amount");
}

#[test]
fn what_is_packed_is_not_edited() {
    paid()
        .and(release(1))
        .and(start(1))
        .and(pack(1))
        .when(edit(1, &[("1", "4")], "4"))
        .then_code("wrong-phase");
}

#[test]
fn edits_down_to_what_is_paid_and_up_again_give_no_more_than_all_extensions() {
    let part_paid = given([top_up("94", 1, "20"), place(by_transfer(1, "94", "44"))]);
    let mut book = part_paid.and(pay_from_wallet(1, Some("20")));
    for _ in 0..6 {
        book = book.later(Duration::days(2)).and(edit(1, &[("1", "20")], "20")).and(edit(
            1,
            &[("1", "60")],
            "60",
        ));
    }
    let latest = noon() + Duration::days(3 + 7);
    assert_eq!(book.facts(order(1)).first_deadline, Some(noon() + Duration::days(3)));
    assert_eq!(book.now, noon() + Duration::days(12));
    assert_eq!(book.facts(order(1)).deadline, Some(book.now.max(latest)), "it is over");
}

#[test]
fn a_cancelled_line_that_costs_nothing_comes_back_by_an_edit() {
    let gift = [("1", "44"), ("1", "0")];
    let book = given([place(by_transfer(1, "94", "44")), edit(1, &gift, "44")])
        .and(cancel_lines(1, &[(2, "1")]));
    book.when(edit(1, &gift, "44"))
        .then(&["order.edited"])
        .when(edit(1, &gift, "44"))
        .then_nothing();
}
