//! `daftar serve`: the HTTP API over one book, until SIGTERM or Ctrl-C.

use std::process::ExitCode;

use ledger::webhooks::Allow;

use crate::config::{Config, Listen};
use crate::limits::LimitArgs;
use crate::node::Node;
use crate::scrub::ScrubArgs;
use crate::service::{Service, Settings, StopSignals};

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    scrub: ScrubArgs,
    /// Do not bring the schema up to date first (it is done by `daftar migrate` elsewhere).
    #[arg(long)]
    no_migrate: bool,
    /// Leave it to other nodes to fire what falls due: orders expire and are completed only where a
    /// node does.
    #[arg(long, env = "DAFTAR_NO_DEADLINES")]
    no_deadlines: bool,
    /// Leave it to other nodes to send webhooks.
    #[arg(long, env = "DAFTAR_NO_WEBHOOKS")]
    no_webhooks: bool,
    /// Leave it to other nodes to work at rebuilds and verifications that nobody else works at.
    #[arg(long, env = "DAFTAR_NO_JOBS")]
    no_jobs: bool,
    /// Leave it to other nodes to look for what is in trouble: alerts are opened and resolved only where
    /// a node does.
    #[arg(long, env = "DAFTAR_NO_MONITORS")]
    no_monitors: bool,
    /// Let webhooks go to private addresses and without TLS: whoever may name one then reaches all
    /// that this machine can.
    #[arg(long, env = "DAFTAR_WEBHOOKS_ALLOW_PRIVATE")]
    webhooks_allow_private: bool,
}

pub(crate) async fn run(config: &Config, args: Args) -> anyhow::Result<ExitCode> {
    // First of all, so that whoever stops a service that is just starting leaves no Postgres behind.
    let stop = StopSignals::listen()?;
    let node = Node::start(config).await?;
    if !args.no_migrate {
        node.prepare().await?;
    }
    let ledger = node.open_to_serve(config).await?;
    let settings = Settings {
        listen: args.listen.listen,
        fires_deadlines: !args.no_deadlines,
        sends_webhooks: !args.no_webhooks,
        webhooks: if args.webhooks_allow_private { Allow::Private } else { Allow::Open },
        works_at_jobs: !args.no_jobs,
        watches: !args.no_monitors,
        scrubs: args.scrub.options(),
        limits: args.limits,
    };
    let service = Service::start(&node, ledger, settings).await?;
    stop.received().await;
    service.stop().await;
    node.stop().await?;
    Ok(ExitCode::SUCCESS)
}
