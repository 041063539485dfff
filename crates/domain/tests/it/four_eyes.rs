//! Four eyes: what one person moves alone is cumulated per customer, currency and business day.

use chrono::TimeDelta;
use domain::Rejection;
use domain::account::SuspenseItem;
use domain::decide::{Allocation, Command};
use domain::suspense::Against;

use crate::book::{Book, given};
use crate::build::{
    adjust_down, adjust_up, allocate, approval, approve_top_up, as_far_as_dispatched, ask_top_up,
    by_gateway, by_transfer, by_wallet, cancel, cash, close, correct, correct_payment,
    correct_wallet, customer, deliver, explain, gateway, goodwill, import_wallet, iqd,
    open_suspense, order, pay_out, place, record_cash, record_transfer, reverse, suspense, top_up,
    transfer, transfer_id, upload, withdraw, write_off,
};

const THRESHOLD: &str = "1000000";

fn item() -> SuspenseItem {
    SuspenseItem::Item(suspense(1))
}

fn too_much(amount: &str, moved: &str, left: &str) -> Rejection {
    Rejection::NeedsSecondPerson {
        amount: iqd(amount),
        threshold: iqd(THRESHOLD),
        moved: iqd(moved),
        left: iqd(left),
    }
}

/// One person has moved 900,000 of customer 94's money today.
fn nearly_there(book: Book) -> Book {
    book.when(goodwill("94", "900000")).then(&["wallet.credited"])
}

#[test]
fn small_sums_add_up_over_the_day_and_the_refusal_says_what_is_left() {
    nearly_there(given([top_up("94", 1, "1")]))
        .when(goodwill("94", "100000.001"))
        .then_refused(too_much("100000.001", "900000", "100000"))
        .when(top_up("94", 2, "100001"))
        .then_refused(too_much("100001", "900000", "100000"))
        .when(goodwill("94", "100000"))
        .then(&["wallet.credited"])
        .when(goodwill("94", "0.001"))
        .then_refused(too_much("0.001", "1000000", "0"));
}

#[test]
fn what_two_persons_moved_is_not_counted() {
    given([top_up("94", 1, "5000000"), goodwill("94", "3000000")])
        .when(goodwill("94", THRESHOLD))
        .then(&["wallet.credited"]);
}

#[test]
fn each_customer_and_each_business_day_begins_anew() {
    let book = nearly_there(given([top_up("94", 1, "1"), top_up("95", 2, "1")]));
    book.clone().when(goodwill("95", THRESHOLD)).then(&["wallet.credited"]);
    // It is noon in Baghdad: the day ends in twelve hours there, and in fifteen in Greenwich.
    book.clone()
        .later(TimeDelta::minutes(12 * 60 - 1))
        .when(goodwill("94", THRESHOLD))
        .then_code("needs-second-person");
    book.later(TimeDelta::hours(12)).when(goodwill("94", THRESHOLD)).then(&["wallet.credited"]);
}

#[test]
fn whatever_a_person_decides_counts() {
    let late =
        Command::ApproveReceipt(Box::new(approval(1, 1, "100001", transfer("R1", "100001"))));
    let book = nearly_there(given([
        open_suspense(1),
        import_wallet("94", "-200000", "-200000"),
        top_up("94", 1, "500000"),
        record_cash(9, "100001"),
        ask_top_up("94", 1, "100001"),
        adjust_down("94", item(), "100001"),
        place(by_transfer(1, "94", "44")),
        upload(1, 1),
        cancel(1),
        place(by_wallet(2, "94", "100001")),
    ]))
    .and(as_far_as_dispatched(2)[0].clone())
    .and(as_far_as_dispatched(2)[1].clone())
    .and(as_far_as_dispatched(2)[2].clone())
    .and(as_far_as_dispatched(2)[3].clone())
    .and(deliver(2));
    let adjusted = book
        .wallet(crate::build::wallet("94"))
        .unwrap()
        .correctable
        .keys()
        .next()
        .copied()
        .unwrap();
    let delivered = book.facts(order(2)).steps.last().unwrap().sequence;
    for command in [
        top_up("94", 3, "100001"),
        allocate(cash(9), None, Allocation::Customer(customer("94"))),
        approve_top_up("94", 1, "100001", "100001"),
        late,
        goodwill("94", "100001"),
        adjust_up("94", item(), "100001"),
        adjust_down("94", item(), "100001"),
        correct_wallet("94", adjusted),
        correct(2, delivered),
        write_off("94", Some("100001")),
    ] {
        let told = format!("{command:?}");
        let refused = too_much("100001", "900000", "100000");
        assert_eq!(book.clone().take(command).unwrap_err(), refused, "{told}");
    }
}

#[test]
fn paying_a_withdrawal_out_counts_and_paying_it_again_does_not() {
    let book = given([top_up("94", 1, "2000000"), withdraw("94", 1, "600000")])
        .and(withdraw("94", 2, "600000"))
        .when(pay_out("94", 1))
        .then(&["wallet.withdrawal_paid"])
        .when(pay_out("94", 2))
        .then_refused(too_much("600000", "600000", "400000"));
    book.when(pay_out("94", 1)).then_nothing();
}

