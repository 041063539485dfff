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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_are_spread_over_about_three_days() {
        for random in [0, 20, 40, 41, u32::MAX] {
            let delays: Vec<_> = (1..=9).map(|tries| delay(tries, None, random).unwrap()).collect();
            let all = delays.iter().sum::<TimeDelta>();
            assert!(all > TimeDelta::hours(60) && all < TimeDelta::hours(92), "{random}: {all}");
            assert!(delays.is_sorted());
        }
        assert_eq!(delay(1, None, 20), Some(TimeDelta::seconds(5)));
        assert_eq!(delay(10, None, 20), None);
        assert_eq!(delay(0, None, 20), None);
    }

    #[test]
    fn a_receiver_is_left_alone_for_as_long_as_it_asks_and_no_longer_than_a_day() {
        let asks = |seconds| delay(1, Some(TimeDelta::seconds(seconds)), 20).unwrap();
        assert_eq!(asks(1), TimeDelta::seconds(5));
        assert_eq!(asks(90), TimeDelta::seconds(90));
        assert_eq!(asks(1_000_000), TimeDelta::days(1));
    }
}
