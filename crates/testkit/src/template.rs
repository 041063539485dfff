//! A database that is prepared once and copied for every test.

use localpg::LocalPg;
use sqlx::{AssertSqlSafe, PgConnection};

pub(crate) const PREFIX: &str = "template_";
/// Roles belong to the whole cluster: two preparations at once would make the same ones.
const PREPARING: i64 = 1;

/// Makes sure that the template of this key is there, and keeps it from being swept for as long as
/// the connection lives. Answers its name.
pub(crate) async fn ensure(
    pg: &LocalPg,
    connection: &mut PgConnection,
    key: &str,
    prepare: impl AsyncFnOnce(&str),
) -> String {
    let lock = hash(key).cast_signed();
    let name = format!("{PREFIX}{:016x}", hash(key));
    let mut prepare = Some(prepare);
    loop {
        call(connection, "select pg_advisory_lock_shared($1)", lock).await;
        if is_ready(connection, &name).await {
            return name;
        }
        call(connection, "select pg_advisory_unlock_shared($1)", lock).await;

        call(connection, "select pg_advisory_lock($1)", PREPARING).await;
        call(connection, "select pg_advisory_lock($1)", lock).await;
        if !is_ready(connection, &name).await {
            let prepare = prepare.take().expect("a template is swept only after an hour");
            make(pg, connection, &name, prepare).await;
        }
        call(connection, "select pg_advisory_unlock($1)", lock).await;
        call(connection, "select pg_advisory_unlock($1)", PREPARING).await;
    }
}

async fn make(
    pg: &LocalPg,
    connection: &mut PgConnection,
    name: &str,
    prepare: impl AsyncFnOnce(&str),
) {
    // What a test that failed half-way left.
    execute(connection, format!("drop database if exists {name} with (force)")).await;
    execute(connection, format!("create database {name}")).await;
    prepare(&pg.url(name)).await;
    // A template in use cannot be copied; the mark says that it is whole.
    execute(connection, format!("alter database {name} allow_connections false")).await;
    sqlx::query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1")
        .bind(name)
        .execute(&mut *connection)
        .await
        .expect("the superuser may end sessions");
    execute(connection, format!("alter database {name} is_template true")).await;
}

async fn is_ready(connection: &mut PgConnection, name: &str) -> bool {
    sqlx::query_scalar(
        "select exists (select from pg_database where datname = $1 and datistemplate)",
    )
    .bind(name)
    .fetch_one(connection)
    .await
    .expect("the catalog can be read")
}

/// What is run on a template's lock, or on any other.
pub(crate) async fn call(connection: &mut PgConnection, sql: &'static str, lock: i64) {
    sqlx::query(sql).bind(lock).execute(connection).await.expect("a lock is only waited for");
}

/// Names cannot be bound as parameters; all of them are made here.
pub(crate) async fn execute(connection: &mut PgConnection, sql: String) {
    let outcome = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(connection).await;
    if let Err(cause) = outcome {
        panic!("`{sql}` failed: {cause}");
    }
}

/// FNV-1a: the same in every test binary.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
