//! `daftar webhooks`: addresses that are told of the book's events, or of its alerts.

use std::process::ExitCode;

use anyhow::Context;
use chrono::TimeDelta;
use clap::Subcommand;
use domain::id::Text;
use eventstore::Position;
use ledger::Ledger;
use ledger::history::{self, Point};
use ledger::webhooks::{
    self, Allow, Begin, Delivery, DeliveryFilter, DeliveryState, DisabledReason, New, Target,
    Types, Wanted, Webhook,
};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

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
    /// List the webhooks, without their secrets.
    List,
    /// Name an address that is told of events. What signs its messages is shown once.
    Add {
        /// Where messages are posted to.
        url: String,
        /// Only events of this type, such as `order.placed`, or what happens to alerts, such as
        /// `alert.opened`; may be repeated. Without it, all events and no alerts.
        #[arg(long = "type", value_name = "TYPE")]
        types: Vec<Types>,
        #[arg(long)]
        description: Option<Text<500>>,
        /// Told of what comes after this position or cursor, instead of what comes from now on.
        #[arg(long, value_name = "POSITION")]
        after: Option<Point>,
        /// The address may be private, or without TLS: the service needs the same flag.
        #[arg(long = "webhooks-allow-private", env = "DAFTAR_WEBHOOKS_ALLOW_PRIVATE")]
        allow_private: bool,
        /// Who names it.
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<Text<64>>,
    },
    /// Give a webhook a new secret, shown once. The one before stays good for a while.
    Rotate {
        webhook: Uuid,
        /// How long the secret before stays good; 0 ends it at once.
        #[arg(long, default_value_t = 24, value_name = "HOURS",
              value_parser = clap::value_parser!(u32).range(..=24 * 30))]
        overlap_hours: u32,
        /// Who rotates it.
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<Text<64>>,
    },
    /// Tell a webhook nothing more until it is enabled.
    Disable {
        webhook: Uuid,
        /// Who disables it.
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<Text<64>>,
    },
    /// Tell a webhook of events again, from where it stopped.
    Enable {
        webhook: Uuid,
        /// From the book's end on, instead of from where it stopped.
        #[arg(long)]
        skip_missed: bool,
    },
    /// List what was sent to a webhook last, and what came of it.
    Deliveries {
        webhook: Uuid,
        /// Only those in this state: pending, delivered or failed.
        #[arg(long, value_parser = state)]
        state: Option<DeliveryState>,
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
    },
    /// Tell a webhook again of the events from one position to another, both included.
    Replay {
        webhook: Uuid,
        #[arg(long)]
        from: Point,
        /// The book's end, if left out.
        #[arg(long)]
        to: Option<Point>,
        /// Who asks for it.
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<Text<64>>,
    },
}

#[derive(Serialize)]
struct Listed {
    webhooks: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: Uuid,
    url: String,
    types: Option<Vec<String>>,
    state: String,
    cursor: String,
    failing_since: Option<String>,
    created_by: Option<String>,
}

#[derive(Serialize)]
struct Log {
    deliveries: Vec<Sent>,
}

#[derive(Serialize)]
struct Sent {
    id: Uuid,
    #[serde(rename = "type")]
    event_type: String,
    position: i64,
    /// The number of the change of an alert; 0 for what is of an event, or a test.
    alert_change: i64,
    state: String,
    attempts: i32,
    next_attempt_at: Option<String>,
    last_status: Option<i32>,
    last_error: Option<String>,
}

