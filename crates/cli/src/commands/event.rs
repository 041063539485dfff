//! `daftar event`: an event as it is stored, and how a stream is led on that could not be read.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Subcommand;
use domain::id::{Reason, Text};
use eventstore::Position;
use ledger::Ledger;
use ledger::quarantine::{self, Quarantined, Resumed, Shown};
use serde::Serialize;
use uuid::Uuid;

use super::fix;
use crate::config::Config;
use crate::node::Node;
use crate::output::{Output, counted};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show an event as it is stored, and why it cannot be read, if it cannot.
    Show {
        /// Where it stands in the book.
        position: i64,
    },
    /// List the streams that are quarantined: nothing is decided over them.
    Quarantined,
    /// Lead a quarantined stream on, if this build can read all of it.
    Resume {
        /// The event that could not be read, or any other of its stream.
        position: i64,
        /// Who says so: a person, by the name of their principal.
        #[arg(long = "as", value_name = "PERSON")]
        person: Text<64>,
        /// Why it can be read now. It is kept.
        #[arg(long)]
        reason: Reason,
    },
}

/// An event for programs: payload and metadata as the very texts that are stored.
#[derive(Serialize)]
struct Stored<'a> {
    position: i64,
    stream: &'a str,
    id: &'a str,
    version: i64,
    event_id: Uuid,
    #[serde(rename = "type")]
    event_type: &'a str,
    event_version: &'a str,
    payload: &'a str,
    metadata: &'a str,
    recorded_at: DateTime<Utc>,
    effective_at: DateTime<Utc>,
    command_id: Uuid,
    hash: String,
    /// As its stream was quarantined, while it is.
    quarantined: Option<&'a Quarantined>,
    /// The first event of its stream that this build cannot fold.
    unreadable: Option<&'a projections::Quarantined>,
}

#[derive(Serialize)]
struct Listed<'a> {
    quarantined: &'a [Quarantined],
}

#[derive(Serialize)]
struct Led<'a> {
    resumed: &'a Quarantined,
    repairs: &'a [projections::repair::Repair],
    left: &'a [projections::Finding],
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = node.open_to_maintain(config).await?;
    match args.what {
        What::Show { position } => show(&ledger, Position::new(position), output).await?,
        What::Quarantined => list(&ledger, output).await?,
        What::Resume { position, person, reason } => {
            let person = fix::known(&ledger, &person).await?.id;
            let position = Position::new(position);
            let resumed =
                quarantine::resume(&ledger, position, person.as_str(), reason.as_str()).await?;
            say_resumed(&resumed, output)?;
        }
    }
    ledger.stop().await;
    node.stop().await?;
    Ok(ExitCode::SUCCESS)
}

async fn show(ledger: &Ledger, position: Position, output: Output) -> anyhow::Result<()> {
    let mut conn = ledger.pool().acquire().await?;
    let shown = quarantine::show(&mut conn, ledger.book(), position).await?;
    let shown = shown.with_context(|| format!("there is no event at position {position}"))?;
    drop(conn);
    let Shown { event, quarantined, unreadable } = &shown;
    output.table(
        &["what", "value"],
        [
            ("position", event.position.to_string()),
            ("stream", event.stream.to_string()),
            ("number in its stream", event.version.to_string()),
            ("type", event.event_type.clone()),
            ("form", event.event_version.clone()),
            ("recorded at", event.recorded_at.to_rfc3339()),
            ("took effect at", event.effective_at.to_rfc3339()),
            ("by", actor(&event.metadata)),
            ("command", event.command_id.to_string()),
            ("event", event.event_id.to_string()),
            ("hash", event.hash.to_string()),
        ]
        .map(|(what, value)| vec![what.to_owned(), value]),
    );
    output.say(format!("\npayload:\n{}\n\nmetadata:\n{}\n", event.payload, event.metadata));
    match unreadable {
        None => output.say("This build can read all of its stream."),
        Some(found) if found.position == event.position => {
            output.say(format!("This build cannot read it: {}", found.why));
        }
        Some(found) => output.say(format!(
            "This build cannot read its stream from position {} on: {}",
            found.position, found.why
        )),
    }
    if let Some(row) = quarantined {
        output.say(format!(
            "Its stream is quarantined since {}, by position {}, found by: {}. {}",
            row.found_at.to_rfc3339(),
            row.position,
            row.found_by,
            match unreadable {
                Some(_) => "A build that reads it can lead it on.",
                None => "To lead it on: daftar event resume POSITION --as PERSON --reason WHY",
            }
        ));
    }
    output.data(&Stored {
        position: event.position.get(),
        stream: &event.stream.aggregate_type,
        id: &event.stream.aggregate_id,
        version: event.version.get(),
        event_id: event.event_id,
        event_type: &event.event_type,
        event_version: &event.event_version,
        payload: &event.payload,
        metadata: &event.metadata,
        recorded_at: event.recorded_at,
        effective_at: event.effective_at,
        command_id: event.command_id,
        hash: event.hash.to_string(),
        quarantined: quarantined.as_ref(),
        unreadable: unreadable.as_ref(),
    })
}

/// Who it was, as the metadata says, if they can be read.
fn actor(metadata: &str) -> String {
    let entries: BTreeMap<String, String> = serde_json::from_str(metadata).unwrap_or_default();
    let parts = ["actor_kind", "actor_id"].map(|name| entries.get(name).map(String::as_str));
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "nobody is named".to_owned() } else { parts.join(" ") }
}

async fn list(ledger: &Ledger, output: Output) -> anyhow::Result<()> {
    let found = quarantine::list(&mut *ledger.pool().acquire().await?, ledger.book()).await?;
    if found.is_empty() {
        output.say("No stream is quarantined.");
    } else {
        output.table(
            &["position", "stream", "since", "found by", "why"],
            found.iter().map(|one| {
                vec![
                    one.position.to_string(),
                    one.stream.to_string(),
                    one.found_at.to_rfc3339(),
                    one.found_by.clone(),
                    one.why.clone(),
                ]
            }),
        );
    }
    output.data(&Listed { quarantined: &found })
}

fn say_resumed(resumed: &Resumed, output: Output) -> anyhow::Result<()> {
    let Resumed { was, repairs, left } = resumed;
    output.say(format!("{} is read again, and decided over on every node.", was.stream));
    let rows = u64::try_from(repairs.len()).unwrap_or(u64::MAX);
    match rows {
        0 => output.say("Its rows were what its events make."),
        rows => output.say(format!("{} written anew:", counted(rows, "row"))),
    }
    for repair in repairs {
        output.say(format!("  {} {}", repair.view, repair.key));
    }
    if !left.is_empty() {
        output.say("Left to people:");
    }
    for finding in left {
        output.say(format!("  {finding}"));
    }
    output.data(&Led { resumed: was, repairs, left })
}
