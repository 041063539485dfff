//! `compare`: daftar beside its peers, taking turns, so that a noisy minute is everybody's.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::gates::{Gate, at_least, at_most, median, ratio};
use crate::load::{self, Run};
use crate::machine::Machine;
use crate::peers::{Peer, Running, bare};
use crate::report::Report;
use crate::workload::Workload;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many clients ask at once.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256])]
    clients: Vec<u32>,
    /// What they ask for.
    #[arg(long, value_delimiter = ',')]
    workload: Vec<Workload>,
    #[arg(long, value_delimiter = ',')]
    peer: Vec<Peer>,
    /// How often everything is repeated; the median counts.
    #[arg(long, default_value_t = 5)]
    repeats: u32,
    /// How long each is measured, in milliseconds.
    #[arg(long, default_value_t = 1_000)]
    milliseconds: u64,
}

/// One peer, under one load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Cell {
    workload: Workload,
    clients: u32,
    peer: Peer,
}

/// What came of a cell: each the median of its repeats.
#[derive(Debug, Clone, Serialize)]
struct Measured {
    #[serde(flatten)]
    cell: Cell,
    commands_per_second: Decimal,
    /// The slowest and the fastest repeat.
    spread: [Decimal; 2],
    p50_microseconds: Decimal,
    p99_microseconds: Decimal,
    p999_microseconds: Decimal,
    /// Microseconds of the database's processors an event.
    database_cpu_per_event: Decimal,
    /// Bytes an event.
    wal_per_event: Decimal,
}

impl Measured {
    /// As a line of the table.
    fn row(&self) -> Vec<String> {
        let [slowest, fastest] = self.spread;
        vec![
            self.cell.workload.to_string(),
            self.cell.clients.to_string(),
            self.cell.peer.to_string(),
            self.commands_per_second.round().to_string(),
            format!("{}..{}", slowest.round(), fastest.round()),
            self.p50_microseconds.to_string(),
            self.p99_microseconds.to_string(),
            self.p999_microseconds.to_string(),
            self.database_cpu_per_event.to_string(),
            self.wal_per_event.round().to_string(),
        ]
    }
}

/// What is shown in the end.
#[derive(Debug, Serialize)]
pub(crate) struct Compared {
    machine: Machine,
    repeats: u32,
    milliseconds: u64,
    measured: Vec<Measured>,
    gates: Vec<Gate>,
}

/// A minute or two of the comparison, with the closest peer alone.
pub(crate) async fn quick(told: &mut dyn FnMut(String)) -> Result<Compared> {
    let args = Args {
        clients: vec![64],
        workload: vec![Workload::Full],
        peer: vec![Peer::Library, Peer::Http, Peer::Naive],
        repeats: 5,
        milliseconds: 2_000,
    };
    let mut compared = run(args, told).await?;
    compared
        .gates
        .retain(|gate| gate.name.starts_with("full_64") || gate.name == "http_vs_library");
    Ok(compared)
}

pub(crate) async fn run(args: Args, told: &mut dyn FnMut(String)) -> Result<Compared> {
    let workloads = if args.workload.is_empty() { Workload::ALL.to_vec() } else { args.workload };
    let peers = if args.peer.is_empty() { Peer::ALL.to_vec() } else { args.peer };
    if args.repeats == 0 || args.clients.contains(&0) {
        bail!("at least one client and one repeat");
    }
    let time = Duration::from_millis(args.milliseconds);
    let mut running = Vec::new();
    for peer in peers {
        told(format!("starting {peer}"));
        running
            .push(Running::start(peer).await.with_context(|| format!("could not start {peer}"))?);
    }
    let first = running.first().context("at least one peer")?;
    let machine = Machine::look(&mut first.server.connect().await?).await?;

    let mut runs: BTreeMap<Cell, Vec<Run>> = BTreeMap::new();
    for repeat in 1..=args.repeats {
        for &workload in &workloads {
            for &clients in &args.clients {
                told(format!("{repeat} of {}: {workload}, {clients} clients", args.repeats));
                for one in running.iter().filter(|one| one.peer.does(workload)) {
                    let cell = Cell { workload, clients, peer: one.peer };
                    let run = measure(one, cell, time)
                        .await
                        .with_context(|| format!("{} with {clients} clients", one.peer))?;
                    runs.entry(cell).or_default().push(run);
                }
            }
        }
    }
    for one in running {
        one.stop().await?;
    }
    let gates = gates(&runs)?;
    let measured = runs.iter().map(|(cell, runs)| summary(*cell, runs)).collect::<Result<_>>()?;
    let Args { repeats, milliseconds, .. } = args;
    Ok(Compared { machine, repeats, milliseconds, measured, gates })
}

async fn measure(one: &Running, cell: Cell, time: Duration) -> Result<Run> {
    let mut clients = Vec::new();
    for number in 0..cell.clients {
        match one.client(cell.workload, number).await? {
            Some(client) => clients.push(client),
            None => return bare::run(&one.server, cell.clients, time).await,
        }
    }
    load::run(&one.server, clients, time).await
}

