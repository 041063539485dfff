//! Streams that are folded whole, one after the other, make the very rows that the appends made.

use domain::StreamKey;
use eventstore::Streams;
use projections::{Whole, columns};
use uuid::Uuid;

use crate::book::Databases;
use crate::story::tell;

#[test]
fn every_type_of_stream_is_listed() {
    for aggregate_type in StreamKey::AGGREGATE_TYPES {
        let key = StreamKey::parse(aggregate_type, Uuid::nil()).unwrap();
        assert_eq!(key.aggregate_type(), aggregate_type);
    }
}

#[tokio::test]
async fn whole_streams_fold_to_the_same_rows_in_pieces_of_any_size() {
    let databases = Databases::empty().await;
    let mut book = databases.book(1).await;
    tell(&mut book).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let mut seen = Vec::new();
    for size in [1, 2, 3, 7, 2_000] {
        let mut rows = 0;
        let mut events = 0;
        for aggregate_type in StreamKey::AGGREGATE_TYPES {
            let mut whole = Whole::new(projections::upcasters());
            let mut streams = Streams::new(book.id, aggregate_type, None, None).in_pieces_of(size);
            while let Some(piece) = streams.next(&mut conn).await.unwrap() {
                let folded = whole.fold_seeing(&piece, &mut |_| events += 1);
                assert_eq!(folded.quarantined, []);
                rows += folded.views.len();
            }
        }
        assert_eq!(i64::from(events), book.head().await.position.get(), "{size}");
        seen.push(rows);
    }
    let mut stored = 0;
    for (_, rows) in databases.all_rows().await {
        stored += rows.len();
    }
    // What nothing falls due by any more is a row until it is settled.
    assert!(seen.iter().all(|rows| *rows >= stored), "{seen:?} of {stored}");
    assert!(seen.iter().all(|rows| *rows == seen[0]), "{seen:?}");
}

#[test]
fn what_is_no_column_is_not_named_as_one() {
    let columns: Vec<_> = columns::<projections::deadlines::Deadlines>().collect();
    assert_eq!(columns, ["order_id", "kind", "due_at", "set_by", "position", "remindable"]);
    let list = projections::select_list::<projections::deadlines::Deadlines>();
    assert_eq!(list, "order_id, kind, due_at, set_by, position, remindable, false as is_anew");
}
