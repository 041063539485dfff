//! Streams that cannot be read: their commands are set aside, and everything else goes on.

mod going_on;
mod resuming;

use std::time::{Duration, Instant};

use domain::StreamKey;
use eventstore::{Position, Version};
use ledger::quarantine::{self, Quarantined};
use ledger::{Ledger, SubmitError, load};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use uuid::Uuid;

use crate::book::{
    BOOK, Book, accepted, ask, by_transfer, by_wallet, credit, id, noon, order, top_up, until,
    wallet,
};
use crate::cold::append_by_hand;

pub(super) fn stream(name: &str) -> StreamKey {
    StreamKey::Wallet(wallet(name))
}

impl Book {
    /// Appends an event that only a newer build understands; says where it stands.
    pub(super) async fn append_unheard_of(&self, stream: StreamKey) -> Position {
        let mut conn = self.app().await;
        let id = load::stream_id(stream);
        let events = eventstore::read::stream(&mut conn, BOOK, &id, Version::ZERO).await.unwrap();
        let version = events.last().map_or(0, |last| last.version.get());
        append_by_hand(
            &mut conn,
            BOOK,
            eventstore::NewEvent {
                stream: id,
                version: Version::new(version + 1),
                event_id: Uuid::from_u64_pair(7, u64::try_from(version).unwrap()),
                event_type: "gilded".to_owned(),
                event_version: "1".to_owned(),
                payload: r#"{"gilded": {"with": "gold"}}"#.to_owned(),
                metadata: "{}".to_owned(),
                effective_at: noon(),
                command_id: Uuid::from_u128(77),
            },
        )
        .await;
        eventstore::read_head(&mut conn, BOOK).await.unwrap().position
    }

    /// Alters the last event of a stream past every guard, or puts it back.
    pub(super) async fn alter_last(&self, stream: StreamKey, payload: &str) -> (Position, String) {
        let mut conn = self.superuser().await;
        let (position, before): (Position, String) = sqlx::query_as(
            "select position, payload::text from daftar.events where aggregate_id = $1
              order by position desc limit 1",
        )
        .bind(stream.aggregate_id().to_string())
        .fetch_one(&mut conn)
        .await
        .unwrap();
        let trigger = "alter table daftar.events disable trigger never_changes";
        sqlx::raw_sql(trigger).execute(&mut conn).await.unwrap();
        let guard = "alter table daftar.events disable trigger only_functions_write";
        sqlx::raw_sql(guard).execute(&mut conn).await.unwrap();
        sqlx::query("update daftar.events set payload = $2::json where position = $1")
            .bind(position)
            .bind(payload)
            .execute(&mut conn)
            .await
            .unwrap();
        let triggers = "alter table daftar.events enable always trigger never_changes;
                        alter table daftar.events enable always trigger only_functions_write";
        sqlx::raw_sql(triggers).execute(&mut conn).await.unwrap();
        (position, before)
    }

    pub(super) async fn quarantined(&self) -> Vec<Quarantined> {
        quarantine::list(&mut self.app().await, BOOK).await.unwrap()
    }

    /// As another build does that cannot read the last event of a stream.
    pub(super) async fn note(&self, stream: StreamKey, position: Position) {
        let found = projections::Quarantined {
            stream: load::stream_id(stream),
            position,
            why: "an older build could not read it".to_owned(),
        };
        let by = quarantine::Finder::Verification;
        quarantine::note(&mut self.app().await, BOOK, &[found], by).await.unwrap();
    }
}

/// Until a node knows that a stream is quarantined, or that it is not.
pub(super) async fn until_known(node: &Ledger, stream: StreamKey, is_held: bool) {
    until(async || node.quarantine().mark(stream).is_some() == is_held).await;
}

#[track_caller]
pub(super) fn assert_set_aside<T: std::fmt::Debug>(
    answer: &Result<T, SubmitError>,
    stream: StreamKey,
    position: Position,
) {
    let expected = SubmitError::Quarantined { stream, position };
    assert_eq!(answer.as_ref().unwrap_err(), &expected);
}

