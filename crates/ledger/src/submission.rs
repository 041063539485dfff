//! What is handed to the writer, and what comes back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::actor::Actor;
use domain::decide::{Change, Command};
use domain::id::{Code, Reason};
use domain::posting::RULE_VERSION;
use domain::{Rejection, StreamKey};
use eventstore::{BookId, Cursor, Position, Version};
use projections::Misfit;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One or more commands to be decided as one, under one id.
#[derive(Clone)]
pub struct Submission {
    /// Asking again under the same id gives the same answer.
    pub command_id: Uuid,
    /// A digest of what is asked; the same id for something else is refused.
    pub fingerprint: Vec<u8>,
    /// The id was made up for this attempt, so that nobody can have used it before.
    pub is_unrepeatable: bool,
    /// A refusal is stored, so that asking again gives the same one. Otherwise it leaves no trace,
    /// and asking again is decided anew.
    pub keeps_refusal: bool,
    pub commands: Vec<Command>,
    /// Streams whose ids were made up for this attempt: they hold no events.
    pub fresh: Vec<StreamKey>,
    /// Versions that the caller has seen and insists on.
    pub expected: Vec<(StreamKey, u64)>,
    pub provenance: Provenance,
    /// Makes the stored reply out of the decision. Pure: it may be called more than once.
    pub render: Render,
}

/// Makes a reply out of a decision.
pub type Render = Arc<dyn Fn(&Decided<'_>) -> Reply + Send + Sync>;

impl fmt::Debug for Submission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Submission")
            .field("command_id", &self.command_id)
            .field("commands", &self.commands)
            .finish_non_exhaustive()
    }
}

/// Who asks, and why: it stands on every event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    pub actor: Actor,
    pub reason: Option<Reason>,
    pub ticket: Option<Code>,
    /// The other persons who agreed to it.
    pub approved_by: Vec<String>,
    /// The id of the whole story.
    pub correlation_id: Option<Uuid>,
    /// The command or event that led to this.
    pub causation_id: Option<Uuid>,
    /// W3C trace context, as it came in.
    pub traceparent: Option<Code>,
    /// When it took effect, where that was before it was recorded.
    pub effective_at: Option<DateTime<Utc>>,
}

impl Provenance {
    /// Nothing but the actor.
    pub fn of(actor: Actor) -> Self {
        Self {
            actor,
            reason: None,
            ticket: None,
            approved_by: Vec::new(),
            correlation_id: None,
            causation_id: None,
            traceparent: None,
            effective_at: None,
        }
    }

    /// The flat object of strings that is stored and hashed with each event.
    pub(crate) fn metadata(&self) -> String {
        let mut entries: BTreeMap<&'static str, Cow<'_, str>> = BTreeMap::new();
        entries.insert("actor_kind", self.actor.kind.as_str().into());
        entries.insert("actor_id", self.actor.id.as_str().into());
        entries.insert("role", self.actor.role.as_str().into());
        entries.insert("posting_rule", RULE_VERSION.into());
        let optional = [
            ("department", self.actor.department.as_ref().map(|text| text.as_str().into())),
            ("on_behalf_of", self.actor.on_behalf_of.as_ref().map(|text| text.as_str().into())),
            ("reason", self.reason.as_ref().map(|text| text.as_str().into())),
            ("ticket", self.ticket.as_ref().map(|text| text.as_str().into())),
            (
                "approved_by",
                (!self.approved_by.is_empty()).then(|| self.approved_by.join(", ").into()),
            ),
            ("correlation_id", self.correlation_id.map(|id| id.to_string().into())),
            ("causation_id", self.causation_id.map(|id| id.to_string().into())),
            ("traceparent", self.traceparent.as_ref().map(|text| text.as_str().into())),
        ];
        entries.extend(optional.into_iter().filter_map(|(key, text)| text.map(|text| (key, text))));
        serde_json::to_string(&entries).expect("strings always make JSON")
    }
}

/// What was decided, for the reply to be made from.
#[derive(Debug)]
pub enum Decided<'a> {
    Accepted {
        changes: &'a [Change],
        /// The position of each change's event, in order.
        positions: &'a [Position],
        /// The book's position after it.
        position: Position,
        recorded_at: DateTime<Utc>,
    },
    Refused(&'a Rejection),
}

/// The reply that is stored with the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// An HTTP status.
    pub status: u16,
    /// JSON text.
    pub body: String,
    /// What was made or changed: `order/<id>`.
    pub resource: Option<String>,
    /// The version that the resource has now.
    pub version: Option<u64>,
}

/// What the caller gets: the stored reply, first-hand or again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// JSON text; none once it was kept long enough.
    pub body: Option<String>,
    pub resource: Option<String>,
    pub version: Option<u64>,
    /// A position of the book at which this has happened.
    pub position: Position,
    /// The same with the name of its history; none for a replayed answer.
    pub cursor: Option<Cursor>,
    /// It was decided earlier, and this is the answer from then.
    pub is_replayed: bool,
}

impl Answer {
    /// Whether the command was accepted.
    pub fn is_accepted(&self) -> bool {
        self.status < 300
    }
}

/// Why there is no answer. None of these is stored, and asking again is safe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    #[error("this id was used for something else")]
    Mismatch,
    #[error("more commands are waiting than can be taken")]
    Overloaded,
    #[error("the ledger is stopping")]
    Stopping,
    #[error("the database cannot be reached; ask again under the same id")]
    Unavailable,
    #[error("book {0} was written by a newer version; this node has stopped writing it")]
    Outdated(BookId),
    #[error(transparent)]
    Misfit(Misfit),
    #[error(
        "{stream} is quarantined: its event at position {position} cannot be read, and nothing is \
         decided over it; daftar event show {position} says more"
    )]
    Quarantined { stream: StreamKey, position: Position },
    #[error(
        "book {book} is stopped, and takes nothing until daftar book resume lets it go on: {why}"
    )]
    Stopped { book: BookId, why: String },
    #[error("the command is larger than a batch may be")]
    TooLarge,
    #[error("the command failed: {0}")]
    Failed(String),
}

/// The version of a stream as the log counts it.
pub(crate) fn stored_version(version: u64) -> Version {
    Version::new(i64::try_from(version).expect("a stream holds fewer than 2^63 events"))
}

/// The version of a stored record as the domain counts it.
pub(crate) fn domain_version(version: Version) -> u64 {
    u64::try_from(version.get()).expect("the database checks that a sequence is positive")
}

/// One event of a decision, for replies and for plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSummary {
    pub stream: String,
    pub id: Uuid,
    pub version: u64,
    #[serde(rename = "type")]
    pub event_type: String,
    pub position: Option<i64>,
}

impl EventSummary {
    pub fn of(change: &Change, position: Option<Position>) -> Self {
        Self {
            stream: change.stream.aggregate_type().to_owned(),
            id: change.stream.aggregate_id(),
            version: change.version,
            event_type: change.event.event_type().to_owned(),
            position: position.map(Position::get),
        }
    }
}
