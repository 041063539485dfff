//! A stopped book: nothing is added to it by anyone, it is read as before, and it goes on once a person
//! says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventstore::Position;
use futures::future::join_all;
use ledger::jobs::{self, Options, State, Wish};
use ledger::stopped::{self, Done, Finder};
use ledger::{Ledger, SubmitError, verification};
use projections::{Check, Finding, Options as What, Report, Unkept, Verification};
use sqlx::{AssertSqlSafe, Executor as _};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::book::{
    BOOK, Book, accepted, ask, by_transfer, by_wallet, credit, id, is_full, top_up, until,
};

impl Book {
    /// An event is other bytes from here on, which fold to the same; or again what it was.
    async fn alter(&self, position: i64, is_other: bool) {
        let metadata = if is_other { "metadata::text || ' '" } else { "trim(metadata::text)" };
        let sql = format!(
            "alter table daftar.events disable trigger user;
             update daftar.events set metadata = ({metadata})::json where position = {position};
             alter table daftar.events enable always trigger only_functions_write;
             alter table daftar.events enable always trigger never_changes"
        );
        self.superuser().await.execute(AssertSqlSafe(sql)).await.unwrap();
    }

    async fn stop(&self, why: &str) -> Done {
        stopped::stop(&mut self.app().await, BOOK, why, "rana").await.unwrap()
    }

    async fn resume(&self) -> bool {
        stopped::resume(&mut self.app().await, BOOK, "rana", "it was looked at").await.unwrap()
    }

    async fn stopped(&self) -> Option<stopped::Stopped> {
        stopped::state(&mut self.app().await, BOOK).await.unwrap()
    }

    /// What there is of the log: events, decisions, revision.
    async fn size(&self) -> (i64, i64, i64) {
        let events = self.count("select count(*) from daftar.events").await;
        let commands = self.count("select count(*) from daftar.commands").await;
        (events, commands, self.revision().await)
    }
}

fn why(answer: Result<ledger::Answer, SubmitError>) -> String {
    match answer {
        Err(SubmitError::Stopped { book, why }) => {
            assert_eq!(book, BOOK);
            why
        }
        other => panic!("{other:?}"),
    }
}

async fn verify(node: &Ledger) -> Report {
    let mut conn = node.pool().acquire().await.unwrap();
    let mut verification = Verification::default();
    verification::run(&mut conn, node, None, &What::default(), &mut verification, &mut Unkept)
        .await
        .unwrap()
}

