//! `daftar jobs`: rebuilds and verifications, wherever they are worked at.

use std::pin::pin;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::Subcommand;
use indicatif::{HumanBytes, ProgressBar};
use ledger::Ledger;
use ledger::jobs::{self, Filter, Held, Job, JobError, Kind, Options, State, Wish};
use serde::Serialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{rebuild, verify};
use crate::config::Config;
use crate::node::Node;
use crate::output::Output;
use crate::service::{StopSignals, vault};

/// Somebody stopped it: as a shell says it of Ctrl-C.
const INTERRUPTED: u8 = 130;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the jobs, the last that was asked for first.
    List {
        /// Only rebuilds, or only verifications.
        #[arg(long, value_parser = kind)]
        kind: Option<Kind>,
        /// Only those in this state: waiting, running, ready, done, failed or cancelled.
        #[arg(long, value_parser = state)]
        state: Option<State>,
        /// How many at most.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
    },
    /// Show a job, with all that came of it.
    Show {
        /// The job's id, as daftar jobs lists it.
        job: Uuid,
    },
    /// Go on with a job that waits or whose process is gone, here; follow one that is worked at.
    Resume {
        /// The job's id, as daftar jobs lists it.
        job: Uuid,
    },
    /// Let a rebuild that is ready go on to its switch.
    Switch {
        /// The job's id, as daftar jobs lists it.
        job: Uuid,
        /// Money in a view may change, as the job's differences say.
        #[arg(long)]
        accept_differences: bool,
        /// Who decides.
        #[arg(long = "as", value_name = "PERSON", default_value = COMMAND_LINE)]
        person: String,
    },
    /// Give a job up; what a rebuild wrote is deleted.
    Cancel {
        /// The job's id, as daftar jobs lists it.
        job: Uuid,
        /// Who gives it up.
        #[arg(long = "as", value_name = "PERSON", default_value = COMMAND_LINE)]
        person: String,
    },
}

/// Who asks, if nobody says.
pub(crate) const COMMAND_LINE: &str = "command line";

#[derive(Serialize)]
struct Listed {
    jobs: Vec<Job>,
}

fn kind(text: &str) -> Result<Kind, String> {
    text.parse().map_err(|_| "rebuild or verification".to_owned())
}

fn state(text: &str) -> Result<State, String> {
    let words: Vec<&str> = State::ALL.into_iter().map(State::as_str).collect();
    text.parse().map_err(|_| format!("one of {}", words.join(", ")))
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start(config).await?;
    let ledger = node.open_to_maintain(config).await?;
    let vault = vault(&node.secret);
    let everything = What::List { kind: None, state: None, limit: 50 };
    let code = match args.what.unwrap_or(everything) {
        What::List { kind, state, limit } => {
            let filter = Filter { kind, state, before: None, limit: Some(limit) };
            list(jobs::list(&ledger, filter).await?, output)?
        }
        What::Show { job } => {
            let job = jobs::find(&ledger, job).await.map_err(explain)?;
            show(&job, output)?
        }
        What::Resume { job } => {
            follow(&jobs::find(&ledger, job).await.map_err(explain)?, output);
            let work = Work::Follow(job);
            settle(&with_progress(&ledger, work, Some(vault), output).await?, output)?
        }
        What::Switch { job, accept_differences, person } => {
            let decided = jobs::decide(&ledger, job, accept_differences, &person).await;
            let work = Work::Follow(decided.map_err(explain)?.id);
            settle(&with_progress(&ledger, work, Some(vault), output).await?, output)?
        }
        What::Cancel { job, person } => {
            let cancelled = jobs::cancel(&ledger, job, &person).await.map_err(explain)?;
            let cancelled = if cancelled.is_over() {
                cancelled
            } else {
                with_progress(&ledger, Work::Follow(cancelled.id), Some(vault), output).await?
            };
            say_cancelled(&cancelled, output)?
        }
    };
    ledger.stop().await;
    node.stop().await?;
    Ok(code)
}

