//! Receipts: the claimed amount moves nothing; finance says what it saw, and every dinar has a place.

use chrono::Duration;
use domain::decide::{ApproveReceipt, Command};
use domain::order::Receipt;
use domain::order::status::{PaymentStatus, Phase};
use domain::settings::Setting;
use domain::wallet::Source;
use domain::{Event, Rejection, wallet};

use crate::book::{Book, given};
use crate::build::{
    approval, approve, because, by_gateway, by_transfer, cancel, expire, iqd, noon, order,
    pay_from_wallet, place, receipt, reject, top_up, transfer, transfer_id, upload, usd,
};

fn reviewed(due: &str) -> Book {
    given([place(by_transfer(1, "94", due)), upload(1, 1)])
}

fn approved(approval: ApproveReceipt) -> Command {
    Command::ApproveReceipt(Box::new(approval))
}

#[test]
fn a_receipt_stops_the_deadline_and_waits_for_finance() {
    let book = given([place(by_transfer(1, "94", "44"))])
        .when(upload(1, 1))
        .then(&["order.receipt_uploaded", "receipt_file.uploaded"])
        .expect_total("2200", "0");
    let facts = book.facts(order(1));
    assert_eq!((facts.phase(), facts.deadline), (Phase::PaymentReview, None));
    assert_eq!(facts.payment_status(), PaymentStatus::ReceiptUploaded);
    book.later(Duration::days(30)).when(expire(1)).then_code("wrong-phase");
}

#[test]
fn a_receipt_is_uploaded_once_and_only_for_a_transfer_that_is_awaited() {
    reviewed("44").when(upload(1, 1)).then_refused(Rejection::ReceiptExists);
    Book::new().when(upload(1, 1)).then_refused(Rejection::OrderNotFound);
    given([place(by_gateway(1, "94", "44"))]).when(upload(1, 1)).then_code("no-receipt-needed");
    given([top_up("94", 1, "44"), place(by_transfer(1, "94", "44")), pay_from_wallet(1, None)])
        .when(upload(1, 1))
        .then_code("wrong-phase");
    let receipt = Receipt {
        receipt: receipt(1),
        claimed: Some(usd("1")),
        file: None,
        stored: None,
        repeats: None,
    };
    given([place(by_transfer(1, "94", "44"))])
        .when(Command::UploadReceipt { order: order(1), receipt })
        .then_code("bad-amount");
}

#[test]
fn an_exact_receipt_settles_the_order_and_approving_it_again_does_nothing() {
    reviewed("44")
        .when(approve(1, 1, "44"))
        .then(&[
            "payment.recorded",
            "order.receipt_approved",
            "receipt_file.approved",
            "payment.allocated",
            "order.payment_received",
        ])
        .expect_phase(order(1), Phase::FinanceReview)
        .expect_total("1020", "-44")
        .expect_total("2200", "44")
        .when(approve(1, 1, "44"))
        .then_nothing()
        .when(approve(1, 1, "45"))
        .then_refused(Rejection::ReceiptDecided)
        .when(reject(1, 1))
        .then_refused(Rejection::ReceiptDecided)
        .when(approve(1, 2, "44"))
        .then_refused(Rejection::ReceiptNotFound);
}

#[test]
fn what_is_over_is_in_the_wallet() {
    reviewed("44000")
        .and(approve(1, 1, "64000"))
        .expect_balance("94", "20000")
        .expect_phase(order(1), Phase::FinanceReview);
}

#[test]
fn much_money_for_an_order_that_is_over_needs_a_second_person_too() {
    reviewed("44")
        .and(cancel(1))
        .when(approved(approval(1, 1, "2000044", transfer("R1", "2000044"))))
        .then_refused(Rejection::NeedsSecondPerson {
            amount: iqd("2000044"),
            threshold: iqd("1000000"),
            moved: iqd("0"),
            left: iqd("1000000"),
        });
}

#[test]
fn far_over_needs_a_second_person() {
    let transfer = transfer("R1", "2000044");
    let approval = approval(1, 1, "2000044", transfer);
    reviewed("44")
        .when(approved(approval.clone()))
        .then_refused(Rejection::NeedsSecondPerson {
            amount: iqd("2000000"),
            threshold: iqd("1000000"),
            moved: iqd("0"),
            left: iqd("1000000"),
        })
        .and(approved(approval))
        .expect_balance("94", "2000000");
}

#[test]
fn what_is_short_comes_from_the_wallet_if_it_suffices() {
    given([top_up("94", 9, "5000"), place(by_transfer(1, "94", "44000")), upload(1, 1)])
        .when(approve(1, 1, "39000"))
        .then(&[
            "payment.recorded",
            "order.receipt_approved",
            "receipt_file.approved",
            "payment.allocated",
            "order.payment_received",
            "wallet.debited",
            "order.payment_received",
        ])
        .expect_balance("94", "0")
        .expect_phase(order(1), Phase::FinanceReview);
}

#[test]
fn what_is_short_stays_due_with_a_day_more_if_the_wallet_does_not_suffice() {
    let book = given([top_up("94", 9, "4999"), place(by_transfer(1, "94", "44000")), upload(1, 1)])
        .later(Duration::days(4))
        .and(approve(1, 1, "39000"))
        .expect_balance("94", "4999")
        .expect_phase(order(1), Phase::AwaitingPayment);
    let facts = book.facts(order(1));
    assert_eq!((facts.owed(), facts.payment_status()), (iqd("5000"), PaymentStatus::Partial));
    assert_eq!(facts.deadline, Some(noon() + Duration::days(5)));
}

