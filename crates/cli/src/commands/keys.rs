//! `daftar keys`: makes, lists and revokes API keys. Whoever can run it has the database.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Subcommand, ValueEnum};
use domain::actor::Role;
use domain::id::{CustomerId, Text};
use ledger::Ledger;
use ledger::principals::{self, Key, NewKey, NewPrincipal, PrincipalError, PrincipalKind, Token};
use serde::Serialize;

use crate::config::Config;
use crate::node::Node;
use crate::output::Output;

/// How many keys are read at a time.
const PAGE: u32 = 1_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a key, and the principal that owns it if there is none of this name. The key is shown
    /// once.
    Create {
        #[arg(long)]
        role: RoleName,
        /// Who owns the key: the lasting name that stands on events.
        #[arg(long, default_value = "admin")]
        principal: Text<64>,
        /// The principal is a program, not a person.
        #[arg(long)]
        service: bool,
        /// The person that a service belongs to.
        #[arg(long, requires = "service")]
        owner: Option<Text<64>>,
        /// The key sees only this customer; may be repeated.
        #[arg(long)]
        customer: Vec<CustomerId>,
    },
    /// List the keys, without their secrets.
    List,
    /// Make a key worthless, on every node at once.
    Revoke { key_id: String },
}

/// A role, as it is named on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    Client,
    Gateway,
    Finance,
    Warehouse,
    Logistics,
    Auditor,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Client => Self::Client,
            RoleName::Gateway => Self::Gateway,
            RoleName::Finance => Self::Finance,
            RoleName::Warehouse => Self::Warehouse,
            RoleName::Logistics => Self::Logistics,
            RoleName::Auditor => Self::Auditor,
            RoleName::Admin => Self::Admin,
        }
    }
}

#[derive(Serialize)]
struct Created<'a> {
    key: String,
    key_id: &'a str,
    principal: &'a str,
}

#[derive(Serialize)]
struct Listed {
    keys: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    key_id: String,
    principal: String,
    customers: Option<Vec<String>>,
    created_at: String,
    last_used_at: Option<String>,
    state: &'static str,
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    node.prepare().await?;
    let ledger = node.open(config).await?;
    match args.what {
        What::Create { role, principal, service, owner, customer } => {
            let kind = if service { PrincipalKind::Service } else { PrincipalKind::Person };
            let new =
                NewPrincipal { id: principal, kind, role: role.into(), department: None, owner };
            let customers = (!customer.is_empty()).then_some(customer);
            let token = create(&ledger, &new, customers).await?;
            output.say(token.reveal());
            let (key, key_id, principal) = (token.reveal(), token.id(), new.id.as_str());
            output.data(&Created { key, key_id, principal })?;
        }
        What::List => list(&ledger, output).await?,
        What::Revoke { key_id } => {
            let mut conn = ledger.pool().acquire().await?;
            let now = ledger.clock().now();
            if !principals::revoke(&mut conn, ledger.book(), &key_id, now).await? {
                bail!("there is no key {key_id}");
            }
            output.say("Revoked.");
            output.data(&serde_json::json!({ "revoked": key_id }))?;
        }
    }
    ledger.stop().await;
    node.stop().await?;
    Ok(ExitCode::SUCCESS)
}

/// Makes a key, and its principal if need be.
pub(crate) async fn create(
    ledger: &Ledger,
    new: &NewPrincipal,
    customers: Option<Vec<CustomerId>>,
) -> anyhow::Result<Token> {
    let (book, now) = (ledger.book(), ledger.clock().now());
    let mut conn = ledger.pool().acquire().await?;
    match principals::create_principal(&mut conn, book, new, None, now).await {
        Ok(()) => {}
        Err(PrincipalError::Exists) => {
            let there = principals::find_principal(&mut conn, book, &new.id).await?;
            if there.is_none_or(|there| there.role != new.role || there.kind != new.kind) {
                bail!("principal {} is there already, with another role or kind", new.id);
            }
        }
        Err(error) => return Err(error.into()),
    }
    let key = NewKey { principal: new.id.clone(), customers, expires_at: None };
    Ok(principals::create_key(&mut conn, book, &key, &rand::random(), None, now).await?)
}

async fn list(ledger: &Ledger, output: Output) -> anyhow::Result<()> {
    let mut conn = ledger.pool().acquire().await?;
    let now = ledger.clock().now();
    let mut listed: Vec<Key> = Vec::new();
    loop {
        let after = listed.last().map(|key| (key.created_at, key.key_id.clone()));
        let page = principals::list_keys(&mut conn, ledger.book(), after.as_ref(), PAGE).await?;
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    let keys: Vec<Row> = listed
        .into_iter()
        .map(|key| Row {
            state: if key.revoked_at.is_some() {
                "revoked"
            } else if key.expires_at.is_some_and(|at| at <= now) {
                "expired"
            } else {
                "live"
            },
            key_id: key.key_id,
            principal: key.principal_id,
            customers: key.customers,
            created_at: key.created_at.to_rfc3339(),
            last_used_at: key.last_used_at.map(|at| at.to_rfc3339()),
        })
        .collect();
    output.table(
        &["key", "principal", "customers", "made", "last used", "state"],
        keys.iter().map(|key| {
            vec![
                key.key_id.clone(),
                key.principal.clone(),
                key.customers.as_ref().map_or_else(|| "all".to_owned(), |listed| listed.join(", ")),
                key.created_at.clone(),
                key.last_used_at.clone().unwrap_or_default(),
                key.state.to_owned(),
            ]
        }),
    );
    output.data(&Listed { keys })
}
