//! A book's settings: policy is data, changed by events with an actor and a reason.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::{Reason, Text};
use crate::money::{Amount, Currency, Money};
use crate::order::Extension;
use crate::order::status::Channel;
use crate::rejection::Rejection;
use crate::working_week::{WorkingHours, WorkingWeek};

/// One setting and its value, in the unit that its name ends with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Setting {
    /// How long a bank transfer may take.
    BankTransferHours(u32),
    /// How long a wallet or gateway payment may take.
    PaymentMinutes(u32),
    /// What a review that ends without settling gives at least.
    ReviewExtensionHours(u32),
    /// What such extensions may come to, from the first deadline on.
    ReviewExtensionTotalHours(u32),
    /// What one person may move alone.
    FourEyesThreshold(Amount),
    TimeZone(#[cfg_attr(feature = "schema", schemars(with = "crate::schema::TimeZoneName"))] Tz),
    /// What order numbers start with.
    NumberPrefix(Text<8>),
    /// The currencies that the book takes; the first one is its own.
    Currencies(
        #[cfg_attr(feature = "schema", schemars(with = "Vec<crate::schema::CurrencyCode>"))]
        Vec<Currency>,
    ),
    /// How many wrong tries lock a delivery code.
    DeliveryCodeTries(u32),
    /// How long goods may be returned once everything is delivered.
    ReturnWindowDays(u32),
    /// What totals are rounded to; "0" for none.
    SettlementUnit(
        #[serde(with = "crate::money::decimal_text")]
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::SettlementUnit"))]
        Decimal,
    ),
    /// Up to this, what a receipt lacks is forgiven when the wallet does not cover it.
    ShortfallTolerance(Money),
    /// How long before its deadline an order's customer is reminded; 0 for never.
    ReminderHours(u32),
    /// The days on which people work.
    WorkingDays(
        #[cfg_attr(feature = "schema", schemars(with = "Vec<crate::schema::Day>"))] Vec<Weekday>,
    ),
    /// When they work on such a day.
    WorkingHours(WorkingHours),
    /// How much working time finance has for releasing a paid order.
    ReleaseHours(u32),
    /// How much working time finance has for answering a receipt.
    ReceiptHours(u32),
    /// How much working time the warehouse has for an order.
    PackingHours(u32),
    /// How much working time a dispatched order may be under way.
    DeliveryHours(u32),
    /// How much working time money may wait for its order or wallet.
    UnallocatedHours(u32),
    /// How much working time a suspense item may stay unexplained.
    SuspenseHours(u32),
    /// How late a deadline may be fired.
    DeadlineLateMinutes(u32),
    /// How far a receipt's claim may be from what is due, as a part of that.
    ClaimedOffPercent(u32),
    /// What one credit to a wallet may come to before somebody looks at it.
    LargeCredit(Amount),
    /// How many rejected receipts of a customer in a week are many.
    ManyRejections(u32),
    /// How long an endpoint of webhooks may fail.
    WebhookFailingMinutes(u32),
    /// How old the scrubber's last whole lap may be.
    ScrubLapHours(u32),
    /// How much of the database's disk must be free.
    DiskFreeMib(u32),
    /// What the database's write-ahead log may come to.
    WalMib(u32),
    /// How far a node's clock may be behind the log's last event.
    ClockBehindSeconds(u32),
}

/// What has happened to a book's settings. Stored for ever: add variants, never change one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A setting of the book has another value from here on.
    Changed { setting: Setting, reason: Reason },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Change { setting: Setting, reason: Reason },
}

