//! A rebuild makes the same rows again, beside those that readers see, and nothing by halves.

mod alone;
mod differences;
mod journal;
mod keepers;
mod long;
mod quarantine;
mod resume;
mod split;
mod sweep;
mod writers;

use std::collections::BTreeMap;

use eventstore::{BookId, Generation};
use projections::rebuild::{Room, begin, room};
use projections::{RebuildError, rebuild_now};
use sqlx::AssertSqlSafe;

use crate::book::{Book, Databases, TABLES};
use crate::story::{tell, top_up};

pub(crate) async fn told_book(databases: &Databases) -> Book {
    let mut book = databases.book(1).await;
    tell(&mut book).await;
    book
}

/// What a generation holds of every view, as text.
pub(crate) async fn rows_of(
    databases: &Databases,
    book: BookId,
    generation: i32,
) -> BTreeMap<&'static str, Vec<String>> {
    let mut conn = databases.superuser().await;
    let mut all = BTreeMap::new();
    for table in TABLES {
        let sql = format!(
            "select (to_jsonb(t) - 'generation')::text from daftar.{table} as t
              where book_id = $1 and generation = $2 order by 1"
        );
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(book)
            .bind(generation)
            .fetch_all(&mut conn)
            .await
            .unwrap();
        all.insert(*table, rows);
    }
    all
}

#[tokio::test]
async fn a_rebuild_makes_the_very_same_rows_and_the_book_goes_on() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    let before = databases.all_rows().await;
    let head = book.head().await;

    let rebuilt = rebuild_now(&book.pool, book.id, &[]).await.unwrap();

    assert_eq!(databases.all_rows().await, before);
    assert_eq!(rebuilt.position, head.position);
    let after = book.head().await;
    assert_eq!(after.position, head.position);
    assert_eq!(after.revision, rebuilt.revision);
    assert_eq!(after.revision, head.revision.next(), "all are switched to in one move");
    for table in TABLES {
        assert_eq!(after.generation(table), Some(Generation(2)));
        assert_eq!(databases.generations(table).await, [2]);
        let rows = rebuilt.projections.iter().find(|one| one.name == *table).unwrap().rows;
        assert_eq!(rows, u64::try_from(before[table].len()).unwrap());
    }
    book.run(top_up(0x4001, "10")).await;
    book.verify_clean().await;
}

#[tokio::test]
async fn one_view_is_repaired_and_the_others_stay() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let before = databases.all_rows().await;
    databases.tamper("wallet_balances", "delete from daftar.wallet_balances").await;
    assert!(!book.verify().await.is_clean());

    rebuild_now(&book.pool, book.id, &["wallet_balances"]).await.unwrap();

    assert_eq!(databases.all_rows().await, before);
    assert_eq!(databases.generations("wallet_balances").await, [2]);
    assert_eq!(databases.generations("customer_orders").await, [1]);
    book.verify_clean().await;
}

#[tokio::test]
async fn an_empty_book_is_rebuilt_too() {
    let databases = Databases::empty().await;
    let mut book = databases.book(1).await;

    let rebuilt = rebuild_now(&book.pool, book.id, &[]).await.unwrap();

    assert_eq!(rebuilt.position.get(), 0);
    tell(&mut book).await;
    book.verify_clean().await;
}

#[tokio::test]
async fn two_books_are_rebuilt_at_once_and_neither_touches_the_other() {
    let databases = Databases::empty().await;
    let (mut one, mut two) = (databases.book(1).await, databases.book(2).await);
    tell(&mut one).await;
    tell(&mut two).await;
    let before = [rows_of(&databases, one.id, 1).await, rows_of(&databases, two.id, 1).await];

    let (first, second) = tokio::join!(
        rebuild_now(&one.pool, one.id, &[]),
        rebuild_now(&two.pool, two.id, &["timeline", "payments"]),
    );

    first.unwrap();
    second.unwrap();
    assert_eq!(rows_of(&databases, one.id, 2).await, before[0]);
    let (old, new) = (rows_of(&databases, two.id, 1).await, rows_of(&databases, two.id, 2).await);
    for table in TABLES {
        let is_rebuilt = ["timeline", "payments"].contains(table);
        let (there, gone) = if is_rebuilt { (&new, &old) } else { (&old, &new) };
        assert_eq!(there[table], before[1][table], "{table}");
        assert!(gone[table].is_empty(), "{table}");
    }
    one.verify_clean().await;
    two.verify_clean().await;
}

#[tokio::test]
async fn an_unknown_name_is_refused() {
    let databases = Databases::empty().await;
    let book = databases.book(1).await;

    let refused = rebuild_now(&book.pool, book.id, &["orders"]).await.unwrap_err();

    assert!(matches!(refused, RebuildError::UnknownProjection(name) if name == "orders"));
    let mut conn = book.pool.acquire().await.unwrap();
    let refused = room(&mut conn, book.id, &["book_projections"]).await.unwrap_err();
    assert!(matches!(refused, RebuildError::UnknownProjection(_)));
    let refused = begin(&mut conn, BookId(9), &[]).await.unwrap_err();
    assert!(matches!(refused, RebuildError::Head(_)), "{refused}");
}

#[tokio::test]
async fn the_room_that_is_needed_is_twice_the_rows_and_three_times_their_indexes() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();

    let all = room(&mut conn, book.id, &[]).await.unwrap();
    let one = room(&mut conn, book.id, &["payments"]).await.unwrap();

    let sizes = "select pg_table_size('daftar.payments'), pg_indexes_size('daftar.payments')";
    let (heap, indexes): (i64, i64) =
        sqlx::query_as(AssertSqlSafe(sizes)).fetch_one(&mut *conn).await.unwrap();
    let (heap, indexes) = (u64::try_from(heap).unwrap(), u64::try_from(indexes).unwrap());
    assert_eq!(one, Room { needed: 2 * heap + 3 * indexes, heap, indexes });
    assert!(all.heap > 5 * one.heap && all.needed == 2 * all.heap + 3 * all.indexes);
    drop(conn);

    // Another book has as much again: the tables are larger, and half of each is this one's.
    let mut other = databases.book(2).await;
    tell(&mut other).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let half = room(&mut conn, book.id, &["payments"]).await.unwrap();
    let whole: i64 = sqlx::query_scalar("select pg_indexes_size('daftar.payments')")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(half.indexes, u64::try_from(whole).unwrap().div_ceil(2));
}