#[test]
fn rejections_extend_the_deadline_by_a_day_at_least_and_a_week_at_most() {
    let deadline = |book: &Book| book.facts(order(1)).deadline;
    let days = |count| Some(noon() + Duration::days(count));
    // Within its time the order keeps its deadline.
    let book = reviewed("44").when(reject(1, 1)).then(&["order.receipt_rejected"]);
    assert_eq!(deadline(&book), days(3));
    assert_eq!(book.phase(order(1)), Phase::PaymentRejected);
    assert_eq!(book.facts(order(1)).payment_status(), PaymentStatus::Rejected);
    // After it, a day more.
    let book = book.when(reject(1, 1)).then_nothing();
    let book = book.later(Duration::days(5)).and(upload(1, 2)).and(reject(1, 2));
    assert_eq!(deadline(&book), days(6));
    // No further than a week from the first deadline.
    let book = book.and(upload(1, 3)).later(Duration::hours(4 * 24 + 12)).and(reject(1, 3));
    assert_eq!(deadline(&book), days(10));
    // Past that, no more time at all; the third approval still pays.
    let book = book.and(upload(1, 4)).later(Duration::days(2)).and(reject(1, 4));
    assert_eq!(deadline(&book), Some(book.now));
    let book = book.and(upload(1, 5)).and(approve(1, 5, "44"));
    assert_eq!((book.phase(order(1)), deadline(&book)), (Phase::FinanceReview, None));
    book.when(reject(1, 9)).then_refused(Rejection::ReceiptNotFound);
}

#[test]
fn while_another_receipt_is_open_a_decision_sets_no_deadline() {
    let book = reviewed("44").and(upload(1, 2)).and(reject(1, 1));
    assert_eq!(book.facts(order(1)).deadline, None);
    assert_eq!(book.phase(order(1)), Phase::PaymentReview);
    let book = reviewed("44").and(upload(1, 2)).and(approve(1, 1, "4"));
    assert_eq!(book.facts(order(1)).deadline, None);
}

#[test]
fn one_transfer_pays_three_orders_up_to_its_amount() {
    let part =
        |number: u64, sum: &str| approved(approval(number, number, sum, transfer("R", "100")));
    let orders = [(1, "30"), (2, "30"), (3, "40"), (4, "1")];
    let mut book = Book::new();
    for (number, due) in orders {
        book = book.and(place(by_transfer(number, "94", due))).and(upload(number, number));
    }
    book = book
        .and(part(1, "30"))
        .and(part(2, "30"))
        .expect_total("2120", "40")
        .when(part(3, "41"))
        .then_refused(Rejection::PaymentUsedUp { left: iqd("40"), required: iqd("41") })
        .and(part(3, "40"))
        .expect_total("1020", "-100")
        .expect_total("2120", "0")
        .when(part(4, "1"))
        .then_refused(Rejection::PaymentUsedUp { left: iqd("0"), required: iqd("1") });
    let other = approval(4, 4, "1", transfer("R", "101"));
    book.when(approved(other)).then_code("payment-differs");
}

#[test]
fn a_receipt_that_is_approved_after_the_order_ended_is_the_customers_money() {
    reviewed("44")
        .and(cancel(1))
        .when(approve(1, 1, "44"))
        .then(&[
            "payment.recorded",
            "order.receipt_approved",
            "receipt_file.approved",
            "payment.allocated",
            "wallet.opened",
            "wallet.credited",
        ])
        .expect_balance("94", "44")
        .expect_phase(order(1), Phase::Cancelled)
        .when(approve(1, 1, "44"))
        .then_nothing();
    let book = reviewed("44").and(cancel(1)).and(reject(1, 1));
    assert_eq!(book.facts(order(1)).deadline, None);
}

#[test]
fn an_exact_receipt_in_a_second_currency_needs_one_person() {
    let dollars = domain::money::Currency::USD;
    let currencies = vec![domain::money::Currency::IQD, dollars];
    let keep = Setting::Currencies(currencies);
    let mut order_placed = by_transfer(1, "94", "44");
    let sum = usd("44");
    let zero = domain::money::Money::zero(dollars);
    order_placed.lines[0].unit_price = sum.money();
    (order_placed.total, order_placed.discount, order_placed.delivery) = (sum.money(), zero, zero);
    let receipt_uploaded =
        Receipt { receipt: receipt(1), claimed: None, file: None, stored: None, repeats: None };
    let mut approval = approval(1, 1, "44", transfer("R", "44"));
    (approval.verified, approval.transfer.amount) = (sum, sum);
    given([
        Command::ChangeSetting { setting: keep, reason: because() },
        place(order_placed),
        Command::UploadReceipt { order: order(1), receipt: receipt_uploaded },
        approved(approval),
    ])
    .expect_phase(order(1), Phase::FinanceReview);
}

#[test]
fn what_is_paid_beyond_an_order_is_excess_and_what_comes_after_its_end_is_late() {
    let (payment, id) = (transfer_id("R1"), order(1));
    let uploaded = given([place(by_transfer(1, "94", "44")), upload(1, 1)]);
    let excess = Source::Excess { payment, order: id, receipt: Some(receipt(1)) };
    for (mut book, sum, source) in [
        (uploaded.clone(), "50", excess),
        (uploaded.and(cancel(1)), "44", Source::Late { payment, order: id }),
    ] {
        let changes = book.take(approve(1, 1, sum)).unwrap();
        let Event::Wallet(wallet::Event::Credited { source: told, .. }) =
            &changes.last().unwrap().event
        else {
            panic!("{changes:?}");
        };
        assert_eq!(*told, source);
    }
}
