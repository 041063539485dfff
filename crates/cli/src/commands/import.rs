//! `daftar import legacy`: takes over the records of an old shop.

use std::process::ExitCode;

use clap::Subcommand;
use ledger::import::{Options, run as import};

use crate::config::Config;
use crate::node::Node;
use crate::output::Output;
use crate::service::vault;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The shop that kept each order in `customer_orders` and in `order_management`.
    Legacy {
        /// The old database: `postgres://user:password@host/database`
        #[arg(long, value_name = "URL")]
        from: String,
        /// The schema that holds the old tables.
        #[arg(long, default_value = "public")]
        schema: String,
        /// Names the old system for ever; ids are derived from it.
        #[arg(long, default_value = "legacy")]
        source: String,
        /// Say what would happen, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let What::Legacy { from, schema, source, dry_run } = args.what;
    let node = Node::start(config).await?;
    node.prepare().await?;
    let ledger = node.open(config).await?;
    let vault = vault(&node.secret);
    let mut old = ledger::database::connect_foreign(&from).await?;
    let options = Options { schema, dry_run, ..Options::of(source) };
    let bar = output.progress("Importing", 0);
    let report = import(&ledger, &vault, &mut old, &options, &mut |progress| {
        bar.set_length(progress.total.try_into().unwrap_or(u64::MAX));
        bar.set_position(progress.done.try_into().unwrap_or(u64::MAX));
    })
    .await?;
    bar.finish_and_clear();
    output.say(report.to_string());
    output.data(&report)?;
    ledger.stop().await;
    node.stop().await?;
    Ok(ExitCode::SUCCESS)
}
