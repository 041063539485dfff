//! Fires what falls due: the ordinary commands, by daftar itself, once across all nodes.
//!
//! A firing is named after the event that set the deadline, so that nodes that fire it at once, or
//! again after a crash, do it once. What comes first wins: a deadline that is gone by the time it is
//! decided is refused like any other late wish. Such a refusal is not stored, since the same deadline
//! may yet be fired rightly.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::StreamKey;
use domain::actor::{Actor, ActorKind, Role};
use domain::decide::Command;
use domain::id::{OrderId, Text};
use futures::future::join_all;
use projections::deadlines::{self, Due, Kind, Place};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use crate::ledger::Ledger;
use crate::submission::{Answer, Decided, Provenance, Reply, Submission, SubmitError};

/// How many are fired at once.
const BATCH: u32 = 64;
/// The longest sleep: another node may set a deadline that is nearer than any seen.
const SLEEP_MAX: Duration = Duration::from_secs(1);
/// The shortest, should a clock stand still right before a deadline.
const SLEEP_MIN: Duration = Duration::from_millis(10);
/// How long a refused deadline is left alone unless it changes.
const REFUSED_FOR: TimeDelta = TimeDelta::minutes(1);

/// Fires the deadlines of one book.
#[derive(Debug)]
pub struct Deadlines {
    ledger: Ledger,
    /// What was refused, as it was set, and until when it is left alone.
    refused: BTreeMap<(Uuid, String), (i64, DateTime<Utc>)>,
}

/// What one round did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Round {
    /// Fired by this round.
    pub fired: usize,
    /// Found fired by another node, or by an earlier attempt whose answer was lost.
    pub found_fired: usize,
    pub refused: usize,
    /// When the next one falls due.
    pub next: Option<DateTime<Utc>>,
}

