//! What watches money looks at what is open and at the last days, and never at a whole book.

use eventstore::BookId;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryScalar;
use sqlx::{AssertSqlSafe, PgConnection, Postgres};
use testkit::Trade;

use crate::book::{BOOK, is_full};
use crate::old_shop::{MISSING, World};

/// What grows for as long as a book is used.
const LARGE: [&str; 5] =
    ["events", "journal_lines", "wallet_lines", "order_management", "customer_orders"];

type Look = QueryScalar<'static, Postgres, Value, PgArguments>;

/// Everything that the plan reads from beginning to end, and how many blocks it touched.
async fn plan(conn: &mut PgConnection, look: Look) -> (Vec<String>, i64) {
    let plan = look.fetch_one(conn).await.unwrap();
    let mut whole = Vec::new();
    let root = &plan[0]["Plan"];
    scans(root, &mut whole);
    let blocks = |kind: &str| root[kind].as_i64().unwrap();
    (whole, blocks("Shared Hit Blocks") + blocks("Shared Read Blocks"))
}

fn scans(node: &Value, whole: &mut Vec<String>) {
    if node["Node Type"] == "Seq Scan" {
        whole.push(node["Relation Name"].as_str().unwrap().to_owned());
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        scans(child, whole);
    }
}

fn look(sql: &str, book: BookId) -> Look {
    let sql = format!("explain (analyze, buffers, format json) {sql}");
    sqlx::query_scalar(AssertSqlSafe(sql)).bind(book)
}

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../src/monitors/sql/", $name, ".sql"))
    };
}

#[tokio::test]
async fn no_look_at_money_reads_a_large_table_from_beginning_to_end() {
    let world = World::with(MISSING).await;
    let mut conn = world.source().await;
    let events = if is_full() { 100_000 } else { 10_000 };
    let book = BookId(BOOK.0 + 1);
    let mut app = world.ledger.pool().acquire().await.unwrap();
    Trade::new(8).in_batches_of(6).load(&mut app, book, events).await;
    sqlx::raw_sql("analyze").execute(&mut conn).await.unwrap();
    let now: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select recorded_at from daftar.books where book_id = $1")
            .bind(book)
            .fetch_one(&mut conn)
            .await
            .unwrap();
    let week = chrono::TimeDelta::days(7);
    let after = eventstore::read::position_at(&mut conn, book, now - week).await.unwrap();
    assert!(after.get() > 1_000, "there is more than a week of it: {after}");

    let all = 1_000_i64;
    let looks = [
        ("unallocated", look(sql!("find_unallocated"), book).bind(now).bind(all)),
        ("suspense", look(sql!("find_unexplained"), book).bind(now).bind(all)),
        ("waiting", look(sql!("find_waiting"), book).bind(all)),
        (
            "credits",
            look(sql!("find_large_credits"), book)
                .bind(after)
                .bind("IQD")
                .bind(Decimal::from(1_000_000))
                .bind(all),
        ),
        ("rejections", look(sql!("find_many_rejections"), book).bind(after).bind(2_i64).bind(all)),
    ];
    let mut touched = Vec::new();
    for (name, look) in looks {
        let (whole, blocks) = plan(&mut conn, look).await;
        let large: Vec<_> = whole.iter().filter(|table| LARGE.contains(&table.as_str())).collect();
        assert!(large.is_empty(), "{name} reads {large:?} as a whole");
        touched.push((name, blocks));
    }
    let all: i64 = sqlx::query_scalar("select pg_relation_size('daftar.events') / 8192")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert!(touched.iter().all(|(_, blocks)| *blocks < all / 2), "{touched:?} of {all}");
}
