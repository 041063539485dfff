//! `daftar gateways`: payment gateways and the secrets that they sign their callbacks with.

use std::process::ExitCode;

use anyhow::{Context, bail};
use chrono::TimeDelta;
use clap::Subcommand;
use domain::id::Text;
use ledger::Ledger;
use ledger::gateways::{self, Gateway, GatewayName, GatewaySecret};
use ledger::personal::Vault;
use serde::Serialize;
use serde_json::json;

use crate::commands::fix;
use crate::config::Config;
use crate::node::Node;
use crate::output::Output;
use crate::service;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a gateway. What it signs with is shown once.
    Add {
        /// Small letters, digits, `-` and `_`: it stands in the address and on every event.
        #[arg(value_parser = name)]
        name: GatewayName,
        /// Who makes it.
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<Text<64>>,
    },
    /// List the gateways, without their secrets.
    List,
    /// Give a gateway a new secret, shown once. The one before stays good for a while.
    Rotate {
        #[arg(value_parser = name)]
        name: GatewayName,
        /// How long the secret before stays good; 0 ends it at once.
        #[arg(long, default_value_t = 24, value_name = "HOURS",
              value_parser = clap::value_parser!(u32).range(..=24 * 30))]
        overlap_hours: u32,
        /// Who rotates it.
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<Text<64>>,
    },
    /// Believe nothing that this gateway signs any more, on every node at once.
    Disable {
        #[arg(value_parser = name)]
        name: GatewayName,
    },
}

#[derive(Serialize)]
struct Made<'a> {
    gateway: &'a str,
    secret: &'a str,
    path: String,
}

#[derive(Serialize)]
struct Listed {
    gateways: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    gateway: String,
    path: String,
    created_at: String,
    created_by: Option<String>,
    secrets: i64,
    rotates_until: Option<String>,
    state: &'static str,
}

fn name(text: &str) -> Result<GatewayName, String> {
    GatewayName::parse(text).ok_or_else(|| {
        "a name has 1 to 64 small letters, digits, - and _, and begins with one of the first two"
            .to_owned()
    })
}

/// Where the gateway calls.
fn path(config: &Config, gateway: &str) -> String {
    format!("/api/gateways/{}/{gateway}/callback", config.book)
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = node.open(config).await?;
    let vault = service::vault(&node.secret);
    match args.what {
        What::Add { name, person } => {
            let secret = add(&ledger, &vault, &name, person).await?;
            show_made(config, &name, &secret, output)?;
        }
        What::List => list(config, &ledger, output).await?,
        What::Rotate { name, overlap_hours, person } => {
            let overlap = TimeDelta::hours(overlap_hours.into());
            let secret = rotate(&ledger, &vault, &name, overlap, person).await?;
            show_made(config, &name, &secret, output)?;
        }
        What::Disable { name } => {
            let (book, now) = (ledger.book(), ledger.clock().now());
            let mut conn = ledger.pool().acquire().await?;
            if !gateways::disable(&mut conn, book, &name, now).await? {
                bail!("there is no gateway {name}");
            }
            output.say("Disabled.");
            output.data(&json!({ "disabled": name.as_str() }))?;
        }
    }
    ledger.stop().await;
    node.stop().await?;
    Ok(ExitCode::SUCCESS)
}

async fn add(
    ledger: &Ledger,
    vault: &Vault,
    name: &GatewayName,
    person: Option<Text<64>>,
) -> anyhow::Result<GatewaySecret> {
    let by = known(ledger, person).await?;
    let (book, now) = (ledger.book(), ledger.clock().now());
    let mut conn = ledger.pool().acquire().await?;
    gateways::add(&mut conn, vault, book, name, by.as_deref(), now)
        .await
        .with_context(|| format!("could not make gateway {name}"))
}

async fn rotate(
    ledger: &Ledger,
    vault: &Vault,
    name: &GatewayName,
    overlap: TimeDelta,
    person: Option<Text<64>>,
) -> anyhow::Result<GatewaySecret> {
    let by = known(ledger, person).await?;
    let (book, now) = (ledger.book(), ledger.clock().now());
    let mut conn = ledger.pool().acquire().await?;
    gateways::rotate(&mut conn, vault, book, name, overlap, by.as_deref(), now)
        .await
        .with_context(|| format!("could not rotate the secret of gateway {name}"))
}

async fn known(ledger: &Ledger, person: Option<Text<64>>) -> anyhow::Result<Option<String>> {
    match person {
        Some(person) => Ok(Some(fix::known(ledger, &person).await?.id.to_string())),
        None => Ok(None),
    }
}

fn show_made(
    config: &Config,
    name: &GatewayName,
    secret: &GatewaySecret,
    output: Output,
) -> anyhow::Result<()> {
    let path = path(config, name.as_str());
    output.say(secret.reveal());
    output.say(format!("It signs what it posts to {path}; the secret is not shown again."));
    output.data(&Made { gateway: name.as_str(), secret: secret.reveal(), path })
}

async fn list(config: &Config, ledger: &Ledger, output: Output) -> anyhow::Result<()> {
    let mut conn = ledger.pool().acquire().await?;
    let listed = gateways::list(&mut conn, ledger.book(), ledger.clock().now()).await?;
    let gateways: Vec<Row> = listed.into_iter().map(|gateway| row(config, gateway)).collect();
    output.table(
        &["gateway", "calls", "made", "by", "secrets", "the one before is good until", "state"],
        gateways.iter().map(|row| {
            vec![
                row.gateway.clone(),
                row.path.clone(),
                row.created_at.clone(),
                row.created_by.clone().unwrap_or_default(),
                row.secrets.to_string(),
                row.rotates_until.clone().unwrap_or_default(),
                row.state.to_owned(),
            ]
        }),
    );
    output.data(&Listed { gateways })
}

fn row(config: &Config, gateway: Gateway) -> Row {
    Row {
        path: path(config, &gateway.gateway),
        created_at: gateway.created_at.to_rfc3339(),
        created_by: gateway.created_by,
        secrets: gateway.secrets,
        rotates_until: gateway.rotates_until.map(|at| at.to_rfc3339()),
        state: if gateway.disabled_at.is_some() { "disabled" } else { "live" },
        gateway: gateway.gateway,
    }
}
