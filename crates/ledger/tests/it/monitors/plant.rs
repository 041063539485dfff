//! What somebody with every right does behind the book's back.

use ledger::scrubber::{self, Options, Share};
use sqlx::{AssertSqlSafe, Executor as _};

use super::watched::Watched;

impl Watched {
    /// As the owner of everything, past what the tables allow.
    pub(crate) async fn sql(&self, sql: &str) {
        self.book.superuser().await.execute(AssertSqlSafe(sql)).await.unwrap();
    }

    /// Past the guards of a table, which are put back.
    pub(crate) async fn plant(&self, table: &str, sql: &str) {
        let sql = format!(
            "alter table daftar.{table} disable trigger user; {sql};
             alter table daftar.{table} enable always trigger only_functions_write"
        );
        self.sql(&sql).await;
    }

    /// An event is other bytes from here on, which fold to the same.
    pub(crate) async fn plant_in_log(&self, position: i64) {
        let change = format!(
            "update daftar.events set metadata = (metadata::text || ' ')::json
              where position = {position};
             alter table daftar.events enable always trigger never_changes"
        );
        self.plant("events", &change).await;
    }

    /// A lap of the scrubber, as fast as it can.
    pub(crate) async fn lap(&self) {
        let options = Options { share: Share::new(100).unwrap(), ..Options::default() };
        scrubber::lap_once(&self.node, None, &options).await.unwrap().unwrap();
    }
}
