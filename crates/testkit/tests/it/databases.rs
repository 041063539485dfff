//! Every test has its own copy of a template that is made once.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Connection as _, PgConnection};
use testkit::{Database, cluster};

async fn with_a_table(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql("create table things (name text)").execute(&mut connection).await.unwrap();
    // Left open on purpose: a careless preparation must not keep the template from being copied.
    std::mem::forget(connection);
}

/// A key that no other run has used.
async fn fresh_key() -> String {
    let mut connection =
        PgConnection::connect_with(&cluster().await.connect_options("postgres")).await.unwrap();
    sqlx::query_scalar("select gen_random_uuid()::text").fetch_one(&mut connection).await.unwrap()
}

async fn things(database: &Database) -> i64 {
    sqlx::query_scalar("select count(*) from things").fetch_one(&database.pool(1)).await.unwrap()
}

async fn exists(name: &str) -> bool {
    let mut connection =
        PgConnection::connect_with(&cluster().await.connect_options("postgres")).await.unwrap();
    sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn two_tests_do_not_see_each_other() {
    let (one, two) = tokio::join!(
        Database::create_from("two tests", with_a_table),
        Database::create_from("two tests", with_a_table)
    );

    sqlx::raw_sql("insert into things values ('a')").execute(&one.pool(1)).await.unwrap();

    assert_eq!(things(&one).await, 1);
    assert_eq!(things(&two).await, 0);
    let mut connection = PgConnection::connect(&one.url()).await.unwrap();
    let name: String =
        sqlx::query_scalar("select current_database()").fetch_one(&mut connection).await.unwrap();
    assert_eq!(name, one.name());
}

#[tokio::test]
async fn a_template_is_prepared_once_however_many_ask_at_once() {
    let key = fresh_key().await;
    let prepared = AtomicU32::new(0);
    let prepare = async |url: &str| {
        prepared.fetch_add(1, Ordering::Relaxed);
        with_a_table(url).await;
    };

    let (one, two, three) = tokio::join!(
        Database::create_from(&key, prepare),
        Database::create_from(&key, prepare),
        Database::create_from(&key, prepare)
    );

    assert_eq!(prepared.load(Ordering::Relaxed), 1);
    assert_eq!(things(&one).await + things(&two).await + things(&three).await, 0);
}

#[tokio::test]
async fn a_preparation_that_failed_is_made_anew() {
    let key = fresh_key().await;
    let failing = key.clone();
    let failed = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(Database::create_from(&failing, async |url: &str| {
            with_a_table(url).await;
            panic!("half-way");
        }))
    });
    assert!(failed.join().is_err());

    let database = Database::create_from(&key, with_a_table).await;

    assert_eq!(things(&database).await, 0);
}

#[tokio::test]
async fn a_database_goes_with_its_test_even_while_connections_are_open() {
    let database = Database::create_from("two tests", with_a_table).await;
    let name = database.name().to_owned();
    let pool = database.pool(1);
    let held = pool.acquire().await.unwrap();

    drop(database);

    assert!(!exists(&name).await);
    drop(held);
}

#[tokio::test]
async fn the_test_server_is_as_durable_as_the_real_one() {
    let database = Database::empty().await;
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();

    localpg::durability::check(&mut connection).await.unwrap();
}
