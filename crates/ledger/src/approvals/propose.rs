//! Stores a proposal: nothing of what it asks for happens.

use domain::StreamKey;
use domain::id::Text;
use serde::Serialize;
use uuid::Uuid;

use super::row::StoredVersion;
use super::settle::{find, read};
use super::{Approval, ApprovalError, OPEN_FOR};
use crate::ledger::Ledger;
use crate::principals::Credential;
use crate::submission::{Answer, Reply, Submission};
use crate::writer;

/// What is proposed.
#[derive(Debug)]
pub struct NewApproval<'a> {
    /// The request as it would be submitted, its reply rendered as that of a dry run.
    pub submission: Submission,
    pub subject: StreamKey,
    pub creates: bool,
    pub route: &'a str,
    /// What a caller of the route needs.
    pub scope: u64,
    pub proposer: &'a Credential,
}

/// What came of proposing.
#[derive(Debug)]
pub enum Proposed {
    /// It waits for another person, or did and was decided on.
    Stored { approval: Box<Approval>, is_replayed: bool },
    /// The same request was accepted before, so that there is nothing to propose.
    Done(Answer),
    /// A rule refuses it whoever agrees. Nothing is stored.
    Refused(Reply),
}

/// Stores a proposal. Proposing the same again finds it.
pub async fn propose(ledger: &Ledger, new: NewApproval<'_>) -> Result<Proposed, ApprovalError> {
    let NewApproval { mut submission, subject, creates, route, scope, proposer } = new;
    let person = proposer.person().ok_or(ApprovalError::NotAPerson)?;
    let id = Approval::id_of(submission.command_id);
    if let Some(known) = known(ledger, id, &submission).await? {
        return Ok(known);
    }
    let commands = json(id, &submission.commands)?;
    let expected: Vec<StoredVersion> = submission
        .expected
        .iter()
        .map(|(stream, version)| {
            (stream.aggregate_type().to_owned(), stream.aggregate_id(), *version)
        })
        .collect();
    let (command_id, fingerprint) = (submission.command_id, submission.fingerprint.clone());
    let provenance = submission.provenance.clone();
    // As if someone had agreed.
    submission.provenance.approved_by = vec!["another person".to_owned()];
    let (would, _) = ledger.dry_run(submission).await?;
    if would.status >= 300 {
        return Ok(Proposed::Refused(would));
    }
    let now = ledger.clock().now();
    let mut conn = ledger.pool().acquire().await?;
    let inserted = sqlx::query(include_str!("sql/insert_approval.sql"))
        .bind(ledger.book())
        .bind(id)
        .bind(command_id)
        .bind(&fingerprint)
        .bind(commands)
        .bind(json(id, &expected)?)
        .bind(subject.aggregate_type())
        .bind(subject.aggregate_id())
        .bind(creates)
        .bind(route)
        .bind(i64::try_from(scope).expect("the scopes are fewer than the bits"))
        .bind(proposer.principal.as_str())
        .bind(person.as_str())
        .bind(&proposer.key_id)
        .bind(json(id, &provenance.actor)?)
        .bind(provenance.reason.as_ref().map(Text::as_str))
        .bind(provenance.ticket.as_ref().map(Text::as_str))
        .bind(provenance.traceparent.as_ref().map(Text::as_str))
        .bind(would.body)
        .bind(now)
        .bind(now + OPEN_FOR)
        .execute(&mut *conn)
        .await?
        .rows_affected();
    drop(conn);
    let approval = find(ledger, id).await?;
    if approval.fingerprint != fingerprint {
        return Err(ApprovalError::Mismatch);
    }
    Ok(Proposed::Stored { approval: Box::new(approval), is_replayed: inserted == 0 })
}

/// What is known of the same request: an earlier proposal, or that it was accepted.
async fn known(
    ledger: &Ledger,
    id: Uuid,
    submission: &Submission,
) -> Result<Option<Proposed>, ApprovalError> {
    let mut conn = ledger.pool().acquire().await?;
    let is_proposed = match read(&mut conn, ledger.book(), id).await? {
        Some(known) if known.fingerprint != submission.fingerprint => {
            return Err(ApprovalError::Mismatch);
        }
        found => found.is_some(),
    };
    let ids = [submission.command_id];
    let record = eventstore::read::commands_by_ids(&mut conn, ledger.book(), &ids).await?.pop();
    drop(conn);
    if is_proposed {
        let approval = Box::new(find(ledger, id).await?);
        return Ok(Some(Proposed::Stored { approval, is_replayed: true }));
    }
    let Some(record) = record else { return Ok(None) };
    let answer = writer::replay(&record, &submission.fingerprint)?;
    Ok(answer.is_accepted().then_some(Proposed::Done(answer)))
}

fn json<T: Serialize + ?Sized>(id: Uuid, value: &T) -> Result<String, ApprovalError> {
    serde_json::to_string(value).map_err(|_| ApprovalError::Unreadable(id))
}
