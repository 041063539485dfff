//! Commands that were decided before, by this node or another.

use std::collections::BTreeMap;

use eventstore::{BookId, CommandRecord, Cursor};
use sqlx::{PgConnection, PgPool};
use tokio::sync::oneshot;
use tracing::warn;
use uuid::Uuid;

use super::{BATCH_MAX, Pending};
use crate::submission::{Answer, SubmitError, domain_version};
use crate::workers::Queue;

/// Somebody wants to know whether a command was decided before.
#[derive(Debug)]
pub(crate) struct LookUp {
    pub(crate) id: Uuid,
    pub(crate) answer: oneshot::Sender<Option<CommandRecord>>,
}

/// Looks commands up before they queue, as many as are waiting in one query. When the database
/// does not answer, the askers go on without: the commands' primary key is the guard.
pub(crate) async fn look_up(pool: PgPool, book: BookId, asked: Queue<LookUp>) {
    let mut asked = asked.lock().await;
    let mut waiting = Vec::with_capacity(BATCH_MAX);
    while asked.recv_many(&mut waiting, BATCH_MAX).await > 0 {
        let ids: Vec<Uuid> = waiting.iter().map(|one: &LookUp| one.id).collect();
        let known = async {
            let mut conn = pool.acquire().await?;
            known_commands(&mut conn, book, &ids).await
        };
        match known.await {
            Ok(known) => {
                for LookUp { id, answer } in waiting.drain(..) {
                    // Whoever asked may have gone.
                    answer.send(known.get(&id).cloned()).ok();
                }
            }
            Err(error) => {
                warn!(%error, "commands could not be looked up before they are decided");
                waiting.clear();
            }
        }
    }
}

/// Answers those of a batch that were decided already. The others stay in it.
pub(super) async fn answer_known(
    conn: &mut PgConnection,
    book: BookId,
    batch: &mut Vec<Pending>,
) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = batch.iter().map(|pending| pending.submission.command_id).collect();
    let known = known_commands(conn, book, &ids).await?;
    if known.is_empty() {
        return Ok(());
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
    Ok(())
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
