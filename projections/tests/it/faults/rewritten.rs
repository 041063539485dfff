//! Whoever knows how the log is made may rewrite it, hashes and all; and an event may be one that no
//! rule allows.

use eventstore::{Position, RecordedEvent, chain, read, read_head};
use projections::Check;

use super::cell::names_of;
use super::world::{BOOK, World};

/// Changes the payload of one event.
async fn rewrite(world: &mut World, which: &str, from: &str, to: &str) -> RecordedEvent {
    let position = world
        .text(format!(
            "select min(position)::text from daftar.events where book_id = 1 and {which}"
        ))
        .await;
    let told = world
        .force(
            &["events"],
            &format!(
                "update daftar.events set payload = replace(payload::text, '{from}', '{to}')::json
                  where book_id = 1 and position = {position} returning '{{}}'::jsonb"
            ),
        )
        .await
        .unwrap();
    assert_eq!(told.len(), 1);
    let position = Position::new(position.parse().unwrap());
    read::event_at(world.conn(), BOOK, position).await.unwrap().unwrap()
}

/// Makes every hash after this anew, the head's too.
async fn chain_anew(world: &mut World, from: Position) {
    let head = read_head(world.conn(), BOOK).await.unwrap();
    let before = Position::new(from.get() - 1);
    let mut hash = read::hash_at(world.conn(), BOOK, before).await.unwrap().unwrap();
    let mut values = Vec::new();
    for event in read::after(world.conn(), BOOK, before, 100_000).await.unwrap() {
        hash = chain::link(hash, head.uuid, &event);
        values.push(format!("({}, decode('{hash}', 'hex'))", event.position));
    }
    let sql = format!(
        "update daftar.events as t set hash = v.hash from (values {}) as v(position, hash)
          where t.book_id = 1 and t.position = v.position;
         update daftar.books as t set hash = e.hash from daftar.events as e
          where t.book_id = 1 and e.book_id = 1 and e.position = t.position",
        values.join(", ")
    );
    world.force(&["events", "books"], &sql).await.unwrap();
}

fn checks(report: &projections::Report) -> Vec<Check> {
    let mut found: Vec<Check> = report.findings.iter().map(|finding| finding.check).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[tokio::test]
async fn a_history_rewritten_hashes_and_all_differs_from_what_it_once_made() {
    let mut world = World::new().await;
    let which = "payload::text like '%it came late%'";
    let event = rewrite(&mut world, which, "it came late", "it came soon").await;
    chain_anew(&mut world, event.position).await;

    let report = world.verify(&[]).await;

    assert_eq!(names_of(&checks(&report)), names_of(&[Check::Column]), "{:?}", report.findings);
    for finding in &report.findings {
        assert!(finding.positions.contains(&event.position), "{finding}");
        assert!(
            finding.expected.as_ref().unwrap().to_string().contains("it came soon"),
            "{finding}"
        );
        assert!(finding.found.as_ref().unwrap().to_string().contains("it came late"), "{finding}");
    }
    assert!(world.verify(&[Check::Column]).await.is_clean());
}

#[tokio::test]
async fn a_stream_with_an_event_that_cannot_be_is_quarantined_and_no_drift() {
    let mut world = World::new().await;
    let which = "aggregate_type = 'wallet' and event_type = 'debited'";
    let event = rewrite(
        &mut world,
        which,
        "\"amount\":{\"amount\":\"",
        "\"amount\":{\"amount\":\"999999999",
    )
    .await;

    let report = world.verify(&[]).await;

    let expected = [Check::Chain, Check::Quarantined];
    assert_eq!(names_of(&checks(&report)), names_of(&expected), "{:?}", report.findings);
    assert_eq!(report.quarantined.len(), 1);
    assert_eq!(report.quarantined[0].stream, event.stream);
    assert_eq!(report.quarantined[0].position, event.position);
    assert!(!report.quarantined[0].why.is_empty());
    let unseen = world.verify(&expected).await;
    assert!(unseen.is_clean(), "{:?}", unseen.findings);
}
