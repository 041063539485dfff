//! Following the log: every event once, in order, from wherever a reader begins.

use std::sync::Arc;
use std::time::Duration;

use eventstore::{Cursor, Position, RecordedEvent};
use futures::{Stream, StreamExt as _};
use ledger::Ledger;
use ledger::history::{HistoryError, Point};
use ledger::ledger::Config;
use tokio::task::JoinSet;

use crate::book::{BOOK, Book, accepted, ask, credit, id, insist, top_up};

type Followed = Result<Arc<RecordedEvent>, HistoryError>;

const WITHIN: Duration = Duration::from_secs(20);

/// What comes next, which must come.
async fn next(events: &mut (impl Stream<Item = Followed> + Unpin)) -> Option<Followed> {
    tokio::time::timeout(WITHIN, events.next()).await.expect("something comes")
}

async fn take(events: &mut (impl Stream<Item = Followed> + Unpin), count: usize) -> Vec<i64> {
    let mut taken = Vec::new();
    for _ in 0..count {
        let event = next(events).await.expect("it goes on").expect("it is the same history");
        taken.push(event.position.get());
    }
    taken
}

async fn cursor(node: &Ledger, position: i64) -> Point {
    let mut conn = node.pool().acquire().await.unwrap();
    let position = Position::new(position);
    let hash = eventstore::read::hash_at(&mut conn, BOOK, position).await.unwrap().unwrap();
    Cursor::new(position, hash).into()
}