#[test]
fn a_delivery_that_one_person_took_back_is_counted_in_the_wallet() {
    let book = given([top_up("94", 1, "600000"), place(by_wallet(1, "94", "600000"))]);
    let book = as_far_as_dispatched(1).into_iter().fold(book, Book::and).and(deliver(1));
    let delivered = book.facts(order(1)).steps.last().unwrap().sequence;
    book.when(correct(1, delivered))
        .then(&["order.corrected", "wallet.delivery_corrected"])
        .when(goodwill("94", "400001"))
        .then_refused(too_much("400001", "600000", "400000"));
}

#[test]
fn what_a_rule_moves_is_not_a_persons_doing() {
    nearly_there(given([top_up("94", 1, "1"), place(by_gateway(1, "94", "44"))]))
        .when(gateway(1, "G-1", "3000044"))
        .then(&[
            "payment.recorded",
            "payment.allocated",
            "order.payment_received",
            "payment.allocated",
            "wallet.credited",
        ])
        .when(cancel(1))
        .then(&["order.cancelled", "wallet.credited"])
        .when(goodwill("94", "100000"))
        .then(&["wallet.credited"]);
}

#[test]
fn what_is_explained_alone_is_cumulated_by_item() {
    given([import_wallet("94", "1500000", "0")])
        .when(explain(SuspenseItem::Wallet(crate::build::wallet("94")), None, Against::WriteOff))
        .then_refused(too_much("1500000", "0", "1000000"))
        .when(explain(
            SuspenseItem::Wallet(crate::build::wallet("94")),
            Some("800000"),
            Against::WriteOff,
        ))
        .then(&["suspense.explained"])
        .when(explain(SuspenseItem::Wallet(crate::build::wallet("94")), None, Against::WriteOff))
        .then_refused(too_much("700000", "800000", "200000"));
}

#[test]
fn no_person_alone_takes_a_large_payment_out_of_the_books() {
    let waiting = given([record_cash(1, "1000000"), record_cash(2, "1000001")]);
    for take_out in [reverse, correct_payment] {
        waiting.clone().and(take_out(cash(2)));
        waiting
            .clone()
            .when(take_out(cash(2)))
            .then_refused(too_much("1000001", "0", "1000000"))
            .when(take_out(cash(1)))
            .then(&[if take_out(cash(1)) == reverse(cash(1)) {
                "payment.reversed"
            } else {
                "payment.corrected"
            }]);
        // Where it is known whose it is, it comes on top of what was moved for that customer today.
        nearly_there(given([top_up("94", 1, "1"), record_transfer("R1", "100001", Some("94"))]))
            .when(take_out(transfer_id("R1")))
            .then_refused(too_much("100001", "900000", "100000"));
    }
}

#[test]
fn many_small_payments_taken_out_of_the_books_are_seen_as_the_large_one_that_they_are() {
    let sent = |reference| record_transfer(reference, "600000", Some("94"));
    for take_out in [reverse, correct_payment] {
        given([sent("R1"), sent("R2"), record_transfer("R3", "600000", Some("95"))])
            .when(take_out(transfer_id("R1")))
            .then_first(&["wallet.opened", "wallet.payment_taken_out"])
            .when(take_out(transfer_id("R2")))
            .then_refused(too_much("600000", "600000", "400000"))
            .when(goodwill("94", "400001"))
            .then_refused(too_much("400001", "600000", "400000"))
            // It is taken out again by nobody, and another customer's is another sum.
            .when(take_out(transfer_id("R1")))
            .then_nothing()
            .when(take_out(transfer_id("R3")))
            .then_first(&["wallet.opened", "wallet.payment_taken_out"]);
    }
}

#[test]
fn what_orders_give_back_for_a_reversal_counts_once_beside_what_the_wallet_gives() {
    // 300,000 are in the wallet, and 400,000 with an order that nothing was shipped of.
    let paid =
        Command::ApproveReceipt(Box::new(approval(1, 1, "700000", transfer("R1", "700000"))));
    given([place(by_transfer(1, "94", "400000")), upload(1, 1), paid])
        .when(reverse(transfer_id("R1")))
        .then(&[
            "wallet.debited",
            "wallet.payment_taken_out",
            "order.payment_taken_back",
            "payment.reversed",
        ])
        .when(goodwill("94", "300001"))
        .then_refused(too_much("300001", "700000", "300000"));
}

#[test]
fn what_two_persons_took_out_of_the_books_is_not_counted() {
    let sent = |reference| record_transfer(reference, "600000", Some("94"));
    let mut book = given([sent("R1"), sent("R2")]);
    book.second_person = true;
    let mut book = book.when(reverse(transfer_id("R1"))).then(&["payment.reversed"]);
    book.second_person = false;
    book.when(reverse(transfer_id("R2"))).then_first(&["wallet.opened"]);
}

#[test]
fn a_closed_wallet_tells_of_what_was_taken_out_and_stays_closed() {
    let book = given([top_up("94", 1, "1"), withdraw("94", 1, "1"), pay_out("94", 1)])
        .and(close("94"))
        .and(record_transfer("R1", "600000", Some("94")))
        .when(reverse(transfer_id("R1")))
        .then(&["wallet.payment_taken_out", "payment.reversed"]);
    assert!(book.wallet(crate::build::wallet("94")).unwrap().closed);
}

#[test]
fn a_payment_of_several_customers_is_reversed_as_a_whole() {
    let half = |name| allocate(cash(1), Some("600000"), Allocation::Customer(customer(name)));
    given([record_cash(1, "1200000"), half("94"), half("95")])
        .when(reverse(cash(1)))
        .then_refused(too_much("1200000", "0", "1000000"));
}
