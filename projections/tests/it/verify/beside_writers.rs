//! Beside writers nothing is found that is not so, and no writer waits.

use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};

use projections::{Options, Unkept, Verification, verify};

use crate::book::{Book, Databases};
use crate::story::{tell, top_up};

/// Tells the story to a book while it is verified again and again; how often that was.
async fn told_and_verified(databases: &Databases, number: i32, size: u16) -> usize {
    let mut book = databases.book(number).await;
    let (pool, id) = (book.pool.clone(), book.id);
    let is_told = AtomicBool::new(false);
    let write = async {
        tell(&mut book).await;
        for number in 0..20 {
            book.run(top_up(0x9000 + number, "10")).await;
        }
        is_told.store(true, Ordering::Relaxed);
    };
    let look = async {
        let options = Options { page_size: NonZeroU16::new(size).unwrap(), ..Options::default() };
        let mut times = 0;
        while !is_told.load(Ordering::Relaxed) {
            let mut conn = pool.acquire().await.unwrap();
            let mut verification = Verification::default();
            let report =
                verify(&mut conn, id, &options, &mut verification, &mut Unkept).await.unwrap();
            let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
            assert_eq!(findings, Vec::<String>::new(), "book {number}, round {times}");
            times += 1;
        }
        times
    };
    let ((), times) = tokio::join!(write, look);
    let report = Book::verify_clean(&book).await;
    assert_eq!(report.position, book.head().await.position);
    times
}

#[tokio::test]
async fn whatever_is_written_meanwhile_nothing_is_found_that_is_not_so() {
    let databases = Databases::empty().await;
    let books = if std::env::var_os("DAFTAR_FULL").is_some() { 40 } else { 5 };
    let mut times = 0;
    for number in 1..=books {
        let size = [1, 2, 3, 7, 2_000][usize::try_from(number).unwrap() % 5];
        times += told_and_verified(&databases, number, size).await;
    }
    assert!(times >= usize::try_from(books).unwrap(), "{times} beside a writer");
}
