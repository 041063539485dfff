//! Clients write between all steps, and readers read on: the result is exact.

use eventstore::Generation;
use projections::rebuild::{
    Allowed, Build, Differences, Patience, RebuildError, TRIES_AT_ONCE, begin, differences, fill,
    sweep, switch, switch_patiently,
};
use projections::{Unkept, rebuild_now};
use sqlx::pool::PoolConnection;
use sqlx::{Acquire, Postgres};

use super::keepers::Writing;
use super::{rows_of, told_book};
use crate::book::{Book, Databases, TABLES};
use crate::story::top_up;

/// A book with a story, and a rebuild of all its views that has begun.
async fn begun() -> (Databases, Book, PoolConnection<Postgres>, Build) {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let build = begin(&mut conn, book.id, &[]).await.unwrap();
    (databases, book, conn, build)
}

#[tokio::test]
async fn what_is_appended_between_all_steps_is_in_the_new_rows() {
    let (databases, mut book, mut conn, mut build) = begun().await;
    let id = book.id;
    let mut keeper = Writing::new(&mut book, 25, 20);

    fill(&mut conn, id, &mut build, &mut keeper).await.unwrap();
    let seen = differences(&mut conn, id, &build).await.unwrap();
    assert!(seen.is_none(), "{seen:?}");
    assert_eq!((seen.until, seen.views.len()), (build.until, TABLES.len()));
    keeper.times = 3;
    let switched =
        switch(&mut conn, id, &mut build, Allowed::Seen(&seen), &mut keeper).await.unwrap();

    assert!(keeper.places.iter().filter(|place| *place == "tail").count() > 1);
    assert_eq!(keeper.places.last().unwrap(), "switched");
    assert!(switched.differences.is_none(), "{:?}", switched.differences);
    assert!(switched.events <= 64, "{switched:?}");
    let head = book.head().await;
    assert_eq!((head.position, head.revision), (switched.position, switched.revision));
    assert!(head.projections.iter().all(|state| state.generation == Generation(2)));
    assert_eq!(rows_of(&databases, id, 2).await, rows_of(&databases, id, 1).await);
    sweep(&mut conn, id, &[], &[], &mut Unkept).await.unwrap();
    drop(conn);
    book.run(top_up(0x9001, "10")).await;
    book.verify_clean().await;
    let before = databases.all_rows().await;
    rebuild_now(&book.pool, book.id, &[]).await.unwrap();
    assert_eq!(databases.all_rows().await, before, "a rebuild from nothing makes the same");
}

#[tokio::test]
async fn writers_who_leave_no_rest_are_switched_to_all_the_same() {
    let (databases, mut book, mut conn, mut build) = begun().await;
    let id = book.id;
    // More at each step than the switch would take: what is left becomes no less.
    let mut keeper = Writing::new(&mut book, 80, u32::MAX);

    fill(&mut conn, id, &mut build, &mut keeper).await.unwrap();
    let nothing = Differences { until: build.until, ..Differences::default() };
    let switched =
        switch(&mut conn, id, &mut build, Allowed::Seen(&nothing), &mut keeper).await.unwrap();

    assert!(switched.events > 64, "{switched:?}");
    assert_eq!(rows_of(&databases, id, 2).await, rows_of(&databases, id, 1).await);
    drop(conn);
    assert_eq!(book.head().await.position, switched.position);
}

#[tokio::test]
async fn writers_wait_for_a_little_only_and_a_switch_is_given_up_where_they_leave_too_much() {
    let (databases, mut book, mut conn, mut build) = begun().await;
    let id = book.id;
    let mut keeper = Writing::new(&mut book, 80, u32::MAX);
    let patience = Patience { left: 64, tries: 2 };

    fill(&mut conn, id, &mut build, &mut keeper).await.unwrap();
    let given_up = Allowed::Everything;
    let refused = switch_patiently(&mut conn, id, &mut build, given_up, patience, &mut keeper);
    let refused = refused.await.unwrap_err();
    assert!(matches!(refused, RebuildError::TooBusy { tries: 2, left } if left > 64), "{refused}");
    let head = keeper.book.head().await;
    assert!(head.projections.iter().all(|state| state.generation == Generation(1)));

    // They are still there at the first try, and not at the next.
    keeper.times = 4;
    let seen = differences(&mut conn, id, &build).await.unwrap();
    let allowed = Allowed::Seen(&seen);
    let switched = switch_patiently(&mut conn, id, &mut build, allowed, patience, &mut keeper);
    let switched = switched.await.unwrap();

    assert!(switched.events <= 64, "{switched:?}");
    assert_eq!(rows_of(&databases, id, 2).await, rows_of(&databases, id, 1).await);
    drop(conn);
    assert_eq!(book.head().await.position, switched.position);
}

#[tokio::test]
async fn writers_who_never_stop_wait_for_a_little_more_after_some_tries() {
    let (databases, mut book, mut conn, mut build) = begun().await;
    let id = book.id;
    let mut keeper = Writing::new(&mut book, 80, u32::MAX);
    let patience = Patience { left: 64, tries: 4 * TRIES_AT_ONCE };

    fill(&mut conn, id, &mut build, &mut keeper).await.unwrap();
    let allowed = Allowed::Everything;
    let switched = switch_patiently(&mut conn, id, &mut build, allowed, patience, &mut keeper);
    let switched = switched.await.unwrap();

    assert!(switched.events > patience.left, "{switched:?}");
    assert!(switched.events <= 8 * patience.left, "{switched:?}");
    assert_eq!(rows_of(&databases, id, 2).await, rows_of(&databases, id, 1).await);
}

#[tokio::test]
async fn a_long_reader_sees_the_old_rows_to_its_end() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let count = "select count(*) from daftar.timeline
                  where book_id = 1
                    and generation = (select generation from daftar.book_projections
                                       where book_id = 1 and name = 'timeline')";
    let mut conn = book.pool.acquire().await.unwrap();
    let mut reader = conn.begin().await.unwrap();
    for sql in [
        "set transaction isolation level repeatable read, read only",
        "set local idle_in_transaction_session_timeout = 0",
    ] {
        sqlx::query(sql).execute(&mut *reader).await.unwrap();
    }
    let before: i64 = sqlx::query_scalar(count).fetch_one(&mut *reader).await.unwrap();
    assert!(before > 0);

    rebuild_now(&book.pool, book.id, &[]).await.unwrap();

    let after: i64 = sqlx::query_scalar(count).fetch_one(&mut *reader).await.unwrap();
    assert_eq!(after, before, "its snapshot has the generation and its rows");
    reader.rollback().await.unwrap();
    let now: i64 = sqlx::query_scalar(count).fetch_one(&mut *conn).await.unwrap();
    assert_eq!(now, before);
}
