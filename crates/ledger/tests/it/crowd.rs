//! Sixty-four clients and twenty wallets that can pay for half of what they want.

use futures::future::join_all;
use ledger::Ledger;

use crate::book::{Book, accepted, ask, by_wallet, id, top_up};

const CLIENTS: u64 = 64;
const WALLETS: u64 = 20;
const ORDERS: u64 = 640;
const PRICE: i64 = 10;

async fn rush(book: &Book, nodes: &[Ledger]) {
    let each = i64::try_from(ORDERS / WALLETS / 2).unwrap() * PRICE;
    for wallet in 0..WALLETS {
        accepted(&nodes[0], wallet, top_up(&format!("customer {wallet}"), wallet, each)).await;
    }
    let clients = (0..CLIENTS).map(|client| async move {
        let mut accepted = 0;
        for turn in 0..ORDERS / CLIENTS {
            let number = client * (ORDERS / CLIENTS) + turn;
            let name = format!("customer {}", number % WALLETS);
            let node = &nodes[usize::try_from(number).unwrap() % nodes.len()];
            let submission = ask(id(10_000 + number), by_wallet(number, &name, PRICE));
            let answer = node.submit(submission).await.unwrap();
            assert!(matches!(answer.status, 201 | 409), "{answer:?}");
            accepted += u64::from(answer.is_accepted());
        }
        accepted
    });
    let accepted: u64 = join_all(clients).await.into_iter().sum();
    assert_eq!(accepted, ORDERS / 2);
    let orders = book.count("select count(*) from daftar.customer_orders").await;
    assert_eq!(u64::try_from(orders).unwrap(), ORDERS / 2);
    assert_eq!(book.count("select max(counter) from daftar.customer_orders").await, orders);
    let left = book.count("select sum(balance)::bigint from daftar.wallet_balances").await;
    assert_eq!(left, 0);
    book.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_half_of_them_succeed_on_one_node() {
    let book = Book::empty().await;
    rush(&book, &[book.node().await]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_half_of_them_succeed_on_two_nodes() {
    let book = Book::empty().await;
    rush(&book, &[book.node().await, book.node().await]).await;
}
