//! What a query read, and the position that it reflects.

use eventstore::{BookId, Cursor};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{FromRow, PgConnection, Postgres, Row, ValueRef};

/// The most rows that one page holds.
pub const PAGE_SIZE_MAX: u32 = 500;

/// What was read, with the book's position in the same snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The book's position, and the name of its history.
    pub cursor: Cursor,
    pub value: T,
}

impl<T> At<T> {
    pub(crate) fn map<U>(self, map: impl FnOnce(T) -> U) -> At<U> {
        At { cursor: self.cursor, value: map(self.value) }
    }
}

/// A query whose first argument is the book. Every statement begins with the head's row, so that it
/// answers with the position even when it finds nothing: then the other columns are null.
pub(crate) fn on(sql: &'static str, book: BookId) -> Query<'static, Postgres, PgArguments> {
    sqlx::query(sql).bind(book)
}

pub(crate) async fn many<T>(
    conn: &mut PgConnection,
    query: Query<'static, Postgres, PgArguments>,
) -> Result<At<Vec<T>>, sqlx::Error>
where
    T: for<'r> FromRow<'r, PgRow>,
{
    let rows = query.fetch_all(conn).await?;
    let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    let cursor = Cursor::new(first.try_get("head_position")?, first.try_get("head_hash")?);
    let mut value = Vec::with_capacity(rows.len());
    for row in &rows {
        if !row.try_get_raw(2)?.is_null() {
            value.push(T::from_row(row)?);
        }
    }
    Ok(At { cursor, value })
}

pub(crate) async fn one<T>(
    conn: &mut PgConnection,
    query: Query<'static, Postgres, PgArguments>,
) -> Result<At<Option<T>>, sqlx::Error>
where
    T: for<'r> FromRow<'r, PgRow>,
{
    Ok(many(conn, query).await?.map(|found| found.into_iter().next()))
}

/// A page's size as the statement takes it.
pub(crate) fn limit(size: u32) -> i64 {
    size.min(PAGE_SIZE_MAX).into()
}
