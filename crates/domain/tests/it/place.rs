//! Placing: lines, totals and wallet are checked; the number is allotted and the wallet part taken.

use chrono::{Duration, TimeZone, Utc};
use domain::Rejection;
use domain::decide::{Command, OrderedLine, PlaceOrder};
use domain::money::MoneyError;
use domain::order::status::{Channel, Method, PaymentStatus, Phase};
use domain::settings::Setting;

use crate::book::{Book, given};
use crate::build::{
    because, by_gateway, by_transfer, by_wallet, decimal, import, iqd, line, mixed, noon,
    old_order, order, percent, place, top_up, usd,
};

#[test]
fn a_bank_transfer_order_waits_three_days_for_its_money() {
    let book = Book::new().when(place(by_transfer(1, "94", "44"))).then(&["order.placed"]);
    let facts = book.facts(order(1));
    assert_eq!(facts.number.as_str(), "M2500001");
    assert_eq!(facts.deadline, Some(noon() + Duration::days(3)));
    assert_eq!(
        (facts.phase(), facts.payment_status()),
        (Phase::AwaitingPayment, PaymentStatus::GracePeriod)
    );
}

#[test]
fn a_gateway_order_waits_half_an_hour() {
    let book = Book::new().when(place(by_gateway(1, "94", "44"))).then(&["order.placed"]);
    let facts = book.facts(order(1));
    assert_eq!(facts.deadline, Some(noon() + Duration::minutes(30)));
    assert_eq!(facts.payment_status(), PaymentStatus::Unpaid);
}

#[test]
fn a_wallet_order_is_paid_as_it_is_placed() {
    let book = given([top_up("94", 1, "100")])
        .when(place(by_wallet(1, "94", "44")))
        .then(&["order.placed", "wallet.debited", "order.payment_received"])
        .expect_balance("94", "56")
        .expect_phase(order(1), Phase::FinanceReview);
    let facts = book.facts(order(1));
    assert_eq!((facts.deadline, facts.payment_status()), (None, PaymentStatus::Paid));
}

#[test]
fn a_mixed_order_takes_its_wallet_part_and_waits_for_the_rest() {
    let book = given([top_up("94", 1, "100")])
        .when(place(mixed(1, "94", "44", "40")))
        .then(&["order.placed", "wallet.debited", "order.payment_received"])
        .expect_balance("94", "60");
    let facts = book.facts(order(1));
    assert_eq!(facts.owed(), iqd("4"));
    assert_eq!(facts.deadline, Some(noon() + Duration::days(3)));
    assert_eq!(facts.payment_status(), PaymentStatus::Partial);
}

#[test]
fn a_mixed_order_whose_remainder_is_zero_is_paid_and_not_partial() {
    let book = given([top_up("94", 1, "100")]).and(place(mixed(1, "94", "44", "44")));
    let facts = book.facts(order(1));
    assert_eq!((facts.phase(), facts.deadline), (Phase::FinanceReview, None));
    assert_eq!(facts.payment_status(), PaymentStatus::Paid);
}

#[test]
fn a_wallet_that_cannot_pay_refuses_the_order_and_gives_no_number_away() {
    let short = Rejection::InsufficientFunds { available: iqd("10"), required: iqd("44") };
    let book = given([top_up("94", 1, "10")])
        .when(place(by_wallet(1, "94", "44")))
        .then_refused(short.clone())
        .when(place(mixed(1, "94", "50", "44")))
        .then_refused(short)
        .expect_balance("94", "10")
        .and(place(by_transfer(2, "94", "44")));
    assert_eq!(book.facts(order(2)).number.as_str(), "M2500001");
    Book::new()
        .when(place(by_wallet(1, "95", "44")))
        .then_refused(Rejection::InsufficientFunds { available: iqd("0"), required: iqd("44") });
}

#[test]
fn of_many_orders_on_one_wallet_exactly_as_many_succeed_as_it_can_pay() {
    let mut book = given([top_up("94", 1, "100")]);
    let placed = (1..=10).filter(|n| book.take(place(by_wallet(*n, "94", "30"))).is_ok()).count();
    assert_eq!(placed, 3);
    assert_eq!(book.balance("94"), "10");
}

#[test]
fn an_id_is_used_once() {
    given([place(by_transfer(1, "94", "44"))])
        .when(place(by_transfer(1, "94", "44")))
        .then_refused(Rejection::OrderExists);
}

#[test]
fn the_shop_and_the_book_must_agree_on_the_total() {
    let wrong = PlaceOrder { total: iqd("45"), ..by_transfer(1, "94", "44") };
    Book::new()
        .when(place(wrong))
        .then_refused(Rejection::TotalsDisagree { claimed: iqd("45"), computed: iqd("44") });
}

#[test]
fn odd_prices_discount_fees_and_tax_are_rounded_half_up_once_each() {
    let order_placed = PlaceOrder {
        // 0.333 * 1.501 = 0.499833; 1.5 * 0.333 = 0.4995
        lines: vec![line("0.333", "1.501"), line("1.5", "0.333")],
        discount: iqd("0.1"),
        delivery: iqd("3"),
        surcharge_rate: percent("2.5"),
        tax_rate: percent("15"),
        // items 0.5 + 0.5 (rounded: 0.500, 0.500); net 0.9; surcharge 0.0225; tax 0.135
        total: iqd("4.058"),
        ..by_transfer(1, "94", "1")
    };
    let book = Book::new().and(place(order_placed));
    let totals = book.facts(order(1)).totals;
    assert_eq!(totals.items, iqd("1"));
    assert_eq!((totals.surcharge, totals.tax), (iqd("0.023"), iqd("0.135")));
    assert_eq!((totals.rounding, totals.due), (iqd("0"), iqd("4.058")));
}

