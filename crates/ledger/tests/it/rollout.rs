//! One build after another on a book that is in use: a view more, a fold that is another one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use eventstore::{BookId, Generation};
use ledger::jobs::{self, Filter, State, Wish};
use ledger::ledger::Config;
use ledger::personal::Vault;
use ledger::{Ledger, OpenError, Standing, SubmitError, filling};
use projections::rebuild::rebuild_now;
use sqlx::AssertSqlSafe;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::book::{
    BOOK, Book, accepted, ask, by_transfer, by_wallet, credit, id, insist, is_full, top_up, until,
};

/// A view that no decision needs.
const VIEW: &str = "wallet_lines";
const CLIENTS: u64 = 4;
const SWITCHES: u64 = 5;
const SWITCHES_FULL: u64 = 100;

async fn as_writer(book: &Book, sql: &str) {
    let sql = format!("set role daftar_writer; {sql}; reset role");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut book.superuser().await).await.unwrap();
}

/// The book as it is before a build with this view more begins to write it.
async fn take_out(book: &Book, view: &str) {
    let sql = format!(
        "select daftar.drop_projection_1(1, (select revision from daftar.books), '{view}')"
    );
    as_writer(book, &sql).await;
}

/// The book as another build leaves it that folds this view in another way.
async fn set_version(book: &Book, view: &str, version: i32) {
    let sql = format!(
        "select daftar.set_generation_1(1, (select revision from daftar.books), '{view}',
                                        (select generation from daftar.book_projections
                                          where name = '{view}'), {version})"
    );
    as_writer(book, &sql).await;
}

async fn waiting_node(book: &Book) -> Ledger {
    book.node_with(Config { opens_misfit: true, ..Config::default() }).await
}

/// Rows that readers see, against the events that make one each.
async fn assert_filled(book: &Book) {
    let lines = book
        .count(
            "select count(*) from daftar.wallet_lines
              where generation = (select generation from daftar.book_projections
                                   where name = 'wallet_lines')",
        )
        .await;
    let events = book
        .count(
            "select count(*) from daftar.events
              where aggregate_type = 'wallet' and event_type in ('opened', 'topped_up', 'credited',
                                                                 'debited')",
        )
        .await;
    assert_eq!(lines, events);
    let wrong = book
        .count(
            "select count(*) from daftar.wallet_balances as w
              where balance <> (select sum(amount) from daftar.wallet_lines as l
                                 where l.wallet_id = w.wallet_id
                                   and l.generation = (select generation
                                                         from daftar.book_projections
                                                        where name = 'wallet_lines'))",
        )
        .await;
    assert_eq!(wrong, 0, "every movement stands in the new rows once");
}

#[tokio::test]
async fn a_book_is_written_without_the_view_it_lacks_and_with_it_from_the_switch_on() {
    let book = Book::empty().await;
    take_out(&book, VIEW).await;
    // Not one that waits: it can do all but show that view.
    let node = book.node().await;
    assert_eq!(node.standing().fit().unwrap().missing(), [VIEW]);
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    accepted(&node, 2, credit("anna", 1)).await;
    assert_eq!(book.count("select count(*) from daftar.wallet_lines").await, 0);

    let revision = book.revision().await;
    let rebuilt = rebuild_now(node.pool(), BOOK, &[VIEW]).await.unwrap();
    assert_eq!(rebuilt.projections[0].name, VIEW);
    assert_eq!(book.revision().await, revision + 1, "the switch is one append");
    accepted(&node, 3, credit("anna", 1)).await;
    assert!(node.standing().fit().unwrap().missing().is_empty());
    assert_filled(&book).await;
    book.assert_sound().await;
}

#[tokio::test]
async fn a_view_is_filled_although_the_first_job_was_cancelled_and_another_is_in_the_way() {
    let book = Book::empty().await;
    take_out(&book, VIEW).await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    // Asked of a build that is gone, and of more than is missing here.
    let views = vec![VIEW.to_owned(), "payments".to_owned()];
    let gone = Wish::Rebuild { views, preview: false, accept_differences: false };
    let gone = jobs::ask(&node, gone, "rana").await.unwrap().id;
    let sql = "update daftar.jobs set folds = 'payments:9'";
    sqlx::raw_sql(sql).execute(&mut book.superuser().await).await.unwrap();

    let stop = CancellationToken::new();
    let often = Duration::from_millis(50);
    let filling = TaskTracker::new().spawn(filling::run_every(node.clone(), often, stop.clone()));
    let newest = async || jobs::list(&node, Filter::default()).await.unwrap().remove(0);
    until(async || newest().await.id != gone).await;
    assert_eq!(jobs::find(&node, gone).await.unwrap().state, State::Cancelled);
    let first = newest().await;
    jobs::cancel(&node, first.id, "rana").await.unwrap();
    until(async || newest().await.id != first.id).await;

    let working =
        TaskTracker::new().spawn(jobs::run(node.clone(), Vault::new([7; 32]), stop.clone()));
    let mut standing = node.standings();
    let is_whole = |standing: &Standing| standing.fit().unwrap().missing().is_empty();
    let seen = tokio::time::timeout(Duration::from_secs(20), standing.wait_for(is_whole)).await;
    drop(seen.unwrap().unwrap());
    stop.cancel();
    filling.await.unwrap();
    working.await.unwrap();
    assert_filled(&book).await;
    book.assert_sound().await;
}

