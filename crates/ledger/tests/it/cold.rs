//! Nodes that know nothing yet, or can keep next to nothing: they decide as those that know all.

use std::num::NonZeroUsize;

use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use domain::wallet::Wallet;
use domain::{State, StreamKey};
use eventstore::{BookId, NewEvent, Upcasters, Version};
use ledger::ledger::Config;
use ledger::load;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::book::{
    BOOK, Book, accepted, ask, by_transfer, by_wallet, credit, id, import, noon, top_up, until,
    wallet,
};

#[tokio::test]
async fn counters_go_on_without_a_gap_after_a_cold_start() {
    let book = Book::empty().await;
    for number in 1..10 {
        // Refused ones in between take no number.
        let node = book.node().await;
        accepted(&node, number, by_transfer(number, "anna", 10)).await;
        let refused = node.submit(ask(id(100 + number), by_wallet(50, "anna", 10))).await.unwrap();
        assert_eq!(refused.status, 409);
        node.stop().await;
    }
    let numbers: Vec<String> =
        sqlx::query_scalar("select number from daftar.customer_orders order by number")
            .fetch_all(&mut book.app().await)
            .await
            .unwrap();
    let expected: Vec<String> = (1..10).map(|counter| format!("M25{counter:05}")).collect();
    assert_eq!(numbers, expected);
}

#[tokio::test]
async fn new_numbers_follow_imported_ones_in_one_batch_on_a_warm_node_and_on_a_cold_one() {
    let book = Book::empty().await;
    let node = book.node().await;
    let other = book.node().await;
    let head = book.hold_head().await;
    let asked = futures::future::join_all([
        node.submit(ask(id(1), import(1, "M2500040", 10))),
        node.submit(ask(id(2), by_transfer(2, "anna", 10))),
    ]);
    let (answers, ()) = tokio::join!(asked, async {
        book.until_waiting(1).await;
        drop(head);
    });
    assert!(answers.into_iter().all(|answer| answer.unwrap().is_accepted()));
    accepted(&other, 3, by_transfer(3, "anna", 10)).await;
    accepted(&other, 4, import(4, "M2500050", 10)).await;
    // A lower one does not turn it back.
    accepted(&other, 5, import(5, "M2500007", 10)).await;
    accepted(&node, 6, by_transfer(6, "anna", 10)).await;
    accepted(&book.node().await, 7, by_transfer(7, "anna", 10)).await;
    let numbers: Vec<String> = sqlx::query_scalar(
        "select number from daftar.customer_orders where epoch is null order by number",
    )
    .fetch_all(&mut book.app().await)
    .await
    .unwrap();
    assert_eq!(numbers, ["M2500041", "M2500042", "M2500051", "M2500052"]);
    book.assert_sound().await;
}

#[tokio::test]
async fn a_node_that_can_keep_two_states_decides_as_one_that_keeps_all() {
    let book = Book::empty().await;
    let small = Config { streams_max: NonZeroUsize::new(2).unwrap(), ..Config::default() };
    let (small, large) = (book.node_with(small).await, book.node().await);
    for number in 0..10 {
        accepted(&small, number, top_up(&format!("customer {number}"), number, 100)).await;
    }
    for round in 0..3 {
        let asked = (0..10).flat_map(|number| {
            let name = format!("customer {number}");
            let key = 100 + round * 100 + number;
            let node = if (round + number) % 2 == 0 { &small } else { &large };
            // Forty each time: the third is one too many.
            [
                node.submit(ask(id(key), by_wallet(key, &name, 40))),
                node.submit(ask(id(key + 50), by_wallet(key + 50, &name, 1))),
            ]
        });
        for (index, answer) in futures::future::join_all(asked).await.into_iter().enumerate() {
            let expected = if round == 2 && index % 2 == 0 { 409 } else { 201 };
            assert_eq!(answer.unwrap().status, expected, "round {round}, {index}");
        }
    }
    let states = book.assert_sound().await;
    for number in 0..10 {
        let stream = StreamKey::Wallet(wallet(&format!("customer {number}")));
        let State::Wallet(Wallet::Open(facts)) = &states[&stream] else { panic!("{stream}") };
        assert_eq!(facts.balance, crate::book::iqd(100 - 2 * 40 - 3));
    }
}

#[tokio::test]
async fn two_thousand_orders_later_a_cold_start_knows_the_same_states() {
    let book = Book::empty().await;
    let node = book.node().await;
    for number in 0..20 {
        accepted(&node, number, top_up(&format!("customer {number}"), number, 1_000)).await;
    }
    for chunk in 0..10 {
        let asked = (0..200).map(|turn| {
            let number = 1_000 + chunk * 200 + turn;
            node.submit(ask(id(number), by_wallet(number, &format!("customer {}", turn % 20), 10)))
        });
        for answer in futures::future::join_all(asked).await {
            assert!(answer.unwrap().is_accepted());
        }
    }
    node.stop().await;
    let states = book.assert_sound().await;
    assert!(states.len() > 2_000);

    let node = book.node().await;
    for number in 0..20 {
        let name = format!("customer {number}");
        let refused = node.submit(ask(id(9_000 + number), by_wallet(9_000, &name, 1))).await;
        assert_eq!(refused.unwrap().status, 409, "the wallet of {name} is empty");
    }
    accepted(&node, 9_999, by_transfer(9_999, "anna", 10)).await;
    let last: i64 = book.count("select max(counter) from daftar.customer_orders").await;
    assert_eq!(last, 2_001);
}

