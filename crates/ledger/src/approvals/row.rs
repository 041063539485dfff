//! A proposal's row, as it is read.

use chrono::{DateTime, Utc};
use domain::StreamKey;
use domain::id::Text;
use uuid::Uuid;

use super::{Approval, ApprovalError, Outcome, OutcomeKind, Proposer};

#[derive(sqlx::FromRow)]
pub(super) struct ApprovalRow {
    approval_id: Uuid,
    command_id: Uuid,
    fingerprint: Vec<u8>,
    commands: String,
    expected: String,
    subject_type: String,
    subject_id: Uuid,
    creates: bool,
    route: String,
    scope: i64,
    proposer: String,
    proposer_person: String,
    proposer_key: String,
    actor: String,
    reason: Option<String>,
    ticket: Option<String>,
    traceparent: Option<String>,
    would: String,
    proposed_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    attempt: i64,
    outcome: Option<String>,
    decided_by: Option<String>,
    decision_reason: Option<String>,
    decided_at: Option<DateTime<Utc>>,
}

/// A stream and its version, as they are stored.
pub(super) type StoredVersion = (String, Uuid, u64);

impl ApprovalRow {
    pub(super) fn approval(self) -> Result<Approval, ApprovalError> {
        let unreadable = || ApprovalError::Unreadable(self.approval_id);
        let stream = |kind: &str, id| StreamKey::parse(kind, id).ok_or_else(unreadable);
        let stored: Vec<StoredVersion> =
            serde_json::from_str(&self.expected).map_err(|_| unreadable())?;
        let mut expected = Vec::with_capacity(stored.len());
        for (kind, id, version) in stored {
            expected.push((stream(&kind, id)?, version));
        }
        let actor = serde_json::from_str(&self.actor).map_err(|_| unreadable())?;
        let kind = match self.outcome.as_deref() {
            None => None,
            Some("applied") => Some(OutcomeKind::Applied),
            Some("rejected") => Some(OutcomeKind::Rejected),
            Some(_) => return Err(unreadable()),
        };
        let (by, reason) = (self.decided_by, self.decision_reason);
        let at = self.decided_at.unwrap_or(self.proposed_at);
        Ok(Approval {
            id: self.approval_id,
            subject: stream(&self.subject_type, self.subject_id)?,
            scope: u64::try_from(self.scope).map_err(|_| unreadable())?,
            route: self.route,
            creates: self.creates,
            commands: self.commands,
            expected,
            proposer: Proposer {
                principal: self.proposer,
                person: self.proposer_person,
                key_id: self.proposer_key,
                actor,
            },
            reason: self.reason.map(Text::new).transpose()?,
            ticket: self.ticket.map(Text::new).transpose()?,
            traceparent: self.traceparent.map(Text::new).transpose()?,
            would: self.would,
            proposed_at: self.proposed_at,
            expires_at: self.expires_at,
            outcome: kind.map(|kind| Outcome { kind, by, reason, at }),
            command_id: self.command_id,
            fingerprint: self.fingerprint,
            attempt: self.attempt,
        })
    }
}