/// The settings in force. A new book starts with the defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// How many events the stream holds.
    pub version: u64,
    pub bank_transfer_hours: u32,
    pub payment_minutes: u32,
    pub review_extension_hours: u32,
    pub review_extension_total_hours: u32,
    pub four_eyes_threshold: Amount,
    pub time_zone: Tz,
    pub number_prefix: Text<8>,
    pub currencies: Vec<Currency>,
    pub settlement_unit: Decimal,
    pub delivery_code_tries: u32,
    pub return_window_days: u32,
    pub shortfall_tolerance: Money,
    pub reminder_hours: u32,
    pub working_days: Vec<Weekday>,
    pub working_hours: WorkingHours,
    pub release_hours: u32,
    pub receipt_hours: u32,
    pub packing_hours: u32,
    pub delivery_hours: u32,
    pub unallocated_hours: u32,
    pub suspense_hours: u32,
    pub deadline_late_minutes: u32,
    pub claimed_off_percent: u32,
    pub large_credit: Amount,
    pub many_rejections: u32,
    pub webhook_failing_minutes: u32,
    pub scrub_lap_hours: u32,
    pub disk_free_mib: u32,
    pub wal_mib: u32,
    pub clock_behind_seconds: u32,
}

const HOURS_MAX: u32 = 24 * 366;

impl Default for Settings {
    fn default() -> Self {
        let million = Money::new(Decimal::from(1_000_000_u32), Currency::IQD);
        let threshold = million.ok().and_then(Money::as_amount);
        let large = Money::new(Decimal::from(10_000_000_u32), Currency::IQD);
        let large = large.ok().and_then(Money::as_amount);
        let working_hours = WorkingHours::try_from("09:00-17:00".to_owned());
        Self {
            version: 0,
            bank_transfer_hours: 72,
            payment_minutes: 30,
            review_extension_hours: 24,
            review_extension_total_hours: 7 * 24,
            four_eyes_threshold: threshold.expect("a million dinars is an amount"),
            time_zone: Tz::Asia__Baghdad,
            number_prefix: Text::new("M").expect("a letter is a text"),
            currencies: vec![Currency::IQD],
            settlement_unit: Decimal::ZERO,
            delivery_code_tries: 5,
            return_window_days: 14,
            shortfall_tolerance: Money::zero(Currency::IQD),
            reminder_hours: 24,
            working_days: vec![
                Weekday::Sun,
                Weekday::Mon,
                Weekday::Tue,
                Weekday::Wed,
                Weekday::Thu,
            ],
            working_hours: working_hours.expect("eight hours are long enough"),
            release_hours: 8,
            receipt_hours: 8,
            packing_hours: 16,
            delivery_hours: 40,
            unallocated_hours: 40,
            suspense_hours: 40,
            deadline_late_minutes: 5,
            claimed_off_percent: 50,
            large_credit: large.expect("ten million dinars are an amount"),
            many_rejections: 3,
            webhook_failing_minutes: 60,
            scrub_lap_hours: 24,
            disk_free_mib: 10240,
            wal_mib: 8192,
            clock_behind_seconds: 5,
        }
    }
}