fn middle(runs: &[Run], what: impl Fn(&Run) -> Decimal) -> Result<Decimal> {
    let median = median(runs.iter().map(what).collect());
    Ok(median.context("at least one repeat")?.round_dp(1))
}

fn summary(cell: Cell, runs: &[Run]) -> Result<Measured> {
    let rates = || runs.iter().map(|run| run.rate().round_dp(1));
    let spread = rates().min().zip(rates().max()).context("at least one repeat")?;
    Ok(Measured {
        cell,
        commands_per_second: middle(runs, Run::rate)?,
        spread: spread.into(),
        p50_microseconds: middle(runs, |run| run.quantile(500))?,
        p99_microseconds: middle(runs, |run| run.quantile(990))?,
        p999_microseconds: middle(runs, |run| run.quantile(999))?,
        database_cpu_per_event: middle(runs, |run| run.per_event(run.used.cpu.as_micros()))?,
        wal_per_event: middle(runs, |run| run.per_event(run.used.wal.into()))?,
    })
}

/// What is compared of two cells.
#[derive(Clone, Copy)]
enum What {
    Rate,
    P50,
    P99,
}

impl What {
    fn of(self, runs: &[Run]) -> Vec<Decimal> {
        let of = |run: &Run| match self {
            Self::Rate => run.rate(),
            Self::P50 => run.quantile(500),
            Self::P99 => run.quantile(990),
        };
        runs.iter().map(of).collect()
    }
}

/// The gates whose cells were measured: of each the median of the repeats' ratios, since only what
/// ran side by side is to be compared.
fn gates(runs: &BTreeMap<Cell, Vec<Run>>) -> Result<Vec<Gate>> {
    use Peer::{BareInsert, Guaranteed, Http, Library, Naive, PostgresEs};
    use What::{P50, P99, Rate};
    use Workload::{Full, HotWallet};
    let all = [
        (
            "full_64_vs_postgres_es",
            "commands a second, library / cqrs-es",
            (Full, 64),
            (Library, Rate),
            (PostgresEs, Rate),
            at_least(1_000),
        ),
        (
            "full_64_vs_naive",
            "commands a second, library / sqlx by hand",
            (Full, 64),
            (Library, Rate),
            (Naive, Rate),
            at_least(300),
        ),
        (
            "full_64_vs_same_guarantees",
            "commands a second, library / sqlx with the guarantees",
            (Full, 64),
            (Library, Rate),
            (Guaranteed, Rate),
            at_least(1_000),
        ),
        (
            "full_64_vs_bare_insert",
            "commands a second, library / pgbench's INSERT",
            (Full, 64),
            (Library, Rate),
            (BareInsert, Rate),
            at_least(40),
        ),
        (
            "hot_wallet_64_vs_naive",
            "commands a second on one wallet, library / sqlx by hand",
            (HotWallet, 64),
            (Library, Rate),
            (Naive, Rate),
            at_least(1_000),
        ),
        (
            "http_vs_library",
            "commands a second, HTTP / library",
            (Full, 64),
            (Http, Rate),
            (Library, Rate),
            at_least(60),
        ),
        (
            "p99_over_p50_64",
            "library's p99 / its p50",
            (Full, 64),
            (Library, P99),
            (Library, P50),
            at_most(300),
        ),
        (
            "p99_64_vs_naive",
            "p99, library / sqlx by hand",
            (Full, 64),
            (Library, P99),
            (Naive, P99),
            at_most(35),
        ),
        (
            "p50_1_vs_bare_insert",
            "p50 of one client, library / pgbench's INSERT",
            (Full, 1),
            (Library, P50),
            (BareInsert, P50),
            at_most(450),
        ),
        (
            "p50_1_vs_naive",
            "p50 of one client, library / sqlx by hand",
            (Full, 1),
            (Library, P50),
            (Naive, P50),
            at_most(80),
        ),
    ];
    let mut gates = Vec::new();
    for (name, of, (workload, clients), (upper, what), (lower, by), bound) in all {
        let cell = |peer| runs.get(&Cell { workload, clients, peer });
        let (Some(upper), Some(lower)) = (cell(upper), cell(lower)) else { continue };
        let ratio = ratio(&what.of(upper), &by.of(lower))?;
        gates.push(Gate::new(name, of, ratio, bound));
    }
    Ok(gates)
}

impl Report for Compared {
    const HEADER: &'static [&'static str] = &[
        "workload",
        "clients",
        "peer",
        "commands/s",
        "spread",
        "p50 µs",
        "p99 µs",
        "p99.9 µs",
        "db µs/event",
        "WAL B/event",
    ];
    const NAMES: usize = 3;

    fn machine(&self) -> &Machine {
        &self.machine
    }

    fn rows(&self) -> Vec<Vec<String>> {
        self.measured.iter().map(Measured::row).collect()
    }

    fn gates(&self) -> &[Gate] {
        &self.gates
    }
}
