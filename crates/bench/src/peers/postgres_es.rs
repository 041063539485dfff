//! Stock cqrs-es and postgres-es: three commands on two aggregates, each with its views, and nothing
//! that holds the three together.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{GenericQuery, QueryReplay};
use cqrs_es::{Aggregate, AggregateError, DomainEvent, EventEnvelope, View};
use domain::money::Money;
use futures::future::{BoxFuture, try_join_all};
use postgres_es::{
    PostgresCqrs, PostgresEventRepository, PostgresViewRepository, default_postgress_pool,
    postgres_cqrs,
};
use serde::{Deserialize, Serialize};
use sqlx_08::{Pool, Postgres};

use super::wish;
use crate::load::{Client, Done};
use crate::server::Server;
use crate::workload::{CUSTOMERS, Step, Steps, Workload};

/// How many orders are placed at once before a replay.
const AT_ONCE: u32 = 8;
/// Placed and paid.
const EVENTS_OF_AN_ORDER: u64 = 2;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Order {
    customer: String,
    status: String,
    due: Option<Money>,
    paid: Option<Money>,
}

#[derive(Debug)]
enum OrderCommand {
    Place(Box<OrderPlaced>),
    Pay(Money),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct OrderPlaced {
    number: String,
    customer: String,
    method: String,
    lines: Vec<domain::order::totals::LineItem>,
    due: Money,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OrderEvent {
    Placed(Box<OrderPlaced>),
    PaymentReceived { amount: Money },
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Wallet {
    balance: i64,
}

#[derive(Debug)]
enum WalletCommand {
    Fund(i64),
    Debit { amount: i64, order: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WalletEvent {
    Funded { amount: i64 },
    Debited { amount: i64, order: String },
}

/// The wallet does not cover it.
#[derive(Debug)]
struct Impossible;

impl fmt::Display for Impossible {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the wallet does not cover it")
    }
}

impl Error for Impossible {}

impl DomainEvent for OrderEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Placed(_) => "placed".to_owned(),
            Self::PaymentReceived { .. } => "payment_received".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl DomainEvent for WalletEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Funded { .. } => "funded".to_owned(),
            Self::Debited { .. } => "debited".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Order {
    const TYPE: &'static str = "order";
    type Command = OrderCommand;
    type Event = OrderEvent;
    type Error = Impossible;
    type Services = ();

    async fn handle(
        &mut self,
        command: OrderCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Impossible> {
        let event = match command {
            OrderCommand::Place(placed) => OrderEvent::Placed(placed),
            OrderCommand::Pay(amount) => OrderEvent::PaymentReceived { amount },
        };
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: OrderEvent) {
        match event {
            OrderEvent::Placed(placed) => {
                self.customer = placed.customer;
                "pending".clone_into(&mut self.status);
                self.due = Some(placed.due);
            }
            OrderEvent::PaymentReceived { amount } => {
                "paid".clone_into(&mut self.status);
                self.paid = Some(amount);
            }
        }
    }
}

impl Aggregate for Wallet {
    const TYPE: &'static str = "wallet";
    type Command = WalletCommand;
    type Event = WalletEvent;
    type Error = Impossible;
    type Services = ();

    async fn handle(
        &mut self,
        command: WalletCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Impossible> {
        let event = match command {
            WalletCommand::Fund(amount) => WalletEvent::Funded { amount },
            WalletCommand::Debit { amount, .. } if amount > self.balance => return Err(Impossible),
            WalletCommand::Debit { amount, order } => WalletEvent::Debited { amount, order },
        };
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: WalletEvent) {
        match event {
            WalletEvent::Funded { amount } => self.balance += amount,
            WalletEvent::Debited { amount, .. } => self.balance -= amount,
        }
    }
}

/// An order as its customer, or as the departments, see it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct OrderView(Order);

impl View<Order> for OrderView {
    fn update(&mut self, event: &EventEnvelope<Order>) {
        self.0.apply(event.payload.clone());
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct BalanceView(Wallet);

impl View<Wallet> for BalanceView {
    fn update(&mut self, event: &EventEnvelope<Wallet>) {
        self.0.apply(event.payload.clone());
    }
}

type Views<V, A> = GenericQuery<PostgresViewRepository<V, A>, V, A>;

pub(crate) struct Stock {
    pool: Pool<Postgres>,
    orders: Arc<PostgresCqrs<Order>>,
    wallets: Arc<PostgresCqrs<Wallet>>,
}

impl Stock {
    pub(crate) async fn start(server: &Server) -> Result<Self> {
        server.run(include_str!("postgres_es/tables.sql")).await?;
        // Its own pool, of ten connections: as it comes.
        let pool = default_postgress_pool(&server.url()).await;
        let of_orders = |name| -> Box<Views<OrderView, Order>> {
            Box::new(GenericQuery::new(Arc::new(PostgresViewRepository::new(name, pool.clone()))))
        };
        let orders = postgres_cqrs(
            pool.clone(),
            vec![of_orders("customer_orders"), of_orders("order_management")],
            (),
        );
        let balances: Box<Views<BalanceView, Wallet>> = Box::new(GenericQuery::new(Arc::new(
            PostgresViewRepository::new("wallet_balances", pool.clone()),
        )));
        let wallets = postgres_cqrs(pool.clone(), vec![balances], ());
        for number in 0..CUSTOMERS {
            let id = wish::wallet(number)?.to_string();
            wallets
                .execute(&id, WalletCommand::Fund(wish::FUNDS))
                .await
                .map_err(|error| anyhow!("a wallet was not funded: {error}"))?;
        }
        Ok(Self { pool, orders: Arc::new(orders), wallets: Arc::new(wallets) })
    }

    pub(crate) fn client(&self, workload: Workload, number: u32) -> Shopper {
        Shopper {
            orders: Arc::clone(&self.orders),
            wallets: Arc::clone(&self.wallets),
            steps: Steps::new(workload, number),
        }
    }

    /// Places and pays orders until there are so many events of orders; answers how many there are.
    pub(crate) async fn place(&self, events: u64) -> Result<u64> {
        let shoppers = (0..AT_ONCE).map(|number| async move {
            let mut shopper = self.client(Workload::Full, number);
            for _ in 0..events.div_ceil(EVENTS_OF_AN_ORDER * u64::from(AT_ONCE)) {
                shopper.step().await?;
            }
            anyhow::Ok(())
        });
        try_join_all(shoppers).await?;
        let count: i64 =
            sqlx_08::query_scalar("select count(*) from events where aggregate_type = 'order'")
                .fetch_one(&self.pool)
                .await?;
        Ok(u64::try_from(count)?)
    }

    /// How long a replay of all orders into both of their views takes.
    pub(crate) async fn replay(&self) -> Result<Duration> {
        let begun = Instant::now();
        for name in ["customer_orders", "order_management"] {
            let repository = PostgresEventRepository::new(self.pool.clone());
            let replay = QueryReplay::new(repository, self.orders_in(name));
            replay.replay_all().await.map_err(|error| anyhow!("it cannot replay: {error}"))?;
        }
        // Each view is replayed by itself: so many events, twice.
        Ok(begun.elapsed())
    }

    fn orders_in(&self, name: &str) -> Views<OrderView, Order> {
        GenericQuery::new(Arc::new(PostgresViewRepository::new(name, self.pool.clone())))
    }

    pub(crate) async fn stop(self) {
        self.pool.close().await;
    }
}

pub(crate) struct Shopper {
    orders: Arc<PostgresCqrs<Order>>,
    wallets: Arc<PostgresCqrs<Wallet>>,
    steps: Steps,
}

impl Shopper {
    async fn step(&mut self) -> Result<Done> {
        let (step, counts) = self.steps.next();
        let Step::Open { customer } = step else { bail!("it is only asked to open orders") };
        let order = wish::id().to_string();
        let due = wish::due();
        let placed = OrderPlaced {
            number: order.clone(),
            customer: wish::customer(customer)?.to_string(),
            method: "wallet_full".to_owned(),
            lines: wish::items()?,
            due: wish::iqd(due)?,
        };
        self.orders.execute(&order, OrderCommand::Place(Box::new(placed))).await?;
        let wallet = wish::wallet(customer)?.to_string();
        loop {
            let debit = WalletCommand::Debit { amount: due, order: order.clone() };
            match self.wallets.execute(&wallet, debit).await {
                Ok(()) => break,
                // Somebody else was faster with this wallet: it is asked again.
                Err(AggregateError::AggregateConflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.orders.execute(&order, OrderCommand::Pay(wish::iqd(due)?)).await?;
        Ok(Done { events: 3, counts })
    }
}

impl Client for Shopper {
    fn next(&mut self) -> BoxFuture<'_, Result<Done>> {
        Box::pin(self.step())
    }
}
