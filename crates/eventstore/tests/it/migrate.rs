//! Migrations.

use eventstore::migrate::{LOG, MigrateError, Migration, migrate, pending};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use testkit::Database;

use crate::log::{EXTRA, Log};

async fn superuser(database: &Database) -> PgConnection {
    PgConnection::connect_with(&database.connect_options()).await.unwrap()
}

#[tokio::test]
async fn migrating_again_does_nothing() {
    let database = Database::empty().await;
    let mut conn = superuser(&database).await;
    assert_eq!(pending(&mut conn, EXTRA).await.unwrap().len(), LOG.len() + EXTRA.len());
    let applied = migrate(&mut conn, EXTRA).await.unwrap();
    assert_eq!(applied, [LOG, EXTRA].concat());
    assert_eq!(migrate(&mut conn, EXTRA).await.unwrap(), []);
    assert_eq!(pending(&mut conn, EXTRA).await.unwrap(), []);
}

#[tokio::test]
async fn every_file_of_the_log_is_in_the_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        // From 50 on they are the tables beside the log, which are another crate's.
        .filter(|name| name.as_str() < "0050")
        .collect();
    files.sort();
    let listed: Vec<_> =
        LOG.iter().map(|one| format!("{:04}_{}.sql", one.version, one.name)).collect();
    assert_eq!(files, listed);
}

#[tokio::test]
async fn two_migrators_at_once_do_the_work_once() {
    let database = Database::empty().await;
    let mut first = superuser(&database).await;
    let mut second = superuser(&database).await;
    let (one, two) = tokio::join!(migrate(&mut first, EXTRA), migrate(&mut second, EXTRA));
    assert_eq!(one.unwrap().len() + two.unwrap().len(), LOG.len() + EXTRA.len());
}

#[tokio::test]
async fn a_migration_that_changed_is_refused() {
    let log = Log::empty().await;
    let mut conn = log.superuser().await;
    let changed = [Migration { sql: "select 1", ..EXTRA[0] }, EXTRA[1]];
    let error = migrate(&mut conn, &changed).await.unwrap_err();
    assert!(matches!(error, MigrateError::Changed { version: 100, .. }), "{error:?}");
    assert!(pending(&mut log.app().await, &changed).await.is_err());
}

#[tokio::test]
async fn a_database_of_a_newer_build_is_refused() {
    let log = Log::empty().await;
    let error = migrate(&mut log.superuser().await, &[]).await.unwrap_err();
    assert!(matches!(error, MigrateError::Unknown { version: 100 }), "{error:?}");
}

#[tokio::test]
async fn two_migrations_of_one_number_are_refused() {
    let log = Log::empty().await;
    let error = migrate(&mut log.superuser().await, &[EXTRA[0], EXTRA[0]]).await.unwrap_err();
    assert!(matches!(error, MigrateError::Duplicate { version: 100 }), "{error:?}");
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_behind() {
    let log = Log::empty().await;
    let mut conn = log.superuser().await;
    let broken = Migration {
        version: 300,
        name: "broken",
        sql: "create table half (book_id int); select 1 / 0",
    };
    let extra = [EXTRA, &[broken]].concat();
    let error = migrate(&mut conn, &extra).await.unwrap_err();
    assert!(matches!(error, MigrateError::Failed { version: 300, .. }), "{error:?}");
    assert_eq!(pending(&mut conn, &extra).await.unwrap(), [broken]);
    let is_there: bool = sqlx::query_scalar("select to_regclass('daftar.half') is not null")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert!(!is_there);
}

#[tokio::test]
async fn an_index_on_a_live_table_is_built_outside_a_transaction() {
    let log = Log::empty().await;
    let mut conn = log.superuser().await;
    let index = Migration {
        version: 300,
        name: "notes_by_position",
        sql: "-- no transaction\n\
              -- For the test.\n\
              drop index concurrently if exists notes_position_idx;\n\
              create index concurrently notes_position_idx on notes (book_id, position);\n",
    };
    let extra = [EXTRA, &[index]].concat();
    assert_eq!(migrate(&mut conn, &extra).await.unwrap(), [index]);
    assert_eq!(migrate(&mut conn, &extra).await.unwrap(), []);
}

/// A role of its own for one test, and a database that may be its own too.
async fn login(database: &Database, rights: &str) -> (String, PgConnectOptions) {
    let mut conn = superuser(database).await;
    let role = format!("user_of_{}", database.name());
    for sql in [
        format!("create role {role} login {rights}"),
        format!("alter database {} owner to {role}", database.name()),
    ] {
        conn.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    let options = database.connect_options().username(&role);
    (role, options)
}

async fn drop_role(role: String) {
    let elsewhere = Database::empty().await;
    let sql = format!("drop role {role}");
    superuser(&elsewhere).await.execute(AssertSqlSafe(sql)).await.unwrap();
}

#[tokio::test]
async fn whoever_may_create_roles_need_not_be_superuser() {
    let database = Database::empty().await;
    let (role, options) = login(&database, "createrole").await;
    let mut conn = PgConnection::connect_with(&options).await.unwrap();

    migrate(&mut conn, EXTRA).await.unwrap();

    let owners: Vec<String> = sqlx::query_scalar(
        "select distinct relowner::regrole::text from pg_class
          where relnamespace = 'daftar'::regnamespace and relkind in ('r', 'v')
         union select distinct proowner::regrole::text from pg_proc
          where pronamespace = 'daftar'::regnamespace order by 1",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert_eq!(owners, ["daftar_owner", "daftar_writer"]);
    let error = conn.execute("delete from daftar.events").await.unwrap_err();
    assert!(error.to_string().contains("append-only"), "{error}");
    conn.close().await.unwrap();
    drop(database);
    drop_role(role).await;
}

#[tokio::test]
async fn whoever_may_not_create_roles_is_told_what_to_run() {
    // So that the roles are there, whichever test is the first.
    drop(Log::empty().await);
    let database = Database::empty().await;
    let (role, options) = login(&database, "").await;
    let mut conn = PgConnection::connect_with(&options).await.unwrap();

    let error = migrate(&mut conn, EXTRA).await.unwrap_err();

    let MigrateError::NotAllowed { user, statements } = error else { panic!("{error:?}") };
    assert_eq!(user, role);
    let expected: Vec<_> = ["daftar_app", "daftar_owner", "daftar_writer"]
        .map(|granted| format!("grant {granted} to {role};"))
        .into();
    let mut said: Vec<_> = statements.lines().map(str::to_owned).collect();
    said.sort();
    assert_eq!(said, expected);

    // Doing as told is enough.
    superuser(&database).await.execute(AssertSqlSafe(statements)).await.unwrap();
    migrate(&mut conn, EXTRA).await.unwrap();
    conn.close().await.unwrap();
    drop(database);
    drop_role(role).await;
}
