//! A closed loop: so many clients, each asking for the next thing as soon as it has the last.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use futures::future::BoxFuture;
use hdrhistogram::Histogram;
use rust_decimal::Decimal;
use tokio::task::JoinSet;

use crate::gates::per_second;
use crate::server::{Server, Used};

/// How long everything is run before it counts.
const WARM_UP: Duration = Duration::from_millis(400);
/// The longest time that is told apart from longer ones.
const LONGEST_MICROSECONDS: u64 = 60_000_000;
const DIGITS: u8 = 3;

/// One who asks for one thing after the other.
pub(crate) trait Client: Send {
    /// Asks for the next thing.
    fn next(&mut self) -> BoxFuture<'_, Result<Done>>;
}

/// What was done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    /// How many events came of it.
    pub(crate) events: u32,
    /// It is of what is measured, and no preparation of it.
    pub(crate) counts: bool,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) commands: u64,
    pub(crate) events: u64,
    pub(crate) took: Duration,
    /// In microseconds.
    pub(crate) latencies: Histogram<u64>,
    /// What the database used.
    pub(crate) used: Used,
}

impl Run {
    /// Commands a second.
    pub(crate) fn rate(&self) -> Decimal {
        per_second(self.commands, self.took)
    }

    /// In microseconds.
    pub(crate) fn quantile(&self, thousandths: u64) -> Decimal {
        // Of the histogram's own counts, so that nothing is a fraction.
        let rank = (self.latencies.len() * thousandths).div_ceil(1_000).max(1);
        let mut seen = 0;
        for value in self.latencies.iter_recorded() {
            seen += value.count_at_value();
            if seen >= rank {
                return Decimal::from(value.value_iterated_to());
            }
        }
        Decimal::ZERO
    }

    pub(crate) fn per_event(&self, sum: u128) -> Decimal {
        Decimal::from(sum) / Decimal::from(self.events.max(1))
    }
}

/// Lets all of them work for a while.
pub(crate) async fn run(
    server: &Server,
    clients: Vec<Box<dyn Client>>,
    time: Duration,
) -> Result<Run> {
    server.checkpoint().await?;
    let begins = Instant::now() + WARM_UP;
    let ends = begins + time;
    let mut working = JoinSet::new();
    for client in clients {
        working.spawn(work(client, begins, ends));
    }
    tokio::time::sleep_until(begins.into()).await;
    let before = server.used().await?;
    let begun = Instant::now();
    tokio::time::sleep_until(ends.into()).await;
    let used = server.used().await?.since(before);
    let took = begun.elapsed();

    let mut run = Run { commands: 0, events: 0, took, latencies: empty()?, used };
    while let Some(worked) = working.join_next().await {
        let Worked { commands, events, latencies } =
            worked.map_err(|broken| anyhow!("a client broke off: {broken}"))??;
        run.commands += commands;
        run.events += events;
        run.latencies.add(latencies)?;
    }
    Ok(run)
}

struct Worked {
    commands: u64,
    events: u64,
    latencies: Histogram<u64>,
}

async fn work(mut client: Box<dyn Client>, begins: Instant, ends: Instant) -> Result<Worked> {
    let mut worked = Worked { commands: 0, events: 0, latencies: empty()? };
    loop {
        let asked = Instant::now();
        if asked >= ends {
            return Ok(worked);
        }
        let Done { events, counts } = client.next().await?;
        let answered = Instant::now();
        // What was asked before it counted, or answered after, is nobody's.
        if counts && asked >= begins && answered <= ends {
            worked.commands += 1;
            worked.events += u64::from(events);
            let took = answered.duration_since(asked).as_micros();
            worked.latencies.saturating_record(u64::try_from(took)?.max(1));
        }
    }
}

/// Nothing yet.
pub(crate) fn empty() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_max(LONGEST_MICROSECONDS, DIGITS)?)
}
