//! What one writes by hand with sqlx: a transaction a command, with the same rows as daftar's.
//!
//! A row of the wallet or of the order is locked, decided upon, and everything is written: a
//! statement a table, prepared, over the same kind of connection. With the guarantees of daftar it
//! locks the one head as well, which positions, order numbers and the chain come from.

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Utc};
use domain::id::Text;
use domain::money::Currency;
use domain::order::status::{Channel, Method};
use domain::order::totals::{Charges, Percent, Totals};
use domain::order::{self, Placed};
use domain::wallet::{self, Purpose};
use futures::future::BoxFuture;
use rust_decimal::Decimal;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use super::wish;
use crate::load::{Client, Done};
use crate::server::Server;
use crate::workload::{CUSTOMERS, Stage, Step, Steps, Workload};

mod rows;

use rows::{Chain, Events, NewEvent};

pub(crate) struct Naive {
    pool: PgPool,
    is_chained: bool,
}

impl Naive {
    pub(crate) async fn start(server: &Server, is_chained: bool) -> Result<Self> {
        // The same tables with the same keys and indexes, without the guards.
        ledger::database::Database::private(server.options()).migrate().await?;
        server.run(include_str!("naive/tables.sql")).await?;
        let pool = PgPoolOptions::new()
            .max_connections(super::CONNECTIONS)
            .connect_with(server.options().options([("search_path", "peer")]))
            .await?;
        for number in 0..CUSTOMERS {
            sqlx::query(include_str!("naive/insert_wallet.sql"))
                .bind(wish::wallet(number)?.uuid())
                .bind(wish::customer(number)?.as_str())
                .bind(Decimal::from(wish::FUNDS))
                .execute(&pool)
                .await?;
        }
        Ok(Self { pool, is_chained })
    }

    pub(crate) fn client(&self, workload: Workload, number: u32) -> Shopper {
        Shopper {
            pool: self.pool.clone(),
            is_chained: self.is_chained,
            steps: Steps::new(workload, number),
            order: None,
        }
    }
}

pub(crate) struct Shopper {
    pool: PgPool,
    is_chained: bool,
    steps: Steps,
    order: Option<Uuid>,
}

impl Shopper {
    async fn step(&mut self) -> Result<Done> {
        let (step, counts) = self.steps.next();
        let mut conn = self.pool.acquire().await?;
        let events = match step {
            Step::Open { customer } => {
                let id = wish::id();
                open(&mut conn, self.is_chained, id, customer).await?;
                self.order = Some(id);
                3
            }
            Step::Advance(stage) => {
                let order = self.order.context("an order was opened before")?;
                advance(&mut conn, self.is_chained, order, stage).await?;
                1
            }
        };
        Ok(Done { events, counts })
    }
}

impl Client for Shopper {
    fn next(&mut self) -> BoxFuture<'_, Result<Done>> {
        Box::pin(self.step())
    }
}

/// Opens an order and pays it from its customer's wallet.
async fn open(conn: &mut PgConnection, is_chained: bool, id: Uuid, customer: u32) -> Result<()> {
    let (wallet_id, due) = (wish::wallet(customer)?, wish::due());
    let now = now();
    let mut tx = conn.begin().await?;
    let mut chain = Chain::begin(&mut tx, is_chained).await?;
    let (balance, version): (Decimal, i64) = sqlx::query_as(include_str!("naive/lock_wallet.sql"))
        .bind(wallet_id.uuid())
        .fetch_one(&mut *tx)
        .await?;
    let balance = balance - Decimal::from(due);
    ensure!(balance >= Decimal::ZERO, "the wallet does not cover it");
    let counter = chain.next_counter(&mut tx).await?;
    let number = format!("M26{counter:05}");

    let placed = placed(customer, &number, counter)?;
    let amount = wish::amount(due)?;
    let purpose = Purpose::OrderPayment { order: domain::id::OrderId::new(id) };
    let debited = wallet::Event::Debited { amount, purpose, moved_alone_on: None };
    let received =
        order::Event::PaymentReceived { amount, source: order::Source::Wallet(wallet_id) };
    let command = wish::id();
    let events = Events::new(command, now)
        .with(NewEvent::of("order", id, 1, &placed)?)
        .with(NewEvent::of("wallet", wallet_id.uuid(), version + 1, &debited)?)
        .with(NewEvent::of("order", id, 2, &received)?);
    let last = chain.append(&mut tx, &events).await?;

    let due = Decimal::from(due);
    sqlx::query(include_str!("naive/insert_customer_order.sql"))
        .bind(id)
        .bind(&number)
        .bind(i64::from(counter))
        .bind(wish::customer(customer)?.as_str())
        .bind(due)
        .bind(now)
        .bind(last)
        .execute(&mut *tx)
        .await?;
    sqlx::query(include_str!("naive/insert_order_management.sql"))
        .bind(id)
        .bind(&number)
        .bind(wish::customer(customer)?.as_str())
        .bind(due)
        .bind(now)
        .bind(last)
        .execute(&mut *tx)
        .await?;
    sqlx::query(include_str!("naive/update_wallet.sql"))
        .bind(wallet_id.uuid())
        .bind(balance)
        .bind(version + 1)
        .bind(last - 1)
        .execute(&mut *tx)
        .await?;
    sqlx::query(include_str!("naive/insert_wallet_line.sql"))
        .bind(wallet_id.uuid())
        .bind(version + 1)
        .bind(-due)
        .bind(balance)
        .bind(id)
        .bind(now)
        .bind(last - 1)
        .execute(&mut *tx)
        .await?;
    sqlx::query(include_str!("naive/insert_journal_lines.sql"))
        .bind(last - 1)
        .bind(wallet_id.uuid())
        .bind(id)
        .bind(due)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    sqlx::query(include_str!("naive/insert_timeline_of_open.sql"))
        .bind(id)
        .bind(last)
        .bind(wallet_id.uuid())
        .bind(version + 1)
        .bind(due)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    record(&mut tx, command, id, 2, last, now).await?;
    tx.commit().await?;
    Ok(())
}

