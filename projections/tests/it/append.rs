//! What the append writes, and what it does not let anyone else write.

use eventstore::Appended;
use sqlx::AssertSqlSafe;

use crate::book::{Databases, TABLES};
use crate::story::{self, tell, top_up};

#[tokio::test]
async fn what_the_append_wrote_is_what_the_events_fold_to() {
    let databases = Databases::empty().await;
    let mut book = databases.book(1).await;
    tell(&mut book).await;

    let report = book.verify_clean().await;

    assert_eq!(report.position, book.head().await.position);
    assert_eq!(i64::try_from(report.events).unwrap(), report.position.get());
    let rows = databases.all_rows().await;
    for table in TABLES {
        assert!(!rows[table].is_empty(), "the story leaves {table} empty");
    }
    let stored: usize = rows.values().map(Vec::len).sum();
    assert_eq!(report.rows, u64::try_from(stored).unwrap());
    let sums = &report.trial_balance[0];
    assert_eq!(sums.debits, sums.credits);
    assert!(sums.debits > story::money("500000").amount());
}

#[tokio::test]
async fn an_empty_book_is_in_order() {
    let databases = Databases::empty().await;
    let book = databases.book(1).await;

    let report = book.verify_clean().await;

    assert_eq!((report.events, report.rows), (0, 0));
}

#[tokio::test]
async fn a_batch_that_misses_the_head_leaves_no_row() {
    let databases = Databases::empty().await;
    let mut book = databases.book(1).await;
    let stale = book.head().await;
    book.run(top_up(1, "10")).await;
    let before = databases.all_rows().await;
    let kept = book.memory.clone();

    assert_eq!(book.send(&stale, vec![top_up(2, "20")]).await, Appended::Moved);

    book.memory = kept;
    assert_eq!(databases.all_rows().await, before);
    book.verify_clean().await;
}

#[tokio::test]
async fn nobody_changes_a_view_by_hand() {
    let databases = Databases::empty().await;
    let mut book = databases.book(1).await;
    tell(&mut book).await;
    let mut superuser = databases.superuser().await;
    let mut app = book.pool.acquire().await.unwrap();

    for table in TABLES {
        for sql in [
            format!("update daftar.{table} set position = 1"),
            format!("delete from daftar.{table}"),
            format!("truncate daftar.{table}"),
            format!("insert into daftar.{table} select * from daftar.{table}"),
        ] {
            for conn in [&mut *app, &mut superuser] {
                let outcome =
                    sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(conn).await.unwrap_err();
                let code = outcome.as_database_error().unwrap().code().unwrap().into_owned();
                assert_eq!(code, "42501", "{sql}: {outcome}");
            }
        }
    }
    book.verify_clean().await;
}

#[tokio::test]
async fn the_application_cannot_write_the_live_generation_past_the_append() {
    let databases = Databases::empty().await;
    let mut book = databases.book(1).await;
    tell(&mut book).await;
    let mut app = book.pool.acquire().await.unwrap();

    for table in TABLES {
        let rows = format!("'{{}}'::daftar.{table}_row[]");
        for (sql, code) in [
            (format!("select daftar.load_{table}_1(1, 1, {rows})"), "55000"),
            (format!("select daftar.write_{table}_1(1, 1, {rows})"), "42501"),
            (
                format!(
                    "select daftar.switch_generations_1(1, 0, '{{{table}}}', '{{1}}', '{{1}}')"
                ),
                "55000",
            ),
        ] {
            let outcome =
                sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut *app).await.unwrap_err();
            assert_eq!(outcome.as_database_error().unwrap().code().unwrap(), code, "{sql}");
        }
    }
}

#[tokio::test]
async fn two_books_do_not_touch_each_other() {
    let databases = Databases::empty().await;
    let (mut one, mut two) = (databases.book(1).await, databases.book(2).await);
    tell(&mut one).await;
    let before = databases.all_rows().await;

    tell(&mut two).await;

    one.verify_clean().await;
    two.verify_clean().await;
    let after = databases.all_rows().await;
    for table in TABLES {
        let of_one: Vec<_> =
            after[table].iter().filter(|row| row.contains("\"book_id\": 1,")).cloned().collect();
        assert_eq!(of_one, before[table], "{table}");
        assert_eq!(after[table].len(), 2 * before[table].len(), "{table}");
    }
    projections::rebuild_now(&two.pool, two.id, &[]).await.unwrap();
    assert_eq!(databases.generations("timeline").await, [1, 2]);
    one.verify_clean().await;
    two.verify_clean().await;
}
