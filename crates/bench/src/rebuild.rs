//! `rebuild`: both order views made anew, beside reading the log alone and beside stock cqrs-es'
//! replay; and how long writers wait when a rebuilt view is switched to.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use projections::Unkept;
use projections::rebuild::{Allowed, begin, fill, switch};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::gates::{Gate, at_least, at_most, median, per_second, ratio};
use crate::load;
use crate::machine::Machine;
use crate::once::{ORDER_VIEWS, Once, Work, tidy};
use crate::peers::library::{BOOK, Library};
use crate::peers::postgres_es::Stock;
use crate::report::{Report, repeated};
use crate::server::Server;
use crate::trade;
use crate::workload::Workload;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many events the book has.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// How many events stock cqrs-es replays.
    #[arg(long, default_value_t = 20_000)]
    replayed: u64,
    /// How many clients write while a rebuilt view is switched to.
    #[arg(long, default_value_t = 16)]
    clients: u32,
    /// How often everything is repeated; the median counts.
    #[arg(long, default_value_t = 5)]
    repeats: u32,
}

#[derive(Debug, Serialize)]
pub(crate) struct Rebuilt {
    machine: Machine,
    events: u64,
    repeats: u32,
    /// Events a second, and so are the next two.
    rebuild: Vec<Decimal>,
    copy_out: Vec<Decimal>,
    query_replay: Vec<Decimal>,
    /// The most memory that a rebuild took, in megabytes.
    peak_megabytes: Vec<Decimal>,
    /// How long writers waited for a switch, in microseconds.
    switch_microseconds: Vec<Decimal>,
    /// What a command took in the middle in the same run, in microseconds.
    commit_microseconds: Vec<Decimal>,
    gates: Vec<Gate>,
}

pub(crate) async fn run(args: Args, told: &mut dyn FnMut(String)) -> Result<Rebuilt> {
    ensure!(args.repeats > 0 && args.clients > 0, "at least one client and one repeat");
    let server = Server::start().await?;
    let machine = Machine::look(&mut server.connect().await?).await?;
    told(format!("loading {} events", args.events));
    let loaded = trade::load(&server, BOOK, args.events).await?;
    let library = Library::of(&server).await?;
    let others = Server::start().await?;
    told(format!("loading {} events of stock cqrs-es", args.replayed));
    let stock = Stock::start(&others).await?;
    let placed = stock.place(args.replayed).await?;

    let (mut rebuilds, mut copies, mut replays) = (Vec::new(), Vec::new(), Vec::new());
    let (mut switches, mut commits) = (Vec::new(), Vec::new());
    for repeat in 1..=args.repeats {
        told(format!("{repeat} of {}", args.repeats));
        copies.push(Work::CopyOut.measure(&server, BOOK).await?.events_per_second());
        rebuilds.push(Work::Rebuild.measure(&server, BOOK).await?);
        tidy(&server, BOOK).await?;
        replays.push(per_second(placed, stock.replay().await?));
        let (waited, commit) = switch_under_load(&server, &library, args.clients).await?;
        switches.push(waited);
        commits.push(commit);
        tidy(&server, BOOK).await?;
    }
    library.stop().await;
    stock.stop().await;
    others.stop().await?;
    server.stop().await?;

    let rates: Vec<Decimal> = rebuilds.iter().copied().map(Once::events_per_second).collect();
    let peaks: Vec<Decimal> = rebuilds.iter().copied().map(Once::peak_megabytes).collect();
    let millions = Decimal::from(loaded) / Decimal::from(1_000_000);
    let peak = median(peaks.clone()).context("at least one repeat")?;
    let gates = vec![
        Gate::new(
            "vs_query_replay",
            "events a second, rebuild / stock cqrs-es' replay",
            ratio(&rates, &replays)?,
            at_least(15_000),
        ),
        Gate::new(
            "vs_copy_out",
            "events a second, rebuild / COPY of the log to us",
            ratio(&rates, &copies)?,
            at_least(25),
        ),
        Gate::new(
            "peak_mb_per_million",
            "megabytes of a rebuild / millions of events",
            peak / millions,
            at_most(12_000),
        ),
        Gate::new(
            "switch_vs_commit",
            "what writers wait for a switch / a command's p50",
            ratio(&switches, &commits)?,
            at_most(5_000),
        ),
    ];
    Ok(Rebuilt {
        machine,
        events: loaded,
        repeats: args.repeats,
        rebuild: rates,
        copy_out: copies,
        query_replay: replays,
        peak_megabytes: peaks,
        switch_microseconds: switches,
        commit_microseconds: commits,
        gates,
    })
}

/// How long writers waited for one switch, and what a command took in the middle meanwhile.
async fn switch_under_load(
    server: &Server,
    library: &Library,
    clients: u32,
) -> Result<(Decimal, Decimal)> {
    let shoppers = (0..clients).map(|number| -> Box<dyn load::Client> {
        Box::new(library.client(Workload::Full, number))
    });
    let mut conn = server.connect().await?;
    let mut build = begin(&mut conn, BOOK, &ORDER_VIEWS).await?;
    Box::pin(fill(&mut conn, BOOK, &mut build, &mut Unkept)).await?;
    let switching = async {
        // In the middle of it.
        tokio::time::sleep(Duration::from_millis(900)).await;
        let everything = Allowed::Everything;
        Box::pin(switch(&mut conn, BOOK, &mut build, everything, &mut Unkept)).await
    };
    let shoppers = shoppers.collect();
    let (run, switched) =
        tokio::join!(load::run(server, shoppers, Duration::from_secs(1)), switching);
    let waited = switched?.writers_waited;
    Ok((Decimal::from(waited.as_micros()), run?.quantile(500)))
}

impl Report for Rebuilt {
    const HEADER: &'static [&'static str] = &["", "median", "least", "greatest"];
    const NAMES: usize = 1;

    fn machine(&self) -> &Machine {
        &self.machine
    }

    fn rows(&self) -> Vec<Vec<String>> {
        vec![
            repeated("rebuild, events/s", &self.rebuild),
            repeated("COPY out, events/s", &self.copy_out),
            repeated("stock cqrs-es' replay, events/s", &self.query_replay),
            repeated("most memory of a rebuild, MB", &self.peak_megabytes),
            repeated("writers waited for the switch, µs", &self.switch_microseconds),
            repeated("p50 of commands beside it, µs", &self.commit_microseconds),
        ]
    }

    fn gates(&self) -> &[Gate] {
        &self.gates
    }
}
