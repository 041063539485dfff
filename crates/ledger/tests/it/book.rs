//! A migrated database with one empty book, nodes that work on it, and what must be true of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use domain::actor::{Actor, ActorKind, Role};
use domain::decide::{Command, OrderedLine, PlaceOrder};
use domain::id::{Code, CustomerId, OrderId, PaymentId, Reason, Text, WalletId};
use domain::money::{Amount, Currency, Money};
use domain::order::import::{Evidence, Imported, Stage};
use domain::order::status::{Channel, Method};
use domain::order::totals::{LineItem, Percent, Quantity, Totals};
use domain::payment::Kind;
use domain::wallet::{Source, Wallet};
use domain::{State, StreamKey};
use eventstore::migrate::LOG;
use eventstore::{BookId, NewBook, Position, Upcasters};
use ledger::ledger::Config;
use ledger::{Answer, Clock, Decided, Ledger, Provenance, Reply, Submission, SubmitError, load};
use projections::{Replay, Views};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use testkit::Database;
use uuid::Uuid;

pub(crate) const BOOK: BookId = BookId(1);

pub(crate) struct Book {
    pub(crate) database: Database,
    pub(crate) hands: Arc<AtomicI64>,
}

impl Book {
    pub(crate) async fn empty() -> Self {
        let migrations = ledger::schema::migrations();
        let key: String = LOG.iter().chain(&migrations).map(|migration| migration.sql).collect();
        let database = Database::create_from(&key, async |url| {
            let mut conn = PgConnection::connect(url).await.unwrap();
            ledger::schema::migrate(&mut conn).await.unwrap();
            conn.close().await.unwrap();
        })
        .await;
        let book = Self { database, hands: Arc::default() };
        let new = NewBook {
            id: BOOK,
            uuid: Uuid::from_u128(0x6f6e_1b1e_0000_4000_8000_0000_0000_0001),
            name: "main".to_owned(),
            projections: projections::projections(),
            created_at: noon(),
        };
        assert!(eventstore::create_book(&mut book.app().await, new).await.unwrap());
        book
    }

    pub(crate) fn options(&self) -> PgConnectOptions {
        eventstore::connect::app_options(self.database.connect_options())
    }

    pub(crate) async fn app(&self) -> PgConnection {
        PgConnection::connect_with(&self.options()).await.unwrap()
    }

    pub(crate) async fn superuser(&self) -> PgConnection {
        PgConnection::connect_with(&self.database.connect_options()).await.unwrap()
    }

    /// A clock that a test sets: seconds after noon.
    pub(crate) fn clock(&self) -> Clock {
        let hands = Arc::clone(&self.hands);
        Clock::from_fn(move || noon() + TimeDelta::seconds(hands.load(Ordering::SeqCst)))
    }

    pub(crate) async fn node(&self) -> Ledger {
        Ledger::open(self.options(), BOOK, self.clock()).await.unwrap()
    }