impl Settings {
    /// Decides a command. No events means: the setting has this value already.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        let Command::Change { setting, reason } = command;
        setting.check()?;
        if let Setting::FourEyesThreshold(threshold) = setting
            && self.currencies.first() != Some(&threshold.currency())
        {
            // In any other currency it would stop everything, and so its lifting too.
            return Err(Rejection::SettingOutOfRange);
        }
        let mut changed = self.clone();
        changed.apply(&setting);
        if changed == *self {
            return Ok(vec![]);
        }
        Ok(vec![Event::Changed { setting, reason }])
    }

    /// What one person could move alone if a change were made, where that is a way around four
    /// eyes: a threshold that is raised, and a business day that begins anew elsewhere.
    pub(crate) fn weakens_four_eyes(&self, setting: &Setting) -> Option<Money> {
        let now = self.four_eyes_threshold.money();
        match setting {
            Setting::FourEyesThreshold(threshold) => {
                Some(threshold.money()).filter(|then| !now.covers(*then))
            }
            Setting::TimeZone(zone) => Some(now).filter(|_| *zone != self.time_zone),
            Setting::BankTransferHours(_)
            | Setting::PaymentMinutes(_)
            | Setting::ReviewExtensionHours(_)
            | Setting::ReviewExtensionTotalHours(_)
            | Setting::NumberPrefix(_)
            | Setting::Currencies(_)
            | Setting::DeliveryCodeTries(_)
            | Setting::ReturnWindowDays(_)
            | Setting::SettlementUnit(_)
            | Setting::ShortfallTolerance(_)
            | Setting::ReminderHours(_)
            | Setting::WorkingDays(_)
            | Setting::WorkingHours(_)
            | Setting::ReleaseHours(_)
            | Setting::ReceiptHours(_)
            | Setting::PackingHours(_)
            | Setting::DeliveryHours(_)
            | Setting::UnallocatedHours(_)
            | Setting::SuspenseHours(_)
            | Setting::DeadlineLateMinutes(_)
            | Setting::ClaimedOffPercent(_)
            | Setting::LargeCredit(_)
            | Setting::ManyRejections(_)
            | Setting::WebhookFailingMinutes(_)
            | Setting::ScrubLapHours(_)
            | Setting::DiskFreeMib(_)
            | Setting::WalMib(_)
            | Setting::ClockBehindSeconds(_) => None,
        }
    }

    pub fn evolve(&mut self, event: &Event) {
        let Event::Changed { setting, .. } = event;
        self.version = self.version.checked_add(1).expect("fewer than 2^64 events");
        self.apply(setting);
    }

    fn apply(&mut self, setting: &Setting) {
        match setting {
            Setting::BankTransferHours(hours) => self.bank_transfer_hours = *hours,
            Setting::PaymentMinutes(minutes) => self.payment_minutes = *minutes,
            Setting::ReviewExtensionHours(hours) => self.review_extension_hours = *hours,
            Setting::ReviewExtensionTotalHours(hours) => {
                self.review_extension_total_hours = *hours;
            }
            Setting::FourEyesThreshold(threshold) => self.four_eyes_threshold = *threshold,
            Setting::TimeZone(zone) => self.time_zone = *zone,
            Setting::NumberPrefix(prefix) => self.number_prefix = prefix.clone(),
            Setting::Currencies(currencies) => self.currencies.clone_from(currencies),
            Setting::SettlementUnit(unit) => self.settlement_unit = *unit,
            Setting::DeliveryCodeTries(tries) => self.delivery_code_tries = *tries,
            Setting::ReturnWindowDays(days) => self.return_window_days = *days,
            Setting::ShortfallTolerance(tolerance) => self.shortfall_tolerance = *tolerance,
            Setting::ReminderHours(hours) => self.reminder_hours = *hours,
            Setting::WorkingDays(days) => self.working_days.clone_from(days),
            Setting::WorkingHours(hours) => self.working_hours = *hours,
            Setting::ReleaseHours(value) => self.release_hours = *value,
            Setting::ReceiptHours(value) => self.receipt_hours = *value,
            Setting::PackingHours(value) => self.packing_hours = *value,
            Setting::DeliveryHours(value) => self.delivery_hours = *value,
            Setting::UnallocatedHours(value) => self.unallocated_hours = *value,
            Setting::SuspenseHours(value) => self.suspense_hours = *value,
            Setting::DeadlineLateMinutes(value) => self.deadline_late_minutes = *value,
            Setting::ClaimedOffPercent(value) => self.claimed_off_percent = *value,
            Setting::LargeCredit(value) => self.large_credit = *value,
            Setting::ManyRejections(value) => self.many_rejections = *value,
            Setting::WebhookFailingMinutes(value) => self.webhook_failing_minutes = *value,
            Setting::ScrubLapHours(value) => self.scrub_lap_hours = *value,
            Setting::DiskFreeMib(value) => self.disk_free_mib = *value,
            Setting::WalMib(value) => self.wal_mib = *value,
            Setting::ClockBehindSeconds(value) => self.clock_behind_seconds = *value,
        }
    }

    /// How long an unpaid order has.
    pub fn payment_period(&self, channel: Channel) -> TimeDelta {
        match channel {
            Channel::BankTransfer => TimeDelta::hours(self.bank_transfer_hours.into()),
            Channel::Wallet | Channel::Gateway => TimeDelta::minutes(self.payment_minutes.into()),
        }
    }

    /// How long before its deadline an order's customer is reminded: never in the first half of
    /// the order's time. None when the book reminds nobody, and where payment is a matter of
    /// minutes: only transfers take days.
    pub fn reminder_lead(&self, channel: Channel) -> Option<TimeDelta> {
        if channel != Channel::BankTransfer {
            return None;
        }
        let half = self.payment_period(channel).checked_div(2)?;
        let lead = TimeDelta::hours(self.reminder_hours.into()).min(half);
        (self.reminder_hours > 0).then_some(lead)
    }

    /// How far a review that ends without settling moves the deadline.
    pub fn extension(&self) -> Extension {
        Extension {
            at_least: TimeDelta::hours(self.review_extension_hours.into()),
            in_total: TimeDelta::hours(self.review_extension_total_hours.into()),
        }
    }

    /// How long goods may be returned once everything is delivered.
    pub fn return_window(&self) -> TimeDelta {
        TimeDelta::days(self.return_window_days.into())
    }

    /// Refuses what one person may not move alone, after what was moved so today. The threshold is
    /// in the book's first currency; in any other, everything needs a second person.
    pub fn one_person_may_move(&self, amount: Money, moved: Money) -> Result<(), Rejection> {
        let threshold = self.four_eyes_threshold.money();
        let sum = moved.checked_add(amount)?;
        if !amount.is_positive() || threshold.covers(sum) {
            return Ok(());
        }
        let left = threshold.checked_sub(moved).ok().filter(|left| left.is_positive());
        let left = left.unwrap_or_else(|| Money::zero(threshold.currency()));
        Err(Rejection::NeedsSecondPerson { amount, threshold, moved, left })
    }

    /// When people work, by which what waits for them is aged.
    pub fn working_week(&self) -> WorkingWeek<'_> {
        WorkingWeek { days: &self.working_days, hours: self.working_hours, zone: self.time_zone }
    }

    /// The business day of this time.
    pub fn day(&self, time: DateTime<Utc>) -> NaiveDate {
        time.with_timezone(&self.time_zone).date_naive()
    }
}

