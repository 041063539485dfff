//! Everything that goes through the whole book goes on past a stream that cannot be read.

use std::sync::atomic::Ordering;

use domain::StreamKey;
use domain::id::OrderId;
use eventstore::Position;
use futures::StreamExt as _;
use ledger::deadlines::Deadlines;
use ledger::import::Options;
use ledger::jobs::{self, State, Wish};
use ledger::quarantine::{self, Finder};
use ledger::statements::{Import, Outcome as LineOutcome, StatementFile};
use ledger::{Provenance, inconsistencies, load, queries, statements};
use uuid::Uuid;

use super::{assert_set_aside, stream, until_known};
use crate::book::{
    BOOK, Book, accepted, actor, ask, by_transfer, credit, id, order, top_up, until,
};
use crate::old_shop::{REPAIRED, World};

#[tokio::test]
async fn the_other_deadlines_are_fired_and_its_own_once_it_is_read_again() {
    let book = Book::empty().await;
    let node = book.node().await;
    for number in 1..5 {
        accepted(&node, number, by_transfer(number, "anna", 100)).await;
    }
    let broken = StreamKey::Order(order(2));
    let (position, bytes) = book.alter_last(broken, r#"{"nonsense": 1}"#).await;
    node.stop().await;
    let node = book.node().await;
    book.hands.store(24 * 365 * 3_600, Ordering::SeqCst);
    let mut deadlines = Deadlines::new(node.clone());

    let round = deadlines.fire().await.unwrap();

    assert_eq!((round.fired, round.refused), (3, 1));
    book.alter_last(broken, &bytes).await;
    until(async || !book.quarantined().await.is_empty()).await;
    quarantine::resume(&node, position, "rana", "it was put back").await.unwrap();
    // It was left alone for a minute.
    book.hands.fetch_add(61, Ordering::SeqCst);
    let round = deadlines.fire().await.unwrap();
    assert_eq!((round.fired, round.refused), (1, 0));
    book.assert_sound().await;
}

#[tokio::test]
async fn the_feed_gives_the_event_as_it_is_stored_and_all_that_follow() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    let position = book.append_unheard_of(stream("anna")).await;
    accepted(&node, 2, top_up("berta", 2, 100)).await;
    let end = book.position().await;

    let live = node.feed().subscribe(&Position::ZERO.into()).await.unwrap();
    let given: Vec<_> =
        live.take(usize::try_from(end).unwrap()).map(Result::unwrap).collect().await;
    let page = node.feed().page(&Position::ZERO.into(), None, 100).await.unwrap();

    for (index, event) in given.iter().enumerate() {
        assert_eq!(usize::try_from(event.position.get()).unwrap(), index + 1, "none is left out");
    }
    assert!(page.events.iter().eq(given.iter().map(AsRef::as_ref)));
    let strange = given.iter().find(|event| event.position == position).unwrap();
    assert_eq!(strange.payload, r#"{"gilded": {"with": "gold"}}"#);
}

#[tokio::test]
async fn a_verification_and_a_rebuild_write_down_what_they_cannot_fold() {
    for (wish, by) in [
        (Wish::Verification { since: None }, "verification"),
        (
            Wish::Rebuild {
                views: vec!["wallet_balances".to_owned()],
                preview: false,
                accept_differences: false,
            },
            "rebuild",
        ),
    ] {
        let book = Book::empty().await;
        let node = book.node().await;
        accepted(&node, 1, top_up("anna", 1, 100)).await;
        let position = book.append_unheard_of(stream("anna")).await;

        let held = jobs::begin(&node, wish, "rana").await.unwrap();
        let job = held.work(&jobs::Options::default(), &mut |_| {}).await.unwrap().unwrap();

        assert_eq!(job.state, State::Done, "{by}: {:?}", job.failure);
        let [found] = &book.quarantined().await[..] else { panic!("{by} noted it") };
        assert_eq!((found.position, found.found_by.as_str()), (position, by));
        until_known(&node, stream("anna"), true).await;
    }
}

#[tokio::test]
async fn a_read_shows_what_can_be_read_and_the_stream_is_quarantined_from_then_on() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    let (_, before) = queries::state(&node, stream("anna")).await.unwrap();
    let position = book.append_unheard_of(stream("anna")).await;

    let (at, state) = queries::state(&node, stream("anna")).await.unwrap();

    assert_eq!((at.position, &*state), (position, &*before));
    let history = queries::history(&node, stream("anna")).await.unwrap();
    assert_eq!(u64::try_from(history.len()).unwrap(), before.version());
    assert_eq!(node.quarantine().mark(stream("anna")).unwrap().position, position);
    assert_set_aside(&node.submit(ask(id(2), credit("anna", 1))).await, stream("anna"), position);
    assert_eq!(inconsistencies::list(&node).await.unwrap(), []);
}