/// How many streams a node has loaded.
fn loaded(node: &Ledger) -> u64 {
    let mut registry = Registry::default();
    node.metrics().register(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    let sample = "daftar_streams_loaded_total ";
    text.lines().find_map(|line| line.strip_prefix(sample)).unwrap().parse().unwrap()
}

#[tokio::test]
async fn commands_over_it_are_set_aside_and_the_rest_of_their_batch_goes_on() {
    let book = Book::empty().await;
    let (warm, other) = (book.node().await, book.node().await);
    accepted(&warm, 1, top_up("anna", 1, 100)).await;
    accepted(&warm, 2, top_up("berta", 2, 100)).await;
    let position = book.append_unheard_of(stream("anna")).await;

    // One that has her wallet in memory and catches up, one that knows nothing, one that comes later.
    for (turn, node) in [(0, warm), (10, other), (20, book.node().await)] {
        let head = book.hold_head().await;
        let submit = |number, command| node.submit(ask(id(100 + turn + number), command));
        let answers = async {
            // The order needs the wallet of whoever places it.
            tokio::join!(
                submit(0, credit("anna", 1)),
                submit(1, by_wallet(100 + turn, "anna", 10)),
                submit(2, credit("berta", 1)),
                submit(3, by_transfer(101 + turn, "anna", 10)),
                submit(4, by_wallet(102 + turn, "berta", 10)),
            )
        };
        let release = async {
            book.until_waiting(1).await;
            drop(head);
        };
        let ((credited, ordered, sound, transfer, paid), ()) = tokio::join!(answers, release);
        assert_set_aside(&credited, stream("anna"), position);
        assert_set_aside(&ordered, stream("anna"), position);
        for answer in [sound, transfer, paid] {
            assert!(answer.unwrap().is_accepted());
        }
        let dry = node.dry_run(ask(id(109 + turn), credit("anna", 1))).await;
        assert_set_aside(&dry, stream("anna"), position);
    }

    until(async || !book.quarantined().await.is_empty()).await;
    let [found] = &book.quarantined().await[..] else { panic!("one stream is quarantined") };
    assert_eq!(found.stream, load::stream_id(stream("anna")));
    assert_eq!((found.position, found.found_by.as_str()), (position, "service"));
    assert!(found.why.contains("gilded"), "{}", found.why);
    let text = SubmitError::Quarantined { stream: stream("anna"), position }.to_string();
    assert!(text.contains(&format!("daftar event show {position}")), "{text}");
    // Three batches of five, of which three each were decided, and the two that came first.
    assert_eq!(book.count("select count(*) from daftar.commands").await, 2 + 3 * 3);
}

#[tokio::test]
async fn what_one_node_finds_the_others_know_within_a_second_and_load_no_more() {
    let book = Book::empty().await;
    let (finder, other) = (book.node().await, book.node().await);
    accepted(&finder, 1, top_up("anna", 1, 100)).await;
    accepted(&other, 2, top_up("berta", 2, 100)).await;
    let position = book.append_unheard_of(stream("anna")).await;
    assert_set_aside(&finder.submit(ask(id(3), credit("anna", 1))).await, stream("anna"), position);
    let since = Instant::now();

    until_known(&other, stream("anna"), true).await;

    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
    assert_eq!(other.quarantine().mark(stream("anna")).unwrap().position, position);
    accepted(&other, 4, credit("berta", 1)).await;
    let before = loaded(&other);
    for number in 10..15 {
        let answer = other.submit(ask(id(number), credit("anna", 1))).await;
        assert_set_aside(&answer, stream("anna"), position);
    }
    assert_eq!(loaded(&other), before, "nothing is loaded for it");
}

#[tokio::test]
async fn nothing_is_asked_of_the_table_on_the_way_of_a_command() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    accepted(&node, 2, top_up("berta", 2, 100)).await;
    let position = book.append_unheard_of(stream("anna")).await;
    let mut lock = book.superuser().await;
    sqlx::raw_sql("begin; lock table daftar.quarantined_streams in access exclusive mode")
        .execute(&mut lock)
        .await
        .unwrap();

    // It cannot be written down, and is known here all the same.
    for number in 3..6 {
        let answer = node.submit(ask(id(number), credit("anna", 1))).await;
        assert_set_aside(&answer, stream("anna"), position);
        accepted(&node, number + 10, credit("berta", 1)).await;
    }

    drop(lock);
    until(async || book.quarantined().await.len() == 1).await;
}

