//! Time, and what stands beside an event.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use domain::id::Text;
use uuid::Uuid;

use crate::book::{Book, accepted, ask, because, code, credit, id, noon, top_up};

#[tokio::test]
async fn a_clock_that_goes_backwards_does_not_turn_the_ledgers_time_back() {
    let book = Book::empty().await;
    let node = book.node().await;
    book.hands.store(3_600, Ordering::SeqCst);
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    book.hands.store(0, Ordering::SeqCst);
    accepted(&node, 2, credit("anna", 1)).await;
    accepted(&book.node().await, 3, credit("anna", 1)).await;
    let times: Vec<DateTime<Utc>> =
        sqlx::query_scalar("select recorded_at from daftar.events order by position")
            .fetch_all(&mut book.app().await)
            .await
            .unwrap();
    assert!(times.iter().all(|time| *time == noon() + TimeDelta::hours(1)), "{times:?}");
    book.assert_sound().await;
}

#[tokio::test]
async fn an_event_takes_effect_when_the_caller_says_but_never_after_it_was_recorded() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    for (number, hours, expected) in [(2, -30, -30), (3, 30, 0)] {
        let mut submission = ask(id(number), credit("anna", 1));
        submission.provenance.effective_at = Some(noon() + TimeDelta::hours(hours));
        assert!(node.submit(submission).await.unwrap().is_accepted());
        let effective: DateTime<Utc> = sqlx::query_scalar(
            "select effective_at from daftar.events order by position desc limit 1",
        )
        .fetch_one(&mut book.app().await)
        .await
        .unwrap();
        assert_eq!(effective, noon() + TimeDelta::hours(expected));
    }
}

#[tokio::test]
async fn metadata_is_a_flat_object_of_strings_that_leaves_out_what_is_not_known() {
    let book = Book::empty().await;
    let node = book.node().await;
    let mut submission = ask(id(1), top_up("anna", 1, 100));
    let provenance = &mut submission.provenance;
    provenance.actor.department = Some(Text::new("finance").unwrap());
    provenance.actor.on_behalf_of = Some(Text::new("customer 94").unwrap());
    provenance.reason = Some(because());
    provenance.ticket = Some(code("T-7"));
    provenance.correlation_id = Some(Uuid::from_u128(1));
    provenance.causation_id = Some(Uuid::from_u128(2));
    provenance.traceparent = Some(code("00-4bf9-00f0-01"));
    assert!(node.submit(submission).await.unwrap().is_accepted());
    let mut alone = ask(id(2), credit("anna", 1));
    alone.provenance.approved_by.clear();
    assert!(node.submit(alone).await.unwrap().is_accepted());

    let metadata = async |order: &'static str| -> BTreeMap<String, String> {
        let text: String =
            sqlx::query_scalar(order).fetch_one(&mut book.app().await).await.unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let full = metadata("select metadata::text from daftar.events where position = 1").await;
    let expected = [
        ("actor_id", "shop"),
        ("actor_kind", "service"),
        ("approved_by", "rana"),
        ("causation_id", "00000000-0000-0000-0000-000000000002"),
        ("correlation_id", "00000000-0000-0000-0000-000000000001"),
        ("department", "finance"),
        ("on_behalf_of", "customer 94"),
        ("posting_rule", "1"),
        ("reason", "as the customer asked"),
        ("role", "client"),
        ("ticket", "T-7"),
        ("traceparent", "00-4bf9-00f0-01"),
    ];
    let expected = expected.map(|(key, text)| (key.to_owned(), text.to_owned()));
    assert_eq!(full, BTreeMap::from(expected));
    // The read models know every one of its keys.
    let text = serde_json::to_string(&full).unwrap();
    let known: projections::Metadata = serde_json::from_str(&text).unwrap();
    let back: BTreeMap<String, String> =
        serde_json::from_str(&serde_json::to_string(&known).unwrap()).unwrap();
    assert_eq!(back, full);

    let bare =
        metadata("select metadata::text from daftar.events order by position desc limit 1").await;
    assert_eq!(
        bare.keys().map(String::as_str).collect::<Vec<_>>(),
        ["actor_id", "actor_kind", "posting_rule", "role"]
    );
}
