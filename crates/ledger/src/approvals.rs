//! A second person's agreement: commands wait beside the log until another person approves them.
//!
//! The log decides what becomes of a proposal, and its row only remembers that. The first decision
//! is made under the id of the proposed request itself, so that its own retry is answered with what
//! the approval did. A refusal stands for ever under its id, so the next try has an id that follows
//! from the proposal and the number of refusals before it; it is used only once the one before is
//! known to be refused. Approving and rejecting compete for the same id. So at most one of them is
//! recorded, whoever asks, on whatever node, and wherever a process is killed.

use chrono::{DateTime, TimeDelta, Utc};
use domain::StreamKey;
use domain::actor::Actor;
use domain::decide::Command;
use domain::id::{Code, Reason, TextError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::submission::SubmitError;

mod decide;
mod propose;
mod row;
mod settle;

pub use decide::{approve, reject};
pub use propose::{NewApproval, Proposed, propose};
pub use settle::{Page, find, list};

/// How long a proposal may be approved.
pub const OPEN_FOR: TimeDelta = TimeDelta::days(7);

/// A proposal as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub id: Uuid,
    /// The request that was made: method and route.
    pub route: String,
    /// What a caller of the route needs.
    pub scope: u64,
    /// What it is about, and what the reply shows.
    pub subject: StreamKey,
    /// It makes the subject.
    pub creates: bool,
    /// The commands as JSON: a list.
    pub commands: String,
    /// The versions that the proposer insists on.
    pub expected: Vec<(StreamKey, u64)>,
    pub proposer: Proposer,
    pub reason: Option<Reason>,
    pub ticket: Option<Code>,
    pub traceparent: Option<Code>,
    /// What a dry run said when it was proposed, as JSON.
    pub would: String,
    pub proposed_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// None as long as nobody has decided on it.
    pub outcome: Option<Outcome>,
    command_id: Uuid,
    fingerprint: Vec<u8>,
    /// How many decisions have refused it.
    attempt: i64,
}

/// Who made a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposer {
    pub principal: String,
    /// The person behind the principal: someone else has to approve.
    pub person: String,
    pub key_id: String,
    /// Who will stand on the events.
    pub actor: Actor,
}

/// What became of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub kind: OutcomeKind,
    /// None where the request itself was accepted meanwhile, without anyone's approval.
    pub by: Option<String>,
    /// Why it was rejected.
    pub reason: Option<String>,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    Applied,
    Rejected,
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Open,
    Applied,
    Rejected,
    Expired,
}

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Applied => "applied",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }
}

impl OutcomeKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Rejected => "rejected",
        }
    }
}

impl Approval {
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        match self.outcome.as_ref().map(|outcome| outcome.kind) {
            Some(OutcomeKind::Applied) => Standing::Applied,
            Some(OutcomeKind::Rejected) => Standing::Rejected,
            None if self.expires_at <= now => Standing::Expired,
            None => Standing::Open,
        }
    }

    /// The id that a proposal has: the same for every retry of the request.
    fn id_of(command_id: Uuid) -> Uuid {
        Uuid::new_v5(&command_id, b"approval")
    }

    /// The id of the decision that is next, or that was the last one.
    fn deciding_id(&self) -> Uuid {
        if self.attempt == 0 {
            self.command_id
        } else {
            Uuid::new_v5(&self.id, &self.attempt.to_be_bytes())
        }
    }

    fn commands(&self) -> Result<Vec<Command>, ApprovalError> {
        serde_json::from_str(&self.commands).map_err(|_| ApprovalError::Unreadable(self.id))
    }
}

/// What a rejected proposal's decision is about: no other command has such a resource.
fn rejected_resource(id: Uuid) -> String {
    format!("approval/{id}")
}

#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    #[error("there is no such proposal")]
    Unknown,
    #[error("the proposal was open until {0}")]
    Expired(DateTime<Utc>),
    #[error("the proposal was {} already", .0.kind.as_str())]
    Decided(Outcome),
    #[error("another person than the one who proposed it has to approve it")]
    SamePerson,
    #[error("only a person can agree, and a service is none")]
    NotAPerson,
    #[error("the key that proposed it, or whoever holds it, is not trusted any more")]
    ProposerGone,
    #[error("this key was used for another request")]
    Mismatch,
    #[error("the stored proposal {0} cannot be read")]
    Unreadable(Uuid),
    #[error("others decide on the proposal at this moment")]
    Busy,
    #[error("a stored text cannot be read")]
    Text(#[from] TextError),
    #[error("the decision failed")]
    Submit(#[from] SubmitError),
    #[error("could not reach the proposals")]
    Database(#[from] sqlx::Error),
}