#[tokio::test]
async fn without_the_view_that_numbers_are_found_in_nothing_is_written() {
    let book = Book::empty().await;
    let before = book.node().await;
    accepted(&before, 1, top_up("anna", 1, 100)).await;
    accepted(&before, 2, by_wallet(1, "anna", 10)).await;
    take_out(&book, "customer_orders").await;

    let opened = Ledger::open(book.options(), BOOK, book.clock()).await;
    assert!(matches!(opened, Err(OpenError::Misfit { .. })), "{opened:?}");
    let node = waiting_node(&book).await;
    assert!(!node.standing().is_good());
    for node in [&node, &before] {
        let refused = node.submit(ask(id(3), by_wallet(2, "anna", 10))).await;
        let Err(SubmitError::Misfit(misfit)) = refused else { panic!("{refused:?}") };
        assert!(misfit.needs_rebuild());
        assert!(misfit.to_string().contains("daftar rebuild customer_orders"), "{misfit}");
        let asked = node.dry_run(ask(id(3), by_wallet(2, "anna", 10))).await;
        assert!(matches!(asked, Err(SubmitError::Misfit(_))), "{asked:?}");
    }

    // It was open all the while, and needs nothing but the switch.
    rebuild_now(node.pool(), BOOK, &["customer_orders"]).await.unwrap();
    accepted(&node, 3, by_wallet(2, "anna", 10)).await;
    accepted(&before, 4, by_wallet(3, "anna", 10)).await;
    let orders = book
        .count(
            "select count(distinct counter) from daftar.customer_orders
              where generation = (select generation from daftar.book_projections
                                   where name = 'customer_orders')",
        )
        .await;
    assert_eq!(orders, 3);
    book.assert_sound().await;
}

#[tokio::test]
async fn a_node_of_an_older_build_stops_at_the_switch_and_says_which_view_it_is() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    let mut standing = node.standings();
    set_version(&book, "payments", 2).await;
    let revision = book.revision().await;

    // Known without writing: it answers no reads from rows that mean something else.
    let seen = tokio::time::timeout(
        Duration::from_secs(10),
        standing.wait_for(|standing| standing.fit().is_err()),
    );
    drop(seen.await.unwrap().unwrap());
    for turn in 0..3 {
        let refused = node.submit(ask(id(2 + turn), credit("anna", 1))).await;
        let Err(SubmitError::Misfit(misfit)) = refused else { panic!("{refused:?}") };
        assert!(!misfit.needs_rebuild());
        assert!(misfit.to_string().contains("payments 2 (here 1)"), "{misfit}");
    }
    assert_eq!(book.revision().await, revision, "nothing was written");
    // What was decided before is answered by whoever is asked.
    let again = node.submit(ask(id(1), top_up("anna", 1, 100))).await.unwrap();
    assert!(again.is_replayed && again.is_accepted());

    set_version(&book, "payments", 1).await;
    accepted(&node, 2, credit("anna", 1)).await;
    assert!(node.standing().is_good());
    book.assert_sound().await;
}

#[tokio::test]
async fn a_deadline_waits_for_a_node_that_knows_what_its_row_means() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, by_transfer(1, "anna", 10)).await;
    book.hands.store(30 * 24 * 3_600, Ordering::SeqCst);
    let mut standing = node.standings();
    set_version(&book, "deadlines", 2).await;
    drop(standing.wait_for(|standing| !standing.is_good()).await.unwrap());
    let stop = CancellationToken::new();
    let running = TaskTracker::new().spawn(ledger::deadlines::run(node.clone(), stop.clone()));
    let expired = "select count(*) from daftar.events where event_type = 'expired'";
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(book.count(expired).await, 0);
    set_version(&book, "deadlines", 1).await;
    until(async || book.count(expired).await == 1).await;
    stop.cancel();
    running.await.unwrap();
    book.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_command_is_lost_or_done_twice_however_often_a_view_goes_and_comes() {
    let book = Arc::new(Book::empty().await);
    let nodes = [book.node().await, book.node().await];
    accepted(&nodes[0], 1, top_up("anna", 1, 100)).await;
    let stop = Arc::new(AtomicBool::new(false));
    let given = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let node = nodes[usize::try_from(client % 2).unwrap()].clone();
        let (stop, given) = (Arc::clone(&stop), Arc::clone(&given));
        clients.spawn(async move {
            for turn in 0.. {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let number = 1_000 + client * 1_000_000 + turn;
                let answer = insist(&node, ask(id(number), credit("anna", 1))).await;
                assert!(answer.is_accepted(), "{answer:?}");
                given.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    let switches = if is_full() { SWITCHES_FULL } else { SWITCHES };
    for _ in 0..switches {
        let revision = book.revision().await;
        take_out_under_load(&book).await;
        until(async || book.revision().await > revision + 3).await;
        rebuild_now(nodes[0].pool(), BOOK, &[VIEW]).await.unwrap();
    }
    stop.store(true, Ordering::SeqCst);
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    let given = i64::try_from(given.load(Ordering::SeqCst)).unwrap();
    let balance = book.count("select sum(balance)::bigint from daftar.wallet_balances").await;
    assert_eq!(balance, 100 + given, "each was done once");
    assert_filled(&book).await;
    let live = eventstore::read_head(&mut book.app().await, BookId(1)).await.unwrap();
    assert!(live.generation(VIEW) > Some(Generation(1)));
    book.assert_sound().await;
}

/// The head moves all the while: it is tried until it stood still for long enough.
async fn take_out_under_load(book: &Book) {
    let sql = format!(
        "do $$ begin
           perform from daftar.books for update;
           perform daftar.drop_projection_1(1, (select revision from daftar.books), '{VIEW}');
         end $$"
    );
    as_writer(book, &sql).await;
    let live = "select count(*) from daftar.book_projections where name = 'wallet_lines'";
    assert_eq!(book.count(live).await, 0);
}
