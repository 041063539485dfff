//! A proposal, as replies show it.

use chrono::{DateTime, Utc};
use domain::StreamKey;
use ledger::approvals;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Approval {
    id: Uuid,
    /// `open`, `applied`, `rejected` or `expired`.
    state: &'static str,
    /// The request that was made: method and route.
    route: String,
    subject: Subject,
    /// What is to be done.
    #[schema(value_type = Vec<Object>)]
    commands: Box<RawValue>,
    /// The versions that the proposer insists on.
    expected: Vec<Expected>,
    proposed_by: String,
    /// The person behind the one who proposed it: another one has to approve.
    person: String,
    role: String,
    on_behalf_of: Option<String>,
    reason: Option<String>,
    ticket: Option<String>,
    proposed_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    decided_by: Option<String>,
    /// Why it was rejected.
    decision_reason: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    /// What it would have done when it was proposed.
    #[schema(value_type = Object)]
    would: Box<RawValue>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApprovalSubject)]
struct Subject {
    stream: String,
    id: Uuid,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExpectedVersion)]
struct Expected {
    stream: String,
    id: Uuid,
    version: u64,
}

impl Approval {
    pub(crate) fn of(
        approval: approvals::Approval,
        now: DateTime<Utc>,
    ) -> Result<Self, serde_json::Error> {
        let state = approval.standing(now).as_str();
        let stream = |stream: StreamKey| stream.aggregate_type().to_owned();
        let outcome = approval.outcome;
        let actor = approval.proposer.actor;
        Ok(Self {
            id: approval.id,
            state,
            route: approval.route,
            subject: Subject {
                stream: stream(approval.subject),
                id: approval.subject.aggregate_id(),
            },
            commands: RawValue::from_string(approval.commands)?,
            expected: approval
                .expected
                .into_iter()
                .map(|(key, version)| Expected {
                    stream: stream(key),
                    id: key.aggregate_id(),
                    version,
                })
                .collect(),
            proposed_by: approval.proposer.principal,
            person: approval.proposer.person,
            role: actor.role.as_str().to_owned(),
            on_behalf_of: actor.on_behalf_of.map(|text| text.to_string()),
            reason: approval.reason.map(|text| text.to_string()),
            ticket: approval.ticket.map(|text| text.to_string()),
            proposed_at: approval.proposed_at,
            expires_at: approval.expires_at,
            decided_at: outcome.as_ref().map(|outcome| outcome.at),
            decided_by: outcome.as_ref().and_then(|outcome| outcome.by.clone()),
            decision_reason: outcome.and_then(|outcome| outcome.reason),
            would: RawValue::from_string(approval.would)?,
        })
    }
}
