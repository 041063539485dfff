//! Approves a proposal, or rejects it: a decision of the log, once.

use std::sync::Arc;

use domain::id::Reason;
use serde_json::{Map, Value};
use tracing::warn;
use uuid::Uuid;

use super::settle::find;
use super::{Approval, ApprovalError, Outcome, OutcomeKind, rejected_resource};
use crate::ledger::Ledger;
use crate::principals::{self, Credential, Hand, PrincipalId, PrincipalKind};
use crate::submission::{Answer, Decided, Provenance, Render, Reply, Submission};

/// How often a decision is begun anew because another one came first.
const ROUNDS_MAX: u32 = 16;
/// What a rejected request is answered with from then on: 409, as for everything decided.
const REJECTED_STATUS: u16 = 409;

/// Has the proposed commands decided, with the proposer as the actor and the approver beside it.
/// Approving again answers with what was done. A refusal leaves the proposal open.
pub async fn approve(
    ledger: &Ledger,
    id: Uuid,
    approver: &Credential,
    render: Render,
) -> Result<Answer, ApprovalError> {
    let person = person(approver)?;
    for _ in 0..ROUNDS_MAX {
        let approval = find(ledger, id).await?;
        if approval.proposer.person == person.as_str() {
            return Err(ApprovalError::SamePerson);
        }
        must_be_apart(ledger, &approval, approver, person).await?;
        match &approval.outcome {
            Some(Outcome { kind: OutcomeKind::Applied, .. }) => {}
            Some(outcome @ Outcome { kind: OutcomeKind::Rejected, .. }) => {
                return Err(ApprovalError::Decided(outcome.clone()));
            }
            None => must_be_open(ledger, &approval).await?,
        }
        let answer = ledger.submit(approving(&approval, person, Arc::clone(&render))?).await?;
        if answer.is_accepted() {
            note(ledger, id).await;
            return Ok(answer);
        }
        let is_rejected = answer.resource.as_deref() == Some(&rejected_resource(id));
        // What was refused earlier may be accepted now, and has an id of its own.
        if !answer.is_replayed && !is_rejected {
            return Ok(answer);
        }
    }
    Err(ApprovalError::Busy)
}

/// Makes sure that the proposal is never applied. The proposer may do so too. `refusal` is the JSON
/// object that a retry of the proposed request gets.
pub async fn reject(
    ledger: &Ledger,
    id: Uuid,
    rejecter: &Credential,
    reason: &Reason,
    refusal: &str,
) -> Result<Approval, ApprovalError> {
    let person = person(rejecter)?;
    for _ in 0..ROUNDS_MAX {
        let approval = find(ledger, id).await?;
        match &approval.outcome {
            Some(outcome) if is_the_same(outcome, person, reason) => return Ok(approval),
            Some(outcome) => return Err(ApprovalError::Decided(outcome.clone())),
            None => must_not_be_expired(ledger, &approval)?,
        }
        // Whatever it answers, the log has decided: it is looked at in the next round.
        ledger.submit(rejecting(&approval, person, reason, refusal)).await?;
    }
    Err(ApprovalError::Busy)
}

/// A service has no eyes, not even one that a person owns.
fn person(credential: &Credential) -> Result<&PrincipalId, ApprovalError> {
    let is_person = credential.kind == PrincipalKind::Person;
    credential.person().filter(|_| is_person).ok_or(ApprovalError::NotAPerson)
}

/// One person could hold both keys, if either of the two was made by the other.
async fn must_be_apart(
    ledger: &Ledger,
    approval: &Approval,
    approver: &Credential,
    person: &PrincipalId,
) -> Result<(), ApprovalError> {
    let proposed = Hand {
        person: &approval.proposer.person,
        principal: &approval.proposer.principal,
        key_id: Some(&approval.proposer.key_id),
    };
    let agreeing = Hand {
        person: person.as_str(),
        principal: approver.principal.as_str(),
        key_id: Some(&approver.key_id),
    };
    let mut conn = ledger.pool().acquire().await?;
    let are_apart = principals::are_apart(&mut conn, ledger.book(), proposed, agreeing).await?;
    if are_apart { Ok(()) } else { Err(ApprovalError::SamePerson) }
}

