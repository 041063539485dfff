//! A book that is stopped, and a log that is not what was chained.

use ledger::alerts::Severity;
use ledger::stopped;

use super::watched::Watched;
use crate::book::{BOOK, top_up};

const MONITOR: &str = "chain-broken";

#[tokio::test]
async fn a_book_that_somebody_stopped_is_told_of_until_it_goes_on() {
    let watched = Watched::open().await;
    watched.send(top_up("anna", 1, 1_000)).await;
    assert_eq!(watched.look(MONITOR).await, []);
    let mut conn = watched.book.app().await;
    stopped::stop(&mut conn, BOOK, "the cellar is flooded", "rana").await.unwrap();
    let alert = watched.one(MONITOR).await;
    assert_eq!((alert.severity, alert.owner.as_str()), (Severity::Critical, "operations"));
    assert_eq!(alert.subject, "book");
    assert!(alert.says.ends_with("by rana: the cellar is flooded"), "{}", alert.says);
    assert_eq!(alert.evidence["findings"], serde_json::json!([]));

    assert!(stopped::resume(&mut conn, BOOK, "rana", "it is dry again").await.unwrap());
    assert_eq!(watched.look(MONITOR).await, []);
}

#[tokio::test]
async fn an_event_that_is_not_what_was_chained_stays_told_of_as_long_as_it_is_seen() {
    let watched = Watched::open().await;
    watched.send(top_up("anna", 1, 1_000)).await;
    watched.lap().await;
    assert_eq!(watched.look(MONITOR).await, []);

    watched.plant_in_log(1).await;
    watched.lap().await;
    let seen = watched.look(MONITOR).await;
    let subjects: Vec<&str> = seen.iter().map(|alert| alert.subject.as_str()).collect();
    assert_eq!(subjects.len(), 2, "{seen:#?}");
    assert_eq!(subjects[0], "book");
    assert!(subjects[1].starts_with("finding/"), "{subjects:?}");
    assert!(seen[0].says.contains("by scrubber: the chain is broken"), "{}", seen[0].says);
    assert_eq!(seen[0].evidence["findings"].as_array().unwrap().len(), 1);

    // Somebody lets it go on all the same: the book does, and what was found is as it is.
    let mut conn = watched.book.app().await;
    assert!(stopped::resume(&mut conn, BOOK, "rana", "a space, no more").await.unwrap());
    watched.lap().await;
    assert!(watched.one(MONITOR).await.subject.starts_with("finding/"));
    watched.send(top_up("anna", 2, 1_000)).await;

    let back = "update daftar.events set metadata = trim(metadata::text)::json where position = 1;
                alter table daftar.events enable always trigger never_changes";
    watched.plant("events", back).await;
    watched.lap().await;
    assert_eq!(watched.look(MONITOR).await, []);
}
