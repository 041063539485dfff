//! Every decision stands under a digest of all that it says.

use eventstore::command::{StoredCommand, stored_after};
use eventstore::migrate::LOG;
use eventstore::{Appended, Batch, NewCommand, Position, Revision, Version};
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use uuid::Uuid;

use crate::log::{BOOK, Log, at, event, send};

fn command(number: u128) -> NewCommand {
    NewCommand {
        command_id: Uuid::from_u128(number),
        fingerprint: vec![1, 2, 3],
        status: 201,
        resource: Some("lamp/große".to_owned()),
        version: Some(Version(2)),
        position: Some(Position(2)),
        reply: Some("{\"say\": \"größer\"}".to_owned()),
    }
}

async fn told_log() -> Log {
    let log = Log::empty().await;
    let head = log.head().await;
    let bare = NewCommand { resource: None, version: None, reply: None, ..command(2) };
    let refused = NewCommand { status: 409, position: None, fingerprint: vec![], ..command(3) };
    let commands = vec![command(1), bare, refused];
    let batch = Batch::prepare(&head, vec![event("a", 1), event("a", 2)], commands, at(1));
    assert_eq!(send(&mut log.app().await, &head, &batch).await.unwrap(), Appended::Ok);
    log
}

async fn stored(conn: &mut PgConnection) -> Vec<StoredCommand> {
    stored_after(conn, BOOK, (Revision::ZERO, Uuid::nil()), 10).await.unwrap()
}

/// What someone with every right can do.
async fn tampering(log: &Log) -> PgConnection {
    let mut conn = log.superuser().await;
    conn.execute("set search_path = daftar, pg_temp").await.unwrap();
    conn.execute("alter table commands disable trigger user").await.unwrap();
    conn
}

#[tokio::test]
async fn what_the_append_wrote_is_as_recorded_and_comes_by_pages() {
    let log = told_log().await;
    let mut conn = log.app().await;
    let all = stored(&mut conn).await;
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|command| command.is_as_recorded(BOOK)), "{all:?}");
    let mut paged = Vec::new();
    let mut after = (Revision::ZERO, Uuid::nil());
    while let [command] = &stored_after(&mut conn, BOOK, after, 1).await.unwrap()[..] {
        after = (command.revision, command.command_id);
        paged.push(command.clone());
    }
    assert_eq!(paged, all);
}

#[tokio::test]
async fn no_column_changes_unseen() {
    let log = told_log().await;
    let mut conn = tampering(&log).await;
    for change in [
        "command_id = '00000000-0000-0000-0000-000000000009'",
        "revision = revision + 1",
        "fingerprint = '\\x010204'",
        "status = 409",
        "resource = null",
        "resource = 'lamp/grosse'",
        "version = 3",
        "version = null",
        "position = 1",
        "position = null",
        "reply = null",
        "reply = '{\"say\":\"größer\"}'",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "digest = null",
        "digest = sha256('')",
    ] {
        conn.execute("begin").await.unwrap();
        let id = "00000000-0000-0000-0000-000000000001";
        let sql = format!("update commands set {change} where command_id = '{id}'");
        conn.execute(AssertSqlSafe(sql)).await.unwrap();
        let changed = stored(&mut conn).await;
        let wrong = changed.iter().filter(|command| !command.is_as_recorded(BOOK)).count();
        assert_eq!(wrong, 1, "{change}");
        conn.execute("rollback").await.unwrap();
    }
}

#[tokio::test]
async fn a_reply_that_was_let_go_of_leaves_a_record_that_is_whole() {
    let log = told_log().await;
    let mut conn = log.app().await;
    let expired: i32 = sqlx::query_scalar("select daftar.expire_replies_1(1, $1, 100)")
        .bind(at(2))
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(expired, 3);
    let all = stored(&mut conn).await;
    assert!(all.iter().all(|command| command.reply_digest.is_none()), "{all:?}");
    assert!(all.iter().all(|command| command.is_as_recorded(BOOK)), "{all:?}");
}

#[tokio::test]
async fn the_migration_gives_older_records_the_same_digest() {
    let log = told_log().await;
    let before = stored(&mut log.app().await).await;
    let mut conn = tampering(&log).await;
    conn.execute("update commands set digest = null").await.unwrap();
    conn.execute("alter table commands enable always trigger only_functions_write").await.unwrap();
    let fill = LOG.iter().find(|migration| migration.name == "fill_command_digests").unwrap();
    conn.execute(fill.sql).await.unwrap();
    assert_eq!(stored(&mut conn).await, before);
}
