//! One step: rows and the checkpoint that says so, in one transaction.

use eventstore::BookId;
use sqlx::{Acquire, PgConnection};

use super::build::Build;
use super::carry;
use super::error::RebuildError;
use super::load::Load;
use super::view::View;
use crate::keeper::Keeper;
use crate::progress::Progress;
use crate::views::Views;

/// What a step writes.
pub(super) enum Write<'a> {
    Nothing,
    Rows(Box<Views>, Load),
    /// The rows of the streams that cannot be folded, as readers see them.
    Uncarried(&'a [View]),
}

/// Writes and keeps `next`, and only then is the build what it says.
pub(super) async fn step<K: Keeper>(
    conn: &mut PgConnection,
    book: BookId,
    build: &mut Build,
    mut next: Build,
    write: Write<'_>,
    keeper: &mut K,
) -> Result<(), RebuildError> {
    let database = RebuildError::database(book);
    let mut tx = conn.begin().await.map_err(database)?;
    match write_and_keep(&mut tx, book, &mut next, write, keeper).await {
        Ok(()) => {
            tx.commit().await.map_err(database)?;
            *build = next;
            Ok(())
        }
        Err(error) => {
            // Dropped, it would be rolled back only when the connection is used again.
            tx.rollback().await.map_err(database)?;
            Err(error)
        }
    }
}

async fn write_and_keep<K: Keeper>(
    conn: &mut PgConnection,
    book: BookId,
    next: &mut Build,
    write: Write<'_>,
    keeper: &mut K,
) -> Result<(), RebuildError> {
    let database = RebuildError::database(book);
    // Rows and checkpoint are lost together or not at all, so neither has to wait for the disk.
    sqlx::query("set local synchronous_commit = off")
        .execute(&mut *conn)
        .await
        .map_err(database)?;
    match write {
        Write::Nothing => {}
        Write::Rows(views, load) => {
            views.load(conn, book, next, &load).await.map_err(database)?;
        }
        Write::Uncarried(views) => carry::carry_over(conn, book, next, views).await?,
    }
    let progress = Progress::Folded { position: next.folded(), end: next.until };
    let go_on = keeper.keep(conn, next, &progress).await.map_err(database)?;
    RebuildError::unless_stopped(go_on)
}