/// Asks on and on, and answers what was accepted.
async fn press(node: &Ledger, offset: u64, over: &AtomicBool) -> Vec<Uuid> {
    let clients = (0..8).map(|client| async move {
        let mut acknowledged = Vec::new();
        for turn in 0.. {
            if over.load(Ordering::SeqCst) {
                break;
            }
            let id = id(offset + client * 1_000_000 + turn);
            match node.submit(ask(id, credit("anna", 1))).await {
                Ok(answer) => {
                    assert!(answer.is_accepted(), "{answer:?}");
                    acknowledged.push(id);
                }
                Err(SubmitError::Stopped { .. }) => {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
        acknowledged
    });
    join_all(clients).await.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_load_on_two_nodes_nothing_is_added_once_the_book_is_stopped() {
    let book = Book::empty().await;
    let (one, other) = (book.node().await, book.node().await);
    accepted(&one, 1, top_up("anna", 1, 100)).await;
    let over = Arc::new(AtomicBool::new(false));
    let turns = if is_full() { 20 } else { 4 };
    let watching = async {
        let mut before = 0;
        for _ in 0..turns {
            // Both are at it.
            until(async || book.position().await > before + 20).await;
            assert_eq!(book.stop("a test").await, Done::Stopped);
            let size = book.size().await;
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_millis(10)).await;
                assert_eq!(book.size().await, size, "something was added");
            }
            assert!(book.resume().await);
            before = size.0;
        }
        until(async || book.position().await > before + 20).await;
        over.store(true, Ordering::SeqCst);
    };
    let (ones, others, ()) =
        tokio::join!(press(&one, 10_000_000, &over), press(&other, 50_000_000, &over), watching);
    assert!(!ones.is_empty() && !others.is_empty());
    book.assert_sound().await;
    let sum = book.count("select sum(balance)::bigint from daftar.wallet_balances").await;
    assert_eq!(sum, 100 + i64::try_from(ones.len() + others.len()).unwrap());
    let stops = stopped::history(&mut book.app().await, BOOK).await.unwrap();
    assert_eq!(stops.len(), turns);
}

#[tokio::test]
async fn a_stopped_book_refuses_commands_and_says_why_and_is_read_as_before() {
    let book = Book::empty().await;
    let (one, other) = (book.node().await, book.node().await);
    let first = accepted(&one, 1, top_up("anna", 1, 100)).await;
    accepted(&other, 2, credit("anna", 1)).await;
    assert!(!one.standing().is_stopped() && one.standing().takes_commands());
    assert_eq!(book.stop("the cellar is flooded").await, Done::Stopped);
    assert_eq!(book.stop("and dark").await, Done::Already);
    let size = book.size().await;

    for (number, node) in [(3, &one), (4, &other), (5, &one)] {
        let answer = node.submit(ask(id(number), credit("anna", 1))).await;
        assert_eq!(why(answer), "the cellar is flooded");
        assert!(node.standing().is_stopped() && node.standing().is_good());
    }
    // A refusal that leaves no trace is not given either: nobody could rely on it.
    let mut asked = ask(id(6), by_wallet(1, "anna", 1_000_000));
    asked.keeps_refusal = false;
    assert_eq!(why(one.submit(asked).await), "the cellar is flooded");
    let dry = one.dry_run(ask(id(7), credit("anna", 1))).await;
    assert!(matches!(dry, Err(SubmitError::Stopped { .. })), "{dry:?}");
    // What was decided before is answered as before.
    let again = other.submit(ask(id(1), top_up("anna", 1, 100))).await.unwrap();
    assert!(again.is_replayed && again.body == first.body);
    let node = book.node().await;
    assert_eq!(why(node.submit(ask(id(8), credit("anna", 1))).await), "the cellar is flooded");
    assert_eq!(ledger::queries::settings(&node).await.unwrap().version, 0);
    book.assert_sound().await;
    assert_eq!(book.size().await, size);

    assert!(book.resume().await);
    assert!(!book.resume().await, "it goes on already");
    for (number, node) in [(3, &one), (4, &other), (5, &node)] {
        accepted(node, number, credit("anna", 1)).await;
    }
    let history = stopped::history(&mut book.app().await, BOOK).await.unwrap();
    assert_eq!(history.len(), 1);
    let past = &history[0];
    assert_eq!((&*past.stopped.why, &*past.stopped.by), ("the cellar is flooded", "rana"));
    assert_eq!((&*past.resumed_by, &*past.reason), ("rana", "it was looked at"));
    assert!(past.resumed_at >= past.stopped.since);
    book.assert_sound().await;
}

#[tokio::test]
async fn no_function_of_any_build_moves_the_head_of_a_stopped_book() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    book.stop("a test").await;
    let revision = book.revision().await;
    // What an older build does, which knows nothing of it: each moves the revision.
    for sql in [
        "select daftar.append_events_1(1, {revision}, 9, 9, fold_set, position, hash, now(),
                                       '{}', '{}') from daftar.books",
        "select daftar.set_generation_1(1, {revision}, 'payments', 2, 1)",
        "select daftar.drop_projection_1(1, {revision}, 'payments')",
        "select daftar.set_format_1(1, {revision}, min_reader, writer_format) from daftar.books",
        "update daftar.books set revision = revision + 1",
    ] {
        let sql = sql.replace("{revision}", &revision.to_string());
        let mut conn = book.superuser().await;
        conn.execute("set role daftar_writer").await.unwrap();
        let refused = sqlx::query(AssertSqlSafe(sql.clone())).execute(&mut conn).await.unwrap_err();
        let refused = refused.into_database_error().expect(&sql);
        assert_eq!(refused.constraint(), Some("books_stopped"), "{sql}: {refused}");
    }
    assert_eq!(book.revision().await, revision);
}