/// What is stored of an order that was placed.
fn placed(customer: u32, number: &str, counter: u32) -> Result<order::Event> {
    let lines = wish::items()?;
    let charges = Charges {
        discount: wish::iqd(0)?,
        delivery: wish::delivery()?,
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
    };
    let totals = Totals::compute(&lines, &charges, Decimal::ZERO, Currency::IQD)?;
    Ok(order::Event::Placed(Placed {
        number: Text::new(number)?,
        series: Text::new("M26")?,
        counter,
        customer: wish::customer(customer)?,
        method: Method::WalletFull,
        channel: Channel::Wallet,
        currency: Currency::IQD,
        lines,
        totals,
        wallet_part: wish::iqd(wish::due())?,
        deadline: None,
        recipient: None,
    }))
}

/// Leads an order on by one step.
async fn advance(conn: &mut PgConnection, is_chained: bool, id: Uuid, stage: Stage) -> Result<()> {
    let (event, phase, customer_status, management_status, department) = match stage {
        Stage::Release => (
            order::Event::Released,
            "warehouse_ready",
            "warehouse_ready",
            "warehouse_pending",
            "warehouse",
        ),
        Stage::Start => (
            order::Event::ProcessingStarted,
            "warehouse_processing",
            "preparing",
            "warehouse_processing",
            "warehouse",
        ),
        Stage::Pack => {
            (order::Event::Packed, "packed", "preparing", "warehouse_approved", "logistics")
        }
    };
    let now = now();
    let mut tx = conn.begin().await?;
    let mut chain = Chain::begin(&mut tx, is_chained).await?;
    let version: i64 = sqlx::query_scalar(include_str!("naive/lock_order.sql"))
        .bind(id)
        .fetch_one(&mut *tx)
        .await?;
    let version = version + 1;
    let command = wish::id();
    let events = Events::new(command, now).with(NewEvent::of("order", id, version, &event)?);
    let last = chain.append(&mut tx, &events).await?;
    sqlx::query(include_str!("naive/update_customer_order.sql"))
        .bind(id)
        .bind(customer_status)
        .bind(version)
        .bind(last)
        .execute(&mut *tx)
        .await?;
    sqlx::query(include_str!("naive/update_order_management.sql"))
        .bind(id)
        .bind(management_status)
        .bind(department)
        .bind(phase)
        .bind(now)
        .bind(version)
        .bind(last)
        .execute(&mut *tx)
        .await?;
    sqlx::query(include_str!("naive/insert_timeline_of_step.sql"))
        .bind(id)
        .bind(last)
        .bind(version)
        .bind(events.last_type())
        .bind(phase)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    record(&mut tx, command, id, version, last, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The record of the command, with its reply: asked again, it would be given again.
async fn record(
    conn: &mut PgConnection,
    command: Uuid,
    order: Uuid,
    version: i64,
    position: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(include_str!("naive/insert_command.sql"))
        .bind(command)
        .bind(Sha256::digest(command).as_slice())
        .bind(format!("order/{order}"))
        .bind(version)
        .bind(position)
        .bind(json!({ "events": 3, "position": position }))
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is at the edge")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
