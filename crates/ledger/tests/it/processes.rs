//! Two processes that write one book.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use uuid::Uuid;

use crate::book::{BOOK, Book, accepted, top_up};

const COMMANDS: usize = 1_000;

/// The example beside this test, which cargo has built with it.
fn writer() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().unwrap().parent().unwrap().join("examples/write");
    assert!(path.exists(), "run `cargo build -p ledger --examples` first");
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_write_one_book_without_a_hole_a_fork_or_a_lost_acknowledgement() {
    let book = Book::empty().await;
    accepted(&book.node().await, 1, top_up("anna", 1, 100)).await;
    let start = |seed: &str| {
        Command::new(writer())
            .args([&book.database.url(), seed, &COMMANDS.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let running = [start("1"), start("2")];
    let outputs = tokio::task::spawn_blocking(move || {
        running.map(|process| process.wait_with_output().unwrap())
    })
    .await
    .unwrap();

    let mut conn = book.app().await;
    let mut turns: Vec<BTreeSet<i64>> = Vec::new();
    for output in outputs {
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let acknowledged: Vec<Uuid> = text.lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!(acknowledged.len(), COMMANDS);
        let records =
            eventstore::read::commands_by_ids(&mut conn, BOOK, &acknowledged).await.unwrap();
        assert_eq!(records.len(), COMMANDS, "every acknowledged command is there");
        turns.push(records.iter().map(|record| record.revision.get()).collect());
    }
    let sum = book.count("select sum(balance)::bigint from daftar.wallet_balances").await;
    assert_eq!(sum, 100 + 2 * i64::try_from(COMMANDS).unwrap());
    book.assert_sound().await;

    // While both were at work, each had its turns.
    let from = turns.iter().map(|own| *own.first().unwrap()).max().unwrap();
    let to = turns.iter().map(|own| *own.last().unwrap()).min().unwrap();
    let both: Vec<usize> = turns.iter().map(|own| own.range(from..=to).count()).collect();
    let all: usize = both.iter().sum();
    assert!(all >= 20, "they were at work together: {both:?}");
    assert!(both.iter().all(|own| own * 5 >= all), "{both:?}");
}
