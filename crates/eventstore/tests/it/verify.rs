//! Verification finds what was done to a log behind its guards.

use eventstore::verify::{ChainCheck, Finding, VerifyError, chain};
use eventstore::{Position, Version};
use sqlx::{Executor, PgConnection};

use crate::log::{BOOK, Log, event, lamp};

async fn findings(conn: &mut PgConnection) -> Vec<Finding> {
    chain(conn, BOOK, Position::ZERO).await.unwrap().1
}

/// What someone with every right can do.
async fn tamper(log: &Log, sql: &'static str) -> PgConnection {
    let mut conn = log.superuser().await;
    conn.execute("set search_path = daftar").await.unwrap();
    for table in ["events", "books"] {
        let sql = format!("alter table {table} disable trigger user");
        conn.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    }
    conn.execute(sql).await.unwrap();
    conn
}

#[tokio::test]
async fn an_untouched_log_has_no_findings() {
    let log = Log::empty().await;
    assert_eq!(findings(&mut log.app().await).await, []);
    log.write_lamp("a", 3).await;
    log.write_lamp("b", 3).await;
    let mut conn = log.app().await;
    for from in 0..=6 {
        let (end, found) = chain(&mut conn, BOOK, Position(from)).await.unwrap();
        assert_eq!((end, found), (Position(6), vec![]), "from {from}");
    }
    let past = ChainCheck::start(&mut conn, BOOK, Position(7)).await.unwrap_err();
    assert!(matches!(past, VerifyError::NoSuchPosition(Position(7))));
}

#[tokio::test]
async fn a_changed_payload_is_found() {
    let log = Log::empty().await;
    let batch = log.write_lamp("a", 4).await;
    let mut conn =
        tamper(&log, "update events set payload = '{\"switched_on\": 9}' where position = 2").await;
    let found = findings(&mut conn).await;
    let [Finding::HashMismatch { position: Position(2), stored, computed }] = found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(stored, batch.events[1].hash);
    assert_ne!(stored, computed);
}

#[tokio::test]
async fn white_space_in_a_payload_counts() {
    let log = Log::empty().await;
    log.write_lamp("a", 2).await;
    let mut conn =
        tamper(&log, "update events set payload = payload::jsonb::json where position = 1").await;
    // jsonb writes it anew: equal as a value, not the same bytes.
    assert_eq!(findings(&mut conn).await.len(), 1);
}

#[tokio::test]
async fn a_missing_event_is_found_as_a_hole_a_gap_and_a_wrong_count() {
    let log = Log::empty().await;
    log.write_lamp("a", 4).await;
    let mut conn = tamper(&log, "delete from events where position in (2, 3)").await;
    let found = findings(&mut conn).await;
    assert_eq!(found[0], Finding::Hole { first: Position(2), last: Position(3) });
    assert!(matches!(found[1], Finding::HashMismatch { position: Position(4), .. }));
    let gap =
        Finding::SequenceGap { position: Position(4), stream: lamp("a"), version: Version(4) };
    assert_eq!(found[2], gap);
    assert_eq!(found[3], Finding::CountDiffers { count: 2, last: Position(4) });
    assert_eq!(found.len(), 4);
}

#[tokio::test]
async fn an_end_that_was_cut_off_is_found() {
    let log = Log::empty().await;
    log.write_lamp("a", 4).await;
    let mut conn = tamper(&log, "delete from events where position = 4").await;
    let expected = Finding::HeadDiffers { head: Position(4), last: Position(3) };
    assert_eq!(findings(&mut conn).await, [expected]);
}

#[tokio::test]
async fn a_head_with_another_hash_is_found() {
    let log = Log::empty().await;
    log.write_lamp("a", 2).await;
    let mut conn = tamper(&log, "update books set hash = sha256('')").await;
    let expected = Finding::HeadDiffers { head: Position(2), last: Position(2) };
    assert_eq!(findings(&mut conn).await, [expected]);
}

#[tokio::test]
async fn a_gap_across_pages_is_found_by_looking_it_up() {
    let log = Log::empty().await;
    log.write_lamp("a", 3).await;
    log.write(vec![event("a", 4), event("b", 2)]).await;
    let mut conn = log.app().await;
    let (_, found) = chain(&mut conn, BOOK, Position(3)).await.unwrap();
    // Number 4 of a follows 3, which stands before the beginning; nothing precedes b's second.
    let gap =
        Finding::SequenceGap { position: Position(5), stream: lamp("b"), version: Version(2) };
    assert_eq!(found, [gap]);
}

#[tokio::test]
async fn time_that_was_turned_back_is_found() {
    let log = Log::empty().await;
    log.write_lamp("a", 2).await;
    let mut conn = tamper(&log, "update events set recorded_at = 'epoch' where position = 2").await;
    let found = findings(&mut conn).await;
    assert!(found.contains(&Finding::TimeTurnedBack { position: Position(2) }), "{found:?}");
}
