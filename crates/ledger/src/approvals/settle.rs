//! Reads proposals, and finds out from the log what became of those that look open.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use eventstore::{BookId, CommandRecord};
use serde::Deserialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::ApprovalRow;
use super::{Approval, ApprovalError, Outcome, OutcomeKind, Standing, rejected_resource};
use crate::ledger::Ledger;

/// Which proposals to list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub standing: Option<Standing>,
    /// The last one of the page before.
    pub after: Option<(DateTime<Utc>, Uuid)>,
    pub size: u32,
}

/// A proposal as it stands; none of this id is an error.
pub async fn find(ledger: &Ledger, id: Uuid) -> Result<Approval, ApprovalError> {
    let mut conn = ledger.pool().acquire().await?;
    let approval = read(&mut conn, ledger.book(), id).await?.ok_or(ApprovalError::Unknown)?;
    let mut one = vec![approval];
    settle(&mut conn, ledger.book(), &mut one).await?;
    one.pop().ok_or(ApprovalError::Unknown)
}

/// Proposals, oldest first, and where the next page begins if there is one.
pub async fn list(
    ledger: &Ledger,
    page: Page,
) -> Result<(Vec<Approval>, Option<(DateTime<Utc>, Uuid)>), ApprovalError> {
    let now = ledger.clock().now();
    let mut conn = ledger.pool().acquire().await?;
    let (after, after_id) = page.after.unzip();
    let rows: Vec<ApprovalRow> = sqlx::query_as(include_str!("sql/list_approvals.sql"))
        .bind(ledger.book())
        .bind(page.standing.map(Standing::as_str))
        .bind(now)
        .bind(after)
        .bind(after_id)
        .bind(i64::from(page.size) + 1)
        .fetch_all(&mut *conn)
        .await?;
    let mut found: Vec<Approval> =
        rows.into_iter().map(ApprovalRow::approval).collect::<Result<_, _>>()?;
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let goes_on = found.len() > size;
    found.truncate(size);
    let next = found.last().filter(|_| goes_on).map(|last| (last.proposed_at, last.id));
    settle(&mut conn, ledger.book(), &mut found).await?;
    found.retain(|one| page.standing.is_none_or(|standing| one.standing(now) == standing));
    Ok((found, next))
}

/// A proposal as its row says.
pub(super) async fn read(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
) -> Result<Option<Approval>, ApprovalError> {
    let row: Option<ApprovalRow> = sqlx::query_as(include_str!("sql/read_approval.sql"))
        .bind(book)
        .bind(id)
        .fetch_optional(conn)
        .await?;
    row.map(ApprovalRow::approval).transpose()
}

/// Brings proposals to where the log says they are, and notes it: whoever decided on one may have
/// been killed before it could.
async fn settle(
    conn: &mut PgConnection,
    book: BookId,
    approvals: &mut [Approval],
) -> Result<(), ApprovalError> {
    let mut open: Vec<&mut Approval> =
        approvals.iter_mut().filter(|approval| approval.outcome.is_none()).collect();
    while !open.is_empty() {
        let ids: Vec<Uuid> = open.iter().map(|approval| approval.deciding_id()).collect();
        let records: BTreeMap<Uuid, CommandRecord> =
            eventstore::read::commands_by_ids(conn, book, &ids)
                .await?
                .into_iter()
                .map(|record| (record.command_id, record))
                .collect();
        let mut undecided = Vec::new();
        for approval in open {
            let Some(record) = records.get(&approval.deciding_id()) else { continue };
            approval.outcome = outcome(approval, record);
            if approval.outcome.is_none() {
                approval.attempt = approval.attempt.saturating_add(1);
            }
            note(conn, book, approval).await?;
            if approval.outcome.is_none() {
                undecided.push(approval);
            }
        }
        open = undecided;
    }
    Ok(())
}

/// What a stored reply says about who decided.
#[derive(Debug, Default, Deserialize)]
struct Said {
    approved_by: Option<String>,
    rejected_by: Option<String>,
    rejection: Option<String>,
}

/// What a recorded decision means for the proposal; none if it was refused and may be tried again.
fn outcome(approval: &Approval, record: &CommandRecord) -> Option<Outcome> {
    if record.fingerprint != approval.fingerprint {
        // The same key for another request, at the same moment: not this proposal's decision.
        return None;
    }
    let said = record.reply.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let Said { approved_by, rejected_by, rejection } = said.unwrap_or_default();
    let at = record.recorded_at;
    if record.resource.as_deref() == Some(&rejected_resource(approval.id)) {
        let kind = OutcomeKind::Rejected;
        return Some(Outcome { kind, by: rejected_by, reason: rejection, at });
    }
    let kind = OutcomeKind::Applied;
    (record.status < 300).then_some(Outcome { kind, by: approved_by, reason: None, at })
}

async fn note(
    conn: &mut PgConnection,
    book: BookId,
    approval: &Approval,
) -> Result<(), sqlx::Error> {
    let outcome = approval.outcome.as_ref();
    sqlx::query(include_str!("sql/note_outcome.sql"))
        .bind(book)
        .bind(approval.id)
        .bind(approval.attempt)
        .bind(outcome.map(|outcome| outcome.kind.as_str()))
        .bind(outcome.and_then(|outcome| outcome.by.as_deref()))
        .bind(outcome.and_then(|outcome| outcome.reason.as_deref()))
        .bind(outcome.map(|outcome| outcome.at))
        .execute(conn)
        .await?;
    Ok(())
}
