//! Settings as a list: complete by construction, and each described.

use domain::settings::{Setting, Settings};
use ledger::book_settings::{describe, display, names, parse};
use serde_json::Value;

#[test]
fn every_setting_is_listed_with_what_it_holds_and_means() {
    let settings = Settings::default();
    let Value::Object(mut kept) = serde_json::to_value(&settings).unwrap() else { unreachable!() };
    kept.remove("version");
    let described = describe(&settings);
    let listed: Vec<&str> = described.iter().map(|one| one.name).collect();
    assert_eq!(listed, names());
    assert_eq!(listed.len(), kept.len(), "each that is kept can be set, and none else");
    assert!(listed.len() >= 9);
    for one in &described {
        assert_eq!(Some(&one.value), kept.get(one.name), "{one:?}");
        assert!(!one.unit.is_empty() && !one.meaning.is_empty(), "say what {} means", one.name);
    }
}

#[test]
fn every_setting_is_read_back_from_what_is_shown_of_it() {
    for one in describe(&Settings::default()) {
        let setting = parse(one.name, &display(&one.default)).unwrap();
        let written = serde_json::to_value(&setting).unwrap();
        assert_eq!(written.get(one.name), Some(&one.default), "{written}");
    }
}

#[test]
fn an_unknown_name_is_told_all_names_and_a_bad_value_why() {
    let unknown = parse("grace", "3").unwrap_err().to_string();
    for name in names() {
        assert!(unknown.contains(name), "{unknown}");
    }
    for (name, text) in [
        ("payment_minutes", "soon"),
        ("payment_minutes", "-1"),
        ("four_eyes_threshold", "5"),
        ("four_eyes_threshold", "0 IQD"),
        ("four_eyes_threshold", "5 XYZ"),
        ("time_zone", "Baghdad"),
        ("currencies", "IQD,,USD"),
        ("settlement_unit", "a quarter"),
    ] {
        let error = parse(name, text).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
    assert_eq!(parse("payment_minutes", " 45 ").unwrap(), Setting::PaymentMinutes(45));
}
