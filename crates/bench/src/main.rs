//! `bench`: daftar beside its peers, as ratios of one run. Exits with 1 and the gate's name when one
//! does not hold.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

mod compare;
mod gates;
mod growth;
mod load;
mod machine;
mod once;
mod peers;
mod rebuild;
mod report;
mod server;
mod stream;
mod trade;
mod verify;
mod workload;

/// As in the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
#[command(about, version)]
struct Args {
    #[command(subcommand)]
    command: Command,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Commands a second and how long each takes, beside every peer.
    Compare(compare::Args),
    /// A rebuild beside reading the log alone and beside stock cqrs-es' replay.
    Rebuild(rebuild::Args),
    /// Verification beside reading the log alone.
    Verify(verify::Args),
    /// What a command costs in large books.
    Growth(growth::Args),
    /// How long a wallet of many events takes to be loaded.
    Stream(stream::Args),
    /// The first in a minute or two: full commands of 64 clients, daftar beside sqlx by hand.
    Quick,
    #[command(hide = true)]
    Once(once::Args),
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let Args { command, json } = Args::parse();
    let tell = &mut report::tell;
    match command {
        Command::Compare(args) => report::print(&compare::run(args, tell).await?, json),
        Command::Rebuild(args) => report::print(&rebuild::run(args, tell).await?, json),
        Command::Verify(args) => report::print(&verify::run(args, tell).await?, json),
        Command::Growth(args) => report::print(&growth::run(args, tell).await?, json),
        Command::Stream(args) => report::print(&stream::run(args, tell).await?, json),
        Command::Quick => report::print(&compare::quick(tell).await?, json),
        Command::Once(args) => once::run(args).await.map(|()| ExitCode::SUCCESS),
    }
}
