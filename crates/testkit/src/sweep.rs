//! Drops what earlier test runs left behind.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::{database, template};

/// Drops databases that nobody is connected to and templates, older than the longest test run.
/// Somebody else may be sweeping too, or use a template: then it is left for another time.
pub(crate) async fn run(connection: &mut PgConnection) {
    let old: Vec<String> = sqlx::query_scalar(include_str!("sql/list_old_databases.sql"))
        .fetch_all(&mut *connection)
        .await
        .expect("the catalog can be read");
    for name in old {
        if name.starts_with(database::PREFIX) {
            drop_database(connection, &name).await;
        } else if let Some(lock) = name.strip_prefix(template::PREFIX).and_then(lock_of) {
            let alone: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
                .bind(lock)
                .fetch_one(&mut *connection)
                .await
                .expect("a lock can be tried");
            if alone {
                let unmark = format!("alter database {name} is_template false");
                if sqlx::raw_sql(AssertSqlSafe(unmark)).execute(&mut *connection).await.is_ok() {
                    drop_database(connection, &name).await;
                }
                template::call(connection, "select pg_advisory_unlock($1)", lock).await;
            }
        }
    }
}

/// Best effort: what cannot be dropped now is swept later.
pub(crate) async fn drop_database(connection: &mut PgConnection, name: &str) {
    let sql = format!("drop database if exists {name} with (force)");
    let _swept_later = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
}

fn lock_of(hash: &str) -> Option<i64> {
    u64::from_str_radix(hash, 16).ok().map(u64::cast_signed)
}
