//! How much room a rebuild needs on disk.

use eventstore::BookId;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::error::RebuildError;
use super::view;

/// What a rebuild needs while both generations are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Twice the tables' and three times the indexes' bytes of this book's share.
    pub needed: u64,
    /// The bytes of that share as it is.
    pub heap: u64,
    pub indexes: u64,
}

/// How much room a rebuild of these projections needs, without any of all of them. The book's share
/// of a table is estimated as its share of all books' events; a projection that has no rows yet is
/// taken to become as large as the largest.
pub async fn room(
    conn: &mut PgConnection,
    book: BookId,
    names: &[&str],
) -> Result<Room, RebuildError> {
    let chosen: Vec<&str> = view::choose(names)?.iter().map(|view| view.name).collect();
    let all: Vec<&str> = view::names().collect();
    let (heap, indexes): (i64, i64) = sqlx::query_as(include_str!("../sql/rebuild/find_room.sql"))
        .bind(book)
        .bind(chosen)
        .bind(all)
        .fetch_one(conn)
        .await
        .map_err(RebuildError::database(book))?;
    let bytes = |bytes: i64| u64::try_from(bytes).unwrap_or_default();
    let (heap, indexes) = (bytes(heap), bytes(indexes));
    Ok(Room { needed: 2 * heap + 3 * indexes, heap, indexes })
}
