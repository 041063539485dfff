//! What must hold, as ratios of one run: a machine that is shared and noisy asserts nothing else.

use std::time::Duration;

use anyhow::{Context as _, Result};
use rust_decimal::Decimal;
use serde::Serialize;

/// One ratio, and what it must be.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Gate {
    pub(crate) name: &'static str,
    /// What is divided by what.
    pub(crate) of: &'static str,
    #[serde(with = "rust_decimal::serde::str")]
    pub(crate) ratio: Decimal,
    #[serde(flatten)]
    pub(crate) bound: Bound,
    pub(crate) holds: bool,
}

/// Where a ratio has to lie.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    AtLeast(#[serde(with = "rust_decimal::serde::str")] Decimal),
    AtMost(#[serde(with = "rust_decimal::serde::str")] Decimal),
}

impl Gate {
    pub(crate) fn new(name: &'static str, of: &'static str, ratio: Decimal, bound: Bound) -> Self {
        let holds = match bound {
            Bound::AtLeast(least) => ratio >= least,
            Bound::AtMost(most) => ratio <= most,
        };
        Self { name, of, ratio: ratio.round_sf(3).unwrap_or(ratio).normalize(), bound, holds }
    }
}

/// At least so many hundredths.
pub(crate) fn at_least(hundredths: i64) -> Bound {
    Bound::AtLeast(Decimal::new(hundredths, 2))
}

/// At most so many hundredths.
pub(crate) fn at_most(hundredths: i64) -> Bound {
    Bound::AtMost(Decimal::new(hundredths, 2))
}

/// The one in the middle; the lower of the two that are, where there are two.
pub(crate) fn median(mut values: Vec<Decimal>) -> Option<Decimal> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

/// The median of the repeats' ratios, since only what ran side by side is to be compared.
pub(crate) fn ratio(upper: &[Decimal], lower: &[Decimal]) -> Result<Decimal> {
    let least = Decimal::new(1, 3);
    let ratios = upper.iter().zip(lower).map(|(upper, lower)| *upper / (*lower).max(least));
    median(ratios.collect()).context("at least one repeat")
}

/// How many a second.
pub(crate) fn per_second(count: u64, took: Duration) -> Decimal {
    let micros = Decimal::from(took.as_micros().max(1));
    Decimal::from(count) * Decimal::from(1_000_000) / micros
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(values: &[i64]) -> Vec<Decimal> {
        values.iter().copied().map(Decimal::from).collect()
    }

    #[test]
    fn a_ratio_is_formed_within_a_repeat_and_the_one_in_the_middle_counts() {
        // The quotient of the two medians would be 1.
        let (upper, lower) = (all(&[10, 40, 20]), all(&[5, 20, 40]));
        assert_eq!(ratio(&upper, &lower).unwrap(), Decimal::from(2));
        assert_eq!(median(all(&[4, 1, 3, 2])), Some(Decimal::from(2)));
        assert_eq!(median(Vec::new()), None);
        assert!(ratio(&[], &[]).is_err());
        assert!(ratio(&all(&[1]), &all(&[0])).is_ok(), "nothing is divided by nothing");
    }

    #[test]
    fn a_gate_holds_up_to_its_bound_and_no_further() {
        let gate =
            |hundredths, bound| Gate::new("a", "b", Decimal::new(hundredths, 2), bound).holds;
        assert!(gate(40, at_least(40)) && !gate(39, at_least(40)));
        assert!(gate(450, at_most(450)) && !gate(451, at_most(450)));
    }
}
