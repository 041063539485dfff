//! The journal is final: a rebuild that would change a line of it is refused, with the events at fault.

use eventstore::Position;
use projections::rebuild::{Allowed, begin, fill, switch};
use projections::{RebuildError, Unkept, rebuild_now};

use super::{rows_of, told_book};
use crate::book::{Databases, TABLES};
use crate::story::top_up;

/// A position with a journal entry, from the end of the journal.
const LAST: &str = "(select max(position) from daftar.journal_lines)";

#[tokio::test]
async fn a_rebuild_that_would_change_the_journal_is_refused() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let before = databases.all_rows().await;
    let entry =
        "select book_id, generation, {at}, line, account, item, side, amount, currency, rules,
                        stream_type, stream_id, recorded_at, effective_at
                   from daftar.journal_lines where position = 4";
    let insert =
        |at: &str| format!("insert into daftar.journal_lines {}", entry.replace("{at}", at));
    let last = book.head().await.position.get();
    let mut conn = databases.superuser().await;
    let silent: i64 = sqlx::query_scalar(
        "select min(position) from daftar.events as e
          where not exists (select from daftar.journal_lines as l where l.position = e.position)",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    let last_entry: i64 = sqlx::query_scalar("select max(position) from daftar.journal_lines")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    let faults = [
        // Other than it folds to.
        (
            "update daftar.journal_lines set amount = amount + 1 where position = 4".to_owned(),
            vec![4],
        ),
        // Not there.
        (format!("delete from daftar.journal_lines where position = {LAST}"), vec![last_entry]),
        // One line too many, and at an event that has no entry.
        (insert("4").replace("4, line,", "4, line + 100,"), vec![4]),
        (insert(&silent.to_string()), vec![silent]),
        // Where no event stands: after the last, far after it, and before the first.
        (insert(&(last + 1).to_string()), vec![last + 1]),
        (insert("9000000000"), vec![9_000_000_000]),
        (insert("0"), vec![0]),
    ];
    for (sql, positions) in faults {
        databases.tamper("journal_lines", &sql).await;
        let drifted = databases.all_rows().await;

        let refused = rebuild_now(&book.pool, book.id, &[]).await.unwrap_err();

        let RebuildError::JournalWouldChange { positions: named } = refused else {
            panic!("refused for another reason: {refused}")
        };
        assert_eq!(named, positions.into_iter().map(Position).collect::<Vec<_>>(), "{sql}");
        assert_eq!(databases.all_rows().await, drifted, "it leaves nothing behind");
        for table in TABLES {
            assert_eq!(databases.generations(table).await, [1]);
        }
        // Other views can be rebuilt all the same.
        let mut conn = book.pool.acquire().await.unwrap();
        let mut build = begin(&mut conn, book.id, &["payments"]).await.unwrap();
        fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap();
        projections::rebuild::sweep(&mut conn, book.id, &[], &[], &mut Unkept).await.unwrap();
        restore(&databases, &before["journal_lines"]).await;
    }
    rebuild_now(&book.pool, book.id, &[]).await.unwrap();
    book.verify_clean().await;
}

async fn restore(databases: &Databases, rows: &[String]) {
    let rows: Vec<String> =
        rows.iter().map(|row| row.replacen('{', "{\"generation\": 1, ", 1)).collect();
    let rows = rows.join(",").replace('\'', "''");
    databases
        .tamper(
            "journal_lines",
            &format!(
                "delete from daftar.journal_lines;
                 insert into daftar.journal_lines
                 select * from jsonb_populate_recordset(null::daftar.journal_lines, '[{rows}]')"
            ),
        )
        .await;
}

#[tokio::test]
async fn a_change_of_the_journal_in_the_last_events_is_refused_while_the_head_is_held() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    let pool = book.pool.clone();
    let mut conn = pool.acquire().await.unwrap();
    let mut build = begin(&mut conn, book.id, &[]).await.unwrap();
    fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap();
    book.run(top_up(0x9001, "10")).await;
    let sql = format!("update daftar.journal_lines set item = 'x' where position = {LAST}");
    databases.tamper("journal_lines", &sql).await;
    let head = book.head().await;
    let before = rows_of(&databases, book.id, 2).await;

    let refused = switch(&mut conn, book.id, &mut build, Allowed::Everything, &mut Unkept).await;

    let refused = refused.unwrap_err();
    assert!(matches!(refused, RebuildError::JournalWouldChange { .. }), "{refused}");
    assert_eq!(book.head().await, head);
    assert_eq!(rows_of(&databases, book.id, 2).await, before);
    book.run(top_up(0x9002, "10")).await;
}
