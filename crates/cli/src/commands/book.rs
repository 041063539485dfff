//! `daftar book`: shows the book's policy, and changes it by an event with an actor and a reason; stops
//! the book, and lets it go on.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Subcommand;
use domain::actor::{Actor, Role};
use domain::decide::Command;
use domain::id::{Code, Reason, Text};
use domain::settings::Settings;
use domain::{Rejection, State, StreamKey};
use eventstore::Position;
use ledger::book_settings::{Described, describe, display, parse};
use ledger::stopped::{self, Done, Resumed, Stopped};
use ledger::{Decided, Ledger, Provenance, Reply, Submission, queries};
use serde::Serialize;

use crate::commands::fix;
use crate::config::Config;
use crate::node::{Node, random_uuid};
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show every setting: what it holds, what a new book starts with, and what it means.
    Show,
    /// Change one setting, from now on.
    Set(Set),
    /// Stop the book: it is read as before, and nothing is added to it by anyone until it is resumed.
    Stop(Decision),
    /// Let a book go on that was stopped, by a person or because its chain is broken.
    Resume(Decision),
    /// Say whether the book is stopped and why, and what was decided about it before.
    State,
}

#[derive(Debug, clap::Args)]
struct Decision {
    /// Who decides: an admin, by the name of their principal. It is kept.
    #[arg(long = "as", value_name = "PERSON")]
    person: Text<64>,
    /// Why. It is kept.
    #[arg(long)]
    reason: Reason,
}

#[derive(Serialize)]
struct Standing {
    stopped: Option<Stopped>,
    /// When it was stopped before, the last time first.
    resumed: Vec<Resumed>,
}

#[derive(Debug, clap::Args)]
struct Set {
    /// Which setting, as `daftar book show` names it.
    name: String,
    /// Its new value: `48`, `Asia/Baghdad`, `1000000 IQD`, `IQD,USD`.
    #[arg(allow_hyphen_values = true)]
    value: String,
    /// Who changes it: an admin, by the name of their principal. It stands on the event.
    #[arg(long = "as", value_name = "PERSON")]
    person: Text<64>,
    /// Why.
    #[arg(long)]
    reason: Reason,
    /// The ticket that this belongs to.
    #[arg(long)]
    ticket: Option<Code>,
}

#[derive(Serialize)]
struct Shown {
    settings: Vec<Described>,
    version: u64,
    position: i64,
}

#[derive(Serialize)]
struct Changed<'a> {
    name: &'a str,
    before: &'a serde_json::Value,
    after: &'a serde_json::Value,
    version: u64,
    position: i64,
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = match args.what {
        What::Show | What::Set(_) => node.open(config).await?,
        What::Stop(_) | What::Resume(_) | What::State => node.open_to_maintain(config).await?,
    };
    match args.what {
        What::Show => show(&ledger, output).await?,
        What::Set(set) => change(&ledger, set, output).await?,
        What::Stop(decision) => stop(&ledger, decision, output).await?,
        What::Resume(decision) => resume(&ledger, decision, output).await?,
        What::State => state(&ledger, output).await?,
    }
    ledger.stop().await;
    node.stop().await?;
    Ok(ExitCode::SUCCESS)
}

async fn show(ledger: &Ledger, output: Output) -> anyhow::Result<()> {
    let (position, settings) = read(ledger).await?;
    let described = describe(&settings);
    output.table(
        &["setting", "value", "unit", "default", "what it says"],
        described.iter().map(|one| {
            vec![
                one.name.to_owned(),
                display(&one.value),
                one.unit.to_owned(),
                display(&one.default),
                one.meaning.to_owned(),
            ]
        }),
    );
    let (version, position) = (settings.version, position.get());
    output.data(&Shown { settings: described, version, position })
}

async fn stop(ledger: &Ledger, decision: Decision, output: Output) -> anyhow::Result<()> {
    let person = admin(ledger, &decision.person, "stops the book").await?;
    let mut conn = ledger.pool().acquire().await?;
    let reason = decision.reason.as_str();
    match stopped::stop(&mut conn, ledger.book(), reason, &person).await? {
        Done::Stopped => output.say("The book is stopped: nothing is added to it from now on."),
        Done::Already | Done::Known => output.say("The book was stopped already."),
    }
    drop(conn);
    state(ledger, output).await
}

async fn resume(ledger: &Ledger, decision: Decision, output: Output) -> anyhow::Result<()> {
    let person = admin(ledger, &decision.person, "resumes the book").await?;
    let mut conn = ledger.pool().acquire().await?;
    if !stopped::resume(&mut conn, ledger.book(), &person, decision.reason.as_str()).await? {
        bail!("the book is not stopped");
    }
    drop(conn);
    output.say("The book goes on.");
    state(ledger, output).await
}