fn small(events_kept: usize) -> Config {
    Config { events_kept, ..Config::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_from_anywhere_miss_nothing_and_see_nothing_twice_while_two_nodes_write() {
    const EVENTS: u64 = 400;
    let book = Book::empty().await;
    // So few are kept that readers fall behind them and catch up again and again.
    let (one, other) = (book.node_with(small(7)).await, book.node_with(small(50)).await);
    accepted(&one, 1, top_up("anna", 1, 100)).await;
    let begun = book.position().await;

    let end = begun + 2 * i64::try_from(EVENTS).unwrap();
    let mut readers = JoinSet::new();
    for reader in 0..12_u64 {
        let feed = [&one, &other][usize::from(reader % 2 == 0)].feed();
        readers.spawn(async move {
            let mut seen: Vec<i64> = Vec::new();
            // It breaks off after a while, and goes on where it was: with a cursor, or a number.
            while seen.last() != Some(&end) {
                let at = Position::new(seen.last().copied().unwrap_or_default());
                let mut events = Box::pin(feed.subscribe(&at.into()).await.unwrap());
                for _ in 0..7 + reader * 13 {
                    let event = next(&mut events).await.unwrap().unwrap();
                    seen.push(event.position.get());
                    if event.position.get() == end {
                        break;
                    }
                    if reader % 3 == 0 && event.position.get() % 50 == 0 {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            }
            seen
        });
    }
    let mut writers = JoinSet::new();
    for (writer, node) in (1_u64..).zip([&one, &other]) {
        let node = node.clone();
        writers.spawn(async move {
            for number in 0..EVENTS {
                let submission = ask(id(writer * 10_000 + number), credit("anna", 1));
                assert!(insist(&node, submission).await.is_accepted());
            }
        });
    }
    writers.join_all().await;
    let expected: Vec<i64> = (1..=end).collect();
    for seen in readers.join_all().await {
        assert_eq!(seen, expected);
    }
    book.assert_sound().await;
}

#[tokio::test]
async fn a_commit_wakes_whoever_waits_on_either_node() {
    let book = Book::empty().await;
    let (one, other) = (book.node().await, book.node().await);
    let (mut here, mut there) = (one.moved(), other.moved());
    let mut events = Box::pin(other.feed().subscribe(&Point::ZERO).await.unwrap());
    let answer = accepted(&one, 1, top_up("anna", 1, 100)).await;
    assert_eq!(*here.borrow_and_update(), answer.position, "the node that wrote knows it at once");
    let wait = there.wait_for(|position| *position >= answer.position);
    tokio::time::timeout(WITHIN, wait).await.unwrap().unwrap();
    let end = answer.position.get();
    let all = take(&mut events, usize::try_from(end).unwrap()).await;
    assert_eq!(all, (1..=end).collect::<Vec<_>>());
    other.stop().await;
    assert!(next(&mut events).await.is_none(), "it ends with the node");
}

#[tokio::test]
async fn a_cursor_of_another_history_is_told_and_a_place_not_reached_as_well() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    let end = book.position().await;
    let good = cursor(&node, end).await;
    let other: Point = format!("{end}.00000000").parse().unwrap();
    let beyond: Point = format!("{}.00000000", end + 1).parse().unwrap();
    let unreached: Point = (end + 1).to_string().parse().unwrap();
    let feed = node.feed();
    assert!(feed.subscribe(&good).await.is_ok());
    let refused = async |point: Point| feed.subscribe(&point).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused(other).await, HistoryError::Diverged));
    assert!(matches!(refused(beyond).await, HistoryError::Diverged));
    assert!(matches!(refused(unreached).await, HistoryError::NotReached));
}

/// Readers that have seen events which the database then loses: one at its end, whom the ring
/// serves; one that is behind what was lost; one that joins what came instead.
#[tokio::test]
async fn a_reader_learns_that_the_database_lost_what_it_saw() {
    let book = Book::empty().await;
    let node = book.node_with(small(100)).await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    for number in 0..8 {
        accepted(&node, 10 + number, credit("anna", 1)).await;
    }
    let end = book.position().await;
    let kept = end - 4;
    let mut at_the_end = Box::pin(node.feed().subscribe(&Point::ZERO).await.unwrap());
    let begun = cursor(&node, kept - 2).await;
    let mut behind = Box::pin(node.feed().subscribe(&begun).await.unwrap());
    let seen = take(&mut at_the_end, usize::try_from(end).unwrap()).await;
    assert_eq!(seen, (1..=end).collect::<Vec<_>>());
    let lost = cursor(&node, end).await;

    let mut conn = book.superuser().await;
    sqlx::query("select set_config('test.kept', $1, false)")
        .bind(kept.to_string())
        .execute(&mut conn)
        .await
        .unwrap();
    sqlx::raw_sql(include_str!("sql/lose_events.sql")).execute(&mut conn).await.unwrap();
    let gone = next(&mut at_the_end).await.unwrap();
    assert!(matches!(gone, Err(HistoryError::Diverged)), "{gone:?}");
    assert!(next(&mut at_the_end).await.is_none(), "and no more");
    assert_eq!(take(&mut behind, 2).await, [kept - 1, kept], "what it saw is still there");
    let mut moved = node.moved();
    let is_back = moved.wait_for(|at| at.get() == kept);
    tokio::time::timeout(WITHIN, is_back).await.unwrap().unwrap();

    // The book goes on, with other events at the positions that were lost.
    let second = book.node().await;
    for number in 0..5 {
        accepted(&second, 100 + number, credit("anna", 2)).await;
    }
    assert_eq!(book.position().await, kept + 5);
    assert_eq!(take(&mut behind, 5).await, (kept + 1..=kept + 5).collect::<Vec<_>>());
    let refused = node.feed().subscribe(&lost).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, HistoryError::Diverged));
}

#[tokio::test]
async fn a_page_of_some_types_goes_on_where_it_looked() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    for number in 0..6 {
        accepted(&node, 10 + number, credit("anna", 1)).await;
    }
    let feed = node.feed();
    let types = "wallet.credited".parse().unwrap();
    let page = feed.page(&Point::ZERO, Some(&types), 4).await.unwrap();
    let positions = |events: &[RecordedEvent]| -> Vec<i64> {
        events.iter().map(|event| event.position.get()).collect()
    };
    let first = positions(&page.events);
    assert_eq!((first.len(), page.is_last), (4, false));
    let rest = feed.page(&page.reached, Some(&types), 4).await.unwrap();
    assert_eq!((rest.events.len(), rest.is_last), (2, true));
    let all = feed.page(&Point::ZERO, None, 200).await.unwrap();
    assert!(all.is_last);
    let credited: Vec<i64> = all
        .events
        .iter()
        .filter(|event| event.event_type == "credited")
        .map(|event| event.position.get())
        .collect();
    assert_eq!([first, positions(&rest.events)].concat(), credited);
    let beyond = feed.page(&"99".parse().unwrap(), None, 4).await.unwrap();
    assert_eq!((beyond.events.len(), beyond.reached.to_string()), (0, "99".to_owned()));
}