impl Setting {
    fn check(&self) -> Result<(), Rejection> {
        let fits = match self {
            Self::BankTransferHours(hours)
            | Self::ReviewExtensionHours(hours)
            | Self::ReviewExtensionTotalHours(hours)
            | Self::ReleaseHours(hours)
            | Self::ReceiptHours(hours)
            | Self::PackingHours(hours)
            | Self::DeliveryHours(hours)
            | Self::UnallocatedHours(hours)
            | Self::SuspenseHours(hours)
            | Self::ScrubLapHours(hours) => (1..=HOURS_MAX).contains(hours),
            Self::WorkingDays(days) => !days.is_empty() && are_distinct(days),
            Self::ClaimedOffPercent(percent) => (1..=10_000).contains(percent),
            Self::ManyRejections(count) => (1..=1_000).contains(count),
            Self::ClockBehindSeconds(seconds) => (1..=3_600).contains(seconds),
            Self::PaymentMinutes(minutes)
            | Self::DeadlineLateMinutes(minutes)
            | Self::WebhookFailingMinutes(minutes) => (1..=60 * HOURS_MAX).contains(minutes),
            Self::DeliveryCodeTries(tries) => (1..=100).contains(tries),
            Self::ReturnWindowDays(days) => *days <= 366,
            Self::ShortfallTolerance(tolerance) => !tolerance.is_negative(),
            Self::ReminderHours(hours) => *hours <= HOURS_MAX,
            Self::FourEyesThreshold(_)
            | Self::LargeCredit(_)
            | Self::DiskFreeMib(_)
            | Self::WalMib(_)
            | Self::WorkingHours(_)
            | Self::TimeZone(_) => true,
            Self::NumberPrefix(prefix) => {
                prefix.as_str().chars().all(|letter| letter.is_ascii_uppercase())
            }
            Self::Currencies(currencies) => !currencies.is_empty() && are_distinct(currencies),
            Self::SettlementUnit(unit) => {
                *unit >= Decimal::ZERO && *unit <= Decimal::from(1_000_000_u32) && unit.scale() <= 3
            }
        };
        if fits { Ok(()) } else { Err(Rejection::SettingOutOfRange) }
    }
}

fn are_distinct<T: PartialEq>(items: &[T]) -> bool {
    let is_new = |(index, item): (usize, &T)| !items.iter().take(index).any(|other| other == item);
    items.iter().enumerate().all(is_new)
}
