//! A book's working week. How long something has waited counts the hours in which somebody could have
//! seen to it, so that nobody is called on the day of rest for what came in the evening before.

use std::fmt;

use chrono::{
    DateTime, Datelike as _, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc, Weekday,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// When work begins and ends on a working day: `09:00-17:00`. It ends on the day on which it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WorkingHours {
    from: NaiveTime,
    to: NaiveTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("working hours are written as in 09:00-17:00, of one day")]
pub struct WorkingHoursError;

impl WorkingHours {
    /// At least an hour: whoever never works never sees to anything.
    pub fn new(from: NaiveTime, to: NaiveTime) -> Result<Self, WorkingHoursError> {
        let is_long_enough = to.signed_duration_since(from) >= TimeDelta::hours(1);
        is_long_enough.then_some(Self { from, to }).ok_or(WorkingHoursError)
    }
}

const FORM: &str = "%H:%M";

impl TryFrom<String> for WorkingHours {
    type Error = WorkingHoursError;

    fn try_from(text: String) -> Result<Self, WorkingHoursError> {
        let (from, to) = text.split_once('-').ok_or(WorkingHoursError)?;
        let time = |text| NaiveTime::parse_from_str(text, FORM).map_err(|_| WorkingHoursError);
        let hours = Self::new(time(from)?, time(to)?)?;
        // One form only: what is stored is what was written.
        if hours.to_string() == text { Ok(hours) } else { Err(WorkingHoursError) }
    }
}

impl From<WorkingHours> for String {
    fn from(hours: WorkingHours) -> Self {
        hours.to_string()
    }
}

impl fmt::Display for WorkingHours {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.from.format(FORM), self.to.format(FORM))
    }
}

/// The days and hours at which a book's people work, in its time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkingWeek<'a> {
    pub days: &'a [Weekday],
    pub hours: WorkingHours,
    pub zone: Tz,
}

impl WorkingWeek<'_> {
    /// How much working time lies between two times; none if the second is not the later one.
    pub fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        let mut sum = TimeDelta::zero();
        let (mut day, last) = (self.day(from), self.day(to));
        while day <= last {
            if let Some((begins, ends)) = self.work(day) {
                let part = ends.min(to).signed_duration_since(begins.max(from));
                sum = sum.checked_add(&part.max(TimeDelta::zero())).unwrap_or(TimeDelta::MAX);
            }
            let Some(next) = day.succ_opt() else { break };
            day = next;
        }
        sum
    }

    /// The time from which on `time` of work has passed by now: whatever is older has waited longer.
    pub fn before(&self, now: DateTime<Utc>, time: TimeDelta) -> DateTime<Utc> {
        if self.days.is_empty() {
            return DateTime::<Utc>::MIN_UTC;
        }
        let (mut left, mut day) = (time, self.day(now));
        loop {
            if let Some((begins, ends)) = self.work(day)
                && begins < now
            {
                let part = ends.min(now).signed_duration_since(begins);
                match left.checked_sub(&part) {
                    Some(more) if more > TimeDelta::zero() => left = more,
                    Some(_) | None => {
                        return ends.min(now).checked_sub_signed(left).unwrap_or(begins);
                    }
                }
            }
            let Some(earlier) = day.pred_opt() else { return DateTime::<Utc>::MIN_UTC };
            day = earlier;
        }
    }

    fn day(&self, time: DateTime<Utc>) -> NaiveDate {
        time.with_timezone(&self.zone).date_naive()
    }

    /// When people work on a day; none on a day of rest, and on one that a change of clocks took the
    /// hours of.
    fn work(&self, day: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        if !self.days.contains(&day.weekday()) {
            return None;
        }
        let at = |time: NaiveTime| {
            let local = self.zone.from_local_datetime(&day.and_time(time));
            local.earliest().map(|time| time.with_timezone(&Utc))
        };
        Some((at(self.hours.from)?, at(self.hours.to)?))
    }
}