async fn state(ledger: &Ledger, output: Output) -> anyhow::Result<()> {
    let mut conn = ledger.pool().acquire().await?;
    let stopped = stopped::state(&mut conn, ledger.book()).await?;
    let resumed = stopped::history(&mut conn, ledger.book()).await?;
    drop(conn);
    match &stopped {
        None => output.say("The book takes commands."),
        Some(stopped) => {
            output
                .say(format!("Stopped since {} by {}: {}", stopped.since, stopped.by, stopped.why));
            for finding in &stopped.findings {
                output.say(format!("  {finding}"));
            }
        }
    }
    output.table(
        &["stopped", "by", "why", "resumed", "by", "reason"],
        resumed.iter().map(|resumed| {
            vec![
                resumed.stopped.since.to_rfc3339(),
                resumed.stopped.by.clone(),
                resumed.stopped.why.clone(),
                resumed.resumed_at.to_rfc3339(),
                resumed.resumed_by.clone(),
                resumed.reason.clone(),
            ]
        }),
    );
    output.data(&Standing { stopped, resumed })
}

/// The name of a person who may do what only an admin does.
async fn admin(ledger: &Ledger, person: &Text<64>, does: &str) -> anyhow::Result<String> {
    let actor = fix::known(ledger, person).await?;
    if actor.role != Role::Admin {
        bail!("{} is {}, and only an admin {does}", actor.id, actor.role.as_str());
    }
    Ok(actor.id.to_string())
}

async fn change(ledger: &Ledger, set: Set, output: Output) -> anyhow::Result<()> {
    // What cannot be understood is refused before anybody is asked who they are.
    let setting = parse(&set.name, &set.value)?;
    let actor = fix::known(ledger, &set.person).await?;
    if actor.role != Role::Admin {
        bail!("{} is {}, and only an admin changes settings", actor.id, actor.role.as_str());
    }
    let (_, before) = read(ledger).await?;
    let command = Command::ChangeSetting { setting, reason: set.reason.clone() };
    submit(ledger, command, actor, set.reason, set.ticket).await?;
    let (position, after) = read(ledger).await?;
    let (before, now) = (value(&before, &set.name)?, value(&after, &set.name)?);
    if before == now {
        output.say(format!("{} is {} already.", set.name, display(&now)));
    } else {
        output.say(format!("{}: {} → {}", set.name, display(&before), display(&now)));
    }
    let (name, version, position) = (&set.name, after.version, position.get());
    output.data(&Changed { name, before: &before, after: &now, version, position })
}

fn value(settings: &Settings, name: &str) -> anyhow::Result<serde_json::Value> {
    let described = describe(settings).into_iter().find(|one| one.name == name);
    Ok(described.context("a setting that was changed is listed")?.value)
}

async fn read(ledger: &Ledger) -> anyhow::Result<(Position, Settings)> {
    let (at, state) = queries::state(ledger, StreamKey::Settings).await?;
    let State::Settings(settings) = &*state else { bail!("the settings' stream holds {state:?}") };
    Ok((at.position, settings.clone()))
}

/// Has the change decided and recorded like any other command.
async fn submit(
    ledger: &Ledger,
    command: Command,
    actor: Actor,
    reason: Reason,
    ticket: Option<Code>,
) -> anyhow::Result<()> {
    let submission = Submission {
        command_id: random_uuid(),
        fingerprint: Vec::new(),
        is_unrepeatable: true,
        keeps_refusal: true,
        commands: vec![command],
        fresh: Vec::new(),
        expected: Vec::new(),
        provenance: Provenance { reason: Some(reason), ticket, ..Provenance::of(actor) },
        render: Arc::new(|decided| match decided {
            Decided::Accepted { .. } => reply(200, "{}".to_owned()),
            Decided::Refused(rejection) => {
                reply(422, serde_json::Value::from(refusal(rejection)).to_string())
            }
        }),
    };
    let answer = ledger.submit(submission).await?;
    if answer.is_accepted() {
        return Ok(());
    }
    let told = answer.body.and_then(|body| serde_json::from_str::<String>(&body).ok());
    bail!("refused: {}", told.context("no reason was stored")?)
}

/// Why it was refused; of what takes two persons, how they go about it.
fn refusal(rejection: &Rejection) -> String {
    if matches!(rejection, Rejection::NeedsSecondPerson { .. }) {
        return "a second person must agree to this: propose it with POST \
                /api/admin/book-settings?propose=true, and another admin approves it"
            .to_owned();
    }
    rejection.to_string()
}

fn reply(status: u16, body: String) -> Reply {
    Reply { status, body, resource: Some("settings".to_owned()), version: None }
}