/// What is worked at.
pub(crate) enum Work {
    /// A job that this process has taken.
    Held(Box<Held>),
    /// Any job: taken as soon as it can be, and followed until then.
    Follow(Uuid),
}

/// Asks for a job and takes it. If the same is under way already, that is gone on with.
pub(crate) async fn ask(
    ledger: &Ledger,
    wish: Wish,
    asked_by: &str,
    output: Output,
) -> Result<Work, JobError> {
    match jobs::begin(ledger, wish.clone(), asked_by).await {
        Ok(held) => Ok(Work::Held(Box::new(held))),
        Err(JobError::AlreadyRunning(job)) if job.wish.is_same_work(&wish) => {
            let at = job.asked_at.format("%F %T UTC");
            output.say(format!(
                "Going on with job {}, which {} asked for at {at}.",
                job.id, job.asked_by
            ));
            follow(&job, output);
            Ok(Work::Follow(job.id))
        }
        Err(error) => Err(error),
    }
}

/// What there is to wait for, if somebody works at it, or did until a moment ago.
fn follow(job: &Job, output: Output) {
    if job.state == State::Running && job.is_held {
        output.say(
            "Another process works at it. If that was killed, this goes on in its place after half a \
             minute at most.",
        );
    }
}

/// Works at a job until it ends, waits for a decision, or Ctrl-C, and shows how far it is.
pub(crate) async fn with_progress(
    ledger: &Ledger,
    work: Work,
    vault: Option<ledger::personal::Vault>,
    output: Output,
) -> anyhow::Result<Job> {
    let signals = StopSignals::listen()?;
    let stop = CancellationToken::new();
    let options = Options { vault, stop: stop.clone() };
    let bar = output.progress("Waiting", 0);
    let worked = {
        let mut work = pin!(go_on(ledger, work, &options, &bar));
        tokio::select! {
            worked = &mut work => worked,
            () = signals.received() => {
                bar.set_message("Stopping after this step");
                stop.cancel();
                work.await
            }
        }
    };
    bar.finish_and_clear();
    worked.map_err(explain)
}

async fn go_on(
    ledger: &Ledger,
    work: Work,
    options: &Options,
    bar: &ProgressBar,
) -> Result<Job, JobError> {
    let id = match work {
        Work::Follow(id) => id,
        Work::Held(held) => {
            let id = held.job().id;
            if let Some(job) = held.work(options, &mut |job| tell(bar, job)).await? {
                return Ok(job);
            }
            id
        }
    };
    Box::pin(jobs::work(ledger, options, id, |job| tell(bar, job))).await
}

fn tell(bar: &ProgressBar, job: &Job) {
    let Some(step) = &job.progress else { return };
    let what = match (step.phase.as_str(), step.text.as_str()) {
        ("checked", _) => "Checking the chain".to_owned(),
        ("folded", "") => "Folding events".to_owned(),
        ("deleted", view) => format!("Sweeping {view}"),
        (phase, "") => phase.to_owned(),
        (_, text) => text.to_owned(),
    };
    bar.set_message(what);
    bar.set_length(step.total.max(step.done));
    bar.set_position(step.done);
}

/// Says what came of a job, and how the process ends.
fn settle(job: &Job, output: Output) -> anyhow::Result<ExitCode> {
    match job.kind() {
        Kind::Rebuild => rebuild::settle(job, output),
        Kind::Verification => verify::settle(job, output),
    }
}

