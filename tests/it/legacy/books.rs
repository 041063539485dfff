//! A new book and an old shop, a database each.

use std::path::PathBuf;

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
use testkit::Database;

use crate::daftar::{Installation, migrated};

#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) daftar: Installation,
    ledger: Database,
    old: Database,
}

impl Books {
    /// The new one is empty, the old one holds a data set.
    pub(crate) async fn of(name: &str, sample: &str) -> Self {
        let (ledger, old) = (migrated().await, Database::empty().await);
        let file = data(&format!("{sample}.sql"));
        let shop = std::fs::read_to_string(file).expect("the repository ships it");
        let books = Self { daftar: Installation::at(name, ledger.url()), ledger, old };
        sqlx::raw_sql(AssertSqlSafe(shop))
            .execute(&mut books.old().await)
            .await
            .expect("a data set stands alone");
        books.daftar.run(&["migrate"]);
        books
    }

    pub(crate) async fn old(&self) -> PgConnection {
        connect(&self.old).await
    }

    pub(crate) async fn ledger(&self) -> PgConnection {
        connect(&self.ledger).await
    }

    pub(crate) fn old_url(&self) -> String {
        self.old.url()
    }

    pub(crate) fn import(&self, more: &[&str]) -> Value {
        let url = self.old_url();
        self.daftar.json(&[&["import", "legacy", "--from", &url], more].concat())
    }

    /// Everything that an import or a fix could have changed, counted.
    pub(crate) async fn extent(&self) -> Vec<i64> {
        let mut conn = self.ledger().await;
        let mut extent = Vec::new();
        for table in ["events", "commands", "personal_data", "customer_orders", "wallet_balances"] {
            let sql = format!("select count(*) from daftar.{table}");
            let count = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut conn).await;
            extent.push(count.expect("the schema has it"));
        }
        extent
    }

    /// What customer 94 has.
    pub(crate) async fn balance(&self) -> String {
        let balances: Vec<String> = sqlx::query_scalar(
            "select trim_scale(balance)::text from daftar.wallet_balances where customer_id = '94'",
        )
        .fetch_all(&mut self.ledger().await)
        .await
        .expect("the view can be read");
        assert_eq!(balances.len(), 1, "one customer, one wallet");
        balances.concat()
    }

    /// Number, customer's status and departments' status of each order.
    pub(crate) async fn statuses(&self) -> Vec<(String, String, String)> {
        sqlx::query_as(
            "select customer.number, customer.status, managed.current_status
             from daftar.customer_orders customer
             join daftar.order_management managed using (book_id, order_id)
             order by customer.number",
        )
        .fetch_all(&mut self.ledger().await)
        .await
        .expect("the views can be read")
    }
}

async fn connect(database: &Database) -> PgConnection {
    use sqlx::Connection as _;
    PgConnection::connect_with(&database.connect_options()).await.expect("it takes connections")
}

/// A file of `data/legacy/`.
pub(crate) fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../data/legacy").join(name)
}
