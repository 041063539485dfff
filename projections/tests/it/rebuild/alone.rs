//! Each view alone folds to the rows that it has: what the others need is nothing to it.

use projections::rebuild::{Allowed, begin, fill, sweep, switch};
use projections::{Unkept, rebuild_now};

use super::keepers::command;
use super::{rows_of, told_book};
use crate::book::{Databases, TABLES};

#[tokio::test]
async fn a_view_that_is_rebuilt_alone_has_the_same_rows() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let before = databases.all_rows().await;

    for table in TABLES {
        let rebuilt = rebuild_now(&book.pool, book.id, &[table]).await.unwrap();

        let names: Vec<_> = rebuilt.projections.iter().map(|one| one.name).collect();
        assert_eq!(names, [*table]);
        assert_eq!(databases.all_rows().await, before, "{table}");
        assert_eq!(databases.generations(table).await, [2], "{table}");
    }
    book.verify_clean().await;
}

#[tokio::test]
async fn what_was_appended_meanwhile_is_folded_for_that_view_alone_too() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    let pool = book.pool.clone();
    let mut conn = pool.acquire().await.unwrap();
    let mut number = 0;

    for table in TABLES {
        let mut build = begin(&mut conn, book.id, &[table]).await.unwrap();
        // Some are caught up with, and some are left to the switch.
        for commands in [80, 20] {
            let until = number + commands;
            for first in (number..until).step_by(5) {
                book.run_all((first..first + 5).map(command).collect()).await;
            }
            number = until;
            if commands == 80 {
                fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap();
            }
        }
        let everything = Allowed::Everything;
        switch(&mut conn, book.id, &mut build, everything, &mut Unkept).await.unwrap();

        let generation = build.targets[0].generation.get();
        let rows = rows_of(&databases, book.id, generation).await;
        assert_eq!(rows[table], rows_of(&databases, book.id, 1).await[table], "{table}");
        for other in TABLES.iter().filter(|other| *other != table) {
            let count = build.rows.get(*other);
            assert_eq!(count, None, "{other} got rows of a rebuild of {table}");
        }
    }
    sweep(&mut conn, book.id, &[], &[], &mut Unkept).await.unwrap();
    drop(conn);
    book.verify_clean().await;
}
