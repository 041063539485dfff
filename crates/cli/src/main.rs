//! `daftar`: the ledger's one binary.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod commands;
mod config;
mod limits;
mod logging;
mod node;
mod output;
mod scrub;
mod secret;
mod server;
mod service;
#[cfg(debug_assertions)]
mod test_clock;
#[cfg(debug_assertions)]
mod test_folds;

use config::Config;
use output::Output;

/// Half of what a node does is to make rows and let go of them again: many small pieces, from several
/// threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An event-sourced order and wallet ledger: orders, wallets and the accounting journal are folds
/// of one gapless log, so they cannot disagree.
#[derive(Debug, Parser)]
#[command(name = "daftar", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the HTTP API until SIGTERM or Ctrl-C.
    Serve(commands::serve::Args),
    /// Show the whole story on a private database, then go on serving it.
    Demo(commands::demo::Args),
    /// Bring the database's schema up to date.
    Migrate,
    /// Take over the records of an old system.
    Import(commands::import::Args),
    /// List every order in trouble, with the evidence.
    Inconsistencies(commands::inconsistencies::Args),
    /// Plan a repair, approve it, or apply exactly the plan that was shown.
    Fix(commands::fix::Args),
    /// Fold views anew from the log while the book is written and read, and switch to them.
    Rebuild(commands::rebuild::Args),
    /// Check the chain, every view row, the journal and the laws of money.
    Verify(commands::verify::Args),
    /// List rebuilds and verifications; go on with one, decide about it, give it up.
    Jobs(commands::jobs::Args),
    /// Show any state as it was, or what changed between two, folded from the events.
    Replay(commands::replay::Args),
    /// Show an event as it is stored, and lead a stream on that could not be read.
    Event(commands::event::Args),
    /// Make, list and revoke API keys.
    Keys(commands::keys::Args),
    /// Show and change the book's settings.
    Book(commands::book::Args),
    /// Make, list, rotate and disable payment gateways, which sign their callbacks.
    Gateways(commands::gateways::Args),
    /// Name, list, rotate, disable and replay webhooks: addresses that are told of events.
    Webhooks(commands::webhooks::Args),
    /// List what somebody should look at, say who sees to it, and follow what happens to it.
    Alerts(commands::alerts::Args),
    /// List what is watched all the time, and what to do about a case of it.
    Monitors,
    /// Say what this installation looks like and what is wrong with it.
    Doctor,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let serves = matches!(cli.command, Command::Serve(_));
    logging::start(if serves { "info" } else { "warn" });
    #[cfg(debug_assertions)]
    if let Err(error) = test_folds::take() {
        return fail(&error);
    }
    let output = Output { json: cli.config.json };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(run(cli, output)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

async fn run(cli: Cli, output: Output) -> anyhow::Result<ExitCode> {
    let Cli { config, command } = cli;
    match command {
        Command::Serve(args) => commands::serve::run(&config, args).await,
        Command::Demo(args) => Box::pin(commands::demo::run(&config, args, output)).await,
        Command::Migrate => commands::migrate::run(&config, output).await,
        Command::Import(args) => commands::import::run(&config, args, output).await,
        Command::Inconsistencies(args) => {
            commands::inconsistencies::run(&config, args, output).await
        }
        Command::Fix(args) => commands::fix::run(&config, args, output).await,
        Command::Rebuild(args) => Box::pin(commands::rebuild::run(&config, args, output)).await,
        Command::Verify(args) => Box::pin(commands::verify::run(&config, args, output)).await,
        Command::Jobs(args) => Box::pin(commands::jobs::run(&config, args, output)).await,
        Command::Replay(args) => Box::pin(commands::replay::run(&config, args, output)).await,
        Command::Event(args) => Box::pin(commands::event::run(&config, args, output)).await,
        Command::Keys(args) => commands::keys::run(&config, args, output).await,
        Command::Book(args) => commands::book::run(&config, args, output).await,
        Command::Gateways(args) => commands::gateways::run(&config, args, output).await,
        Command::Webhooks(args) => Box::pin(commands::webhooks::run(&config, args, output)).await,
        Command::Alerts(args) => Box::pin(commands::alerts::run(&config, args, output)).await,
        Command::Monitors => commands::monitors::run(&config, output).await,
        Command::Doctor => commands::doctor::run(&config, output).await,
    }
}

/// Prints an error with its causes, once, and where people and scripts expect it.
fn fail(error: &anyhow::Error) -> ExitCode {
    use std::io::Write as _;
    let mut stderr = std::io::stderr().lock();
    writeln!(stderr, "daftar: {error:#}").ok();
    ExitCode::FAILURE
}