#[tokio::test]
async fn an_event_of_a_stream_of_no_known_type_keeps_nobody_from_anything() {
    let book = Book::empty().await;
    let (node, other) = (book.node().await, book.node().await);
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    let mut conn = book.app().await;
    let strange = eventstore::NewEvent {
        stream: eventstore::StreamId::new("purse", "not even a uuid"),
        version: Version::new(1),
        event_id: Uuid::from_u128(7),
        event_type: "filled".to_owned(),
        event_version: "9".to_owned(),
        payload: "[]".to_owned(),
        metadata: "{}".to_owned(),
        effective_at: noon(),
        command_id: Uuid::from_u128(77),
    };
    append_by_hand(&mut conn, BOOK, strange).await;
    let before = loaded(&node);

    accepted(&node, 2, credit("anna", 1)).await;
    accepted(&other, 3, credit("anna", 1)).await;

    assert_eq!(loaded(&node), before, "what is in memory is as good as before");
    assert_eq!(book.quarantined().await, []);
}

#[tokio::test]
async fn a_number_that_an_unreadable_order_took_is_not_given_twice() {
    let book = Book::empty().await;
    let warm = book.node().await;
    accepted(&warm, 1, by_transfer(1, "anna", 10)).await;
    // A newer build places the next order, in a form that this one does not know; its rows stand.
    let mut conn = book.app().await;
    let id_of = load::stream_id(StreamKey::Order(order(1)));
    let events = eventstore::read::stream(&mut conn, BOOK, &id_of, Version::ZERO).await.unwrap();
    let placed = events.first().unwrap();
    let event = eventstore::NewEvent {
        stream: load::stream_id(StreamKey::Order(order(2))),
        version: Version::new(1),
        event_id: Uuid::from_u128(7),
        event_type: placed.event_type.clone(),
        event_version: placed.event_version.clone(),
        payload: placed
            .payload
            .replace("M2500001", "M2500002")
            .replace("\"counter\":1", "\"counter\":2"),
        metadata: placed.metadata.clone(),
        effective_at: noon(),
        command_id: Uuid::from_u128(77),
    };
    let head = eventstore::read_head(&mut conn, BOOK).await.unwrap();
    let readable = eventstore::Batch::prepare(&head, vec![event.clone()], vec![], noon());
    let mut views = projections::Views::default();
    let mut replay = projections::Replay::new(eventstore::Upcasters::new());
    replay.apply(&readable.events[0], &mut views).unwrap();
    let newer = eventstore::NewEvent { event_version: "2".to_owned(), ..event };
    let batch = eventstore::Batch::prepare(&head, vec![newer], vec![], noon());
    let function = projections::append_function();
    let appended = eventstore::append(&mut conn, &function, &head, &batch, |call| {
        views.bind(call, &projections::Live::all())
    });
    assert_eq!(appended.await.unwrap(), eventstore::Appended::Ok);

    accepted(&warm, 3, by_transfer(3, "anna", 10)).await;

    let numbers: Vec<String> =
        sqlx::query_scalar("select number from daftar.customer_orders order by number")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    assert_eq!(numbers, ["M2500001", "M2500002", "M2500003"]);
}