    pub(crate) async fn node_with(&self, config: Config) -> Ledger {
        Ledger::open_with(self.options(), BOOK, self.clock(), config).await.unwrap()
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.superuser().await).await.unwrap()
    }

    /// Keeps every writer waiting until the answer is committed or dropped.
    pub(crate) async fn hold_head(&self) -> PgConnection {
        let mut conn = self.superuser().await;
        sqlx::raw_sql("begin; select from daftar.books for update")
            .execute(&mut conn)
            .await
            .unwrap();
        conn
    }

    /// Waits until so many sessions wait for a lock.
    pub(crate) async fn until_waiting(&self, sessions: i64) {
        until(async || {
            self.count(
                "select count(*) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock'",
            )
            .await
                >= sessions
        })
        .await;
    }

    /// What must be true of every book: a whole chain, gapless positions, a journal that sums to
    /// zero, no negative wallet, and views that say what the events say. Answers the states.
    pub(crate) async fn assert_sound(&self) -> BTreeMap<StreamKey, State> {
        let mut conn = self.app().await;
        let (last, findings) =
            eventstore::verify::chain(&mut conn, BOOK, Position::ZERO).await.unwrap();
        assert_eq!(findings, [], "the log is whole");

        let sum: Decimal = sqlx::query_scalar(
            "select coalesce(sum(case side when 'debit' then amount else -amount end), 0)
             from daftar.journal_lines",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        assert_eq!(sum, Decimal::ZERO, "the journal balances");

        let mut replay = Replay::new(Upcasters::new());
        let mut views = Views::default();
        let mut at = Position::ZERO;
        while at < last {
            for event in eventstore::read::after(&mut conn, BOOK, at, 5_000).await.unwrap() {
                replay.apply(&event, &mut views).unwrap();
                at = event.position;
            }
        }
        let states: BTreeMap<StreamKey, State> =
            replay.states().map(|(stream, state)| (stream, state.clone())).collect();

        let rows: Vec<(Uuid, Decimal, i64)> =
            sqlx::query_as("select wallet_id, balance, version from daftar.wallet_balances")
                .fetch_all(&mut conn)
                .await
                .unwrap();
        let mut folded = 0;
        for (stream, state) in &states {
            let State::Wallet(Wallet::Open(facts)) = state else { continue };
            folded += 1;
            assert!(!facts.balance.is_negative(), "{stream} is negative");
            let (_, balance, version) =
                rows.iter().find(|(id, ..)| *id == stream.aggregate_id()).unwrap();
            assert_eq!(*balance, facts.balance.amount(), "the view of {stream}");
            assert_eq!(*version, i64::try_from(facts.version).unwrap(), "the view of {stream}");
        }
        assert_eq!(rows.len(), folded);
        let streams: Vec<StreamKey> = states.keys().copied().collect();
        let loaded = load::states(&mut conn, BOOK, &Upcasters::new(), &streams).await.unwrap();
        for (stream, state) in &states {
            assert_eq!(*loaded[stream], *state, "{stream} loads as it replays");
        }
        states
    }

    pub(crate) async fn revision(&self) -> i64 {
        eventstore::read_head(&mut self.app().await, BOOK).await.unwrap().revision.get()
    }

    pub(crate) async fn position(&self) -> i64 {
        eventstore::read_head(&mut self.app().await, BOOK).await.unwrap().position.get()
    }
}

/// Polls until it is so; a test that waits for nothing fails.
pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it did not happen within ten seconds");
}

/// Noon in Baghdad.
pub(crate) fn noon() -> DateTime<Utc> {
    "2025-11-20T09:00:00Z".parse().unwrap()
}

pub(crate) fn iqd(sum: i64) -> Money {
    Money::new(Decimal::from(sum), Currency::IQD).unwrap()
}

pub(crate) fn amount(sum: i64) -> Amount {
    iqd(sum).as_amount().unwrap()
}

pub(crate) fn customer(name: &str) -> CustomerId {
    Text::new(name).unwrap()
}

pub(crate) fn code(text: &str) -> Code {
    Text::new(text).unwrap()
}

pub(crate) fn because() -> Reason {
    Text::new("as the customer asked").unwrap()
}

pub(crate) fn order(number: u64) -> OrderId {
    OrderId::new(Uuid::from_u64_pair(0xA, number))
}

pub(crate) fn wallet(name: &str) -> WalletId {
    WalletId::of(&customer(name), Currency::IQD)
}

/// Cash for a wallet, which is opened with the first.
pub(crate) fn top_up(name: &str, payment: u64, sum: i64) -> Command {
    Command::TopUpWallet {
        customer: customer(name),
        payment: PaymentId::new(Uuid::from_u64_pair(0xD, payment)),
        kind: Kind::Cash { note: None },
        amount: amount(sum),
    }
}

/// A credit that can be given any number of times: applying it twice shows.
pub(crate) fn credit(name: &str, sum: i64) -> Command {
    Command::CreditWallet {
        wallet: wallet(name),
        amount: amount(sum),
        source: Source::Goodwill { reason: because() },
    }
}

fn placed(number: u64, name: &str, sku: &str, due: i64, method: Method) -> Command {
    Command::PlaceOrder(Box::new(PlaceOrder {
        order: order(number),
        customer: customer(name),
        method,
        remainder: None,
        wallet_part: None,
        lines: vec![OrderedLine {
            sku: Text::new(sku).unwrap(),
            quantity: Quantity::new(Decimal::ONE).unwrap(),
            unit_price: iqd(due),
        }],
        discount: iqd(0),
        delivery: iqd(0),
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
        total: iqd(due),
        recipient: None,
    }))
}

