//! `daftar migrate`: brings the schema up to date, as the owner.

use std::process::ExitCode;

use serde::Serialize;

use crate::config::Config;
use crate::node::Node;
use crate::output::Output;

#[derive(Serialize)]
struct Migrated {
    applied: usize,
}

pub(crate) async fn run(config: &Config, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let applied = node.prepare().await?;
    match applied {
        0 => output.say("The schema was up to date."),
        count => output.say(format!("Applied {count} migrations.")),
    }
    output.data(&Migrated { applied })?;
    node.stop().await?;
    Ok(ExitCode::SUCCESS)
}
