//! `daftar rebuild`: folds views anew from the log, and switches to them in one commit.

use std::process::ExitCode;

use indicatif::ProgressBar;
use ledger::Ledger;
use projections::{Progress, Rebuilt, rebuild_now};
use serde::Serialize;

use crate::config::Config;
use crate::node::Node;
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which views (`customer_orders`, `order_management`, `journal_lines` …); all of them when
    /// none is named.
    views: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Done {
    position: i64,
    views: Vec<View>,
}

#[derive(Serialize)]
struct View {
    name: &'static str,
    generation: i32,
    rows: u64,
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = node.open(config).await?;
    let names: Vec<&str> = args.views.iter().map(String::as_str).collect();
    let done = with_progress(&ledger, &names, output).await?;
    output.data(&done)?;
    ledger.stop().await;
    node.stop().await?;
    Ok(ExitCode::SUCCESS)
}

/// Rebuilds and says so.
pub(crate) async fn with_progress(
    ledger: &Ledger,
    names: &[&str],
    output: Output,
) -> anyhow::Result<Done> {
    let bar = output.progress("Rebuilding", 0);
    let rebuilt = rebuild_now(ledger.pool(), ledger.book(), names).await?;
    bar.finish_and_clear();
    let done = Done::of(&rebuilt);
    output.table(
        &["view", "generation", "rows"],
        done.views.iter().map(|view| {
            vec![view.name.to_owned(), view.generation.to_string(), view.rows.to_string()]
        }),
    );
    output.say(format!("Rebuilt from {} events, in one switch.", done.position));
    Ok(done)
}

/// Shows one step on the bar.
pub(crate) fn tell(bar: &ProgressBar, progress: Progress) {
    let events = |position: eventstore::Position| u64::try_from(position.get()).unwrap_or(0);
    match progress {
        Progress::Checked { position, end } => {
            bar.set_message("Checking the chain");
            bar.set_length(events(end));
            bar.set_position(events(position));
        }
        Progress::Folded { position, end } => {
            bar.set_message("Folding events");
            bar.set_length(events(end));
            bar.set_position(events(position));
        }
        Progress::Written { projection, rows } => {
            bar.set_message(projection);
            bar.set_length(rows.max(bar.length().unwrap_or(0)));
            bar.set_position(rows);
        }
        Progress::Compared { projection, rows } => {
            bar.set_message(projection);
            bar.set_length(rows);
            bar.set_position(rows);
        }
        Progress::Deleted { projection, .. } => bar.set_message(projection),
        Progress::Verified { what, done, total } => {
            bar.set_message(what);
            bar.set_length(total);
            bar.set_position(done);
        }
    }
}

impl Done {
    fn of(rebuilt: &Rebuilt) -> Self {
        let views = rebuilt.projections.iter().map(|view| View {
            name: view.name,
            generation: view.generation.get(),
            rows: view.rows,
        });
        Self { position: rebuilt.position.get(), views: views.collect() }
    }
}
