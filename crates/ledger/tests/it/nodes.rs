//! Several nodes on one book: none decides from what it used to know, and each gets its turn.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::future::join_all;
use ledger::Ledger;
use uuid::Uuid;

use crate::book::{BOOK, Book, accepted, ask, by_transfer, by_wallet, credit, id, insist, top_up};

#[tokio::test]
async fn a_node_never_refuses_from_a_state_that_another_node_has_changed() {
    let book = Book::empty().await;
    let (one, other) = (book.node().await, book.node().await);
    accepted(&one, 1, top_up("anna", 1, 100)).await;
    // The other knows the wallet with nothing in it beyond a hundred.
    let refused = other.submit(ask(id(2), by_wallet(2, "anna", 150))).await.unwrap();
    assert_eq!(refused.status, 409);
    accepted(&one, 3, credit("anna", 50)).await;
    accepted(&other, 4, by_wallet(2, "anna", 150)).await;
    // And the first knows a hundred and fifty that are spent.
    let refused = one.submit(ask(id(5), by_wallet(5, "anna", 1))).await.unwrap();
    assert_eq!(refused.status, 409);
    book.assert_sound().await;
}

#[tokio::test]
async fn a_refusal_alone_makes_another_node_miss() {
    let book = Book::empty().await;
    let (one, other) = (book.node().await, book.node().await);
    accepted(&one, 1, top_up("anna", 1, 100)).await;
    accepted(&other, 2, credit("anna", 1)).await;
    let refused = one.submit(ask(id(3), by_wallet(1, "anna", 1_000))).await.unwrap();
    assert_eq!(refused.status, 409);
    let (revision, position) = (book.revision().await, book.position().await);
    accepted(&other, 4, credit("anna", 1)).await;
    assert_eq!((book.revision().await, book.position().await), (revision + 1, position + 1));
    // The refusal's id is known over there as well.
    let again = other.submit(ask(id(3), by_wallet(1, "anna", 1_000))).await.unwrap();
    assert!(again.is_replayed && again.body == refused.body);
    book.assert_sound().await;
}

#[tokio::test]
async fn a_node_that_is_far_behind_decides_from_the_present() {
    let book = Book::empty().await;
    let (one, other) = (book.node().await, book.node().await);
    accepted(&other, 1, top_up("anna", 1, 100)).await;
    for chunk in 0..13 {
        let asked = (0..400).map(|turn| {
            let number = 10 + chunk * 400 + turn;
            one.submit(ask(id(number), by_transfer(number, "berta", 10)))
        });
        assert!(join_all(asked).await.into_iter().all(|answer| answer.unwrap().is_accepted()));
    }
    accepted(&one, 2, by_wallet(2, "anna", 60)).await;
    let refused = other.submit(ask(id(3), by_wallet(3, "anna", 60))).await.unwrap();
    assert_eq!(refused.status, 409);
    accepted(&other, 4, by_wallet(4, "anna", 40)).await;
    accepted(&other, 5, by_transfer(5, "anna", 40)).await;
    let orders = book.count("select count(*) from daftar.customer_orders").await;
    assert_eq!(book.count("select max(counter) from daftar.customer_orders").await, orders);
}

async fn write_for(node: &Ledger, clients: u64, offset: u64, time: Duration) -> Vec<Uuid> {
    let until = Instant::now() + time;
    let clients = (0..clients).map(|client| async move {
        let mut acknowledged = Vec::new();
        for turn in 0.. {
            if Instant::now() >= until {
                break;
            }
            let id = id(offset + client * 100_000 + turn);
            let name = format!("customer {}", turn % 4);
            assert!(insist(node, ask(id, credit(&name, 1))).await.is_accepted());
            acknowledged.push(id);
        }
        acknowledged
    });
    join_all(clients).await.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_load_two_nodes_lose_nothing_and_each_commits_at_least_a_fifth() {
    let book = Book::empty().await;
    let (one, other) = (book.node().await, book.node().await);
    for number in 0..4 {
        accepted(&one, number, top_up(&format!("customer {number}"), number, 100)).await;
    }
    let time = Duration::from_secs(3);
    let (ones, others) = tokio::join!(
        write_for(&one, 16, 10_000_000, time),
        write_for(&other, 16, 20_000_000, time),
    );
    book.assert_sound().await;
    let sum = book.count("select sum(balance)::bigint from daftar.wallet_balances").await;
    assert_eq!(sum, 400 + i64::try_from(ones.len() + others.len()).unwrap());

    let mut conn = book.app().await;
    let mut shares = Vec::new();
    for acknowledged in [&ones, &others] {
        let records =
            eventstore::read::commands_by_ids(&mut conn, BOOK, acknowledged).await.unwrap();
        assert_eq!(records.len(), acknowledged.len(), "every acknowledged command is there");
        let batches: BTreeSet<_> = records.iter().map(|record| record.revision).collect();
        shares.push((records.len(), batches.len()));
    }
    let (commands, batches) = (shares[0].0 + shares[1].0, shares[0].1 + shares[1].1);
    for (own, own_batches) in shares.clone() {
        assert!(own * 5 >= commands, "{shares:?}");
        assert!(own_batches * 5 >= batches, "{shares:?}");
    }
}
