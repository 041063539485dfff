//! Working time: what lies between two times, and how far back a span of it reaches.

use chrono::{DateTime, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use domain::settings::Settings;
use domain::working_week::{WorkingHours, WorkingWeek};
use proptest::prelude::*;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn hours(from_to: &str) -> Result<WorkingHours, impl std::error::Error> {
    WorkingHours::try_from(from_to.to_owned())
}

#[test]
fn a_night_and_a_day_of_rest_do_not_count() {
    let settings = Settings::default();
    let week = settings.working_week();
    // Thursday, 16:00 in Baghdad, until Sunday, 10:00: an hour on each side.
    let (thursday, sunday) = (utc("2026-11-19T13:00:00Z"), utc("2026-11-22T07:00:00Z"));
    assert_eq!(week.between(thursday, sunday), TimeDelta::hours(2));
    assert_eq!(week.before(sunday, TimeDelta::hours(2)), thursday);
    // Friday: no work has passed since Thursday's end.
    let friday = utc("2026-11-20T12:00:00Z");
    assert_eq!(week.between(utc("2026-11-19T14:00:00Z"), friday), TimeDelta::zero());
    assert_eq!(week.before(friday, TimeDelta::hours(8)), utc("2026-11-19T06:00:00Z"));
    assert_eq!(week.between(sunday, thursday), TimeDelta::zero());
}

#[test]
fn only_hours_of_one_day_are_working_hours() {
    for text in ["09:00-17:00", "00:00-01:00", "22:59-23:59"] {
        assert_eq!(hours(text).unwrap().to_string(), text);
    }
    for text in ["17:00-09:00", "09:00-09:59", "9:00-17:00", "09:00", "09:00-24:00", "", "x-y"] {
        assert!(hours(text).is_err(), "{text}");
    }
}

proptest! {
    /// One is the other's inverse, through changes of clocks as well.
    #[test]
    fn as_much_work_as_reaches_back_lies_between(
        now in 1_700_000_000_i64..1_900_000_000,
        minutes in 1_i64..20_000,
        zone in prop::sample::select(vec![Tz::Asia__Baghdad, Tz::Europe__Berlin, Tz::UTC]),
        days in prop::sample::subsequence(
            vec![Weekday::Sun, Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri],
            1..=6,
        ),
    ) {
        let now = DateTime::from_timestamp(now, 0).unwrap();
        let week = WorkingWeek { days: &days, hours: hours("01:30-10:30").unwrap(), zone };
        let since = week.before(now, TimeDelta::minutes(minutes));
        prop_assert_eq!(week.between(since, now), TimeDelta::minutes(minutes));
    }
}
