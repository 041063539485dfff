//! Whoever is killed, cancelled or has lost the work leaves steps done or not; the next one goes on.

use std::sync::Arc;

use projections::rebuild::{Allowed, Build, Place, begin, fill, sweep, switch};
use projections::{GoOn, RebuildError, Unkept};
use sqlx::PgConnection;
use tokio::sync::Notify;

use super::keepers::{Kept, Stop, command, kept, make_table};
use super::{rows_of, told_book};
use crate::book::{Book, Databases, TABLES};

async fn work(
    conn: &mut PgConnection,
    book: &Book,
    build: &mut Build,
    keeper: &mut Kept,
) -> Result<(), RebuildError> {
    fill(conn, book.id, build, keeper).await?;
    switch(conn, book.id, build, Allowed::Everything, keeper).await?;
    Ok(())
}

/// Does one step more than was kept, and dies in the next.
async fn one_step(book: &Book) -> Build {
    let mut conn = book.pool.acquire().await.unwrap().detach();
    let mut build = match kept(&mut conn, book.id).await {
        Some(build) => build,
        None => begin(&mut conn, book.id, &[]).await.unwrap(),
    };
    let hung = Arc::new(Notify::new());
    let mut keeper = Kept::stopping_at(book.id, 2, Stop::Hang(hung.clone()));
    tokio::select! {
        done = work(&mut conn, book, &mut build, &mut keeper) => done.unwrap(),
        () = hung.notified() => {}
    }
    // What the server has of it is rolled back when it sees that the connection is gone.
    drop(conn);
    let mut conn = book.pool.acquire().await.unwrap();
    kept(&mut conn, book.id).await.unwrap()
}

#[tokio::test]
async fn whoever_is_killed_at_any_step_goes_on_from_the_last_one() {
    let databases = Databases::empty().await;
    make_table(&databases).await;
    let mut book = told_book(&databases).await;
    let mut places = Vec::new();
    for attempt in 0.. {
        let build = one_step(&book).await;
        if build.place == Place::Switched {
            break;
        }
        assert!(!places.contains(&(build.place.clone(), build.until)), "it came no further");
        assert_eq!(book.head().await.generation("payments").unwrap().get(), 1);
        places.push((build.place, build.until));
        // Enough for a tail of more steps than one.
        let commands = if attempt < 3 { 60 } else { 5 };
        for number in (0..commands).step_by(5) {
            let first = attempt * 100 + number;
            book.run_all((first..first + 5).map(command).collect()).await;
        }
    }

    let tail = places.iter().filter(|(place, _)| *place == Place::Tail).count();
    assert!(places.len() > 12 && tail >= 2, "{places:?}");
    assert_eq!(rows_of(&databases, book.id, 2).await, rows_of(&databases, book.id, 1).await);
    let mut conn = book.pool.acquire().await.unwrap();
    let deleted = sweep(&mut conn, book.id, &[], &[], &mut Unkept).await.unwrap();
    assert!(deleted > 0);
    for table in TABLES {
        assert_eq!(databases.generations(table).await, [2], "{table}");
    }
    book.verify_clean().await;
}

#[tokio::test]
async fn whoever_has_lost_the_work_or_was_cancelled_writes_nothing_in_that_step() {
    let databases = Databases::empty().await;
    make_table(&databases).await;
    let book = told_book(&databases).await;
    let live = rows_of(&databases, book.id, 1).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let mut steps = 0;
    for at in 1.. {
        for answer in [GoOn::Lost, GoOn::Cancelled] {
            let mut build = begin(&mut conn, book.id, &[]).await.unwrap();
            let generation = build.targets[0].generation.get();
            let mut keeper = Kept::stopping_at(book.id, at, Stop::Answer(answer));
            let outcome = work(&mut conn, &book, &mut build, &mut keeper).await;
            if keeper.steps < at {
                outcome.unwrap();
                break;
            }
            steps = at;
            match (answer, outcome.unwrap_err()) {
                (GoOn::Lost, RebuildError::Lost) | (GoOn::Cancelled, RebuildError::Cancelled) => {}
                (_, other) => panic!("it ended otherwise: {other}"),
            }
            let written = rows_of(&databases, book.id, generation).await;
            let count: usize = written.values().map(Vec::len).sum();
            let said: u64 = build.rows.values().sum();
            assert_eq!(u64::try_from(count).unwrap(), said, "step {at} wrote what it did not keep");
            assert_eq!(book.head().await.generation("payments").unwrap().get(), 1);

            sweep(&mut conn, book.id, &[], &[], &mut Unkept).await.unwrap();
            for table in TABLES {
                assert_eq!(databases.generations(table).await, [1], "{table}");
            }
            assert_eq!(rows_of(&databases, book.id, 1).await, live);
        }
        if steps < at {
            break;
        }
    }
    assert!(steps > 12, "{steps}");
    sweep(&mut conn, book.id, &[], &[], &mut Unkept).await.unwrap();
    book.verify_clean().await;
}

#[tokio::test]
async fn what_another_build_began_is_not_gone_on_with() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let mut build = begin(&mut conn, book.id, &["payments"]).await.unwrap();
    fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap();
    build.targets[0].fold_version = 7;

    let refused = fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap_err();
    let also =
        switch(&mut conn, book.id, &mut build, Allowed::Everything, &mut Unkept).await.unwrap_err();

    for refused in [refused, also] {
        assert!(matches!(refused, RebuildError::OtherFold { begun: 7, ours: 1, .. }), "{refused}");
    }
}

#[tokio::test]
async fn what_was_switched_to_is_not_switched_to_again() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let mut build = begin(&mut conn, book.id, &["payments"]).await.unwrap();
    fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap();
    let stale = build.clone();
    switch(&mut conn, book.id, &mut build, Allowed::Everything, &mut Unkept).await.unwrap();
    let head = book.head().await;

    for mut build in [build, stale] {
        let refused =
            switch(&mut conn, book.id, &mut build, Allowed::Everything, &mut Unkept).await;
        assert!(matches!(refused.unwrap_err(), RebuildError::NotAbove { .. }));
    }
    assert_eq!(book.head().await, head);
    sweep(&mut conn, book.id, &[], &[], &mut Unkept).await.unwrap();
    drop(conn);
    book.verify_clean().await;
}
