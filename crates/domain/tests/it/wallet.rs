//! Wallets: opened, topped up, credited, debited, corrected; never below zero.

use domain::Rejection;
use domain::account::SuspenseItem;
use domain::decide::{Allocation, Command};
use domain::money::{Currency, MoneyError};
use domain::payment::Kind;
use domain::wallet::{Purpose, Source};

use crate::book::{Book, given};
use crate::build::{
    allocate, amount, because, by_gateway, by_wallet, cancel, cash, code, customer, gateway, iqd,
    open_suspense, order, place, record_cash, suspense, top_up, usd, wallet,
};

fn item() -> SuspenseItem {
    SuspenseItem::Item(suspense(1))
}

fn credit(sum: &str, source: Source) -> Command {
    let (wallet, amount) = (wallet("94"), amount(sum));
    Command::CreditWallet { wallet, amount, source }
}

fn goodwill(sum: &str) -> Command {
    credit(sum, Source::Goodwill { reason: because() })
}

fn adjust_up(sum: &str) -> Command {
    credit(sum, Source::Adjustment { item: item(), reason: because() })
}

fn debit(sum: &str, purpose: Purpose) -> Command {
    Command::DebitWallet { wallet: wallet("94"), amount: amount(sum), purpose }
}

fn adjust_down(sum: &str) -> Command {
    debit(sum, Purpose::Adjustment { item: item(), reason: because() })
}

fn correct_wallet(sequence: u64) -> Command {
    Command::CorrectWallet {
        wallet: wallet("94"),
        sequence,
        reason: because(),
        ticket: code("T-1"),
    }
}

#[test]
fn a_wallet_is_opened_once_in_a_currency_that_the_book_keeps() {
    let open = |currency| Command::OpenWallet { customer: customer("94"), currency };
    Book::new()
        .when(open(Currency::IQD))
        .then(&["wallet.opened"])
        .expect_balance("94", "0")
        .when(open(Currency::IQD))
        .then_nothing()
        .when(open(Currency::USD))
        .then_refused(Rejection::CurrencyNotKept("USD".into()));
}

#[test]
fn a_top_up_opens_the_wallet_and_counts_once() {
    Book::new()
        .when(top_up("94", 1, "100"))
        .then(&["payment.recorded", "wallet.opened", "payment.allocated", "wallet.topped_up"])
        .expect_balance("94", "100")
        .expect_total("1040", "-100")
        .when(top_up("94", 1, "100"))
        .then_nothing()
        .when(top_up("94", 1, "101"))
        .then_code("payment-differs")
        .when(top_up("94", 2, "100"))
        .then(&["payment.recorded", "payment.allocated", "wallet.topped_up"])
        .expect_balance("94", "200");
}

#[test]
fn a_top_up_of_money_that_waits_takes_all_of_it_or_nothing() {
    given([record_cash(1, "100"), record_cash(2, "100"), record_cash(3, "100")])
        .when(top_up("94", 1, "100"))
        .then(&["wallet.opened", "payment.allocated", "wallet.topped_up"])
        .expect_balance("94", "100")
        .and(allocate(cash(2), Some("1"), Allocation::Customer(customer("95"))))
        .when(top_up("94", 2, "100"))
        .then_refused(Rejection::PaymentUsedUp { left: iqd("99"), required: iqd("100") })
        .and(Command::CorrectPayment { payment: cash(3), reason: because(), ticket: code("T-1") })
        // What was recorded by mistake is recorded anew.
        .when(top_up("94", 3, "99"))
        .then(&["payment.recorded", "payment.allocated", "wallet.topped_up"])
        .expect_balance("94", "199");
}

#[test]
fn what_is_above_the_threshold_needs_a_second_person() {
    let alone = |sum: &str| Command::TopUpWallet {
        customer: customer("94"),
        payment: cash(1),
        kind: Kind::Cash { note: None },
        amount: amount(sum),
    };
    let too_much = Rejection::NeedsSecondPerson {
        amount: iqd("1000000.001"),
        threshold: iqd("1000000"),
        moved: iqd("0"),
        left: iqd("1000000"),
    };
    Book::new()
        .when(alone("1000000.001"))
        .then_refused(too_much.clone())
        .and(alone("1000000"))
        .when(goodwill("1000000.001"))
        .then_refused(too_much)
        .and(goodwill("1000000"))
        .expect_balance("94", "2000000");
}

