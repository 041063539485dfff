//! Settings: policy changed by events, each value checked.

use chrono::{Duration, Weekday};
use domain::Rejection;
use domain::decide::Command;
use domain::id::Text;
use domain::money::Currency;
use domain::settings::{Setting, Settings};

use crate::book::{Book, given};
use crate::build::{amount, because, by_transfer, decimal, iqd, noon, order, place, top_up, usd};

fn change(setting: Setting) -> Command {
    Command::ChangeSetting { setting, reason: because() }
}

#[test]
fn a_setting_applies_from_its_change_on_and_the_same_value_again_is_no_event() {
    let book = given([place(by_transfer(1, "94", "44"))])
        .when(change(Setting::BankTransferHours(48)))
        .then(&["settings.changed"])
        .when(change(Setting::BankTransferHours(48)))
        .then_nothing()
        .and(place(by_transfer(2, "94", "44")));
    assert_eq!(book.facts(order(1)).deadline, Some(noon() + Duration::hours(72)));
    assert_eq!(book.facts(order(2)).deadline, Some(noon() + Duration::hours(48)));
}

#[test]
fn every_setting_can_be_changed() {
    let before = Settings::default();
    let settings = [
        Setting::BankTransferHours(1),
        Setting::PaymentMinutes(1),
        Setting::ReviewExtensionHours(1),
        Setting::ReviewExtensionTotalHours(1),
        Setting::FourEyesThreshold(amount("5")),
        Setting::TimeZone(chrono_tz::Tz::UTC),
        Setting::NumberPrefix(Text::new("QX").unwrap()),
        Setting::Currencies(vec![Currency::IQD, Currency::USD]),
        Setting::SettlementUnit(decimal("250")),
        Setting::ShortfallTolerance(iqd("250")),
        Setting::ReminderHours(0),
        Setting::WorkingDays(vec![Weekday::Sat, Weekday::Sun]),
        Setting::WorkingHours("08:30-14:00".to_owned().try_into().unwrap()),
        Setting::ReleaseHours(7),
        Setting::ReceiptHours(7),
        Setting::PackingHours(7),
        Setting::DeliveryHours(7),
        Setting::UnallocatedHours(7),
        Setting::SuspenseHours(7),
        Setting::DeadlineLateMinutes(7),
        Setting::ClaimedOffPercent(7),
        Setting::LargeCredit(amount("5")),
        Setting::ManyRejections(7),
        Setting::WebhookFailingMinutes(7),
        Setting::ScrubLapHours(7),
        Setting::DiskFreeMib(7),
        Setting::WalMib(7),
        Setting::ClockBehindSeconds(7),
    ];
    let mut book = Book::new();
    for setting in settings {
        let earlier = book.settings();
        book = book.and(change(setting));
        assert_ne!(book.settings(), Settings { version: book.settings().version, ..earlier });
    }
    let after = book.settings();
    assert_eq!(after.version, 28);
    assert_ne!(after.number_prefix, before.number_prefix);
    book.and(place(by_transfer(1, "94", "1000"))).when(top_up("94", 1, "5")).then(&[
        "payment.recorded",
        "wallet.opened",
        "payment.allocated",
        "wallet.topped_up",
    ]);
}

#[test]
fn a_value_outside_its_range_is_refused() {
    let unit = |text| Setting::SettlementUnit(decimal(text));
    for wrong in [
        Setting::BankTransferHours(0),
        Setting::BankTransferHours(24 * 366 + 1),
        Setting::PaymentMinutes(0),
        Setting::ReviewExtensionHours(0),
        Setting::ReviewExtensionTotalHours(u32::MAX),
        Setting::NumberPrefix(Text::new("m").unwrap()),
        Setting::NumberPrefix(Text::new("M2").unwrap()),
        Setting::Currencies(vec![]),
        Setting::Currencies(vec![Currency::IQD, Currency::IQD]),
        Setting::ShortfallTolerance(iqd("-1")),
        Setting::ReminderHours(24 * 366 + 1),
        Setting::FourEyesThreshold(usd("1")),
        unit("-1"),
        unit("0.0001"),
        unit("1000001"),
    ] {
        Book::new().when(change(wrong)).then_refused(Rejection::SettingOutOfRange);
    }
}

#[test]
fn nothing_moved_needs_no_second_person_in_any_currency() {
    let settings = Settings::default();
    let dollars = usd("1").money();
    let no_dollars = dollars.checked_sub(dollars).unwrap();
    assert!(settings.one_person_may_move(no_dollars, no_dollars).is_ok());
    assert!(settings.one_person_may_move(dollars, no_dollars).is_err());
    assert!(settings.one_person_may_move(iqd("1000000"), iqd("0")).is_ok());
    assert!(settings.one_person_may_move(iqd("1000000.001"), iqd("0")).is_err());
}

#[test]
fn one_person_alone_loosens_no_four_eyes() {
    let raised = || change(Setting::FourEyesThreshold(amount("1000001")));
    let moved = || change(Setting::TimeZone(chrono_tz::Tz::UTC));
    Book::new()
        .when(raised())
        .then_code("needs-second-person")
        .when(moved())
        .then_code("needs-second-person")
        .when(change(Setting::TimeZone(chrono_tz::Tz::Asia__Baghdad)))
        .then_nothing()
        .and(raised())
        .and(moved())
        .when(change(Setting::FourEyesThreshold(amount("5"))))
        .then(&["settings.changed"])
        .when(raised())
        .then_code("needs-second-person");
}
