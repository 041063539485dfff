//! The sweep: rows that nobody reads any more are deleted in pieces that nobody notices.

use eventstore::{BookId, Generation, read_head};
use serde::{Deserialize, Serialize};
use sqlx::{Acquire, AssertSqlSafe, PgConnection};

use super::error::RebuildError;
use super::view::{self, View};
use crate::keeper::{GoOn, Keeper};
use crate::progress::Progress;

/// How many blocks of a table one step looks at.
const BLOCKS: i64 = 128;

/// Others come first between two steps that deleted something.
const PAUSE: &str = "select pg_sleep(0.005)";

/// How far a sweep has come: what its keeper is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    pub view: String,
    /// The blocks of the view's table below this one are done.
    pub block: i64,
    /// How many rows were deleted in all.
    pub deleted: u64,
}

/// Deletes every row of these projections, without any of all of them, that belongs to a generation
/// which is neither live nor kept; says how many it was. It goes through a table once, by its blocks,
/// so that no step looks at the dead rows of another; and whoever has not finished begins anew. That
/// the work was cancelled does not end it: to leave nothing behind is what cancelling asks for.
pub async fn sweep<K: Keeper>(
    conn: &mut PgConnection,
    book: BookId,
    names: &[&str],
    kept: &[(&str, Generation)],
    keeper: &mut K,
) -> Result<u64, RebuildError> {
    let mut deleted = 0;
    for view in view::choose(names)? {
        let of_view = kept.iter().filter(|(name, _)| *name == view.name);
        let kept: Vec<Generation> = of_view.map(|(_, generation)| *generation).collect();
        if has_stale(conn, book, &view, &kept).await? {
            deleted = sweep_view(conn, book, &view, &kept, deleted, keeper).await?;
        }
    }
    Ok(deleted)
}

/// Whether there is anything to delete: the generations are found from one to the next.
async fn has_stale(
    conn: &mut PgConnection,
    book: BookId,
    view: &View,
    kept: &[Generation],
) -> Result<bool, RebuildError> {
    let live = read_head(conn, book).await?.generation(view.name);
    let sql = format!(
        "with recursive generations as (
              select min(generation) as generation from daftar.{name} where book_id = $1
              union all
              select (select min(generation) from daftar.{name}
                       where book_id = $1 and generation > g.generation)
                from generations as g
               where g.generation is not null
         )
         select generation from generations where generation is not null",
        name = view.name,
    );
    let generations: Vec<Generation> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(book)
        .fetch_all(conn)
        .await
        .map_err(RebuildError::database(book))?;
    Ok(generations.iter().any(|one| Some(*one) != live && !kept.contains(one)))
}

async fn sweep_view<K: Keeper>(
    conn: &mut PgConnection,
    book: BookId,
    view: &View,
    kept: &[Generation],
    mut deleted: u64,
    keeper: &mut K,
) -> Result<u64, RebuildError> {
    let database = RebuildError::database(book);
    // Nothing is added to these generations any more, so what lies beyond does not concern us.
    let blocks: i64 = sqlx::query_scalar(include_str!("../sql/rebuild/count_blocks.sql"))
        .bind(view.name)
        .fetch_one(&mut *conn)
        .await
        .map_err(database)?;
    let mut block = 0;
    while block < blocks {
        let mut tx = conn.begin().await.map_err(database)?;
        let step = async {
            let sql = "set local synchronous_commit = off";
            sqlx::query(sql).execute(&mut *tx).await?;
            let piece: i64 = sqlx::query_scalar(include_str!("../sql/rebuild/call_sweep.sql"))
                .bind(book)
                .bind(view.name)
                .bind(block)
                .bind(BLOCKS)
                .bind(kept)
                .fetch_one(&mut *tx)
                .await?;
            let piece = u64::try_from(piece).unwrap_or_default();
            let swept = Swept {
                view: view.name.to_owned(),
                block: block + BLOCKS,
                deleted: deleted + piece,
            };
            let progress = Progress::Deleted { projection: view.name, rows: swept.deleted };
            Ok((piece, keeper.keep(&mut tx, &swept, &progress).await?))
        }
        .await;
        let piece = match step {
            Ok((piece, GoOn::Yes | GoOn::Cancelled)) => {
                tx.commit().await.map_err(database)?;
                piece
            }
            Ok((_, GoOn::Lost)) => {
                tx.rollback().await.map_err(database)?;
                return Err(RebuildError::Lost);
            }
            Err(error) => {
                tx.rollback().await.map_err(database)?;
                return Err(database(error));
            }
        };
        block += BLOCKS;
        deleted += piece;
        if piece > 0 {
            sqlx::query(PAUSE).execute(&mut *conn).await.map_err(database)?;
        }
    }
    Ok(deleted)
}