#[tokio::test]
async fn a_verification_stops_a_book_whose_chain_is_broken_and_no_other() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    accepted(&node, 2, by_transfer(2, "anna", 10)).await;
    let drift = "alter table daftar.payments disable trigger user;
                 update daftar.payments set amount = amount + 1;
                 alter table daftar.payments enable always trigger only_functions_write";
    book.superuser().await.execute(drift).await.unwrap();
    let report = verify(&node).await;
    assert!(report.findings.iter().any(|finding| finding.check == Check::Column), "{report:?}");
    assert_eq!(book.stopped().await, None, "rows of a view stop nothing");

    book.alter(1, true).await;
    verify(&node).await;
    let stopped = book.stopped().await.unwrap();
    assert_eq!((&*stopped.by, stopped.findings.len()), ("verification", 1));
    assert!(stopped.why.starts_with("the chain is broken: chain: events"), "{stopped:?}");
    assert!(stopped.why.contains("at position 1"), "{stopped:?}");
    why(node.submit(ask(id(3), credit("anna", 1))).await);

    // It is known, and somebody has looked at it: it stops the book no more.
    assert!(book.resume().await);
    verify(&node).await;
    assert_eq!(book.stopped().await, None);
    accepted(&node, 3, credit("anna", 1)).await;
    // Another one is another matter.
    book.alter(2, true).await;
    verify(&node).await;
    let stopped = book.stopped().await.unwrap();
    assert_eq!(stopped.findings.len(), 1, "what was known is not among them: {stopped:?}");
    assert!(stopped.findings[0].contains("at position 2"), "{stopped:?}");
}

#[tokio::test]
async fn what_is_found_while_the_book_is_stopped_is_kept_as_well() {
    let book = Book::empty().await;
    let mut conn = book.app().await;
    let finding = |says: &str| Finding::new(Check::Chain, "events").found(says);
    let view = Finding::new(Check::Column, "a row");
    for (findings, done) in [
        (vec![view.clone()], None),
        (vec![finding("one"), view.clone()], Some(Done::Stopped)),
        (vec![finding("two"), finding("one")], Some(Done::Already)),
        (vec![finding("two")], Some(Done::Already)),
    ] {
        let told = stopped::stop_for(&mut conn, BOOK, &findings, Finder::Scrubber).await.unwrap();
        assert_eq!(told, done, "{findings:?}");
    }
    let stopped = book.stopped().await.unwrap();
    assert_eq!(stopped.findings.len(), 2, "{stopped:?}");
    assert!(book.resume().await);
    let both = [finding("one"), finding("two")];
    let told = stopped::stop_for(&mut conn, BOOK, &both, Finder::Scrubber).await.unwrap();
    assert_eq!(told, Some(Done::Known));
    assert_eq!(book.stopped().await, None);
    // A head that does not name the last event is of the chain; what else it says is not.
    for (column, is_of_chain) in [("hash", true), ("position", true), ("recorded_at", false)] {
        let head = Finding::new(Check::Head, "book").in_column(column);
        assert_eq!(stopped::is_of_chain(&head), is_of_chain, "{column}");
    }
}

#[tokio::test]
async fn a_node_that_takes_in_what_was_not_chained_stops_the_book() {
    let book = Book::empty().await;
    let (one, other) = (book.node().await, book.node().await);
    accepted(&one, 1, top_up("anna", 1, 100)).await;
    accepted(&other, 2, credit("anna", 1)).await;
    accepted(&one, 3, credit("anna", 1)).await;
    let last = book.position().await;
    book.alter(last, true).await;
    // The other node knew the book up to the event before.
    let told = why(other.submit(ask(id(4), credit("anna", 1))).await);
    assert!(told.contains(&format!("at position {last}")), "{told}");
    let stopped = book.stopped().await.unwrap();
    assert_eq!((&*stopped.by, stopped.findings.len()), ("writer", 1));
    why(one.submit(ask(id(5), credit("anna", 1))).await);
    // A verification names it by the same words: it is one finding.
    verify(&one).await;
    assert_eq!(book.stopped().await.unwrap().findings, stopped.findings);
    assert_eq!(book.position().await, last);

    book.alter(last, false).await;
    assert!(book.resume().await);
    accepted(&other, 4, credit("anna", 1)).await;
    accepted(&one, 5, credit("anna", 1)).await;
    book.assert_sound().await;
}

