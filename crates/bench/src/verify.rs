//! `verify`: the chain and everything that a verification looks at, beside reading the log alone.

use anyhow::{Result, ensure};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::gates::{Gate, at_least, ratio};
use crate::machine::Machine;
use crate::once::Work;
use crate::peers::library::BOOK;
use crate::report::{Report, repeated};
use crate::server::Server;
use crate::trade;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many events the book has.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// How often everything is repeated; the median counts.
    #[arg(long, default_value_t = 5)]
    repeats: u32,
}

#[derive(Debug, Serialize)]
pub(crate) struct Verified {
    machine: Machine,
    events: u64,
    repeats: u32,
    /// Events a second, and so are the next two.
    verify: Vec<Decimal>,
    chain: Vec<Decimal>,
    copy_out: Vec<Decimal>,
    /// The most memory that a verification took.
    peak_megabytes: Vec<Decimal>,
    gates: Vec<Gate>,
}

pub(crate) async fn run(args: Args, told: &mut dyn FnMut(String)) -> Result<Verified> {
    ensure!(args.repeats > 0, "at least one repeat");
    let server = Server::start().await?;
    let machine = Machine::look(&mut server.connect().await?).await?;
    told(format!("loading {} events", args.events));
    let events = trade::load(&server, BOOK, args.events).await?;

    let (mut verify, mut chain, mut copy_out) = (Vec::new(), Vec::new(), Vec::new());
    let mut peak_megabytes = Vec::new();
    for repeat in 1..=args.repeats {
        told(format!("{repeat} of {}", args.repeats));
        copy_out.push(Work::CopyOut.measure(&server, BOOK).await?.events_per_second());
        chain.push(Work::Chain.measure(&server, BOOK).await?.events_per_second());
        let verified = Work::Verify.measure(&server, BOOK).await?;
        verify.push(verified.events_per_second());
        peak_megabytes.push(verified.peak_megabytes());
    }
    server.stop().await?;

    let gates = vec![
        Gate::new(
            "chain_vs_copy_out",
            "events a second, the chain verified / COPY of the log to us",
            ratio(&chain, &copy_out)?,
            at_least(40),
        ),
        Gate::new(
            "vs_copy_out",
            "events a second, everything verified / COPY of the log to us",
            ratio(&verify, &copy_out)?,
            at_least(10),
        ),
    ];
    let Args { repeats, .. } = args;
    Ok(Verified { machine, events, repeats, verify, chain, copy_out, peak_megabytes, gates })
}

impl Report for Verified {
    const HEADER: &'static [&'static str] = &["", "median", "least", "greatest"];
    const NAMES: usize = 1;

    fn machine(&self) -> &Machine {
        &self.machine
    }

    fn rows(&self) -> Vec<Vec<String>> {
        vec![
            repeated("everything, events/s", &self.verify),
            repeated("the chain, events/s", &self.chain),
            repeated("COPY out, events/s", &self.copy_out),
            repeated("most memory of a verification, MB", &self.peak_megabytes),
        ]
    }

    fn gates(&self) -> &[Gate] {
        &self.gates
    }
}
