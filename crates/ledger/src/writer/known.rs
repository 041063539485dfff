//! Commands that were decided before, by this node or another.

use std::collections::BTreeMap;

use eventstore::{AppendFunction, BookId, CommandRecord, Cursor};
use projections::Live;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Pending;
use crate::submission::{Answer, SubmitError, domain_version};

/// The function that writes a batch, unless one of the ids that are bound last was decided before.
pub(super) fn append_unless_known(live: &Live) -> AppendFunction {
    AppendFunction { sql: include_str!("../sql/append_unless_known.sql"), ..live.append_function() }
}

/// The ids of a batch that may have been decided before.
pub(super) fn repeatable(batch: &[Pending]) -> Vec<Uuid> {
    let submissions = batch.iter().map(|pending| &pending.submission);
    let repeatable = submissions.filter(|submission| !submission.is_unrepeatable);
    repeatable.map(|submission| submission.command_id).collect()
}

/// Answers those of a batch that were decided already, and says whether there were any. The others
/// stay in it. What is found is final, whoever holds the head; that the rest is new is certain only
/// under its lock.
pub(super) async fn answer_known(
    conn: &mut PgConnection,
    book: BookId,
    batch: &mut Vec<Pending>,
) -> Result<bool, sqlx::Error> {
    let ids: Vec<Uuid> = batch.iter().map(|pending| pending.submission.command_id).collect();
    let known = known_commands(conn, book, &ids).await?;
    if known.is_empty() {
        return Ok(false);
    }
    for pending in std::mem::take(batch) {
        match known.get(&pending.submission.command_id) {
            Some(record) => {
                let answer = replay(record, &pending.submission.fingerprint);
                pending.answer.send(answer).ok();
            }
            None => batch.push(pending),
        }
    }
    Ok(true)
}

/// The records of those ids that were decided before, beside the log or in it.
async fn known_commands(
    conn: &mut PgConnection,
    book: BookId,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, CommandRecord>, sqlx::Error> {
    let records: Vec<CommandRecord> = sqlx::query_as(include_str!("../sql/find_known.sql"))
        .bind(book)
        .bind(ids)
        .fetch_all(conn)
        .await?;
    Ok(records.into_iter().map(|record| (record.command_id, record)).collect())
}

/// The answer to a command that was decided before.
pub(crate) fn replay(record: &CommandRecord, fingerprint: &[u8]) -> Result<Answer, SubmitError> {
    if record.fingerprint != fingerprint {
        return Err(SubmitError::Mismatch);
    }
    Ok(Answer {
        status: u16::try_from(record.status).unwrap_or(500),
        body: record.reply.clone(),
        resource: record.resource.clone(),
        version: record.version.map(domain_version),
        position: record.position.unwrap_or_default(),
        cursor: None::<Cursor>,
        is_replayed: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(sql: &str) -> String {
        sql.split_whitespace().collect()
    }

    #[test]
    fn what_is_not_known_is_appended_by_the_same_call_as_everywhere() {
        let live = Live::all();
        let call = words(live.append_function().sql);
        let call = call.strip_prefix("select").unwrap();
        let ours = append_unless_known(&live);
        assert!(words(ours.sql).contains(&format!("else{call}end")), "{}", ours.sql);
        let next = call.matches('$').count() + 1;
        assert_eq!(ours.sql.matches(&format!("unnest(${next}::uuid[])")).count(), 2);
        assert_eq!(ours.fold_set, live.fold_set());
    }
}