#[tokio::test]
async fn a_history_that_was_put_back_stops_no_book() {
    let book = Book::empty().await;
    let (one, other) = (book.node().await, book.node().await);
    accepted(&one, 1, top_up("anna", 1, 100)).await;
    let kept = book.position().await;
    accepted(&other, 2, credit("anna", 1)).await;
    // Somebody restores a database in which that event never was, and writes on there.
    let cut = format!(
        "alter table daftar.events disable trigger user;
         alter table daftar.commands disable trigger user;
         alter table daftar.books disable trigger user;
         delete from daftar.events where position > {kept};
         delete from daftar.commands where position > {kept};
         update daftar.books set position = {kept},
           hash = (select hash from daftar.events where position = {kept});
         alter table daftar.events enable always trigger only_functions_write;
         alter table daftar.events enable always trigger never_changes;
         alter table daftar.commands enable always trigger only_functions_write;
         alter table daftar.books enable always trigger only_functions_write"
    );
    assert!(book.position().await > kept);
    book.superuser().await.execute(AssertSqlSafe(cut)).await.unwrap();
    let fresh = book.node().await;
    accepted(&fresh, 3, by_transfer(3, "berta", 10)).await;
    accepted(&fresh, 4, by_transfer(4, "berta", 10)).await;
    // The other node knew an event that is no more: it is another history, and no broken chain.
    accepted(&other, 5, by_transfer(5, "berta", 10)).await;
    assert_eq!(book.stopped().await, None);
    let mut conn = book.app().await;
    let (_, findings) = eventstore::verify::chain(&mut conn, BOOK, Position::ZERO).await.unwrap();
    assert_eq!(findings, []);
}

#[tokio::test]
async fn a_rebuild_waits_for_a_stopped_book_and_a_verification_does_not() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    let rebuild = Wish::Rebuild {
        views: vec!["payments".to_owned()],
        preview: false,
        accept_differences: false,
    };
    let held = jobs::begin(&node, rebuild, "rana").await.unwrap();
    book.stop("a test").await;
    // Begun before, it comes as far as its switch.
    let broken = held.work(&Options::default(), &mut |_| {}).await;
    assert!(broken.is_err(), "{broken:?}");
    let job = jobs::list(&node, jobs::Filter::default()).await.unwrap().remove(0);
    assert!(!job.is_over(), "{job:?}");
    let stop = CancellationToken::new();
    let options = Options { stop: stop.clone(), ..Options::default() };
    let waiting = jobs::work(&node, &options, job.id, |_| stop.cancel()).await.unwrap();
    assert_eq!(waiting.state, State::Waiting);

    let verification = Wish::Verification { since: None };
    let held = jobs::begin(&node, verification, "rana").await.unwrap();
    let done = held.work(&Options::default(), &mut |_| {}).await.unwrap().unwrap();
    assert_eq!(done.state, State::Done, "{done:?}");

    assert!(book.resume().await);
    let done = jobs::work(&node, &Options::default(), job.id, |_| {}).await.unwrap();
    assert_eq!(done.state, State::Done, "{done:?}");
}

#[tokio::test]
async fn deadlines_wait_for_a_stopped_book_and_are_fired_once_it_goes_on() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, by_transfer(1, "anna", 10)).await;
    book.stop("a test").await;
    until(async || node.standing().is_stopped()).await;
    book.hands.store(400 * 24 * 3_600, Ordering::SeqCst);
    let size = book.size().await;
    let stop = CancellationToken::new();
    let firing = ledger::deadlines::run(node.clone(), stop.clone());
    let watching = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(book.size().await, size);
        assert!(book.resume().await);
        until(async || book.position().await > size.0).await;
        stop.cancel();
    };
    tokio::join!(firing, watching);
    book.assert_sound().await;
}