#[test]
fn goodwill_is_the_shops_expense_and_adjustments_stand_against_suspense() {
    given([
        open_suspense(1),
        top_up("94", 1, "100"),
        goodwill("10"),
        adjust_up("5"),
        adjust_down("2"),
    ])
    .expect_balance("94", "113")
    .expect_total("5020", "-10")
    .expect_total("9010", "-3");
}

#[test]
fn each_movement_that_is_the_wallets_own_is_taken_back_once() {
    let mut book = given([
        open_suspense(1),
        top_up("94", 1, "100"),
        goodwill("10"),
        adjust_up("5"),
        adjust_down("2"),
    ]);
    for sequence in 3..=5 {
        book = book
            .when(correct_wallet(sequence))
            .then(if sequence == 3 {
                &["wallet.corrected"]
            } else {
                &["wallet.corrected", "suspense.booked"]
            })
            .when(correct_wallet(sequence))
            .then_refused(Rejection::NotCorrectable { sequence });
    }
    book.expect_balance("94", "100")
        .expect_total("5020", "0")
        .expect_total("9010", "0")
        .when(correct_wallet(2))
        .then_refused(Rejection::NotCorrectable { sequence: 2 });
}

#[test]
fn a_credit_that_was_spent_cannot_be_taken_back() {
    given([top_up("94", 1, "10"), goodwill("10"), place(by_wallet(1, "94", "15"))])
        .when(correct_wallet(3))
        .then_refused(Rejection::InsufficientFunds { available: iqd("5"), required: iqd("10") });
}

#[test]
fn a_wallet_is_never_debited_below_zero_nor_in_another_currency() {
    let dollars = Command::DebitWallet {
        wallet: wallet("94"),
        amount: usd("1"),
        purpose: Purpose::Adjustment { item: item(), reason: because() },
    };
    given([open_suspense(1), top_up("94", 1, "10")])
        .when(adjust_down("10.001"))
        .then_code("insufficient-funds")
        .when(dollars)
        .then_refused(MoneyError::CurrencyMismatch(Currency::IQD, Currency::USD).into())
        .and(adjust_down("10"))
        .expect_balance("94", "0");
}

#[test]
fn what_needs_an_order_or_a_payment_is_refused_by_the_wallet_alone() {
    let (order, payment) = (order(1), cash(1));
    let book = given([top_up("94", 1, "100")]);
    for command in [
        credit("1", Source::Cancelled { order }),
        credit("1", Source::Expired { order }),
        credit("1", Source::Late { payment, order }),
        credit("1", Source::Excess { payment, order, receipt: None }),
        debit("1", Purpose::OrderPayment { order }),
        debit("1", Purpose::Shortfall { order }),
    ] {
        book.clone().when(command).then_refused(Rejection::NeedsOtherStream);
    }
}

#[test]
fn a_wallet_that_is_not_open_moves_nothing() {
    for command in [goodwill("1"), adjust_down("1"), correct_wallet(1)] {
        Book::new().when(command).then_refused(Rejection::WalletNotOpen);
    }
}

#[test]
fn a_wallet_that_is_full_refuses_instead_of_breaking() {
    let full = "9999999999999999";
    let book = given([top_up("94", 1, full), record_cash(2, "1"), place(by_gateway(1, "94", "5"))]);
    let out_of_range = || Rejection::from(MoneyError::OutOfRange);
    book.when(top_up("94", 3, "1"))
        .then_refused(out_of_range())
        .when(goodwill("1"))
        .then_refused(out_of_range())
        .when(allocate(cash(2), None, Allocation::Customer(customer("94"))))
        .then_refused(out_of_range())
        .and(gateway(1, "G-1", "5"))
        .when(cancel(1))
        .then_refused(out_of_range())
        .expect_balance("94", full);
}
