//! A book that is in a newer form than a node knows: the node stops writing it and says so.

use ledger::{OpenError, SubmitError};

use crate::book::{BOOK, Book, accepted, ask, credit, id, top_up};

async fn set_head(book: &Book, change: &str) {
    let sql = format!(
        "set role daftar_writer; \
         update daftar.books set revision = revision + 1, {change}; reset role"
    );
    let mut superuser = book.superuser().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut superuser).await.unwrap();
}

#[tokio::test]
async fn a_node_stops_writing_a_newer_book_and_goes_on_once_it_understands_it_again() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    let forms = [
        ("min_reader = min_reader + 100", "min_reader = min_reader - 100"),
        ("writer_format = writer_format + 100", "writer_format = writer_format - 100"),
        ("fold_set = fold_set || ',new:1'", "fold_set = replace(fold_set, ',new:1', '')"),
    ];
    for (turn, (newer, back)) in (0..).zip(forms) {
        set_head(&book, newer).await;
        let revision = book.revision().await;
        for number in 0..3 {
            let asked = (0..5).map(|one| {
                node.submit(ask(id(100 + turn * 20 + number * 5 + one), credit("anna", 1)))
            });
            for answer in futures::future::join_all(asked).await {
                match answer.unwrap_err() {
                    SubmitError::Outdated(book) if turn < 2 => assert_eq!(book, BOOK),
                    SubmitError::Misfit(misfit) if turn == 2 => {
                        let said = misfit.to_string();
                        assert!(said.contains("new 1 (not here)"), "{said}");
                        assert!(!misfit.needs_rebuild(), "{said}");
                    }
                    other @ (SubmitError::Mismatch
                    | SubmitError::Overloaded
                    | SubmitError::Stopping
                    | SubmitError::Unavailable
                    | SubmitError::Outdated(_)
                    | SubmitError::Misfit(_)
                    | SubmitError::TooLarge
                    | SubmitError::Stopped { .. }
                    | SubmitError::Quarantined { .. }
                    | SubmitError::Failed(_)) => panic!("{newer}: {other}"),
                }
            }
        }
        let opened = ledger::Ledger::open(book.options(), BOOK, book.clock()).await;
        assert!(matches!(opened, Err(OpenError::Outdated { .. } | OpenError::Misfit { .. })));
        assert_eq!(book.revision().await, revision, "nothing was written");
        set_head(&book, back).await;
        // Under the same ids: nothing was decided on them.
        for one in 0..15 {
            accepted(&node, 100 + turn * 20 + one, credit("anna", 1)).await;
        }
    }
    book.assert_sound().await;
}
