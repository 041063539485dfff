//! A migrated database with books, to which commands are appended as the service does it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::decide::{Circumstances, Command, decide};
use domain::memory::Memory;
use eventstore::migrate::{LOG, migrate};
use eventstore::{
    Appended, Batch, BookId, Head, NewBook, NewCommand, NewEvent, StreamId, Version, append,
    connect, create_book, read_head,
};
use projections::{Fact, Live, Metadata, Report, Views, append_function};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::Database;
use uuid::Uuid;

use crate::diary::{self, Entry};

pub(crate) const TABLES: &[&str] = &[
    "customer_orders",
    "order_management",
    "wallet_balances",
    "wallet_lines",
    "payments",
    "journal_lines",
    "timeline",
    "imported_orders",
    "deadlines",
    "wallet_requests",
    "suspense_items",
    "statement_lines",
];

pub(crate) struct Databases {
    database: Database,
    pub(crate) pool: PgPool,
}

/// One book of it, with the states that its commands are decided on.
pub(crate) struct Book {
    pub(crate) id: BookId,
    pub(crate) pool: PgPool,
    pub(crate) memory: Memory,
    commands: u32,
    /// What the views held after each batch, if somebody keeps it.
    pub(crate) diary: Option<Vec<Entry>>,
}

impl Databases {
    pub(crate) async fn empty() -> Self {
        let migrations = projections::migrations();
        let key: String = LOG.iter().chain(&migrations).map(|migration| migration.sql).collect();
        let database = Database::create_from(&key, async |url| {
            let mut conn = PgConnection::connect(url).await.unwrap();
            migrate(&mut conn, &projections::migrations()).await.unwrap();
            conn.close().await.unwrap();
        })
        .await;
        let options = connect::app_options(database.connect_options());
        let pool = PgPoolOptions::new().max_connections(4).connect_lazy_with(options);
        Self { database, pool }
    }

    pub(crate) async fn book(&self, id: i32) -> Book {
        let book = NewBook {
            id: BookId(id),
            uuid: Uuid::from_u128(u128::from(id.unsigned_abs())),
            name: format!("book {id}"),
            projections: projections::projections(),
            created_at: at(0),
        };
        let mut conn = self.pool.acquire().await.unwrap();
        assert!(create_book(&mut conn, book).await.unwrap());
        let (pool, memory) = (self.pool.clone(), Memory::default());
        Book { id: BookId(id), pool, memory, commands: 0, diary: None }
    }

    /// As the superuser, past every guard that one can get past.
    pub(crate) async fn superuser(&self) -> PgConnection {
        PgConnection::connect_with(&self.database.connect_options()).await.unwrap()
    }

    /// What somebody with every right does to a view behind our backs.
    pub(crate) async fn tamper(&self, table: &str, sql: &str) {
        let mut conn = self.superuser().await;
        run(&mut conn, &format!("alter table daftar.{table} disable trigger user")).await;
        run(&mut conn, sql).await;
        run(
            &mut conn,
            &format!("alter table daftar.{table} enable always trigger only_functions_write"),
        )
        .await;
        if table == "events" {
            run(&mut conn, "alter table daftar.events enable always trigger never_changes").await;
        }
    }

    /// Every row of a view as text, without its generation.
    pub(crate) async fn rows(&self, table: &str) -> Vec<String> {
        let sql = format!(
            "select (to_jsonb(t) - 'generation')::text from daftar.{table} as t order by 1"
        );
        let mut conn = self.superuser().await;
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap()
    }

    pub(crate) async fn all_rows(&self) -> BTreeMap<&'static str, Vec<String>> {
        let mut all = BTreeMap::new();
        for table in TABLES {
            all.insert(*table, self.rows(table).await);
        }
        all
    }

    /// The generations that a view holds rows of.
    pub(crate) async fn generations(&self, table: &str) -> Vec<i32> {
        let sql = format!("select distinct generation from daftar.{table} order by 1");
        let mut conn = self.superuser().await;
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap()
    }
}

impl Book {
    pub(crate) async fn head(&self) -> Head {
        read_head(&mut self.pool.acquire().await.unwrap(), self.id).await.unwrap()
    }

    pub(crate) async fn run(&mut self, command: Command) {
        self.run_all(vec![command]).await;
    }

    /// Decides the commands one after the other and appends them as one batch.
    pub(crate) async fn run_all(&mut self, commands: Vec<Command>) {
        let head = self.head().await;
        assert_eq!(self.send(&head, commands).await, Appended::Ok);
        if let Some(mut diary) = self.diary.take() {
            diary.push(diary::entry(&self.pool, self.id).await);
            self.diary = Some(diary);
        }
    }

    pub(crate) async fn send(&mut self, head: &Head, commands: Vec<Command>) -> Appended {
        let now = at(i64::from(self.commands) + 1);
        let mut batch = Batch::new(head, now);
        let mut views = Views::default();
        for command in commands {
            self.commands += 1;
            let command_id = Uuid::from_u128(u128::from(self.commands));
            let circumstances = Circumstances { now, second_person: true };
            let changes = decide(&self.memory, circumstances, command).unwrap();
            for change in &changes {
                let recorded = batch
                    .push(NewEvent {
                        stream: StreamId::new(
                            change.stream.aggregate_type(),
                            change.stream.aggregate_id().to_string(),
                        ),
                        version: Version(i64::try_from(change.version).unwrap()),
                        event_id: Uuid::from_u128(u128::from(change.version)),
                        event_type: change.event.event_type().to_owned(),
                        event_version: change.event.event_version().to_owned(),
                        payload: change.event.payload().unwrap(),
                        metadata: serde_json::to_string(&metadata()).unwrap(),
                        effective_at: now,
                        command_id,
                    })
                    .clone();
                let fact = Fact {
                    recorded: &recorded,
                    stream: change.stream,
                    event: &change.event,
                    state: &change.state,
                };
                views.fold(&fact).unwrap();
            }
            self.memory.apply(&changes);
            batch.record(NewCommand {
                command_id,
                fingerprint: vec![1],
                status: 200,
                resource: None,
                version: None,
                position: Some(batch.head().position),
                reply: None,
            });
        }
        let mut conn = self.pool.acquire().await.unwrap();
        append(&mut conn, &append_function(), head, &batch.finish(), |call| {
            views.bind(call, &Live::all())
        })
        .await
        .unwrap()
    }

    /// The next command comes so much later: the clock counts them.
    pub(crate) fn wait_hours(&mut self, hours: u32) {
        self.commands += hours * 3_600;
    }

    pub(crate) async fn verify(&self) -> Report {
        projections::verify_now(&self.pool, self.id).await.unwrap()
    }

    pub(crate) async fn verify_clean(&self) -> Report {
        let report = self.verify().await;
        let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
        assert_eq!(findings, Vec::<String>::new());
        report
    }
}

pub(crate) fn metadata() -> Metadata {
    Metadata {
        actor_kind: Some("person".to_owned()),
        actor_id: Some("zaynab".to_owned()),
        role: Some("finance".to_owned()),
        posting_rule: Some("1".to_owned()),
        ..Metadata::default()
    }
}

pub(crate) async fn run(conn: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(conn).await.unwrap();
}

/// A clock that is finer than what the database keeps.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
        + TimeDelta::seconds(seconds)
        + TimeDelta::nanoseconds(123_456_789)
}
