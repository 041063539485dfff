//! The sweep deletes what nobody reads, and nothing else; nor do the functions beneath it.

use eventstore::Generation;
use projections::rebuild::{Allowed, begin, fill, sweep, switch};
use projections::{GoOn, RebuildError, Unkept};
use sqlx::AssertSqlSafe;

use super::keepers::{Kept, Stop, make_table};
use super::{rows_of, told_book};
use crate::book::{Databases, TABLES};

#[tokio::test]
async fn what_is_live_or_kept_stays_and_everything_else_goes() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut other = databases.book(2).await;
    crate::story::tell(&mut other).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let mut builds = Vec::new();
    for _ in 0..3 {
        let mut build = begin(&mut conn, book.id, &[]).await.unwrap();
        fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap();
        builds.push(build);
    }
    switch(&mut conn, book.id, &mut builds[1], Allowed::Everything, &mut Unkept).await.unwrap();
    assert_eq!(databases.generations("timeline").await, [1, 2, 3, 4]);
    let (live, others) =
        (rows_of(&databases, book.id, 3).await, rows_of(&databases, other.id, 1).await);

    let deleted =
        sweep(&mut conn, book.id, &[], &builds[2].generations(), &mut Unkept).await.unwrap();

    assert_eq!(rows_of(&databases, book.id, 3).await, live);
    assert_eq!(rows_of(&databases, book.id, 4).await, live);
    assert_eq!(rows_of(&databases, other.id, 1).await, others);
    let rows: usize = live.values().map(Vec::len).sum();
    assert_eq!(deleted, u64::try_from(2 * rows).unwrap());
    for table in TABLES {
        assert_eq!(databases.generations(table).await, [1, 3, 4], "{table}: 1 is the other book's");
    }
    // Of one view alone.
    sweep(&mut conn, book.id, &["payments"], &[("timeline", Generation(4))], &mut Unkept)
        .await
        .unwrap();
    assert_eq!(databases.generations("payments").await, [1, 3]);
    assert_eq!(databases.generations("timeline").await, [1, 3, 4]);
    assert_eq!(sweep(&mut conn, book.id, &["payments"], &[], &mut Unkept).await.unwrap(), 0);
}

#[tokio::test]
async fn cancelling_does_not_end_a_sweep_and_losing_it_does() {
    let databases = Databases::empty().await;
    make_table(&databases).await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let mut build = begin(&mut conn, book.id, &["payments", "timeline"]).await.unwrap();
    fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap();

    let mut lost = Kept::stopping_at(book.id, 1, Stop::Answer(GoOn::Lost));
    let outcome = sweep(&mut conn, book.id, &build.names(), &[], &mut lost).await;
    assert!(matches!(outcome.unwrap_err(), RebuildError::Lost));
    assert_eq!(databases.generations("payments").await, [1, 2]);

    let mut cancelled = Kept::stopping_at(book.id, 1, Stop::Answer(GoOn::Cancelled));
    sweep(&mut conn, book.id, &build.names(), &[], &mut cancelled).await.unwrap();
    assert_eq!(databases.generations("payments").await, [1]);
    assert_eq!(databases.generations("timeline").await, [1]);
}

#[tokio::test]
async fn the_functions_beneath_refuse_what_is_live_and_what_is_no_view() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let before = databases.all_rows().await;
    let mut app = book.pool.acquire().await.unwrap();
    let mut refused = Vec::new();
    for table in ["books", "book_projections", "events", "event", "pg_catalog.pg_class", "heads"] {
        refused.push((format!("select daftar.sweep_1(1, '{table}', 0, 100, '{{}}')"), "42P01"));
        refused.push((
            format!("select daftar.carry_over_1(1, '{table}', 9, 'book_id', null, '{{}}')"),
            "42P01",
        ));
        refused.push((
            format!("select daftar.switch_generations_1(1, 1, '{{{table}}}', '{{2}}', '{{1}}')"),
            "42P01",
        ));
    }
    for table in TABLES {
        refused.push((
            format!(
                "select daftar.switch_generations_1(1, 1, '{{payments,{table}}}', '{{2,1}}', '{{1,1}}')"
            ),
            "55000",
        ));
        refused.push((
            format!("select daftar.carry_over_1(1, '{table}', 1, 'position', null, '{{}}')"),
            "55000",
        ));
    }
    refused
        .push(("select daftar.switch_generations_1(1, 1, '{}', '{}', '{}')".to_owned(), "22023"));
    refused.push(("select daftar.view_table_1('payments')".to_owned(), "42501"));
    for (sql, code) in refused {
        let error = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut *app).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), code, "{sql}: {error}");
    }
    for table in TABLES {
        let sql = format!("select daftar.sweep_1(1, '{table}', 0, 100000, '{{}}')");
        let deleted: i64 =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *app).await.unwrap();
        assert_eq!(deleted, 0, "{table}: the live generation");
    }
    // A head that moved is not switched.
    let moved: bool =
        sqlx::query_scalar("select daftar.switch_generations_1(1, 1, '{payments}', '{2}', '{1}')")
            .fetch_one(&mut *app)
            .await
            .unwrap();
    assert!(!moved);
    assert_eq!(databases.all_rows().await, before);
    drop(app);
    book.verify_clean().await;
}
