//! Stock cqrs-es and postgres-es read a ledger, and fold it to the very states that daftar has.

use cqrs_es::persist::PersistedEventStore;
use cqrs_es::{Aggregate, AggregateContext, EventStore};
use domain::order::Order;
use domain::wallet::Wallet;
use domain::{State, StreamKey};
use postgres_es::PostgresEventRepository;
use sqlx_08::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx_08::{Pool, Postgres};

use crate::book::{Book, accepted, by_transfer, by_wallet, credit, order, top_up, wallet};

async fn loaded<A: Aggregate>(pool: &Pool<Postgres>, id: String) -> A
where
    PersistedEventStore<PostgresEventRepository, A>: EventStore<A>,
{
    let repository = PostgresEventRepository::new(pool.clone())
        .with_tables("events_for_postgres_es", "snapshots_of_postgres_es");
    let store = PersistedEventStore::<_, A>::new_event_store(repository);
    let mut context = store.load_aggregate(&id).await.expect("the stock store reads it");
    std::mem::take(context.aggregate())
}

#[tokio::test]
async fn the_stock_store_loads_the_same_orders_and_wallets() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    accepted(&node, 2, by_wallet(1, "anna", 40)).await;
    accepted(&node, 3, by_transfer(2, "anna", 70)).await;
    accepted(&node, 4, credit("anna", 5)).await;
    let ours = book.assert_sound().await;

    let options: PgConnectOptions = book.database.url().parse().expect("it is a URL");
    let pool = PgPoolOptions::new()
        .connect_with(options.options([
            ("role", "daftar_app"),
            ("search_path", "daftar,pg_temp"),
            ("daftar.book", "1"),
        ]))
        .await
        .expect("it connects");
    for number in [1, 2] {
        let stock: Order = loaded(&pool, order(number).to_string()).await;
        assert_eq!(ours.get(&StreamKey::Order(order(number))), Some(&State::Order(stock)));
    }
    let stock: Wallet = loaded(&pool, wallet("anna").to_string()).await;
    assert_eq!(ours.get(&StreamKey::Wallet(wallet("anna"))), Some(&State::Wallet(stock)));
    pool.close().await;
}