fn is_the_same(outcome: &Outcome, person: &PrincipalId, reason: &Reason) -> bool {
    outcome.kind == OutcomeKind::Rejected
        && outcome.by.as_deref() == Some(person.as_str())
        && outcome.reason.as_deref() == Some(reason.as_str())
}

async fn must_be_open(ledger: &Ledger, approval: &Approval) -> Result<(), ApprovalError> {
    must_not_be_expired(ledger, approval)?;
    let is_trusted: Option<bool> = sqlx::query_scalar(include_str!("sql/is_proposer_trusted.sql"))
        .bind(ledger.book())
        .bind(approval.id)
        .bind(ledger.clock().now())
        .fetch_optional(&mut *ledger.pool().acquire().await?)
        .await?;
    if is_trusted == Some(true) { Ok(()) } else { Err(ApprovalError::ProposerGone) }
}

fn must_not_be_expired(ledger: &Ledger, approval: &Approval) -> Result<(), ApprovalError> {
    if approval.expires_at <= ledger.clock().now() {
        return Err(ApprovalError::Expired(approval.expires_at));
    }
    Ok(())
}

/// Brings the row up to date. The log knows without it, so that a failure harms nobody.
async fn note(ledger: &Ledger, id: Uuid) {
    if let Err(error) = find(ledger, id).await {
        warn!(%error, approval = %id, "an applied proposal could not be marked");
    }
}

fn approving(
    approval: &Approval,
    person: &PrincipalId,
    render: Render,
) -> Result<Submission, ApprovalError> {
    let approver = person.to_string();
    let said = approver.clone();
    Ok(Submission {
        commands: approval.commands()?,
        expected: approval.expected.clone(),
        provenance: Provenance {
            reason: approval.reason.clone(),
            ticket: approval.ticket.clone(),
            traceparent: approval.traceparent.clone(),
            correlation_id: Some(approval.id),
            approved_by: vec![approver],
            ..Provenance::of(approval.proposer.actor.clone())
        },
        render: Arc::new(move |decided| {
            let reply = render(decided);
            match decided {
                Decided::Accepted { .. } => {
                    let body = with_members(&reply.body, &[("approved_by", &said)]);
                    Reply { body, ..reply }
                }
                Decided::Refused(_) => reply,
            }
        }),
        ..decision(approval)
    })
}

/// Nothing but the record of a refusal, under the id that applying it would need.
fn rejecting(
    approval: &Approval,
    person: &PrincipalId,
    reason: &Reason,
    refusal: &str,
) -> Submission {
    let members = [("rejected_by", person.as_str()), ("rejection", reason.as_str())];
    let body = with_members(refusal, &members);
    let resource = rejected_resource(approval.id);
    Submission {
        render: Arc::new(move |_nothing| Reply {
            status: REJECTED_STATUS,
            body: body.clone(),
            resource: Some(resource.clone()),
            version: None,
        }),
        ..decision(approval)
    }
}

/// A decision on the proposal that does nothing.
fn decision(approval: &Approval) -> Submission {
    Submission {
        command_id: approval.deciding_id(),
        fingerprint: approval.fingerprint.clone(),
        is_unrepeatable: false,
        keeps_refusal: true,
        commands: Vec::new(),
        // What was fresh when it was proposed may have been used since.
        fresh: Vec::new(),
        expected: Vec::new(),
        provenance: Provenance::of(approval.proposer.actor.clone()),
        render: Arc::new(|_nothing| Reply {
            status: REJECTED_STATUS,
            body: String::new(),
            resource: None,
            version: None,
        }),
    }
}

fn with_members(body: &str, members: &[(&str, &str)]) -> String {
    let mut object: Map<String, Value> = serde_json::from_str(body).unwrap_or_default();
    for (name, text) in members {
        object.insert((*name).to_owned(), Value::from(*text));
    }
    Value::Object(object).to_string()
}
