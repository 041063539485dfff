//! Gateway callbacks and derived ids: money is told of once, and is never refused for its purpose.

use domain::Rejection;
use domain::decide::{Allocation, Command};
use domain::order::status::Phase;
use domain::payment::Kind;

use crate::book::{Book, given};
use crate::build::{
    allocate, amount, approve, by_gateway, by_transfer, callback, cancel, cash, code, customer,
    gateway_id, iqd, order, place, record_transfer, transfer, transfer_id, upload, usd,
};

#[test]
fn a_callback_pays_the_order_it_names_once_however_often_it_comes() {
    let call = || callback("G-1", "44", Some(order(1)), None);
    given([place(by_gateway(1, "94", "44"))])
        .when(call())
        .then(&["payment.recorded", "payment.allocated", "order.payment_received"])
        .expect_phase(order(1), Phase::FinanceReview)
        .when(call())
        .then_nothing()
        .when(callback("G-1", "45", Some(order(1)), None))
        .then_refused(Rejection::PaymentDiffers { recorded: iqd("44"), claimed: iqd("45") })
        .when(callback("G-1", "44", Some(order(2)), None))
        .then_refused(Rejection::PaymentForAnother);
}

#[test]
fn what_fits_no_order_waits_and_is_allocated_later() {
    let dollars = Command::GatewayCallback {
        gateway: code("zain"),
        gateway_id: code("G-3"),
        amount: usd("4"),
        order: Some(order(1)),
        customer: None,
    };
    given([place(by_gateway(1, "94", "44"))])
        // An order that is not known,
        .when(callback("G-1", "44", Some(order(2)), None))
        .then(&["payment.recorded"])
        // none at all,
        .when(callback("G-2", "10", None, Some("94")))
        .then(&["payment.recorded"])
        // another currency, which the book does not even keep,
        .when(dollars)
        .then(&["payment.recorded"])
        // or another customer's order.
        .when(callback("G-4", "44", Some(order(1)), Some("95")))
        .then(&["payment.recorded"])
        .expect_phase(order(1), Phase::AwaitingPayment)
        .and(allocate(gateway_id("G-1"), None, Allocation::Order(order(1))))
        .expect_phase(order(1), Phase::FinanceReview)
        .and(allocate(gateway_id("G-2"), None, Allocation::Customer(customer("94"))))
        .expect_balance("94", "10");
}

#[test]
fn a_callback_for_an_order_that_is_over_fills_the_wallet_however_much_it_is() {
    given([place(by_gateway(1, "94", "44")), cancel(1)])
        .when(callback("G-1", "2000000", Some(order(1)), None))
        .then(&["payment.recorded", "payment.allocated", "wallet.opened", "wallet.credited"])
        .expect_balance("94", "2000000");
}

#[test]
fn money_that_a_wallet_has_no_room_for_waits() {
    let most = "9999999999999999";
    given([place(by_gateway(1, "94", "44")), cancel(1)])
        .and(callback("G-1", most, Some(order(1)), None))
        .when(callback("G-2", "1", Some(order(1)), None))
        .then(&["payment.recorded"])
        .expect_balance("94", most)
        .expect_total("2120", "1");
}

#[test]
fn a_transfer_or_a_gateways_payment_has_its_derived_id_and_no_other() {
    let sent = transfer("R1", "44");
    let kind =
        Kind::BankTransfer { account: sent.account, reference: sent.reference, date: sent.date };
    let record = |payment| Command::RecordPayment {
        payment,
        kind: kind.clone(),
        amount: amount("44"),
        customer: None,
    };
    let top_up = |payment| Command::TopUpWallet {
        customer: customer("94"),
        payment,
        kind: kind.clone(),
        amount: amount("44"),
    };
    Book::new()
        .when(record(cash(1)))
        .then_refused(Rejection::PaymentIdNotDerived)
        .when(top_up(cash(1)))
        .then_refused(Rejection::PaymentIdNotDerived)
        .and(record(transfer_id("R1")))
        .and(top_up(transfer_id("R1")))
        .expect_balance("94", "44");
}

#[test]
fn one_customers_money_pays_another_only_if_two_persons_agree() {
    let waiting = || {
        given([
            record_transfer("R1", "44", Some("95")),
            place(by_transfer(1, "94", "44")),
            upload(1, 1),
        ])
    };
    let payment = transfer_id("R1");
    for wish in [
        allocate(payment, None, Allocation::Order(order(1))),
        allocate(payment, None, Allocation::Customer(customer("94"))),
        approve(1, 1, "44"),
    ] {
        waiting().when(wish.clone()).then_refused(Rejection::PaymentForAnother).and(wish);
    }
    waiting().when(allocate(payment, None, Allocation::Customer(customer("95")))).then(&[
        "wallet.opened",
        "payment.allocated",
        "wallet.topped_up",
    ]);
}

#[test]
fn money_that_waited_pays_the_order_that_a_later_callback_names() {
    let placed = || {
        given([callback("G-1", "50", None, None), place(by_gateway(1, "94", "44"))])
            .and(place(by_gateway(2, "95", "44")))
    };
    placed()
        .when(callback("G-1", "50", None, None))
        .then_nothing()
        .when(callback("G-1", "50", Some(order(3)), None))
        .then_nothing()
        .when(callback("G-1", "50", Some(order(1)), None))
        .then(&[
            "payment.allocated",
            "order.payment_received",
            "payment.allocated",
            "wallet.opened",
            "wallet.credited",
        ])
        .expect_phase(order(1), Phase::FinanceReview)
        .expect_balance("94", "6")
        .when(callback("G-1", "50", Some(order(1)), None))
        .then_nothing();
    // What a person has allocated in part pays with the rest,
    placed()
        .and(allocate(gateway_id("G-1"), Some("40"), Allocation::Order(order(2))))
        .when(callback("G-1", "50", Some(order(1)), None))
        .then(&["payment.allocated", "order.payment_received"]);
    // and money of another customer waits on.
    given([callback("G-1", "44", None, Some("95")), place(by_gateway(1, "94", "44"))])
        .when(callback("G-1", "44", Some(order(1)), None))
        .then_nothing();
}
