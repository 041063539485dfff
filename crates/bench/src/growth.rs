//! `growth`: what a command costs the database in a book that is empty and in ones that are not, and what
//! a page deep in a book costs.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use eventstore::{Position, read};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::gates::{Gate, at_most, median, ratio};
use crate::load::{self, Client};
use crate::machine::Machine;
use crate::peers::library::{BOOK, Library};
use crate::report::Report;
use crate::server::Server;
use crate::trade;
use crate::workload::Workload;

const PAGE: u32 = 100;
/// How often a page is read for one time of it.
const READS: u32 = 200;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many events the books have; the first is compared with each of the others.
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1_000_000, 5_000_000])]
    events: Vec<u64>,
    #[arg(long, default_value_t = 64)]
    clients: u32,
    /// How often everything is repeated; the median counts.
    #[arg(long, default_value_t = 5)]
    repeats: u32,
    /// How long each is measured, in milliseconds.
    #[arg(long, default_value_t = 2_000)]
    milliseconds: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Grown {
    machine: Machine,
    repeats: u32,
    milliseconds: u64,
    books: Vec<Measured>,
    gates: Vec<Gate>,
}

/// A book of one size: an entry of each list a repeat.
#[derive(Debug, Serialize)]
struct Measured {
    events: u64,
    commands_per_second: Vec<Decimal>,
    /// Microseconds of the database's processors an event.
    database_cpu_per_event: Vec<Decimal>,
    /// Bytes an event.
    wal_per_event: Vec<Decimal>,
    /// Microseconds for a page of events in the middle of the book; nothing in an empty one.
    page_microseconds: Vec<Decimal>,
}

pub(crate) async fn run(args: Args, told: &mut dyn FnMut(String)) -> Result<Grown> {
    ensure!(args.repeats > 0 && args.clients > 0, "at least one client and one repeat");
    let mut books = Vec::new();
    let mut machine = None;
    for &events in &args.events {
        let server = Server::start().await?;
        told(format!("a book of {events} events"));
        let loaded = trade::load(&server, BOOK, events).await?;
        let library = Library::of(&server).await?;
        if machine.is_none() {
            machine = Some(Machine::look(&mut server.connect().await?).await?);
        }
        let measured = Measured {
            events: loaded,
            commands_per_second: Vec::new(),
            database_cpu_per_event: Vec::new(),
            wal_per_event: Vec::new(),
            page_microseconds: Vec::new(),
        };
        books.push((server, library, measured));
    }
    let time = Duration::from_millis(args.milliseconds);
    for repeat in 1..=args.repeats {
        told(format!("{repeat} of {}", args.repeats));
        for (server, library, measured) in &mut books {
            let shoppers = (0..args.clients).map(|number| -> Box<dyn Client> {
                Box::new(library.client(Workload::Full, number))
            });
            let run = load::run(server, shoppers.collect(), time).await?;
            measured.commands_per_second.push(run.rate().round_dp(1));
            let cpu = run.per_event(run.used.cpu.as_micros());
            measured.database_cpu_per_event.push(cpu.round_dp(1));
            measured.wal_per_event.push(run.per_event(run.used.wal.into()).round());
            let middle = Position(i64::try_from(measured.events / 2)?);
            measured.page_microseconds.push(page(server, middle).await?);
        }
    }
    let mut measured = Vec::new();
    for (server, library, one) in books {
        library.stop().await;
        server.stop().await?;
        measured.push(one);
    }

    let gates = gates(&measured)?;
    let Args { repeats, milliseconds, .. } = args;
    let machine = machine.context("at least one book")?;
    Ok(Grown { machine, repeats, milliseconds, books: measured, gates })
}

/// How long a page after that position takes.
async fn page(server: &Server, after: Position) -> Result<Decimal> {
    let mut conn = server.connect().await?;
    let mut times = Vec::new();
    for _ in 0..READS {
        let begun = Instant::now();
        read::after(&mut conn, BOOK, after, PAGE).await?;
        times.push(Decimal::from(begun.elapsed().as_micros()));
    }
    median(times).context("it was read")
}

fn gates(books: &[Measured]) -> Result<Vec<Gate>> {
    let (Some(empty), Some(large)) = (books.first(), books.last()) else { return Ok(Vec::new()) };
    let mut gates = vec![Gate::new(
        "cpu_per_event_5m_vs_empty",
        "the database's processor time an event, the largest book / the first",
        ratio(&large.database_cpu_per_event, &empty.database_cpu_per_event)?,
        at_most(180),
    )];
    // An empty book has no page that could be compared.
    if let Some(small) = books.iter().find(|book| book.events > 0) {
        gates.push(Gate::new(
            "deep_page_vs_small",
            "a page in the middle, the largest book / the smallest with events",
            ratio(&large.page_microseconds, &small.page_microseconds)?,
            at_most(200),
        ));
    }
    Ok(gates)
}

impl Report for Grown {
    const HEADER: &'static [&'static str] =
        &["events", "commands/s", "db µs/event", "WAL B/event", "page µs"];
    const NAMES: usize = 1;

    fn machine(&self) -> &Machine {
        &self.machine
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let middle = |values: &[Decimal]| median(values.to_vec()).unwrap_or_default().to_string();
        let row = |book: &Measured| {
            vec![
                book.events.to_string(),
                middle(&book.commands_per_second),
                middle(&book.database_cpu_per_event),
                middle(&book.wal_per_event),
                middle(&book.page_microseconds),
            ]
        };
        self.books.iter().map(row).collect()
    }

    fn gates(&self) -> &[Gate] {
        &self.gates
    }
}
