//! Reading the log.

use eventstore::{BookId, Position, Revision, Version, read};
use futures::TryStreamExt;

use crate::log::{BOOK, Log, event, lamp};

#[tokio::test]
async fn a_stream_is_read_after_a_version() {
    let log = Log::empty().await;
    log.write(vec![event("a", 1), event("b", 1), event("a", 2), event("a", 3)]).await;
    let mut conn = log.app().await;

    let events = read::stream(&mut conn, BOOK, &lamp("a"), Version(1)).await.unwrap();
    let versions: Vec<_> = events.iter().map(|event| event.version.get()).collect();
    assert_eq!(versions, [2, 3]);
    assert!(read::stream(&mut conn, BookId(2), &lamp("a"), Version(0)).await.unwrap().is_empty());
}

#[tokio::test]
async fn many_streams_are_read_at_once_each_after_its_own_version() {
    let log = Log::empty().await;
    log.write(vec![event("a", 1), event("b", 1), event("a", 2), event("b", 2), event("c", 1)])
        .await;
    let wanted = [
        (lamp("a"), Version(0)),
        (lamp("b"), Version(1)),
        (lamp("c"), Version(1)),
        (lamp("x"), Version(0)),
    ];

    let streams = read::streams(&mut log.app().await, BOOK, &wanted).await.unwrap();

    let found: Vec<(&str, Vec<i64>)> = streams
        .iter()
        .map(|(stream, events)| {
            (stream.aggregate_id.as_str(), events.iter().map(|event| event.version.get()).collect())
        })
        .collect();
    assert_eq!(found, [("a", vec![1, 2]), ("b", vec![2])]);
}

#[tokio::test]
async fn everything_is_streamed_in_order_whatever_the_page() {
    let log = Log::empty().await;
    let batch = log.write_lamp("a", 7).await;
    let mut conn = log.app().await;

    let all: Vec<_> = read::stream_all(&mut conn, BOOK, Position(2)).try_collect().await.unwrap();
    assert_eq!(all, batch.events[2..]);
    for (size, expected) in [(1, 7), (3, 3), (7, 1), (8, 1)] {
        let pages: Vec<_> =
            read::pages(&mut conn, BOOK, Position::ZERO, size).try_collect().await.unwrap();
        assert_eq!(pages.len(), expected, "pages of {size}");
        assert_eq!(pages.concat(), batch.events, "pages of {size}");
    }
}

#[tokio::test]
async fn one_event_is_read_by_its_position() {
    let log = Log::empty().await;
    let batch = log.write_lamp("a", 2).await;
    let mut conn = log.app().await;
    let event = read::event_at(&mut conn, BOOK, Position(2)).await.unwrap();
    assert_eq!(event.as_ref(), batch.events.last());
    assert_eq!(read::event_at(&mut conn, BOOK, Position(3)).await.unwrap(), None);
}

#[tokio::test]
async fn decisions_are_read_by_id_and_by_revision() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    let mut batches = vec![];
    for id in 1..=3 {
        let head = log.head().await;
        let commands = vec![crate::log::refusal(id)];
        let batch = eventstore::Batch::prepare(&head, vec![], commands, crate::log::at(1));
        let appended = crate::log::send(&mut conn, &head, &batch).await.unwrap();
        assert_eq!(appended, eventstore::Appended::Ok);
        batches.push(batch);
    }
    let after = read::commands_after(&mut conn, BOOK, Revision(1), 10).await.unwrap();
    assert_eq!(after, [batches[1].commands.clone(), batches[2].commands.clone()].concat());
    assert_eq!(read::commands_after(&mut conn, BOOK, Revision(0), 1).await.unwrap().len(), 1);
    let ids = [uuid::Uuid::from_u128(3), uuid::Uuid::from_u128(99)];
    assert_eq!(read::commands_by_ids(&mut conn, BOOK, &ids).await.unwrap(), batches[2].commands);
}