/// A round that could not be finished. The next one begins where it stopped.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    #[error("could not read what falls due")]
    Database(#[from] sqlx::Error),
    #[error("could not fire a deadline")]
    Submit(#[from] SubmitError),
}

/// Fires whatever falls due until it is told to stop.
pub async fn run(ledger: Ledger, stop: CancellationToken) {
    let clock = ledger.clock().clone();
    let mut deadlines = Deadlines::new(ledger);
    let mut is_away = false;
    loop {
        // Only the sleep is broken off: what was handed to the writer is decided all the same.
        let pause = match deadlines.fire().await {
            Ok(round) => {
                if std::mem::take(&mut is_away) {
                    info!("deadlines are fired again");
                }
                pause(round.next, clock.now())
            }
            Err(RoundError::Submit(SubmitError::Stopping)) => return,
            Err(error) => {
                if !std::mem::replace(&mut is_away, true) {
                    warn!(%error, "deadlines cannot be fired for now");
                }
                SLEEP_MAX
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// How long nothing can fall due that this node knows of.
fn pause(next: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Duration {
    let left = next.map(|next| next.signed_duration_since(now).to_std().unwrap_or_default());
    left.unwrap_or(SLEEP_MAX).clamp(SLEEP_MIN, SLEEP_MAX)
}

impl Deadlines {
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger, refused: BTreeMap::new() }
    }

    /// Fires everything that is due now, the most overdue first. It ends: it goes forward through
    /// what was due when it began.
    pub async fn fire(&mut self) -> Result<Round, RoundError> {
        let now = self.ledger.clock().now();
        self.refused.retain(|_, (_, until)| *until > now);
        let mut round = Round::default();
        let mut after: Option<Place> = None;
        loop {
            let page = {
                let mut conn = self.ledger.pool().acquire().await?;
                deadlines::next(&mut conn, self.ledger.book(), after, BATCH).await?.value
            };
            let is_last = u32::try_from(page.len()).is_ok_and(|rows| rows < BATCH);
            round.next = page.iter().map(|due| due.due_at).find(|due_at| *due_at > now);
            after = page.last().map(|due| (due.due_at, due.order_id, due.kind.clone()));
            let due = page.into_iter().filter(|due| due.due_at <= now && !self.is_refused(due));
            self.fire_all(due.collect(), now, &mut round).await?;
            if is_last || round.next.is_some() {
                return Ok(round);
            }
        }
    }

    /// Hands them to the writer together, which takes them as one batch.
    async fn fire_all(
        &mut self,
        due: Vec<Due>,
        now: DateTime<Utc>,
        round: &mut Round,
    ) -> Result<(), RoundError> {
        let fired = due.iter().map(|due| fire_one(&self.ledger, due));
        let answers = join_all(fired).await;
        for (due, answer) in due.into_iter().zip(answers) {
            let stream = StreamKey::Order(OrderId::new(due.order_id));
            let (kind, set_by) = (due.kind.as_str(), due.set_by);
            match answer {
                Ok(answer) if answer.is_replayed => round.found_fired += 1,
                Ok(answer) if answer.is_accepted() => {
                    round.fired += 1;
                    info!(%stream, kind, set_by, "a deadline was fired");
                }
                Ok(answer) => {
                    round.refused += 1;
                    let why = answer.body.unwrap_or_default();
                    info!(%stream, kind, set_by, why, "a deadline came too late");
                    self.leave_alone(due, now);
                }
                Err(
                    error
                    @ (SubmitError::Failed(_) | SubmitError::Mismatch | SubmitError::TooLarge),
                ) => {
                    round.refused += 1;
                    warn!(%stream, kind, set_by, %error, "a deadline cannot be fired");
                    self.leave_alone(due, now);
                }
                // Neither this one nor the others are to blame.
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn is_refused(&self, due: &Due) -> bool {
        let key = (due.order_id, due.kind.clone());
        self.refused.get(&key).is_some_and(|(set_by, _)| *set_by == due.set_by)
    }

    fn leave_alone(&mut self, due: Due, now: DateTime<Utc>) {
        let until = now.checked_add_signed(REFUSED_FOR).unwrap_or(now);
        self.refused.insert((due.order_id, due.kind), (due.set_by, until));
    }
}

async fn fire_one(ledger: &Ledger, due: &Due) -> Result<Answer, SubmitError> {
    let Some(kind) = Kind::parse(&due.kind) else {
        // A newer node's kind: that node fires it.
        return Err(SubmitError::Failed(format!("{} is no kind that this node knows", due.kind)));
    };
    ledger.submit(firing(ledger.book_uuid(), kind, due)).await
}

/// The command of a deadline, named after the event that set it.
fn firing(book: Uuid, kind: Kind, due: &Due) -> Submission {
    let order = OrderId::new(due.order_id);
    let (stream, kind_name, set_by) = (StreamKey::Order(order), kind.as_str(), due.set_by);
    let name = format!("deadline\u{1f}{stream}\u{1f}{kind_name}\u{1f}{set_by}");
    let command = match kind {
        Kind::Expire => Command::Expire { order },
        Kind::Complete => Command::CompleteAfterReturnWindow { order },
    };
    Submission {
        command_id: Uuid::new_v5(&book, name.as_bytes()),
        fingerprint: Sha256::digest(name).to_vec(),
        is_unrepeatable: false,
        keeps_refusal: false,
        commands: vec![command],
        fresh: Vec::new(),
        expected: Vec::new(),
        provenance: Provenance::of(actor()),
        render: Arc::new(render),
    }
}

fn actor() -> Actor {
    Actor {
        kind: ActorKind::System,
        id: Text::new("deadlines").expect("a word is a text"),
        role: Role::Admin,
        department: None,
        on_behalf_of: None,
    }
}

fn render(decided: &Decided<'_>) -> Reply {
    let (status, body) = match decided {
        Decided::Accepted { .. } => (200, "{}".to_owned()),
        Decided::Refused(rejection) => (409, rejection.to_string()),
    };
    Reply { status, body, resource: None, version: None }
}
