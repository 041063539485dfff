//! `daftar monitors`: what is watched all the time, and what to do about a case of it.

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use ledger::alerts::Severity;
use ledger::book_settings::{Described, display};
use ledger::monitors::{self, Watched};
use serde::Serialize;

use crate::config::Config;
use crate::node::Node;
use crate::output::Output;

#[derive(Serialize)]
struct Listed {
    monitors: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    owner: &'static str,
    severity: Severity,
    watches: &'static str,
    what_to_do: &'static str,
    every_seconds: u64,
    settings: Vec<Described>,
    open: u64,
    last_look: Option<LastLook>,
}

#[derive(Serialize)]
struct LastLook {
    at: DateTime<Utc>,
    cases: i32,
    failure: Option<String>,
}

pub(crate) async fn run(config: &Config, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = node.open(config).await?;
    let watched = monitors::overview(&ledger).await?;
    let monitors: Vec<Row> = watched.into_iter().map(row).collect();
    output.table(
        &["monitor", "owner", "severity", "open", "looked", "watches", "what to do", "settings"],
        monitors.iter().map(|row| {
            vec![
                row.name.to_owned(),
                row.owner.to_owned(),
                row.severity.to_string(),
                row.open.to_string(),
                looked(row.last_look.as_ref()),
                row.watches.to_owned(),
                row.what_to_do.to_owned(),
                row.settings.iter().map(setting).collect::<Vec<_>>().join(", "),
            ]
        }),
    );
    output.data(&Listed { monitors })?;
    ledger.stop().await;
    node.stop().await?;
    Ok(ExitCode::SUCCESS)
}

fn looked(look: Option<&LastLook>) -> String {
    match look {
        None => "never".to_owned(),
        Some(LastLook { at, failure: None, .. }) => at.format("%F %T").to_string(),
        Some(LastLook { at, failure: Some(failure), .. }) => {
            format!("{}: {failure}", at.format("%F %T"))
        }
    }
}

fn setting(setting: &Described) -> String {
    format!("{} {} {}", setting.name, display(&setting.value), setting.unit)
}

fn row(watched: Watched) -> Row {
    let Watched { monitor, settings, last_look, open } = watched;
    Row {
        name: monitor.name,
        owner: monitor.owner.as_str(),
        severity: monitor.severity,
        watches: monitor.watches,
        what_to_do: monitor.to_do,
        every_seconds: monitor.every.as_secs(),
        settings,
        open,
        last_look: last_look.map(|look| LastLook {
            at: look.looked_at,
            cases: look.cases,
            failure: look.failure,
        }),
    }
}
