//! Whole streams in the order of their ids, whatever the size of the pieces.

use eventstore::{Piece, Position, Streams};

use crate::log::{BOOK, Log, event};

async fn told_log() -> Log {
    let log = Log::empty().await;
    log.write(vec![event("b", 1), event("a", 1), event("b", 2), event("c", 1), event("c", 2)])
        .await;
    log.write(vec![event("b", 3), event("b", 4), event("d", 1)]).await;
    log
}

async fn pieces(log: &Log, mut streams: Streams) -> Vec<Piece> {
    let mut conn = log.app().await;
    let mut pieces = Vec::new();
    while let Some(piece) = streams.next(&mut conn).await.unwrap() {
        pieces.push(piece);
    }
    pieces
}

fn names(pieces: &[Piece]) -> Vec<String> {
    let events = pieces.iter().flat_map(|piece| &piece.events);
    events.map(|event| format!("{}{}", event.stream.aggregate_id, event.version)).collect()
}

#[tokio::test]
async fn every_event_comes_once_by_stream_and_version_in_pieces_of_any_size() {
    let log = told_log().await;
    for size in 1..=10 {
        let pieces = pieces(&log, Streams::new(BOOK, "lamp", None, None).in_pieces_of(size)).await;
        assert_eq!(names(&pieces), ["a1", "b1", "b2", "b3", "b4", "c1", "c2", "d1"], "{size}");
        let mut open = None;
        for Piece { events, ends } in &pieces {
            assert!(events.len() <= size, "{size}");
            if let (Some(open), Some(first)) = (open, events.first()) {
                let is_first = first.version.get() == 1;
                assert!(first.stream == open || is_first, "{size}: {first:?} after {open:?}");
            }
            open = (!ends).then(|| events.last().unwrap().stream.clone());
        }
        assert_eq!(open, None, "the last piece ends its stream, in pieces of {size}");
    }
}

#[tokio::test]
async fn they_begin_after_an_id_and_end_at_a_position() {
    let log = told_log().await;
    let after = Streams::new(BOOK, "lamp", Some("b".to_owned()), None);
    assert_eq!(names(&pieces(&log, after).await), ["c1", "c2", "d1"]);
    let until = Streams::new(BOOK, "lamp", None, Some(Position(6)));
    assert_eq!(names(&pieces(&log, until).await), ["a1", "b1", "b2", "b3", "c1", "c2"]);
    assert_eq!(pieces(&log, Streams::new(BOOK, "door", None, None)).await, []);
}
