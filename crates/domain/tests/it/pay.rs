//! Money for orders: from wallets, by gateways, out of payments that wait.

use domain::Rejection;
use domain::decide::{Allocation, Command, WalletPurpose};
use domain::order::status::{PaymentStatus, Phase};

use crate::book::given;
use crate::build::{
    allocate, because, by_gateway, by_transfer, cancel, cash, code, customer, gateway, iqd, order,
    pay_from_wallet, place, record_cash, reopen, top_up, usd,
};

#[test]
fn a_wallet_pays_what_an_order_owes_once() {
    given([place(by_transfer(1, "94", "44")), top_up("94", 1, "100")])
        .when(pay_from_wallet(1, None))
        .then(&["wallet.debited", "order.payment_received"])
        .expect_balance("94", "56")
        .expect_phase(order(1), Phase::FinanceReview)
        .when(pay_from_wallet(1, None))
        .then_nothing();
}

#[test]
fn a_wallet_may_pay_a_part_and_never_more_than_is_owed() {
    let book = given([place(by_transfer(1, "94", "44")), top_up("94", 1, "100")])
        .when(pay_from_wallet(1, Some("44.001")))
        .then_refused(Rejection::WalletPartMismatch { due: iqd("44") })
        .and(pay_from_wallet(1, Some("4")))
        .expect_balance("94", "96");
    assert_eq!(book.facts(order(1)).payment_status(), PaymentStatus::Partial);
    assert!(book.facts(order(1)).deadline.is_some());
}

#[test]
fn a_wallet_that_is_short_or_absent_pays_nothing() {
    let short = |available: &str| Rejection::InsufficientFunds {
        available: iqd(available),
        required: iqd("44"),
    };
    given([place(by_transfer(1, "94", "44"))])
        .when(pay_from_wallet(1, None))
        .then_refused(short("0"))
        .and(top_up("94", 1, "43.999"))
        .when(pay_from_wallet(1, None))
        .then_refused(short("43.999"))
        .expect_balance("94", "43.999");
}

#[test]
fn an_order_that_does_not_exist_or_is_over_takes_no_wallet_money() {
    let dollars = Command::PayFromWallet {
        order: order(1),
        amount: Some(usd("4")),
        purpose: WalletPurpose::Payment,
    };
    given([top_up("94", 1, "100")])
        .when(pay_from_wallet(1, None))
        .then_refused(Rejection::OrderNotFound)
        .and(place(by_transfer(1, "94", "44")))
        .when(dollars)
        .then_code("bad-amount")
        .and(cancel(1))
        .when(pay_from_wallet(1, None))
        .then_code("wrong-phase");
}

#[test]
fn a_gateway_payment_is_taken_once_however_often_the_gateway_calls() {
    given([place(by_gateway(1, "94", "44"))])
        .when(gateway(1, "G-1", "44"))
        .then(&["payment.recorded", "payment.allocated", "order.payment_received"])
        .expect_phase(order(1), Phase::FinanceReview)
        .when(gateway(1, "G-1", "44"))
        .then_nothing()
        .when(gateway(1, "G-1", "45"))
        .then_refused(Rejection::PaymentDiffers { recorded: iqd("44"), claimed: iqd("45") })
        .and(place(by_gateway(2, "94", "44")))
        .when(gateway(2, "G-1", "44"))
        .then_refused(Rejection::PaymentForAnother);
}

#[test]
fn one_person_alone_cannot_allocate_much_to_a_wallet() {
    given([record_cash(9, "1000000.5")])
        .when(allocate(cash(9), None, Allocation::Customer(customer("94"))))
        .then_refused(Rejection::NeedsSecondPerson {
            amount: iqd("1000000.5"),
            threshold: iqd("1000000"),
            moved: iqd("0"),
            left: iqd("1000000"),
        })
        .and(allocate(cash(9), Some("1000000"), Allocation::Customer(customer("94"))))
        .expect_balance("94", "1000000");
}

