//! What a look costs: it reads the orders that are open, however many the book has seen.

use domain::order::status::{Channel, Phase, statuses};
use sqlx::{AssertSqlSafe, Executor as _};

use super::watched::Watched;
use crate::book::{BOOK, by_transfer, noon};

const LATE: &str = include_str!("../../../src/monitors/sql/find_late_orders.sql");
const LAWLESS: &str = include_str!("../../../src/monitors/sql/find_lawless_orders.sql");

#[tokio::test]
async fn orders_that_are_over_are_not_looked_at() {
    let watched = Watched::open().await;
    watched.send(by_transfer(1, "anna", 100)).await;
    let mut conn = watched.book.superuser().await;
    conn.execute(include_str!("../sql/many_closed_orders.sql")).await.unwrap();

    let late = AssertSqlSafe(format!("explain analyze {LATE}"));
    let late: Vec<String> = sqlx::query_scalar(late)
        .bind(BOOK)
        .bind(vec![Phase::AwaitingPayment.as_str()])
        .bind(noon())
        .bind(1_000_i64)
        .fetch_all(&mut conn)
        .await
        .unwrap();
    must_be_cheap(&late.join("\n"));

    let allowed = statuses(Phase::AwaitingPayment, Channel::BankTransfer);
    let lawless = AssertSqlSafe(format!("explain analyze {LAWLESS}"));
    let lawless: Vec<String> = sqlx::query_scalar(lawless)
        .bind(BOOK)
        .bind(vec![Phase::AwaitingPayment.as_str()])
        .bind(vec![allowed.customer])
        .bind(vec![allowed.management])
        .bind(1_000_i64)
        .fetch_all(&mut conn)
        .await
        .unwrap();
    must_be_cheap(&lawless.join("\n"));
}

fn must_be_cheap(plan: &str) {
    assert!(plan.contains("order_management_open_idx"), "{plan}");
    for table in ["order_management", "customer_orders", "timeline"] {
        assert!(!plan.contains(&format!("Seq Scan on {table}")), "{plan}");
    }
    // Each table has twenty thousand rows and more.
    for line in plan.lines() {
        let actual = line.split("(actual").nth(1).unwrap_or_default();
        let rows = actual.split("rows=").nth(1).and_then(|rest| rest.split(' ').next());
        let rows: u64 = rows.map_or(0, |rows| rows.parse().unwrap());
        assert!(rows < 2_000, "{plan}");
    }
}
