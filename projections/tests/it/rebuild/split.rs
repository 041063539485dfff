//! Wherever the book stood when a rebuild began, streams folded whole up to there and the rest on top
//! of them make the rows that the append made.

use eventstore::Position;
use projections::Unkept;
use projections::rebuild::{Allowed, Differences, begin, fill, sweep, switch};

use super::{rows_of, told_book};
use crate::book::{Databases, TABLES};

fn is_full() -> bool {
    std::env::var_os("DAFTAR_FULL").is_some()
}

#[tokio::test]
async fn a_history_folded_in_two_parts_makes_the_same_rows_wherever_it_is_split() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let expected = rows_of(&databases, book.id, 1).await;
    let end = book.head().await.position.get();
    let step = if is_full() { 1 } else { usize::try_from(end / 12).unwrap() };
    let mut conn = book.pool.acquire().await.unwrap();

    for split in (0..=end).step_by(step) {
        let mut build = begin(&mut conn, book.id, &[]).await.unwrap();
        (build.begun_at, build.until) = (Position(split), Position(split));
        fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap();
        let nothing = Differences { until: Position(split), ..Differences::default() };
        let allowed = Allowed::Seen(&nothing);
        switch(&mut conn, book.id, &mut build, allowed, &mut Unkept).await.unwrap();

        let generation = build.targets[0].generation.get();
        let rows = rows_of(&databases, book.id, generation).await;
        for table in TABLES {
            assert_eq!(rows[table], expected[table], "{table}, split at {split}");
        }
    }
    sweep(&mut conn, book.id, &[], &[], &mut Unkept).await.unwrap();
    drop(conn);
    book.verify_clean().await;
}
