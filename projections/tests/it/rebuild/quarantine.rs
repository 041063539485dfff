//! A stream that cannot be folded keeps the rows that readers see, and everything else goes on.

use domain::order::status::Method;
use projections::Unkept;
use projections::rebuild::{Allowed, begin, differences, fill, switch};

use super::keepers::command;
use super::{rows_of, told_book};
use crate::book::{Databases, TABLES};
use crate::story::{WALLET_ORDER, order, place, top_up, wallet};

/// Makes the event of a stream unreadable.
async fn spoil(databases: &Databases, stream: &str, which: &str) -> i64 {
    let sql = format!(
        "update daftar.events set payload = '{{\"nonsense\": 1}}'
          where position = (select {which}(position) from daftar.events where aggregate_id = '{stream}')"
    );
    databases.tamper("events", &sql).await;
    let sql =
        format!("select {which}(position) from daftar.events where aggregate_id = '{stream}'");
    let mut conn = databases.superuser().await;
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut conn).await.unwrap()
}

#[tokio::test]
async fn the_rows_of_a_stream_that_cannot_be_folded_are_carried_over() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let ids = [order(WALLET_ORDER).uuid().to_string(), wallet().uuid().to_string()];
    let positions =
        [spoil(&databases, &ids[0], "max").await, spoil(&databases, &ids[1], "min").await];
    let before = rows_of(&databases, book.id, 1).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let mut build = begin(&mut conn, book.id, &[]).await.unwrap();

    fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap();
    let seen = differences(&mut conn, book.id, &build).await.unwrap();
    switch(&mut conn, book.id, &mut build, Allowed::Seen(&seen), &mut Unkept).await.unwrap();

    assert!(seen.is_none(), "{seen:?}");
    let named: Vec<_> = build
        .quarantined
        .iter()
        .map(|one| (one.stream.aggregate_id.clone(), one.position.get()))
        .collect();
    assert_eq!(named, [(ids[0].clone(), positions[0]), (ids[1].clone(), positions[1])]);
    assert!(build.quarantined.iter().all(|one| one.why.contains("could not be read")), "{build:?}");
    assert_eq!(build.uncarried, []);
    let after = rows_of(&databases, book.id, 2).await;
    for table in TABLES {
        assert_eq!(after[table], before[table], "{table}");
    }
    assert!(before["wallet_lines"].iter().any(|row| row.contains(&ids[1])));
}

#[tokio::test]
async fn a_stream_that_becomes_unreadable_while_it_is_rebuilt_is_carried_over_too() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    let pool = book.pool.clone();
    let mut conn = pool.acquire().await.unwrap();
    let mut build = begin(&mut conn, book.id, &[]).await.unwrap();
    fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap();
    // In a tail that is caught up with: the wallet goes on after its bad event too.
    for first in (0..100).step_by(5) {
        book.run_all((first..first + 5).map(command).collect()).await;
    }
    let wallet = wallet().uuid().to_string();
    let sql = format!(
        "update daftar.events set payload = '{{\"nonsense\": 1}}'
          where position = (select min(position) from daftar.events
                             where aggregate_id = '{wallet}' and position > {})",
        build.until,
    );
    databases.tamper("events", &sql).await;
    fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap();
    assert_eq!(build.quarantined.len(), 1, "{build:?}");
    // And in the last events: one that goes on, and an order that is new and wrong.
    book.run_all((1_000..1_005).map(command).collect()).await;
    spoil(&databases, "00000000-0000-0000-0000-0000700003e8", "min").await;

    switch(&mut conn, book.id, &mut build, Allowed::Everything, &mut Unkept).await.unwrap();

    assert_eq!(build.quarantined.len(), 2, "{build:?}");
    assert_eq!(rows_of(&databases, book.id, 2).await, rows_of(&databases, book.id, 1).await);
    book.run(top_up(0x9001, "10")).await;
}

#[tokio::test]
async fn the_last_events_of_a_stream_that_was_set_aside_are_carried_over_while_writers_wait() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    spoil(&databases, &wallet().uuid().to_string(), "min").await;
    let pool = book.pool.clone();
    let mut conn = pool.acquire().await.unwrap();
    let mut build = begin(&mut conn, book.id, &[]).await.unwrap();
    fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap();
    // What the wallet is told of an order stands in that order's story.
    book.run(top_up(0x9001, "500")).await;
    book.run(place(0x9002, Method::WalletFull, "500")).await;

    let switched =
        switch(&mut conn, book.id, &mut build, Allowed::Everything, &mut Unkept).await.unwrap();

    assert!(switched.events > 1, "{switched:?}");
    let after = rows_of(&databases, book.id, 2).await;
    assert_eq!(after, rows_of(&databases, book.id, 1).await);
    let of_wallet =
        |table: &str, id: &str| after[table].iter().filter(|row| row.contains(id)).count();
    assert!(of_wallet("timeline", &order(0x9002).uuid().to_string()) > 1);
    assert!(of_wallet("journal_lines", &wallet().uuid().to_string()) > 0);
}

#[tokio::test]
async fn a_stream_of_a_type_that_nobody_knows_keeps_its_rows() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let wallet = wallet().uuid();
    databases
        .tamper(
            "events",
            &format!(
                "update daftar.events set aggregate_type = 'purse' where aggregate_id = '{wallet}'"
            ),
        )
        .await;
    for table in ["journal_lines", "timeline"] {
        let sql =
            format!("update daftar.{table} set stream_type = 'purse' where stream_id = '{wallet}'");
        databases.tamper(table, &sql).await;
    }
    let before = rows_of(&databases, book.id, 1).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let views = ["journal_lines", "timeline", "payments"];
    let mut build = begin(&mut conn, book.id, &views).await.unwrap();

    fill(&mut conn, book.id, &mut build, &mut Unkept).await.unwrap();
    switch(&mut conn, book.id, &mut build, Allowed::Everything, &mut Unkept).await.unwrap();

    assert_eq!(build.quarantined.len(), 1);
    assert!(build.quarantined[0].why.contains("purse"));
    let after = rows_of(&databases, book.id, 2).await;
    for view in views {
        assert_eq!(after[view], before[view], "{view}");
    }
}
