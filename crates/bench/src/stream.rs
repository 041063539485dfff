//! `stream`: how long a wallet of few and of many events takes to be loaded by a node that does not have it
//! in memory.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::gates::{Gate, at_most, median, ratio};
use crate::machine::Machine;
use crate::peers::library::Library;
use crate::report::Report;
use crate::server::Server;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many events the wallets have.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 1_000, 10_000, 100_000])]
    events: Vec<u32>,
    /// How often everything is repeated; the median counts.
    #[arg(long, default_value_t = 5)]
    repeats: u32,
    /// How many loads one repeat is the median of.
    #[arg(long, default_value_t = 20)]
    loads: u32,
}

#[derive(Debug, Serialize)]
pub(crate) struct Loaded {
    machine: Machine,
    repeats: u32,
    wallets: Vec<Measured>,
    gates: Vec<Gate>,
}

/// A wallet: an entry a repeat.
#[derive(Debug, Serialize)]
struct Measured {
    events: u32,
    /// From a command to its reply where the wallet has to be loaded, in microseconds.
    cold_microseconds: Vec<Decimal>,
    /// The same where it is in memory.
    warm_microseconds: Vec<Decimal>,
}

pub(crate) async fn run(args: Args, told: &mut dyn FnMut(String)) -> Result<Loaded> {
    ensure!(args.repeats > 0 && args.loads > 0, "at least one load and one repeat");
    let server = Server::start().await?;
    let machine = Machine::look(&mut server.connect().await?).await?;
    let library = Library::start(&server).await?;
    let mut wallets = Vec::new();
    for (customer, &events) in (0..).zip(&args.events) {
        told(format!("a wallet of {events} events"));
        library.fill_wallet(customer, events).await?;
        let (cold_microseconds, warm_microseconds) = (Vec::new(), Vec::new());
        wallets.push(Measured { events, cold_microseconds, warm_microseconds });
    }
    server.run("vacuum (analyze)").await?;
    for repeat in 1..=args.repeats {
        told(format!("{repeat} of {}", args.repeats));
        for (customer, measured) in (0..).zip(&mut wallets) {
            let (mut cold, mut warm) = (Vec::new(), Vec::new());
            for _ in 0..args.loads {
                let node = Library::join(&server).await?;
                // A command of another wallet first: connections are made and statements prepared.
                node.credit(u32::try_from(args.events.len())?).await?;
                let begun = Instant::now();
                node.credit(customer).await?;
                cold.push(Decimal::from(begun.elapsed().as_micros()));
                let begun = Instant::now();
                node.credit(customer).await?;
                warm.push(Decimal::from(begun.elapsed().as_micros()));
                node.stop().await;
            }
            measured.cold_microseconds.push(median(cold).context("it was loaded")?);
            measured.warm_microseconds.push(median(warm).context("it was loaded")?);
        }
    }
    library.stop().await;
    server.stop().await?;
    let gates = gates(&wallets)?;
    Ok(Loaded { machine, repeats: args.repeats, wallets, gates })
}

fn gates(wallets: &[Measured]) -> Result<Vec<Gate>> {
    let of = |events| wallets.iter().find(|wallet| wallet.events == events);
    let (Some(small), Some(large)) = (of(1_000), of(100_000)) else { return Ok(Vec::new()) };
    Ok(vec![Gate::new(
        "load_100k_vs_1k",
        "the first command of a wallet on a node, 100,000 events / 1,000",
        ratio(&large.cold_microseconds, &small.cold_microseconds)?,
        at_most(400),
    )])
}

impl Report for Loaded {
    const HEADER: &'static [&'static str] = &["events", "cold µs", "warm µs"];
    const NAMES: usize = 1;

    fn machine(&self) -> &Machine {
        &self.machine
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let middle = |values: &[Decimal]| median(values.to_vec()).unwrap_or_default().to_string();
        let row = |wallet: &Measured| {
            vec![
                wallet.events.to_string(),
                middle(&wallet.cold_microseconds),
                middle(&wallet.warm_microseconds),
            ]
        };
        self.wallets.iter().map(row).collect()
    }

    fn gates(&self) -> &[Gate] {
        &self.gates
    }
}