/// What every job that is not done has in common: how it can be gone on with, or why not.
pub(crate) fn settle_undone(job: &Job, output: Output) -> anyhow::Result<ExitCode> {
    output.data(&undone(job))?;
    match job.state {
        State::Failed | State::Cancelled => {
            let text = job.summary.as_deref().unwrap_or_default();
            let state = match (job.state, text) {
                (state, "") => format!(" {state}"),
                // Which its text says.
                (State::Cancelled, text) => format!(": {text}"),
                (state, text) => format!(" {state}: {text}"),
            };
            Output::complain(format!("job {}{state}", job.id));
            if let Some(next) = job.failure.as_ref().and_then(|failure| what_next(&failure.code)) {
                Output::complain(next);
            }
            Ok(ExitCode::FAILURE)
        }
        State::Waiting | State::Running | State::Ready | State::Done => {
            output.say(format!(
                "Stopped. Nothing is lost: job {id} goes on where it stopped.\n\
                 \u{20}  go on here:   daftar jobs resume {id}   (a node that serves goes on by itself)\n\
                 \u{20}  give it up:   daftar jobs cancel {id}",
                id = job.id
            ));
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

/// A job that is not done, for programs.
pub(crate) fn undone(job: &Job) -> Value {
    json!({
        "job": job.id,
        "state": job.state,
        "summary": job.summary,
        "failure": job.failure,
        "progress": job.progress,
    })
}

fn what_next(code: &str) -> Option<&'static str> {
    Some(match code {
        "journal-would-change" => {
            "Journal lines are final, and what is stored is not what this build makes of these events. \
             Either its fold was changed: mend it, so that it books as it did when they happened. Or a \
             row was written past daftar: the build that wrote the lines finds it by daftar verify, and \
             daftar replay --view journal_lines shows what it should be. OPERATING.md (A journal line \
             that is wrong) says how to tell, and how it is put back."
        }
        "not-enough-room" => {
            "Make room on the database's disk and ask again; if more is free than can be seen from \
             here, say so with --free-space <bytes>."
        }
        "differences-not-accepted" => {
            "Ask for it again with --preview, look at the differences, and switch with \
             --accept-differences if they are right; daftar jobs show tells of what it had found."
        }
        "other-build" | "not-decided" => "Ask for it again with this build.",
        "outdated" => "Upgrade this node.",
        "too-busy" => "Ask for it again when less is written.",
        "gave-up" => {
            "See in the logs of the nodes and of Postgres what ended it, mend that, and ask again."
        }
        "too-many-quarantined" => {
            "Nearly nothing can be read by this build: look at what daftar verify says first."
        }
        "position-not-found" => {
            "Name a position that the book has: daftar doctor says where it ends."
        }
        _ => return None,
    })
}

fn say_cancelled(job: &Job, output: Output) -> anyhow::Result<ExitCode> {
    match job.state {
        State::Cancelled => {
            output.say(format!(
                "Job {}: {}.",
                job.id,
                job.summary.as_deref().unwrap_or("cancelled")
            ));
            output.data(&undone(job))?;
            Ok(ExitCode::SUCCESS)
        }
        // It was faster.
        State::Done | State::Failed => settle(job, output),
        State::Waiting | State::Running | State::Ready => settle_undone(job, output),
    }
}

fn list(jobs: Vec<Job>, output: Output) -> anyhow::Result<ExitCode> {
    output.table(
        &["job", "what", "state", "asked by", "asked at", "progress or what came of it"],
        jobs.iter().map(|job| {
            vec![
                job.id.to_string(),
                what(&job.wish),
                state_of(job),
                job.asked_by.clone(),
                job.asked_at.format("%F %T").to_string(),
                [job.summary.clone().or_else(|| progress(job)), decision(job)]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join("; "),
            ]
        }),
    );
    output.data(&Listed { jobs })?;
    Ok(ExitCode::SUCCESS)
}

fn show(job: &Job, output: Output) -> anyhow::Result<ExitCode> {
    output.say(format!("{} {}: {}", what(&job.wish), job.id, state_of(job)));
    output.say(format!("asked by {} at {}", job.asked_by, job.asked_at.format("%F %T UTC")));
    if let Some(progress) = progress(job) {
        output.say(progress);
    }
    if let Some(summary) = &job.summary {
        output.say(summary);
    }
    if let (Some(decided), Some(decision)) = (decision(job), &job.decision) {
        output.say(format!("{decided} at {}", decision.at.format("%F %T UTC")));
    }
    if let Some(by) = job.cancel_asked_by.as_ref().filter(|_| !job.is_over()) {
        output.say(format!("{by} asked for its end"));
    }
    if let Some(ended_at) = job.ended_at {
        output.say(format!("ended at {}", ended_at.format("%F %T UTC")));
    }
    match job.kind() {
        Kind::Rebuild => rebuild::show(job, output)?,
        Kind::Verification => verify::show(job, output)?,
    }
    if let Some(next) = job.failure.as_ref().and_then(|failure| what_next(&failure.code)) {
        output.say(next);
    }
    output.data(job)?;
    Ok(ExitCode::SUCCESS)
}

/// Who answers for a rebuild's differences.
fn decision(job: &Job) -> Option<String> {
    let decision = job.decision.as_ref()?;
    let accepted = if decision.accept_differences { ", differences accepted" } else { "" };
    Some(format!("switch decided by {}{accepted}", decision.by))
}

/// What a job does, in a few words.
fn what(wish: &Wish) -> String {
    match wish {
        Wish::Verification { since: None } => "verification".to_owned(),
        Wish::Verification { since: Some(since) } => format!("verification since {since}"),
        Wish::Rebuild { views, preview, .. } => {
            let views = match views.as_slice() {
                few @ ([] | [_] | [_, _]) => few.join(", "),
                many => format!("{} views", many.len()),
            };
            format!("rebuild of {views}{}", if *preview { ", preview" } else { "" })
        }
    }
}

fn state_of(job: &Job) -> String {
    let state = if job.cancel_asked && !job.is_over() {
        "being cancelled".to_owned()
    } else {
        job.state.to_string()
    };
    if job.state == State::Running && !job.is_held {
        return format!("{state}, its process is gone");
    }
    state
}

fn progress(job: &Job) -> Option<String> {
    let step = job.progress.as_ref().filter(|_| !job.is_over())?;
    let what = [step.phase.as_str(), step.text.as_str()];
    let what: Vec<&str> = what.into_iter().filter(|word| !word.is_empty()).collect();
    Some(format!("{} {} of {}", what.join(" "), step.done, step.total))
}

/// What to do next, for those errors that one can do something about.
pub(crate) fn explain(error: JobError) -> anyhow::Error {
    match &error {
        JobError::AlreadyRunning(job) if job.state == State::Ready => anyhow!(
            "{} waits for a decision, as job {id}: daftar jobs switch {id}, or daftar jobs cancel {id}",
            what(&job.wish),
            id = job.id
        ),
        JobError::AlreadyRunning(job) => anyhow!(
            "{} is under way, as job {id}: follow it with daftar jobs resume {id}, or give it up with \
             daftar jobs cancel {id}",
            what(&job.wish),
            id = job.id
        ),
        JobError::NotFound(_) => anyhow!("{error}: daftar jobs lists those that there are"),
        JobError::DifferencesNotAccepted(job) => anyhow!(
            "{error}: see them with daftar jobs show {id}, then daftar jobs switch {id} \
             --accept-differences, or daftar jobs cancel {id}",
            id = job.id
        ),
        JobError::NotEnoughRoom { needed, free } => anyhow!(
            "the rebuild needs {} of the disk, and {} are free: make room on the database's disk, or, \
             if more is free than can be seen from here, say so with --free-space <bytes>",
            HumanBytes(*needed),
            HumanBytes(*free)
        ),
        JobError::Over(job) => {
            anyhow!("{error}: see what came of it with daftar jobs show {}", job.id)
        }
        JobError::NotReady(job) => anyhow!(
            "{error}: see how far it is with daftar jobs show {id}, or go on with it with daftar jobs \
             resume {id}",
            id = job.id
        ),
        JobError::OtherBuild { job, .. } => {
            anyhow!("{error} with daftar jobs cancel {}", job.id)
        }
        JobError::OlderFold { .. } => anyhow!("{error} with --accept-differences"),
        JobError::Database(_) => anyhow::Error::new(error).context(
            "the work stopped; once the database is there again it goes on where it stopped, with \
             the same command",
        ),
        JobError::UnknownView { .. }
        | JobError::Head(_)
        | JobError::Room(_)
        | JobError::Stored(_) => error.into(),
    }
}
