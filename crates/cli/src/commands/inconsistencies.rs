//! `daftar inconsistencies`: every order in trouble, with its classes and the evidence.

use std::process::ExitCode;

use ledger::inconsistencies::{Inconsistency, count, list};
use serde::Serialize;

use crate::config::Config;
use crate::node::Node;
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Exit with 1 when there are any.
    #[arg(long)]
    check: bool,
}

#[derive(Serialize)]
struct Found<'a> {
    inconsistencies: &'a [Inconsistency],
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = node.open(config).await?;
    let found = list(&ledger).await?;
    show(output, &found);
    output.data(&Found { inconsistencies: &found })?;
    ledger.stop().await;
    node.stop().await?;
    Ok(if args.check && !found.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The table of orders in trouble.
pub(crate) fn show(output: Output, found: &[Inconsistency]) {
    if found.is_empty() {
        output.say("No order is in trouble.");
        return;
    }
    output.table(
        &["order", "customer sees", "departments see", "classes", "due", "paid", "evidence"],
        found.iter().map(|one| {
            vec![
                one.number.to_string(),
                one.customer_status.clone().unwrap_or_default(),
                one.management_status.clone().unwrap_or_default(),
                one.classes.join("\n"),
                one.due.amount().to_string(),
                one.paid.amount().to_string(),
                one.evidence.join("\n"),
            ]
        }),
    );
    let classes: Vec<String> =
        count(found).into_iter().map(|(class, count)| format!("{class}: {count}")).collect();
    output.say(format!("{} orders in trouble. {}", found.len(), classes.join(", ")));
}
