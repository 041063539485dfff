//! A database with the schema in it, copied and not migrated each time.

use eventstore::migrate::LOG;
use ledger::{database, schema};
use testkit::Database;

/// The same as what `daftar migrate` leaves in an empty one.
pub(crate) async fn migrated() -> Database {
    let migrations = schema::migrations();
    let key: String = LOG.iter().chain(&migrations).map(|migration| migration.sql).collect();
    Database::create_from(&key, async |url| {
        let database = database::Database::at(url, None).expect("it is an address");
        database.migrate().await.expect("it can be migrated");
    })
    .await
}