fn state(text: &str) -> Result<DeliveryState, String> {
    let found = DeliveryState::ALL.into_iter().find(|state| state.as_str() == text);
    found.ok_or_else(|| "one of pending, delivered and failed".to_owned())
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = node.open(config).await?;
    let vault = service::vault(&node.secret);
    let (book, now) = (ledger.book(), ledger.clock().now());
    let mut conn = ledger.pool().acquire().await?;
    match args.what {
        What::List => {
            let listed = webhooks::list(&mut conn, book, None, u32::MAX, now).await?;
            show_list(listed, output)?;
        }
        What::Add { url, types, description, after, allow_private, person } => {
            let allow = if allow_private { Allow::Private } else { Allow::Open };
            let target = Target::parse(&url, allow).context("nothing is sent to this address")?;
            let description = description.map(String::from);
            let wanted = Wanted { target, types: chosen(types), description };
            let begin = match after {
                None => None,
                Some(after) => {
                    let found = history::resolve_with_hash(&mut conn, book, &after).await;
                    let (position, hash) = found.context("--after is not in this book")?;
                    Some(Begin { position, hash })
                }
            };
            let (by, id) = (known(&ledger, person).await?, new_id());
            let new = New { id, wanted: &wanted, begin, created_by: by.as_deref() };
            let secret = webhooks::add(&mut conn, &vault, book, new, now).await?.reveal();
            show_secret(id, &secret, output)?;
        }
        What::Rotate { webhook, overlap_hours, person } => {
            let (by, overlap) =
                (known(&ledger, person).await?, TimeDelta::hours(overlap_hours.into()));
            let by = by.as_deref();
            let rotated =
                webhooks::rotate(&mut conn, &vault, book, webhook, overlap, by, now).await?;
            show_secret(webhook, &rotated.reveal(), output)?;
        }
        What::Disable { webhook, person } => {
            let by = known(&ledger, person).await?;
            let (by, why) = (by.as_deref(), DisabledReason::ByHand);
            webhooks::disable(&mut conn, book, webhook, why, by, now).await?;
            output.say("Disabled.");
            output.data(&json!({ "disabled": webhook }))?;
        }
        What::Enable { webhook, skip_missed } => {
            webhooks::enable(&mut conn, book, webhook, skip_missed, now).await?;
            output.say("Enabled.");
            output.data(&json!({ "enabled": webhook }))?;
        }
        What::Deliveries { webhook, state, limit } => {
            webhooks::get(&mut conn, book, webhook, now).await?;
            let filter = DeliveryFilter { state, after: None, limit };
            let sent = webhooks::deliveries(&mut conn, book, webhook, filter).await?;
            show_log(sent, output)?;
        }
        What::Replay { webhook, from, to, person } => {
            let by = known(&ledger, person).await?;
            let from = history::resolve(&mut conn, book, &from).await?.max(Position::new(1));
            let until = match to {
                Some(to) => history::resolve(&mut conn, book, &to).await?,
                None => ledger.head().await?.position,
            };
            let (id, range) = (new_id(), (from, until));
            webhooks::replay(&mut conn, book, webhook, id, range, by.as_deref(), now).await?;
            output.say(format!("Positions {from} to {until} are told again by whatever serves."));
            output.data(&json!({ "replay": id, "from": from.get(), "to": until.get() }))?;
        }
    }
    drop(conn);
    ledger.stop().await;
    node.stop().await?;
    Ok(ExitCode::SUCCESS)
}

fn new_id() -> Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}

fn chosen(types: Vec<Types>) -> Option<Types> {
    types.into_iter().reduce(|mut all, more| {
        all.join(more);
        all
    })
}

async fn known(ledger: &Ledger, person: Option<Text<64>>) -> anyhow::Result<Option<String>> {
    match person {
        Some(person) => Ok(Some(fix::known(ledger, &person).await?.id.to_string())),
        None => Ok(None),
    }
}

fn show_secret(id: Uuid, secret: &str, output: Output) -> anyhow::Result<()> {
    output.say(secret);
    output.say(format!("It signs the messages of webhook {id}; it is not shown again."));
    output.data(&json!({ "webhook": id, "secret": secret }))
}

fn show_list(listed: Vec<Webhook>, output: Output) -> anyhow::Result<()> {
    let webhooks: Vec<Row> = listed.into_iter().map(row).collect();
    output.table(
        &["webhook", "address", "types", "state", "told up to", "failing since"],
        webhooks.iter().map(|row| {
            vec![
                row.id.to_string(),
                row.url.clone(),
                row.types.as_ref().map_or_else(|| "all".to_owned(), |types| types.join(" ")),
                row.state.clone(),
                row.cursor.clone(),
                row.failing_since.clone().unwrap_or_default(),
            ]
        }),
    );
    output.data(&Listed { webhooks })
}

fn row(webhook: Webhook) -> Row {
    Row {
        id: webhook.webhook_id,
        cursor: webhook.cursor().to_string(),
        state: match &webhook.disabled_reason {
            None => "enabled".to_owned(),
            Some(reason) => format!("disabled: {reason}"),
        },
        url: webhook.url,
        types: webhook.event_types,
        failing_since: webhook.failing_since.map(|at| at.to_rfc3339()),
        created_by: webhook.created_by,
    }
}

fn show_log(sent: Vec<Delivery>, output: Output) -> anyhow::Result<()> {
    let deliveries: Vec<Sent> = sent
        .into_iter()
        .map(|delivery| Sent {
            id: delivery.delivery_id,
            event_type: delivery.event_type,
            position: delivery.position.get(),
            alert_change: delivery.alert_number,
            state: delivery.state,
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at.map(|at| at.to_rfc3339()),
            last_status: delivery.last_status,
            last_error: delivery.last_error,
        })
        .collect();
    output.table(
        &["delivery", "type", "position", "state", "attempts", "next", "what came of the last"],
        deliveries.iter().map(|sent| {
            let came = sent
                .last_error
                .clone()
                .or_else(|| sent.last_status.map(|status| status.to_string()));
            vec![
                sent.id.to_string(),
                sent.event_type.clone(),
                if sent.alert_change > 0 {
                    format!("alert change {}", sent.alert_change)
                } else {
                    sent.position.to_string()
                },
                sent.state.clone(),
                sent.attempts.to_string(),
                sent.next_attempt_at.clone().unwrap_or_default(),
                came.unwrap_or_default(),
            ]
        }),
    );
    output.data(&Log { deliveries })
}