#[test]
fn a_settlement_unit_rounds_what_is_due_and_the_difference_is_frozen() {
    let unit = |text| Command::ChangeSetting {
        setting: Setting::SettlementUnit(decimal(text)),
        reason: because(),
    };
    let priced = |number, price, total| PlaceOrder {
        lines: vec![line("1", price)],
        total: iqd(total),
        ..by_transfer(number, "94", "1")
    };
    let book = given([
        unit("250"),
        place(priced(1, "1124.999", "1000")),
        place(priced(2, "1125", "1250")),
        place(priced(3, "124", "0")),
        unit("1"),
    ]);
    assert_eq!(book.facts(order(1)).totals.rounding, iqd("-124.999"));
    assert_eq!(book.facts(order(2)).totals.rounding, iqd("125"));
    assert_eq!(book.phase(order(3)), Phase::FinanceReview);
}

#[test]
fn what_cannot_be_an_order_is_refused() {
    let base = || by_transfer(1, "94", "44");
    let dollars = usd("44").money();
    let negative = iqd("44").negated();
    let lines = |count: usize| vec![line("1", "1"); count];
    let free = OrderedLine { unit_price: negative, ..line("1", "1") };
    let cases = [
        (PlaceOrder { lines: vec![], ..base() }, "line-count"),
        (PlaceOrder { lines: lines(501), ..base() }, "line-count"),
        (PlaceOrder { delivery: negative, ..base() }, "negative-charge"),
        (PlaceOrder { discount: negative, ..base() }, "negative-charge"),
        (PlaceOrder { total: negative, ..base() }, "negative-charge"),
        (PlaceOrder { lines: vec![free], ..base() }, "negative-charge"),
        (PlaceOrder { discount: iqd("44.001"), ..base() }, "discount-too-large"),
        (PlaceOrder { delivery: dollars, ..base() }, "bad-amount"),
        (PlaceOrder { total: dollars, ..base() }, "currency-not-kept"),
        (PlaceOrder { wallet_part: Some(iqd("4")), ..base() }, "wallet-part-mismatch"),
        (PlaceOrder { remainder: Some(Channel::Gateway), ..base() }, "wallet-part-mismatch"),
        (
            PlaceOrder { wallet_part: Some(iqd("4")), ..by_wallet(1, "94", "44") },
            "wallet-part-mismatch",
        ),
        (PlaceOrder { wallet_part: Some(dollars), ..base() }, "bad-amount"),
        (mixed(1, "94", "44", "0"), "wallet-part-mismatch"),
        (mixed(1, "94", "44", "45"), "wallet-part-mismatch"),
        (PlaceOrder { remainder: None, ..mixed(1, "94", "44", "4") }, "wallet-part-mismatch"),
        (
            PlaceOrder { remainder: Some(Channel::Wallet), ..mixed(1, "94", "44", "4") },
            "wallet-part-mismatch",
        ),
    ];
    for (wrong, code) in cases {
        given([top_up("94", 1, "100")]).when(place(wrong)).then_code(code);
    }
    let most = PlaceOrder { lines: lines(500), total: iqd("500"), ..base() };
    Book::new().when(place(most)).then(&["order.placed"]);
}

#[test]
fn sums_that_no_account_can_hold_are_refused_before_they_are_promised() {
    let huge = "9999999999999999";
    let dear = PlaceOrder { delivery: iqd(huge), ..by_transfer(1, "94", huge) };
    Book::new().when(place(dear)).then_refused(MoneyError::OutOfRange.into());
    let discounted = PlaceOrder {
        lines: vec![line("1", huge)],
        discount: iqd(huge),
        delivery: iqd(huge),
        ..by_transfer(1, "94", huge)
    };
    Book::new().when(place(discounted)).then_refused(MoneyError::OutOfRange.into());
}

#[test]
fn numbers_are_gapless_in_the_year_of_the_business_time_zone() {
    let mut book = Book::new();
    // 23:59 in Baghdad, and a minute later.
    book.now = Utc.with_ymd_and_hms(2025, 12, 31, 20, 59, 0).unwrap();
    book = book.and(place(by_transfer(1, "94", "44"))).and(place(by_transfer(2, "94", "44")));
    book = book.later(Duration::minutes(1)).and(place(by_transfer(3, "94", "44")));
    let numbers = [1, 2, 3].map(|n| book.facts(order(n)).number.to_string());
    assert_eq!(numbers, ["M2500001", "M2500002", "M2600001"]);
}

#[test]
fn a_counter_follows_the_highest_imported_number_and_several_orders_in_one_decision_differ() {
    let mut old = old_order("M2511128", "94", "44");
    old.method = Method::BankTransferGrace;
    let mut book = given([import(1, old)]);
    let both = vec![place(by_transfer(2, "94", "44")), place(by_transfer(3, "94", "44"))];
    book.take_all(both).unwrap();
    assert_eq!(book.facts(order(2)).number.as_str(), "M2511129");
    assert_eq!(book.facts(order(3)).number.as_str(), "M2511130");
}

#[test]
fn of_several_commands_in_one_decision_all_happen_or_none() {
    let mut book = given([top_up("94", 1, "50")]);
    let both = vec![place(by_wallet(1, "94", "44")), place(by_wallet(2, "94", "44"))];
    assert_eq!(book.take_all(both).unwrap_err().code(), "insufficient-funds");
    assert!(!book.is_placed(order(1)));
    assert_eq!(book.balance("94"), "50");
}
