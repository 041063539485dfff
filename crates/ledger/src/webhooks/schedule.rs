//! When a message that was not taken is tried again: for about three days, ever more rarely.

use chrono::TimeDelta;

/// How long after each failed attempt the next one comes, before it is spread.
const DELAYS: [TimeDelta; 9] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(14),
    TimeDelta::hours(20),
    TimeDelta::hours(24),
];
/// The longest that a receiver may ask to be left alone.
const ASKED_MAX: TimeDelta = TimeDelta::hours(24);
/// A delay is between so many hundredths of itself.
const SPREAD: (i32, i32) = (80, 120);

/// How long to wait after the `tries`th attempt failed; none after the last. `random` spreads the
/// messages that failed together, and `asked` is what the receiver's `Retry-After` said.
pub fn delay(tries: i32, asked: Option<TimeDelta>, random: u32) -> Option<TimeDelta> {
    let index = usize::try_from(tries.checked_sub(1)?).ok()?;
    let (least, most) = SPREAD;
    let width = u32::try_from(most - least).ok()?.checked_add(1)?;
    let hundredths = least + i32::try_from(random % width).ok()?;
    let spread = *DELAYS.get(index)? * hundredths / 100;
    Some(asked.map_or(spread, |asked| spread.max(asked.min(ASKED_MAX))))
}
