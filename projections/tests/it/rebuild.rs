//! A rebuild makes the same rows again, and nothing by halves.

use eventstore::{Generation, Position};
use projections::{RebuildError, rebuild_now};

use crate::book::{Book, Databases, TABLES};
use crate::story::{tell, top_up};

async fn told_book(databases: &Databases) -> Book {
    let mut book = databases.book(1).await;
    tell(&mut book).await;
    book
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
    assert!(after.revision > head.revision, "a writer that knew the old rows must look again");
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
async fn a_rebuild_that_would_change_the_journal_is_refused() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    databases
        .tamper(
            "journal_lines",
            "update daftar.journal_lines set amount = amount + 1
              where position = (select min(position) from daftar.journal_lines where account = '1040')",
        )
        .await;
    let before = databases.all_rows().await;

    let refused = rebuild_now(&book.pool, book.id, &[]).await.unwrap_err();

    let RebuildError::JournalWouldChange { positions } = refused else {
        panic!("refused for another reason: {refused}")
    };
    assert_eq!(positions, [Position(4)]);
    assert_eq!(databases.all_rows().await, before);
}

#[tokio::test]
async fn an_unknown_name_is_refused() {
    let databases = Databases::empty().await;
    let book = databases.book(1).await;

    let refused = rebuild_now(&book.pool, book.id, &["orders"]).await.unwrap_err();

    assert!(matches!(refused, RebuildError::UnknownProjection(name) if name == "orders"));
}