#[tokio::test]
async fn a_bad_order_keeps_no_other_from_being_taken_over() {
    let world = World::with(REPAIRED).await;
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    let asked = Options { dry_run: true, ..Options::of("old-shop") };
    let foreseen = world.import_with(&asked).await.unwrap();
    let one = foreseen.findings.iter().find(|line| line.number == "M2511138").unwrap();
    let key = StreamKey::Order(OrderId::new(one.order.parse().unwrap()));
    let found = projections::Quarantined {
        stream: load::stream_id(key),
        position: Position::new(1),
        why: "an older build could not read it".to_owned(),
    };
    quarantine::note(&mut conn, BOOK, &[found], Finder::Rebuild).await.unwrap();
    until_known(&world.ledger, key, true).await;

    let dry = world.import_with(&asked).await.unwrap();
    let report = world.import().await.unwrap();

    let all = foreseen.orders.imported;
    for report in [dry, report] {
        assert_eq!((report.orders.imported, report.orders.refused), (all - 1, 1));
        let [refused] = &report.refused[..] else { panic!("{:?}", report.refused) };
        assert!(refused.why.contains("quarantined"), "{}", refused.why);
    }

    world.run("delete from daftar.quarantined_streams").await;
    until_known(&world.ledger, key, false).await;
    let report = world.import().await.unwrap();
    assert_eq!(report.refused, []);
    assert_eq!((report.orders.imported, report.orders.there_already), (1, all - 1));
    world.must_verify().await;
}

#[tokio::test]
async fn a_line_of_a_statement_that_names_it_holds_up_no_other() {
    let book = Book::empty().await;
    let node = book.node().await;
    let file = "account,line,date,amount,currency,reference\n\
                rafidain,a1,2025-11-19,100,IQD,first\n\
                rafidain,a2,2025-11-19,200,IQD,second\n";
    let file = StatementFile::parse(file.as_bytes()).unwrap();
    let import = Import {
        name: Uuid::from_u128(0x57),
        fingerprint: b"the file".to_vec(),
        provenance: Provenance::of(actor()),
        dry_run: false,
    };
    let line = StreamKey::StatementLine(domain::id::StatementLineId::of("rafidain", "a1"));
    book.note(line, Position::new(1)).await;
    until_known(&node, line, true).await;

    let dry = Import { dry_run: true, ..import.clone() };
    for import in [&dry, &import] {
        let told = statements::import(&node, &file, import).await.unwrap();
        let outcomes: Vec<_> = told.iter().map(|line| line.outcome).collect();
        assert_eq!(outcomes, [LineOutcome::Refused, LineOutcome::Recorded]);
        assert_eq!(told[0].refusal.as_ref().unwrap().code, "stream-quarantined");
        assert!(!told[0].is_decided);
    }

    sqlx::query("delete from daftar.quarantined_streams")
        .execute(&mut book.superuser().await)
        .await
        .unwrap();
    until_known(&node, line, false).await;
    let told = statements::import(&node, &file, &import).await.unwrap();
    let outcomes: Vec<_> = told.iter().map(|line| (line.outcome, line.is_replayed)).collect();
    assert_eq!(outcomes, [(LineOutcome::Recorded, false), (LineOutcome::Recorded, true)]);
}
