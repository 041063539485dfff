//! Snapshots.

use eventstore::{Snapshot, Version, snapshot};

use crate::log::{BOOK, Log, lamp};

fn saved(id: &str, version: i64, format: i32) -> Snapshot {
    let state = format!("{{\"count\":  {version}}}");
    Snapshot { stream: lamp(id), version: Version(version), format, state }
}

#[tokio::test]
async fn a_snapshot_is_loaded_as_it_was_saved_and_only_in_its_form() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    snapshot::save(&mut conn, BOOK, &[saved("a", 3, 1), saved("b", 5, 1)]).await.unwrap();

    let found = snapshot::load(&mut conn, BOOK, &lamp("a"), 1).await.unwrap();
    assert_eq!(found, Some(saved("a", 3, 1)));
    assert_eq!(snapshot::load(&mut conn, BOOK, &lamp("a"), 2).await.unwrap(), None);
    let many = snapshot::load_many(&mut conn, BOOK, &[lamp("b"), lamp("x")]).await.unwrap();
    assert_eq!(many, [saved("b", 5, 1)]);
}

#[tokio::test]
async fn a_newer_snapshot_stays() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    for snapshot in [saved("a", 9, 1), saved("a", 4, 1)] {
        snapshot::save(&mut conn, BOOK, &[snapshot]).await.unwrap();
    }
    let found = snapshot::load(&mut conn, BOOK, &lamp("a"), 1).await.unwrap();
    assert_eq!(found, Some(saved("a", 9, 1)));

    snapshot::save(&mut conn, BOOK, &[saved("a", 4, 2)]).await.unwrap();
    let found = snapshot::load(&mut conn, BOOK, &lamp("a"), 2).await.unwrap();
    assert_eq!(found, Some(saved("a", 4, 2)));
}

#[tokio::test]
async fn snapshots_can_be_deleted() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    snapshot::save(&mut conn, BOOK, &[saved("a", 3, 1)]).await.unwrap();
    snapshot::delete_all(&mut conn, BOOK).await.unwrap();
    assert_eq!(snapshot::load(&mut conn, BOOK, &lamp("a"), 1).await.unwrap(), None);
}
