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
use domain::order::status::Channel;
use futures::future::join_all;
use projections::deadlines::{self, Due, Kind, Place};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use crate::ledger::Ledger;
use crate::queries::{self, QueryError};
use crate::standing::Standing;
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
    refused: BTreeMap<(Uuid, What), (i64, DateTime<Utc>)>,
}

/// What one round did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Round {
    /// Fired by this round.
    pub fired: usize,
    /// Reminded by this round.
    pub reminded: usize,
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
    #[error("could not read the book's settings")]
    Settings(#[from] QueryError),
    #[error("could not fire a deadline")]
    Submit(#[from] SubmitError),
}

/// Fires whatever falls due until it is told to stop.
pub async fn run(ledger: Ledger, stop: CancellationToken) {
    let clock = ledger.clock().clone();
    let mut standing = ledger.standings();
    let mut deadlines = Deadlines::new(ledger);
    let mut is_away = false;
    loop {
        // What falls due is read from a view, and this node may not know what its rows mean. And a
        // stopped book takes no event.
        tokio::select! {
            () = stop.cancelled() => return,
            good = standing.wait_for(Standing::takes_commands) => if good.is_err() { return },
        }
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

    /// Fires everything that is due now, the most overdue first, then reminds of what falls due soon.
    /// It ends: it goes forward through what was due when it began.
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
            let due = page.iter().filter(|due| due.due_at <= now);
            let firings = due.map(|due| Firing::due(&self.ledger, due));
            let firings = firings.filter(|firing| !self.is_refused(firing)).collect();
            self.fire_all(firings, now, &mut round).await?;
            if is_last || round.next.is_some() {
                self.remind(now, &mut round).await?;
                return Ok(round);
            }
        }
    }

    /// Reminds of what falls due soon, where nobody has; the nearest first.
    async fn remind(&mut self, now: DateTime<Utc>, round: &mut Round) -> Result<(), RoundError> {
        let Some(lead) =
            queries::settings(&self.ledger).await?.reminder_lead(Channel::BankTransfer)
        else {
            return Ok(());
        };
        let until = now.checked_add_signed(lead).unwrap_or(now);
        let mut after = None;
        loop {
            let page = {
                let mut conn = self.ledger.pool().acquire().await?;
                let book = self.ledger.book();
                deadlines::next_remindable(&mut conn, book, now, until, after, BATCH).await?.value
            };
            let is_last = u32::try_from(page.len()).is_ok_and(|rows| rows < BATCH);
            after = page.last().map(|due| (due.due_at, due.order_id));
            let firings = page.iter().map(|due| Firing::remind(&self.ledger, due));
            let due = firings.filter(|firing| !self.is_refused(firing)).collect();
            self.fire_all(due, now, round).await?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// Hands them to the writer together, which takes them as one batch.
    async fn fire_all(
        &mut self,
        firings: Vec<Firing>,
        now: DateTime<Utc>,
        round: &mut Round,
    ) -> Result<(), RoundError> {
        let fired = firings.iter().map(|firing| firing.fire(&self.ledger));
        let answers = join_all(fired).await;
        for (firing, answer) in firings.into_iter().zip(answers) {
            self.ledger.metrics().deadline(match &answer {
                Ok(answer) if answer.is_replayed => "found",
                Ok(answer) if answer.is_accepted() => firing.what.done(),
                Ok(_) => "late",
                Err(_) => "failed",
            });
            let stream = StreamKey::Order(OrderId::new(firing.order_id));
            let (what, set_by) = (firing.what, firing.set_by);
            match answer {
                Ok(answer) if answer.is_replayed => round.found_fired += 1,
                Ok(answer) if answer.is_accepted() => {
                    if what == What::Remind {
                        round.reminded += 1;
                    } else {
                        round.fired += 1;
                    }
                    info!(%stream, ?what, set_by, "a deadline was fired");
                }
                Ok(answer) => {
                    round.refused += 1;
                    let why = answer.body.unwrap_or_default();
                    info!(%stream, ?what, set_by, why, "a deadline came too late");
                    self.leave_alone(&firing, now);
                }
                Err(
                    error @ (SubmitError::Failed(_)
                    | SubmitError::Mismatch
                    | SubmitError::TooLarge
                    | SubmitError::Quarantined { .. }),
                ) => {
                    round.refused += 1;
                    warn!(%stream, ?what, set_by, %error, "a deadline cannot be fired");
                    self.leave_alone(&firing, now);
                }
                // Neither this one nor the others are to blame.
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn is_refused(&self, firing: &Firing) -> bool {
        let key = (firing.order_id, firing.what);
        self.refused.get(&key).is_some_and(|(set_by, _)| *set_by == firing.set_by)
    }

    fn leave_alone(&mut self, firing: &Firing, now: DateTime<Utc>) {
        let until = now.checked_add_signed(REFUSED_FOR).unwrap_or(now);
        self.refused.insert((firing.order_id, firing.what), (firing.set_by, until));
    }
}

/// What is done about a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Remind,
    Expire,
    Complete,
    /// A newer node's kind: that node fires it.
    Unknown,
}

impl What {
    fn done(self) -> &'static str {
        match self {
            Self::Remind => "reminded",
            Self::Expire | Self::Complete | Self::Unknown => "fired",
        }
    }
}

/// A deadline on its way to the writer.
#[derive(Debug)]
struct Firing {
    order_id: Uuid,
    what: What,
    /// The event that set it, by its place in the order's stream.
    set_by: i64,
    /// Named after that event.
    name: String,
    command_id: Uuid,
}

impl Firing {
    fn due(ledger: &Ledger, due: &Due) -> Self {
        let what = match Kind::parse(&due.kind) {
            Some(Kind::Expire) => What::Expire,
            Some(Kind::Complete) => What::Complete,
            None => What::Unknown,
        };
        Self::new(ledger, due, what, &due.kind)
    }

    fn remind(ledger: &Ledger, due: &Due) -> Self {
        Self::new(ledger, due, What::Remind, "remind")
    }

    fn new(ledger: &Ledger, due: &Due, what: What, kind: &str) -> Self {
        let Due { order_id, set_by, .. } = *due;
        let stream = StreamKey::Order(OrderId::new(order_id));
        let name = format!("deadline\u{1f}{stream}\u{1f}{kind}\u{1f}{set_by}");
        let command_id = Uuid::new_v5(&ledger.book_uuid(), name.as_bytes());
        Self { order_id, what, set_by, name, command_id }
    }

    async fn fire(&self, ledger: &Ledger) -> Result<Answer, SubmitError> {
        let order = OrderId::new(self.order_id);
        let command = match self.what {
            What::Remind => Command::Remind { order },
            What::Expire => Command::Expire { order },
            What::Complete => Command::CompleteAfterReturnWindow { order },
            What::Unknown => {
                return Err(SubmitError::Failed("no kind that this node knows".to_owned()));
            }
        };
        ledger
            .submit(Submission {
                command_id: self.command_id,
                fingerprint: Sha256::digest(&self.name).to_vec(),
                is_unrepeatable: false,
                keeps_refusal: false,
                commands: vec![command],
                fresh: Vec::new(),
                expected: Vec::new(),
                provenance: Provenance::of(actor()),
                render: Arc::new(render),
            })
            .await
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
