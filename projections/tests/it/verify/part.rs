//! A verification of what came after a position, and of chosen things only.

use std::collections::BTreeSet;
use std::num::NonZeroU16;

use domain::order::status::Method;
use eventstore::Position;
use projections::{Check, Options, Report, Unkept, Verification, VerifyError, verify};

use super::told_book;
use crate::book::{Book, Databases};
use crate::story::{place, top_up};

async fn with(book: &Book, options: &Options) -> Result<Report, VerifyError> {
    let mut conn = book.pool.acquire().await.unwrap();
    verify(&mut conn, book.id, options, &mut Verification::default(), &mut Unkept).await
}

fn since(position: Position, size: u16) -> Options {
    let page_size = NonZeroU16::new(size).unwrap();
    Options { since: Some(position), page_size, ..Options::default() }
}

#[tokio::test]
async fn what_was_looked_at_before_is_believed_and_what_went_on_is_not() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    let before = book.head().await.position;
    book.run(top_up(0x7001, "5000")).await;
    book.run(place(0x7002, Method::WalletFull, "1000")).await;
    let after = book.head().await.position;

    for size in [1, 2, 2_000] {
        let report = with(&book, &since(before, size)).await.unwrap();
        assert_eq!(report.findings, [], "in pages of {size}");
        assert_eq!(i64::try_from(report.events).unwrap(), after.get() - before.get());
        assert_eq!(report.position, after);
        assert_eq!(report.trial_balance, book.verify().await.trial_balance);
    }
    let report = with(&book, &since(after, 2_000)).await.unwrap();
    assert_eq!((report.findings, report.events, report.rows), (vec![], 0, 0));

    // An order of the old part: only the whole verification sees it. One of the new part, a wallet
    // that went on, and events of both.
    for (sql, is_seen) in [
        ("update daftar.customer_orders set status = 'lost' where counter = 1", false),
        ("update daftar.customer_orders set status = 'lost' where position > $1", true),
        ("update daftar.wallet_balances set frozen = not frozen", true),
        ("update daftar.wallet_lines set reason = 'x' where sequence = 1", true),
        (
            "update daftar.journal_lines set item = 'x' where position < 3 and account = '4010'",
            false,
        ),
        ("update daftar.journal_lines set rules = 'x' where position > $1", true),
        ("delete from daftar.timeline where position > $1", true),
    ] {
        let table = sql.split("daftar.").nth(1).unwrap().split(' ').next().unwrap();
        let saved = format!("create table public.saved_{table} as table daftar.{table}");
        databases.tamper(table, &saved).await;
        databases.tamper(table, &sql.replace("$1", &before.to_string())).await;
        let report = with(&book, &since(before, 3)).await.unwrap();
        assert_eq!(!report.is_clean(), is_seen, "{sql}: {:?}", report.findings);
        let back = format!(
            "delete from daftar.{table}; insert into daftar.{table} table public.saved_{table};
             drop table public.saved_{table}"
        );
        databases.tamper(table, &back).await;
    }
    assert!(with(&book, &since(before, 3)).await.unwrap().is_clean());

    let beyond = with(&book, &since(after.next(), 3)).await.unwrap_err();
    assert!(matches!(beyond, VerifyError::NoSuchPosition(position) if position == after.next()));
}

#[tokio::test]
async fn what_is_not_to_be_looked_for_is_not_found() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    databases.tamper("customer_orders", "update daftar.customer_orders set status = 'lost'").await;
    assert!(!book.verify().await.is_clean());
    let without = BTreeSet::from([Check::Column]);
    let report = with(&book, &Options { without, ..Options::default() }).await.unwrap();
    assert_eq!(report.findings, []);
}

#[test]
fn every_check_has_a_name_of_its_own() {
    let names: BTreeSet<_> = Check::ALL.iter().map(|check| check.as_str()).collect();
    assert_eq!(names.len(), Check::ALL.len());
    for check in Check::ALL {
        assert_eq!(serde_json::to_value(check).unwrap(), check.as_str());
    }
}

#[tokio::test]
async fn a_view_that_the_book_does_not_have_yet_is_said_to_be_left_out() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    databases.tamper("statement_lines", "delete from daftar.statement_lines").await;
    databases
        .tamper(
            "book_projections",
            "delete from daftar.book_projections where name = 'statement_lines'",
        )
        .await;
    databases.tamper("books", "update daftar.books set fold_set = daftar.fold_set_1(1)").await;

    let report = with(&book, &Options::default()).await.unwrap();

    assert_eq!(report.findings, []);
    assert!(
        matches!(&report.left_out[..], [one] if one.starts_with("statement_lines: ")),
        "{:?}",
        report.left_out,
    );
}
