//! More orders at once than the wallets can pay for.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::{PgConnection, Row as _};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::daftar::{Api, Installation, Reply, Ticket};

const CLIENTS: usize = 64;
const WALLETS: usize = 20;
/// Each wallet is asked for `ORDERS` orders and can pay for half of them.
const ORDERS: usize = 16;
const PRICE: u64 = 1_250;
const HALF: usize = ORDERS / 2;
const TOP_UP: u64 = PRICE * 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_orders_that_ask_for_twice_the_money_exactly_half_are_paid() {
    overdraw("overdraw", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_refuse_exactly_the_orders_that_the_wallets_cannot_pay() {
    overdraw("overdraw2", 2).await;
}

async fn overdraw(name: &str, nodes: usize) {
    let installation = Installation::new(name);
    let services: Vec<_> = (0..nodes).map(|_| installation.serve()).collect();
    let apis: Vec<Api> = services.iter().map(|service| Api::new(service.base())).collect();
    let (client, finance) =
        (installation.key("client", "storefront"), installation.key("finance", "zahra"));
    let customers: Vec<String> = (1..=WALLETS).map(|number| format!("wallet-{number}")).collect();
    for customer in &customers {
        let reply = apis[0].command(&Ticket::top_up(&finance, customer, TOP_UP)).await;
        assert!(reply.is_accepted(), "{}", reply.body);
    }

    // Every wallet's orders are dealt out over all clients, and all begin at once.
    let begin = Arc::new(Barrier::new(CLIENTS));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (api, begin) = (apis[number % nodes].clone(), Arc::clone(&begin));
        let dealt = (0..WALLETS * ORDERS).filter(|order| order % CLIENTS == number);
        let tickets: Vec<(String, Ticket)> = dealt
            .map(|order| {
                let customer = customers[order % WALLETS].clone();
                let key = format!("order {order}");
                let ticket = Ticket::place(&client, key, &customer, PRICE);
                (customer, ticket)
            })
            .collect();
        clients.spawn(async move {
            begin.wait().await;
            let mut replies = Vec::new();
            for (customer, ticket) in tickets {
                replies.push((customer, api.command(&ticket).await));
            }
            replies
        });
    }
    let replies: Vec<(String, Reply)> = clients.join_all().await.into_iter().flatten().collect();
    assert_eq!(replies.len(), WALLETS * ORDERS);

    let mut asked: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (customer, reply) in &replies {
        let (paid, refused) = asked.entry(customer).or_default();
        if reply.is_accepted() {
            *paid += 1;
        } else {
            *refused += 1;
            assert_refused_rightly(reply);
        }
    }
    let halves = asked.values().all(|counts| *counts == (HALF, HALF));
    assert!(halves, "paid and refused, wallet by wallet: {asked:?}");
    for customer in &customers {
        assert_eq!(apis[nodes - 1].balance(&client, customer).await, "0");
    }
    assert_whole(&mut installation.postgres().connect("daftar").await).await;
    installation.assert_verified();
}

/// A refusal says why, with sums that bear it out at the moment that it was decided.
fn assert_refused_rightly(reply: &Reply) {
    let said = reply.json();
    assert_eq!((reply.status, said["code"].as_str()), (422, Some("insufficient-funds")), "{said}");
    assert_eq!(said["required"]["amount"], PRICE.to_string(), "{said}");
    assert_eq!(said["available"]["amount"], "0", "a wallet holds whole prices: {said}");
}

/// No wallet below zero at any time, nothing out of balance, no hole.
async fn assert_whole(log: &mut PgConnection) {
    let row = sqlx::query(
        "select
           (select count(*) from wallet_lines where book_id = 1 and balance < 0) as negative,
           (select count(*) from events where book_id = 1) as events,
           (select max(position) from events where book_id = 1) as last,
           (select position from books where book_id = 1) as head",
    )
    .fetch_one(log)
    .await
    .expect("the views can be read");
    assert_eq!(row.get::<i64, _>("negative"), 0, "a wallet was below zero");
    let [events, last, head] = ["events", "last", "head"].map(|name| row.get::<i64, _>(name));
    assert!(events == last && last == head, "{events} events, last {last}, head {head}");
}
