//! A simulated trade makes books that hold together.

use std::collections::{BTreeMap, BTreeSet};

use eventstore::BookId;
use eventstore::migrate::{LOG, migrate};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use testkit::{Database, Loaded, Trade};

async fn migrated() -> Database {
    let migrations = projections::migrations();
    let key: String = LOG.iter().chain(&migrations).map(|migration| migration.sql).collect();
    Database::create_from(&key, async |url| {
        let mut conn = PgConnection::connect(url).await.unwrap();
        migrate(&mut conn, &projections::migrations()).await.unwrap();
        conn.close().await.unwrap();
    })
    .await
}

async fn connect(database: &Database) -> PgConnection {
    PgConnection::connect_with(&database.connect_options()).await.unwrap()
}

async fn verify_clean(database: &Database, book: BookId) {
    let report = projections::verify_now(&database.pool(1), book).await.unwrap();
    let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(findings, Vec::<String>::new());
}

async fn texts(conn: &mut PgConnection, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(conn).await.unwrap()
}

#[tokio::test]
async fn a_trade_makes_a_clean_book_that_touches_every_view_and_is_mostly_accepted() {
    let database = migrated().await;
    let mut conn = connect(&database).await;
    let book = BookId(1);

    let loaded = Trade::new(1).load(&mut conn, book, 6_000).await;
    println!("{loaded:?}");

    let types: BTreeMap<String, i64> = sqlx::query_as(
        "select aggregate_type || '.' || event_type, count(*) from daftar.events group by 1",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap()
    .into_iter()
    .collect();
    println!("{types:#?}");
    for (table, rows) in counts(&mut conn).await {
        println!("{table} {rows}");
        assert!(rows > 5, "{table} has {rows} rows");
    }
    verify_clean(&database, book).await;
    let Loaded { events, commands, refused, .. } = loaded;
    assert!((6_000..6_050).contains(&events), "{loaded:?}");
    assert!(refused * 100 > commands && refused * 8 < commands, "{loaded:?}");
    assert!(types.len() > 55, "{} types of event", types.len());
}

#[tokio::test]
async fn a_trade_goes_on_where_it_or_another_left_off_and_one_seed_makes_one_book() {
    let database = migrated().await;
    let mut conn = connect(&database).await;
    let mut trade = Trade::new(7).in_batches_of(100);
    trade.load(&mut conn, BookId(1), 400).await;
    trade.load(&mut conn, BookId(1), 400).await;
    Trade::new(7).load(&mut conn, BookId(1), 400).await;
    verify_clean(&database, BookId(1)).await;

    let mut again = Trade::new(7).in_batches_of(100);
    again.load(&mut conn, BookId(2), 400).await;
    again.load(&mut conn, BookId(2), 400).await;
    verify_clean(&database, BookId(2)).await;
    let history = "select book_id || ': ' || string_agg(payload::text, ' ' order by position)
                     from daftar.events where position <= 800 group by book_id order by book_id";
    let both = texts(&mut conn, history).await;
    assert_eq!(both[0].strip_prefix("1: ").unwrap(), both[1].strip_prefix("2: ").unwrap());
}

async fn counts(conn: &mut PgConnection) -> Vec<(String, i64)> {
    let names: BTreeSet<String> =
        projections::projections().into_iter().map(|projection| projection.name).collect();
    let mut counts = Vec::new();
    for name in names {
        let sql = format!("select count(*) from daftar.{name}");
        let count = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *conn).await.unwrap();
        counts.push((name, count));
    }
    counts
}
