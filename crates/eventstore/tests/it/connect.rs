//! How the service connects.

use std::time::Duration;

use eventstore::{BookId, is_connection_lost, lock_head};
use sqlx::Connection;

use crate::log::Log;

#[tokio::test]
async fn the_service_works_as_the_application_role_and_lets_no_lock_lie_idle() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    let settings: (String, String, String) = sqlx::query_as(
        "select current_user::text, current_setting('search_path'),
                current_setting('idle_in_transaction_session_timeout')",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    assert_eq!(settings, ("daftar_app".to_owned(), "daftar,pg_temp".to_owned(), "5s".to_owned()));
}

#[tokio::test]
async fn a_paused_node_loses_the_head() {
    let log = Log::empty().await;
    let mut paused = log.app().await;
    sqlx::query("set idle_in_transaction_session_timeout = '100ms'")
        .execute(&mut paused)
        .await
        .unwrap();
    let mut tx = paused.begin().await.unwrap();
    lock_head(&mut tx, BookId(1)).await.unwrap();

    // Waits for the lock, and gets it.
    let mut other = log.app().await;
    let head = lock_head(&mut other, BookId(1));
    tokio::time::timeout(Duration::from_secs(20), head).await.unwrap().unwrap();

    let error = sqlx::query("select 1").execute(&mut *tx).await.unwrap_err();
    assert!(is_connection_lost(&error), "{error:?}");
}
