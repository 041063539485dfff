//! Streams over which nothing is decided.

use domain::StreamKey;
use eventstore::{Position, StreamId};
use ledger::alerts::Severity;
use ledger::quarantine::{self, Finder};
use projections::Quarantined;

use super::watched::Watched;
use crate::book::{BOOK, top_up, wallet};

const MONITOR: &str = "stream-quarantined";

#[tokio::test]
async fn a_quarantined_stream_is_told_of_until_it_is_led_on() {
    let watched = Watched::open().await;
    watched.send(top_up("anna", 1, 1_000)).await;
    assert_eq!(watched.look(MONITOR).await, []);
    let stream = StreamKey::Wallet(wallet("anna"));
    let found = Quarantined {
        stream: StreamId::new(stream.aggregate_type(), stream.aggregate_id().to_string()),
        position: Position(2),
        why: "no variant `gilded`".to_owned(),
    };
    let mut conn = watched.book.app().await;
    quarantine::note(&mut conn, BOOK, &[found], Finder::Scrubber).await.unwrap();
    let alert = watched.one(MONITOR).await;
    assert_eq!((alert.severity, alert.owner.as_str()), (Severity::Critical, "operations"));
    assert_eq!(alert.subject, format!("stream/wallet/{}", stream.aggregate_id()));
    assert!(alert.says.contains("cannot be read at position 2"), "{}", alert.says);
    assert_eq!(alert.evidence["command"], "daftar event show 2");

    watched.sql("delete from daftar.quarantined_streams").await;
    assert_eq!(watched.look(MONITOR).await, []);
}
