//! Who holds the keys that requests come with: as many as are waiting, in one query. It begins after they
//! asked, so that a key that was revoked before holds nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use eventstore::BookId;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::{Credential, Held, PrincipalError, Token, touch};
use crate::workers::Queue;

/// The most keys in one query.
const AT_ONCE: usize = 512;
/// How long a connection is kept for those who ask next: to take one from the pool is a round trip, by which
/// it is found out that it still leads somewhere.
const KEPT: Duration = Duration::from_secs(1);

/// What is known of a key, or why nobody knows.
type Found = Result<Option<Credential>, Arc<PrincipalError>>;

/// Somebody wants to know who holds a key.
#[derive(Debug)]
pub(crate) struct AskedKey {
    pub(crate) token: Token,
    pub(crate) now: DateTime<Utc>,
    pub(crate) answer: oneshot::Sender<Found>,
}

/// Answers those who ask for as long as anybody may.
pub(crate) async fn answer(pool: PgPool, book: BookId, asked: Queue<AskedKey>) {
    let mut asked = asked.lock().await;
    let mut waiting = Vec::with_capacity(AT_ONCE);
    let mut kept: Kept = None;
    while next(&mut asked, &mut waiting, &mut kept).await > 0 {
        let at_hand = match &mut kept {
            Some((conn, _)) => find(conn, book, &waiting).await.ok(),
            None => None,
        };
        let held = match at_hand {
            Some(held) => Ok(held),
            // One that was kept may have been lost meanwhile.
            None => async { find(keep(&pool, &mut kept).await?, book, &waiting).await }.await,
        };
        match held.map_err(Arc::new) {
            Ok(held) => {
                for AskedKey { token, now, answer } in waiting.drain(..) {
                    let held = held.get(token.id()).cloned();
                    let found = Held::credential_of(held, &token, now).map_err(Arc::new);
                    // Whoever asked may have gone.
                    answer.send(found).ok();
                }
            }
            Err(error) => {
                for AskedKey { answer, .. } in waiting.drain(..) {
                    answer.send(Err(Arc::clone(&error))).ok();
                }
            }
        }
    }
}

/// A connection, and until when it is kept.
type Kept = Option<(PoolConnection<Postgres>, Instant)>;

/// Waits for the next who ask. A connection that was kept long enough goes back.
async fn next(
    asked: &mut mpsc::Receiver<AskedKey>,
    waiting: &mut Vec<AskedKey>,
    kept: &mut Kept,
) -> usize {
    kept.take_if(|(_, until)| *until <= Instant::now());
    if let Some((_, until)) = kept {
        match timeout_at(*until, asked.recv_many(waiting, AT_ONCE)).await {
            Ok(asked) => return asked,
            Err(_elapsed) => *kept = None,
        }
    }
    asked.recv_many(waiting, AT_ONCE).await
}

/// Takes a connection to keep.
async fn keep<'k>(pool: &PgPool, kept: &'k mut Kept) -> Result<&'k mut PgConnection, sqlx::Error> {
    let (conn, _) = kept.insert((pool.acquire().await?, Instant::now() + KEPT));
    Ok(conn)
}

async fn find(
    conn: &mut PgConnection,
    book: BookId,
    asked: &[AskedKey],
) -> Result<BTreeMap<String, Held>, PrincipalError> {
    let mut ids: Vec<&str> = asked.iter().map(|one| one.token.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    let held: Vec<Held> = sqlx::query_as(include_str!("sql/find_keys.sql"))
        .bind(book)
        .bind(ids)
        .fetch_all(&mut *conn)
        .await?;
    let held: BTreeMap<String, Held> =
        held.into_iter().map(|held| (held.key_id.clone(), held)).collect();
    let mut touched = BTreeSet::new();
    for AskedKey { token, now, .. } in asked {
        let Some(held) = held.get(token.id()) else { continue };
        let is_used = held.is_live(token, *now) && held.is_to_be_touched(*now);
        if is_used && touched.insert(token.id()) {
            touch(&mut *conn, book, token, *now).await?;
        }
    }
    Ok(held)
}
