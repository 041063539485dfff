//! The rows of views, as readers see them, and those that nobody sees.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, PgConnection};

/// What tells views apart: how many rows each has, and a digest of their texts without the
/// generation.
pub(super) type Shown = BTreeMap<String, (u64, String)>;

/// The live rows of every view of a book.
pub(super) async fn shown(conn: &mut PgConnection, book: i32) -> Shown {
    let mut shown = BTreeMap::new();
    for (view, generation) in live(conn, book).await {
        let columns: String = sqlx::query_scalar(
            "select string_agg(quote_ident(attname), ', ' order by attnum)
               from pg_attribute
              where attrelid = format('daftar.%I', $1::text)::regclass
                and attnum > 0
                and not attisdropped
                and attname <> 'generation'",
        )
        .bind(&view)
        .fetch_one(&mut *conn)
        .await
        .expect("a view is a table");
        let sql = format!(
            "select row({columns})::text collate \"C\" from {view}
              where book_id = $1 and generation = $2 order by 1",
        );
        let query = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql));
        let mut lines = query.bind(book).bind(generation).fetch(&mut *conn);
        let (mut rows, mut digest) = (0, Sha256::new());
        while let Some(line) = lines.try_next().await.expect("the rows can be read") {
            rows += 1;
            digest.update(line.as_bytes());
            digest.update(b"\n");
        }
        shown.insert(view, (rows, hex::encode(digest.finalize())));
    }
    shown
}

/// Every view with the generation that readers see.
pub(super) async fn live(conn: &mut PgConnection, book: i32) -> Vec<(String, i32)> {
    sqlx::query_as("select name, generation from book_projections where book_id = $1 order by name")
        .bind(book)
        .fetch_all(conn)
        .await
        .expect("the head can be read")
}

/// How many rows of a book nobody sees: of generations other than the live ones, by view.
pub(super) async fn unseen(conn: &mut PgConnection, book: i32) -> Vec<(String, i64)> {
    let mut unseen = Vec::new();
    for (view, generation) in live(conn, book).await {
        let sql = format!("select count(*) from {view} where book_id = $1 and generation <> $2");
        let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql));
        let rows = query.bind(book).bind(generation).fetch_one(&mut *conn).await;
        let rows = rows.expect("the rows can be counted");
        if rows > 0 {
            unseen.push((view, rows));
        }
    }
    unseen
}
