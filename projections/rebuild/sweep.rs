//! The sweep: rows that nobody reads any more are deleted in pieces that nobody notices.

use eventstore::{BookId, Generation};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::error::RebuildError;
use crate::keeper::Keeper;

/// How far a sweep has come: what its keeper is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    pub view: String,
    /// The blocks of the view's table below this one are done.
    pub block: i64,
    /// How many rows were deleted in all.
    pub deleted: u64,
}

pub async fn sweep<K: Keeper>(
    conn: &mut PgConnection,
    book: BookId,
    names: &[&str],
    kept: &[(&str, Generation)],
    keeper: &mut K,
) -> Result<u64, RebuildError> {
    let _ = (conn, book, names, kept, keeper);
    Err(RebuildError::Lost)
}
