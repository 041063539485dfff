//! A small book of a trade, to which faults are done by force and undone again.

use std::fmt::Write as _;
use std::time::UNIX_EPOCH;

use eventstore::BookId;
use eventstore::migrate::{LOG, migrate};
use projections::{Check, Options, Report, Unkept, Verification, VerifyError, verify};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use testkit::{Database, Trade};

use crate::book::TABLES;

pub(super) const BOOK: BookId = BookId(1);

/// What only functions write, beside the views.
pub(super) const LOG_TABLES: [&str; 6] =
    ["events", "commands", "books", "book_projections", "snapshots", "expired_replies"];

/// The book, with a copy of it as it is and one as it once was.
pub(super) struct World {
    conn: PgConnection,
    _database: Database,
}

impl World {
    pub(super) async fn new() -> Self {
        let database = Database::create_from(&key(), prepare).await;
        let conn = PgConnection::connect_with(&database.connect_options()).await.unwrap();
        Self { conn, _database: database }
    }

    /// Does it as the superuser, past the guards, which stand again afterwards. Answers what the
    /// statements return: JSON texts.
    pub(super) async fn force(
        &mut self,
        tables: &[&str],
        sql: &str,
    ) -> Result<Vec<Value>, sqlx::Error> {
        let mut script = String::from("begin;\n");
        for table in tables {
            writeln!(script, "alter table daftar.{table} disable trigger user;").unwrap();
        }
        script += sql;
        script += ";\n";
        for table in tables {
            script += &guard_again(table);
        }
        script += "commit;";
        let outcome = sqlx::raw_sql(AssertSqlSafe(script)).fetch_all(&mut self.conn).await;
        if outcome.is_err() {
            sqlx::raw_sql("rollback").execute(&mut self.conn).await.unwrap();
        }
        let told = outcome?.iter().map(|row| row.get::<Value, _>(0)).collect();
        Ok(told)
    }

    /// As it was before.
    pub(super) async fn restore(&mut self, tables: &[&str]) {
        let mut tables = tables.to_vec();
        if tables.contains(&"books") || tables.contains(&"book_projections") {
            // One refers to the other.
            tables.retain(|table| !["books", "book_projections"].contains(table));
            tables.extend(["book_projections", "books"]);
        }
        let mut sql = String::new();
        for table in &tables {
            writeln!(sql, "delete from daftar.{table};").unwrap();
        }
        for table in tables.iter().rev() {
            writeln!(sql, "insert into daftar.{table} select * from kept.{table};").unwrap();
        }
        self.force(&tables, &sql).await.unwrap();
    }

    pub(super) async fn verify(&mut self, without: &[Check]) -> Report {
        self.try_verify(BOOK, without).await.unwrap()
    }

    pub(super) async fn try_verify(
        &mut self,
        book: BookId,
        without: &[Check],
    ) -> Result<Report, VerifyError> {
        let options = Options { without: without.iter().copied().collect(), ..Options::default() };
        let mut verification = Verification::default();
        verify(&mut self.conn, book, &options, &mut verification, &mut Unkept).await
    }

    /// The one text that a query finds.
    pub(super) async fn text(&mut self, sql: String) -> String {
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut self.conn).await.unwrap()
    }

    pub(super) async fn texts(&mut self, sql: String) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut self.conn).await.unwrap()
    }

    pub(super) fn conn(&mut self) -> &mut PgConnection {
        &mut self.conn
    }
}

fn guard_again(table: &str) -> String {
    let mut sql =
        format!("alter table daftar.{table} enable always trigger only_functions_write;\n");
    if table == "events" {
        sql += "alter table daftar.events enable always trigger never_changes;\n";
    }
    sql
}

/// Another build may make other rows: its template is another.
fn key() -> String {
    let build = std::env::current_exe().and_then(|path| path.metadata()?.modified()).unwrap();
    let build = build.duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let own = projections::migrations();
    let migrations: String = LOG.iter().chain(&own).map(|migration| migration.sql).collect();
    format!("faults {build} {migrations}")
}

async fn prepare(url: &str) {
    let mut conn = PgConnection::connect(url).await.unwrap();
    migrate(&mut conn, &projections::migrations()).await.unwrap();
    let mut trade = Trade::new(5).among(6).with_snapshots_every(20).in_batches_of(20);
    trade.load(&mut conn, BOOK, 700).await;
    // At a moment when a gateway's line of a statement is not matched yet, so that it still changes.
    let unmatched = "select exists (select from daftar.statement_lines
                                     where not matched and reference is null)";
    for _ in 0..100 {
        if sqlx::query_scalar(unmatched).fetch_one(&mut conn).await.unwrap() {
            break;
        }
        trade.load(&mut conn, BOOK, 5).await;
    }
    keep(&mut conn, "before").await;
    trade.load(&mut conn, BOOK, 600).await;
    Trade::new(6).load(&mut conn, BookId(2), 150).await;
    // One view was rebuilt once, and the oldest replies are gone.
    let expire = "select daftar.expire_replies_1(1, '2100-01-01', 100)";
    for sql in [
        "set role daftar_writer",
        "update daftar.customer_orders set generation = 2",
        "update daftar.book_projections set generation = 2 where name = 'customer_orders'",
        "reset role",
        expire,
    ] {
        sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    }
    keep(&mut conn, "kept").await;
    conn.close().await.unwrap();
}

async fn keep(conn: &mut PgConnection, schema: &str) {
    let mut sql = format!("create schema {schema};");
    for table in TABLES.iter().chain(&LOG_TABLES) {
        writeln!(sql, "create table {schema}.{table} as table daftar.{table};").unwrap();
    }
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await.unwrap();
}
