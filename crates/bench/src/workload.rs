//! What the clients ask for.

use std::fmt;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde::Serialize;

/// How many customers there are, each with a wallet that lasts.
pub(crate) const CUSTOMERS: u32 = 1_000;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Workload {
    /// An order is opened and paid from its customer's wallet: three events on two streams.
    Full,
    /// The same, of one customer: everybody wants the one wallet.
    HotWallet,
    /// An order goes on by one step: one event.
    Advance,
    /// Orders opened and led on, of customers of whom few buy much and many buy little.
    Mix,
}

impl Workload {
    pub(crate) const ALL: [Self; 4] = [Self::Full, Self::HotWallet, Self::Advance, Self::Mix];
}

impl fmt::Display for Workload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Full => "full",
            Self::HotWallet => "hot_wallet",
            Self::Advance => "advance",
            Self::Mix => "mix",
        })
    }
}

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Opens an order of a customer.
    Open { customer: u32 },
    /// Leads the order on that the client opened last.
    Advance(Stage),
}

/// What comes after an order was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Release,
    Start,
    Pack,
}

/// The steps of one client, which follow from its number.
#[derive(Debug)]
pub(crate) struct Steps {
    workload: Workload,
    dice: StdRng,
    /// What the order that was opened last is ready for.
    next: Option<Stage>,
}

impl Steps {
    pub(crate) fn new(workload: Workload, client: u32) -> Self {
        Self { workload, dice: StdRng::seed_from_u64(client.into()), next: None }
    }

    /// The next step, and whether it counts: an order has to be opened before it is led on.
    pub(crate) fn next(&mut self) -> (Step, bool) {
        let opens = match self.workload {
            Workload::Full | Workload::HotWallet => true,
            Workload::Advance => self.next.is_none(),
            Workload::Mix => self.next.is_none() || self.dice.random_range(0..10) < 2,
        };
        match self.next {
            Some(stage) if !opens => {
                self.next = stage.next();
                (Step::Advance(stage), true)
            }
            Some(_) | None => {
                let customer = self.customer();
                let is_led_on = matches!(self.workload, Workload::Advance | Workload::Mix);
                self.next = is_led_on.then_some(Stage::Release);
                (Step::Open { customer }, self.workload != Workload::Advance)
            }
        }
    }

    fn customer(&mut self) -> u32 {
        match self.workload {
            Workload::HotWallet => 0,
            Workload::Full | Workload::Advance => self.dice.random_range(0..CUSTOMERS),
            Workload::Mix => zipf(&mut self.dice),
        }
    }
}

impl Stage {
    fn next(self) -> Option<Self> {
        match self {
            Self::Release => Some(Self::Start),
            Self::Start => Some(Self::Pack),
            Self::Pack => None,
        }
    }
}

/// The first of all buys twice as much as the second, three times as much as the third …: Zipf's law
/// by rejection, which needs no sums of fractions.
fn zipf(dice: &mut StdRng) -> u32 {
    loop {
        // Each power of two is as likely as the next, and within one all are.
        let power = dice.random_range(0..CUSTOMERS.ilog2() + 1);
        let rank = dice.random_range(1_u32 << power..1_u32 << (power + 1));
        // Within it, the later ones are rarer.
        if rank <= CUSTOMERS && dice.random_ratio(1 << power, rank) {
            return rank - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_customers_buy_much_and_everyone_buys() {
        let mut dice = StdRng::seed_from_u64(7);
        let mut bought = vec![0_u32; 1_000];
        for _ in 0..100_000 {
            bought[usize::try_from(zipf(&mut dice)).expect("it fits")] += 1;
        }
        assert!(bought.iter().all(|count| *count > 0));
        // The first buys twice as much as the second, and a hundred times as much as the hundredth.
        assert!((15..25).contains(&(10 * bought[0] / bought[1])), "{} {}", bought[0], bought[1]);
        assert!((50..200).contains(&(bought[0] / bought[99])), "{} {}", bought[0], bought[99]);
    }

    #[test]
    fn an_order_is_led_on_step_by_step_before_the_next_is_opened() {
        let mut steps = Steps::new(Workload::Advance, 1);
        let mut next = || steps.next();
        for _ in 0..3 {
            assert!(matches!(next(), (Step::Open { .. }, false)));
            for stage in [Stage::Release, Stage::Start, Stage::Pack] {
                assert_eq!(next(), (Step::Advance(stage), true));
            }
        }
    }
}