#[tokio::test]
async fn a_snapshot_is_written_and_used_and_one_of_another_form_is_not() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    for number in 2..110 {
        accepted(&node, number, credit("anna", 1)).await;
    }
    node.stop().await;
    let stream = StreamKey::Wallet(wallet("anna"));
    let snapshots = "select count(*) from daftar.snapshots where aggregate_type = 'wallet'";
    until(async || book.count(snapshots).await == 1).await;
    let load =
        async || load::state(&mut book.app().await, BOOK, &Upcasters::new(), stream).await.unwrap();
    let truth = load().await;
    assert!(truth.version() > 100);

    // A snapshot that says something else shows that it is used.
    let mut superuser = book.superuser().await;
    change_snapshot(&mut superuser, "state = replace(state::text, 'anna', 'anne')::json").await;
    assert_ne!(*load().await, *truth, "it is used");
    change_snapshot(&mut superuser, "format = format + 1").await;
    assert_eq!(*load().await, *truth, "it is of another form");
    change_snapshot(&mut superuser, "format = format - 1, state = '{\"nonsense\": 1}'").await;
    assert_eq!(*load().await, *truth, "it cannot be read");
    change_snapshot(&mut superuser, "sequence = 7").await;
    assert_eq!(*load().await, *truth, "it is not of the version that it claims");
}

async fn change_snapshot(conn: &mut PgConnection, change: &str) {
    let sql = format!(
        "set role daftar_writer; update daftar.snapshots set {change} \
         where aggregate_type = 'wallet'; reset role"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(conn).await.unwrap();
}

/// Credits were once stored under the name `sum`, in form 0.
fn old_credits() -> Upcasters {
    Upcasters::new().with(OldCredits)
}

struct OldCredits;

impl EventUpcaster for OldCredits {
    fn can_upcast(&self, event_type: &str, event_version: &str) -> bool {
        (event_type, event_version) == ("credited", "0")
    }

    fn upcast(&self, mut event: SerializedEvent) -> SerializedEvent {
        let credited = event.payload["credited"].as_object_mut().unwrap();
        let sum = credited.remove("sum").unwrap();
        credited.insert("amount".to_owned(), sum);
        SerializedEvent { event_version: "1".to_owned(), ..event }
    }
}

#[tokio::test]
async fn an_old_form_is_read_by_loading_and_by_catching_up() {
    let book = Book::empty().await;
    let config = || Config { upcasters: old_credits(), ..Config::default() };
    let (warm, plain) = (book.node_with(config()).await, book.node().await);
    accepted(&warm, 1, top_up("anna", 1, 100)).await;
    accepted(&plain, 2, credit("anna", 1)).await;
    // An event as an old build stored it.
    let stream = load::stream_id(StreamKey::Wallet(wallet("anna")));
    let mut conn = book.app().await;
    let payload: String = sqlx::query_scalar(
        "select payload::text from daftar.events order by position desc limit 1",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    let version =
        load::state(&mut conn, BOOK, &Upcasters::new(), StreamKey::Wallet(wallet("anna")))
            .await
            .unwrap()
            .version();
    let old = NewEvent {
        stream,
        version: Version::new(i64::try_from(version).unwrap() + 1),
        event_id: Uuid::from_u128(77),
        event_type: "credited".to_owned(),
        event_version: "0".to_owned(),
        payload: payload.replacen("\"amount\"", "\"sum\"", 1),
        metadata: "{}".to_owned(),
        effective_at: noon(),
        command_id: Uuid::from_u128(77),
    };
    append_by_hand(&mut conn, BOOK, old).await;

    // 100 + 1 + 1: a node that catches up, one that loads, and one that has never heard of it.
    for (number, node) in [(10, warm), (11, book.node_with(config()).await)] {
        let (number, due): (u64, i64) = (number, if number == 10 { 101 } else { 1 });
        let refused =
            node.submit(ask(id(number + 50), by_wallet(number, "anna", due + 2))).await.unwrap();
        assert_eq!(refused.status, 409);
        accepted(&node, number, by_wallet(number, "anna", due)).await;
    }
    let unread = plain.submit(ask(id(20), credit("anna", 1))).await;
    assert!(matches!(unread, Err(ledger::SubmitError::Quarantined { .. })), "{unread:?}");
    accepted(&plain, 21, by_transfer(21, "berta", 10)).await;
}

/// Appends an event without its view rows, as only a test does.
pub(crate) async fn append_by_hand(conn: &mut PgConnection, book: BookId, event: NewEvent) {
    let head = eventstore::read_head(conn, book).await.unwrap();
    let batch = eventstore::Batch::prepare(&head, vec![event], vec![], noon());
    let views = projections::Views::default();
    let function = projections::append_function();
    let appended = eventstore::append(conn, &function, &head, &batch, |call| {
        views.bind(call, &projections::Live::all())
    });
    assert_eq!(appended.await.unwrap(), eventstore::Appended::Ok);
}