#[test]
fn what_a_gateway_pays_beyond_the_order_is_in_the_wallet() {
    given([place(by_gateway(1, "94", "44"))])
        .when(gateway(1, "G-1", "50"))
        .then(&[
            "payment.recorded",
            "payment.allocated",
            "order.payment_received",
            "payment.allocated",
            "wallet.opened",
            "wallet.credited",
        ])
        .expect_balance("94", "6");
}

#[test]
fn a_gateway_payment_for_an_order_that_is_over_is_in_the_wallet() {
    given([place(by_gateway(1, "94", "44")), cancel(1)])
        .when(gateway(1, "G-1", "44"))
        .then(&["payment.recorded", "payment.allocated", "wallet.opened", "wallet.credited"])
        .expect_balance("94", "44")
        .expect_phase(order(1), Phase::Cancelled)
        .and(reopen(1))
        .and(pay_from_wallet(1, None))
        .expect_phase(order(1), Phase::FinanceReview);
}

#[test]
fn money_that_waits_is_allocated_as_far_as_it_goes() {
    let to = |number| Allocation::Order(order(number));
    given([
        record_cash(9, "100"),
        place(by_transfer(1, "94", "44")),
        place(by_transfer(2, "94", "70")),
    ])
    .expect_total("2120", "100")
    .when(allocate(cash(9), None, to(1)))
    .then(&["payment.allocated", "order.payment_received"])
    .when(allocate(cash(9), Some("70"), to(2)))
    .then_refused(Rejection::PaymentUsedUp { left: iqd("56"), required: iqd("70") })
    .and(allocate(cash(9), None, to(2)))
    .expect_total("2120", "0")
    .expect_phase(order(2), Phase::AwaitingPayment)
    .when(allocate(cash(9), None, to(2)))
    .then_code("payment-used-up")
    .when(allocate(cash(9), None, to(1)))
    .then_code("wrong-phase")
    .when(allocate(cash(8), None, to(2)))
    .then_refused(Rejection::PaymentNotFound);
}

#[test]
fn what_is_allocated_beyond_what_an_order_owes_is_in_the_wallet() {
    given([record_cash(9, "100"), place(by_transfer(1, "94", "44"))])
        .and(allocate(cash(9), Some("50"), Allocation::Order(order(1))))
        .expect_balance("94", "6")
        .and(allocate(cash(9), None, Allocation::Customer(customer("95"))))
        .expect_balance("95", "50")
        .when(allocate(cash(9), None, Allocation::Customer(customer("95"))))
        .then_code("payment-used-up");
}

#[test]
fn a_payment_is_recorded_once_and_in_a_currency_that_the_book_keeps() {
    let dollars = Command::RecordPayment {
        payment: cash(8),
        kind: domain::payment::Kind::Cash { note: None },
        amount: usd("1"),
        customer: None,
    };
    given([record_cash(9, "100")])
        .when(record_cash(9, "100"))
        .then_nothing()
        .when(record_cash(9, "101"))
        .then_code("payment-differs")
        .when(dollars)
        .then_refused(Rejection::CurrencyNotKept("USD".into()));
}

#[test]
fn a_payment_recorded_by_mistake_is_taken_back_while_all_of_it_is_there() {
    let correct = |number| Command::CorrectPayment {
        payment: cash(number),
        reason: because(),
        ticket: code("T-1"),
    };
    given([record_cash(9, "100"), record_cash(8, "100")])
        .when(correct(9))
        .then(&["payment.corrected"])
        .expect_total("2120", "100")
        .expect_total("1040", "-100")
        .when(correct(9))
        .then_nothing()
        .when(allocate(cash(9), Some("1"), Allocation::Customer(customer("94"))))
        .then_code("payment-used-up")
        .and(allocate(cash(8), Some("1"), Allocation::Customer(customer("94"))))
        .when(correct(8))
        .then_refused(Rejection::PaymentUsedUp { left: iqd("99"), required: iqd("100") })
        .when(correct(7))
        .then_refused(Rejection::PaymentNotFound);
}
