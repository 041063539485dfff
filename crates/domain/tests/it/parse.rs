//! What comes in as text: money, quantities, rates, texts, numbers. One spelling inside.

use domain::id::{Code, CustomerId, Text, TextError, check_text};
use domain::money::{Amount, Currency, Money, MoneyError, minor_digits, parse_decimal};
use domain::number;
use domain::order::totals::{Percent, Quantity};
use domain::settings::Setting;
use proptest::prelude::*;

use crate::build::{decimal, iqd, noon};

fn money(json: &str) -> Result<Money, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

fn dinars(text: &str) -> Result<Money, MoneyError> {
    Money::parse(text, Currency::IQD)
}

#[test]
fn money_in_json_is_a_string_with_its_currency() {
    assert_eq!(money(r#"{"amount":"44.00","currency":"IQD"}"#), Ok(iqd("44")));
    for wrong in [
        r#"{"amount":44,"currency":"IQD"}"#,
        r#"{"amount":44.5,"currency":"IQD"}"#,
        r#"{"amount":null,"currency":"IQD"}"#,
        r#"{"amount":"44"}"#,
        r#"{"amount":"44","currency":"XXXX"}"#,
        r#"{"amount":"44","currency":"IQD","more":1}"#,
        r#"{"amount":"4e1","currency":"IQD"}"#,
        r#"{"amount":"44.0001","currency":"IQD"}"#,
        r#""44 IQD""#,
        "44",
    ] {
        assert!(money(wrong).is_err(), "{wrong}");
    }
    assert_eq!(
        serde_json::to_string(&iqd("151126.170")).unwrap(),
        r#"{"amount":"151126.17","currency":"IQD"}"#
    );
}

#[test]
fn only_plain_decimals_are_numbers() {
    let long = "1".repeat(10_000);
    for wrong in [
        "",
        " ",
        "-",
        ".",
        "1.",
        ".5",
        "-.5",
        "1.2.3",
        "1e3",
        "1E3",
        "+1",
        "1,000",
        "1_000",
        " 1",
        "1 ",
        "0x10",
        "NaN",
        "inf",
        "--1",
        "1-",
        "\u{661}",
        "1\0",
        long.as_str(),
    ] {
        assert!(matches!(parse_decimal(wrong), Err(MoneyError::NotANumber(_))), "{wrong:?}");
    }
    for (text, value) in [("0", "0"), ("007", "7"), ("-1.50", "-1.5"), ("44.00", "44")] {
        assert_eq!(parse_decimal(text), Ok(decimal(value)), "{text}");
    }
    let refusal = parse_decimal(&long).unwrap_err().to_string();
    assert!(refusal.len() < 100, "what is refused is not echoed in full");
    assert_eq!(parse_decimal(&"9".repeat(40)), Err(MoneyError::OutOfRange));
}

#[test]
fn money_has_one_spelling() {
    for (text, spelling) in
        [("44.000", "44"), ("-0", "0"), ("-0.000", "0"), ("0.50", "0.5"), ("0001", "1")]
    {
        assert_eq!(dinars(text).unwrap().amount().to_string(), spelling, "{text}");
    }
    assert_eq!(dinars("-0"), Ok(Money::zero(Currency::IQD)));
    assert_eq!(iqd("0").negated(), iqd("0"));
    assert!(!dinars("-0").unwrap().is_negative());
    assert_eq!(iqd("-5").negated(), iqd("5"));
    assert_eq!(iqd("5").negated().to_string(), "-5 IQD");
}

#[test]
fn an_input_finer_than_the_currency_is_refused_and_a_computed_sum_is_rounded_half_up() {
    assert!(dinars("1.001").is_ok());
    assert!(dinars("1.0010").is_ok());
    assert!(matches!(dinars("1.0001"), Err(MoneyError::TooFine { digits: 3, .. })));
    assert!(Money::parse("1.001", Currency::USD).is_err());
    assert!(Money::parse("1.5", Currency::JPY).is_err());
    assert_eq!(minor_digits(Currency::IQD), 3);
    let rounded = |text| Money::rounded(decimal(text), Currency::IQD).unwrap();
    assert_eq!(rounded("0.0005"), iqd("0.001"));
    assert_eq!(rounded("0.00049999"), iqd("0"));
    assert_eq!(rounded("-0.0005"), iqd("-0.001"));
}

#[test]
fn sums_stay_within_sixteen_digits() {
    let most = iqd("9999999999999999");
    assert!(dinars("10000000000000000").is_err());
    assert_eq!(dinars("-10000000000000000"), Err(MoneyError::OutOfRange));
    assert_eq!(most.checked_add(iqd("0.001")), Err(MoneyError::OutOfRange));
    assert_eq!(most.negated().checked_sub(iqd("0.001")), Err(MoneyError::OutOfRange));
    assert_eq!(most.checked_sub(most), Ok(iqd("0")));
}

#[test]
fn currencies_do_not_mix() {
    let dollar = Money::parse("1", Currency::USD).unwrap();
    let mismatch = MoneyError::CurrencyMismatch(Currency::IQD, Currency::USD);
    assert_eq!(iqd("1").checked_add(dollar), Err(mismatch.clone()));
    assert_eq!(iqd("1").checked_sub(dollar), Err(mismatch.clone()));
    assert_eq!(iqd("1").min(dollar), Err(mismatch));
    assert!(!iqd("100").covers(dollar));
}

#[test]
fn an_amount_is_more_than_zero() {
    assert!(iqd("0.001").as_amount().is_some());
    assert_eq!(iqd("0").as_amount(), None);
    assert_eq!(iqd("-1").as_amount(), None);
    for wrong in ["0", "-0", "-1"] {
        let json = format!(r#"{{"amount":"{wrong}","currency":"IQD"}}"#);
        assert!(serde_json::from_str::<Amount>(&json).is_err(), "{wrong}");
    }
}

#[test]
fn a_quantity_is_more_than_zero_with_three_decimals_at_most() {
    let read = |json: &str| serde_json::from_str::<Quantity>(json);
    for wrong in [
        "1",
        "1.5",
        "null",
        r#""0""#,
        r#""-0""#,
        r#""-1""#,
        r#""0.0001""#,
        r#""1e3""#,
        r#""1000000001""#,
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
    let quantity = read(r#""2.500""#).unwrap();
    assert_eq!(serde_json::to_string(&quantity).unwrap(), r#""2.5""#);
    assert!(read(r#""1000000000""#).is_ok());
}

#[test]
fn a_rate_is_between_zero_and_a_hundred_with_four_decimals_at_most() {
    let read = |json: &str| serde_json::from_str::<Percent>(json);
    for wrong in ["15", r#""-1""#, r#""100.1""#, r#""1.00001""#, r#""15%""#] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
    assert_eq!(read(r#""0""#).unwrap(), Percent::ZERO);
    assert_eq!(serde_json::to_string(&read(r#""-0""#).unwrap()).unwrap(), r#""0""#);
    assert_eq!(serde_json::to_string(&read(r#""15.00""#).unwrap()).unwrap(), r#""15""#);
}

#[test]
fn a_settlement_unit_in_json_is_a_string_too() {
    let read = |json: &str| serde_json::from_str::<Setting>(json);
    assert_eq!(
        read(r#"{"settlement_unit":"0.25"}"#).unwrap(),
        Setting::SettlementUnit(decimal("0.25"))
    );
    for wrong in
        [r#"{"settlement_unit":0.25}"#, r#"{"settlement_unit":1}"#, r#"{"settlement_unit":"1e3"}"#]
    {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_text_is_visible_bounded_and_without_control_characters() {
    assert_eq!(Code::new(""), Err(TextError::Empty));
    assert_eq!(Code::new(" \u{a0}\t"), Err(TextError::Empty));
    assert_eq!(Code::new("a\0b"), Err(TextError::ControlCharacter));
    assert_eq!(Code::new("a\u{7f}b"), Err(TextError::ControlCharacter));
    assert_eq!(Code::new("a\u{85}b"), Err(TextError::ControlCharacter));
    assert_eq!(Code::new("x".repeat(10_000)), Err(TextError::TooLong(128)));
    assert_eq!(CustomerId::new("x".repeat(65)), Err(TextError::TooLong(64)));
    // Characters count, not bytes.
    assert!(CustomerId::new("\u{639}".repeat(64)).is_ok());
    assert!(check_text("two\nlines", 9).is_ok());
    assert!(serde_json::from_str::<Text<4>>(r#""abcde""#).is_err());
    assert!(serde_json::from_str::<Text<4>>(r#""a\u0000""#).is_err());
    assert!(serde_json::from_str::<Text<4>>("12").is_err());
    assert_eq!(serde_json::from_str::<Text<4>>(r#""abcd""#).unwrap().as_str(), "abcd");
}

#[test]
fn a_number_is_prefix_year_and_a_counter_of_at_least_five_digits() {
    let parse =
        |text| number::parse("M", text).map(|(series, counter)| (series.to_string(), counter));
    assert_eq!(parse("M2511128"), Some(("M25".to_owned(), 11128)));
    assert_eq!(parse("M2500001"), Some(("M25".to_owned(), 1)));
    assert_eq!(parse("M25100000"), Some(("M25".to_owned(), 100_000)));
    for wrong in [
        "M251112",
        "M25000001",
        "Q2511128",
        "M25T003",
        "M25-1128",
        "2511128",
        "M",
        "",
        "M2599999999999",
        "M25\u{661}1128",
    ] {
        assert_eq!(parse(wrong), None, "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(crate::cases()) })]

    #[test]
    fn a_number_that_is_allotted_is_read_back(counter in 1_u32..) {
        let series = number::series("M", noon(), chrono_tz::Tz::Asia__Baghdad).unwrap();
        let allotted = number::number(&series, counter).unwrap();
        prop_assert_eq!(number::parse("M", allotted.as_str()), Some((series, counter)));
    }

    #[test]
    fn no_text_breaks_the_readers(text in ".*") {
        if let Ok(money) = dinars(&text) {
            let again = dinars(&money.amount().to_string());
            prop_assert_eq!(again, Ok(money));
        }
        if let Ok(code) = Code::new(text) {
            let json = serde_json::to_string(&code).unwrap();
            prop_assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), code);
        }
    }

    #[test]
    fn money_that_is_written_is_read_back(thousandths in -9_999_999_999_999_999_i64..9_999_999_999_999_999) {
        let money = Money::new(rust_decimal::Decimal::new(thousandths, 3), Currency::IQD).unwrap();
        let json = serde_json::to_string(&money).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        prop_assert_eq!(money.negated().negated(), money);
    }
}