pub(crate) fn by_wallet(number: u64, name: &str, due: i64) -> Command {
    placed(number, name, "acetone", due, Method::WalletFull)
}

pub(crate) fn by_transfer(number: u64, name: &str, due: i64) -> Command {
    placed(number, name, "acetone", due, Method::BankTransferGrace)
}

pub(crate) fn of_sku(number: u64, sku: &str) -> Command {
    placed(number, "anna", sku, 10, Method::BankTransferGrace)
}

/// An old order with a number of ours, and with findings of so many bytes.
pub(crate) fn import(number: u64, old: &str, bytes: usize) -> Command {
    let quantity = Quantity::new(Decimal::ONE).unwrap();
    let item = LineItem::price(1, Text::new("acetone").unwrap(), quantity, iqd(10)).unwrap();
    let imported = Imported {
        number: Text::new(old).unwrap(),
        series: domain::number::parse("M", old),
        epoch: Some(code("old shop")),
        customer: customer("anna"),
        method: Method::BankTransferGrace,
        channel: Channel::BankTransfer,
        currency: Currency::IQD,
        lines: vec![item],
        totals: Totals::imported(iqd(10), iqd(0), iqd(0), iqd(0)).unwrap(),
        placed_at: noon(),
        proven: iqd(0),
        debits: Vec::new(),
        stage: Stage::Review,
        receipt: None,
        evidence: Evidence {
            rows: Vec::new(),
            customer_status: None,
            payment_status: None,
            management_status: None,
            payment_method: None,
            classes: Vec::new(),
            findings: vec!["x".repeat(bytes)],
            wallet_part: None,
            double_charges: Vec::new(),
        },
        personal: None,
        deadline: None,
    };
    Command::ImportOrder { order: order(number), imported: Box::new(imported) }
}

pub(crate) fn actor() -> Actor {
    Actor {
        kind: ActorKind::Service,
        id: Text::new("shop").unwrap(),
        role: Role::Client,
        department: None,
        on_behalf_of: None,
    }
}

pub(crate) fn id(number: u64) -> Uuid {
    Uuid::from_u64_pair(0x1D, number)
}

pub(crate) fn ask(id: Uuid, command: Command) -> Submission {
    ask_all(id, vec![command])
}

pub(crate) fn ask_all(id: Uuid, commands: Vec<Command>) -> Submission {
    Submission {
        command_id: id,
        fingerprint: format!("{commands:?}").into_bytes(),
        is_unrepeatable: false,
        keeps_refusal: true,
        commands,
        fresh: Vec::new(),
        expected: Vec::new(),
        provenance: Provenance { approved_by: vec!["rana".to_owned()], ..Provenance::of(actor()) },
        render: Arc::new(render),
    }
}

pub(crate) fn render(decided: &Decided<'_>) -> Reply {
    let (status, body) = match decided {
        Decided::Accepted { changes, position, .. } => {
            (201, json!({ "events": changes.len(), "position": position.get() }))
        }
        Decided::Refused(rejection) => (409, json!({ "error": rejection.to_string() })),
    };
    Reply { status, body: body.to_string(), resource: None, version: None }
}

/// Sends a command whose acceptance the test needs.
pub(crate) async fn accepted(node: &Ledger, number: u64, command: Command) -> Answer {
    let answer = node.submit(ask(id(number), command)).await.unwrap();
    assert!(answer.is_accepted(), "{answer:?}");
    answer
}

/// Asks under one id until there is an answer, as callers are told to.
pub(crate) async fn insist(node: &Ledger, submission: Submission) -> Answer {
    for _ in 0..200 {
        match node.submit(submission.clone()).await {
            Ok(answer) => return answer,
            Err(SubmitError::Unavailable | SubmitError::Overloaded) => {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("there never was an answer");
}

/// Whether the long counts are asked for.
pub(crate) fn is_full() -> bool {
    std::env::var_os("DAFTAR_FULL").is_some()
}
