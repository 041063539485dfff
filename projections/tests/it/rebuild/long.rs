//! A stream of thousands of events is written in pieces, and taken up within.

use std::sync::Arc;

use projections::rebuild::{Allowed, Place, begin, fill, sweep, switch};
use projections::{Unkept, rebuild_now};
use tokio::sync::Notify;

use super::keepers::{Kept, Stop, credit, kept, make_table};
use super::{rows_of, told_book};
use crate::book::Databases;

#[tokio::test]
async fn a_long_stream_is_written_in_pieces_and_taken_up_within() {
    let databases = Databases::empty().await;
    make_table(&databases).await;
    let mut book = told_book(&databases).await;
    for _ in 0..9 {
        book.run_all((0..500).map(|_| credit()).collect()).await;
    }
    let mut conn = book.pool.acquire().await.unwrap().detach();
    let views = ["wallet_lines", "wallet_balances", "journal_lines", "timeline"];
    let mut build = begin(&mut conn, book.id, &views).await.unwrap();
    let mut within = Vec::new();
    // Killed in each step in turn.
    loop {
        let hung = Arc::new(Notify::new());
        let mut keeper = Kept::stopping_at(book.id, 2, Stop::Hang(hung.clone()));
        let is_filled = tokio::select! {
            filled = fill(&mut conn, book.id, &mut build, &mut keeper) => {
                filled.unwrap();
                true
            }
            () = hung.notified() => false,
        };
        drop(conn);
        conn = book.pool.acquire().await.unwrap().detach();
        build = kept(&mut conn, book.id).await.unwrap();
        if let Place::Streams { within: Some(place), .. } = &build.place
            && within.last() != Some(place)
        {
            within.push(place.clone());
        }
        if is_filled {
            break;
        }
    }

    assert!(within.len() >= 2, "it never stood within the wallet: {within:?}");
    switch(&mut conn, book.id, &mut build, Allowed::Everything, &mut Unkept).await.unwrap();
    let (old, new) = (rows_of(&databases, book.id, 1).await, rows_of(&databases, book.id, 2).await);
    for view in views {
        assert_eq!(new[view], old[view], "{view}");
    }
    assert_eq!(build.rows["wallet_lines"], u64::try_from(new["wallet_lines"].len()).unwrap());
    sweep(&mut conn, book.id, &[], &[], &mut Unkept).await.unwrap();
    // From nothing, without being killed.
    rebuild_now(&book.pool, book.id, &views).await.unwrap();
    assert_eq!(rows_of(&databases, book.id, 3).await["wallet_lines"], new["wallet_lines"]);
    book.verify_clean().await;
}
