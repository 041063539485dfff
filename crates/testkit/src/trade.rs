//! A simulated trade: books of any size that hold together, decided by the domain and appended as
//! the ledger does it.
//!
//! Orders are placed, paid each way, delivered, returned and refunded; wallets are topped up and
//! drawn from; banks and gateways tell of money; old records are taken over; some commands are
//! refused. All of it follows from a seed.

use std::mem;
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use domain::decide::Command;
use domain::money::Money;
use domain::settings::Setting;
use eventstore::{
    Appended, BookId, Head, HeadError, NewBook, append, create_book, read, read_head, snapshot,
};
use projections::{Live, append_function, decode, projections, upcasters};
use sqlx::PgConnection;
use tokio::sync::mpsc;
use uuid::Uuid;

mod bank;
mod dice;
mod form;
mod imports;
mod orders;
mod pool;
mod record;
mod shop;
mod wallets;

use dice::Dice;
use record::{Recorded, Recorder, Tally};
use shop::Shop;

const CUSTOMERS: u64 = 2_000;
/// As the ledger writes them.
const SNAPSHOTS_EVERY: u64 = 100;
/// How many commands a large book's batches hold, as the ledger's writer has at most.
const BATCH: usize = 512;
/// How much later each batch is than the one before it.
const BETWEEN_BATCHES: TimeDelta = TimeDelta::hours(1);
/// How many events are read at a time when a book is taken up again.
const PAGE: u32 = 5_000;

/// A simulated trade, which goes on where it left off.
#[derive(Debug)]
pub struct Trade {
    seed: u64,
    batch: Option<usize>,
    customers: u64,
    snapshots_every: u64,
    /// The head that `shop` stands at.
    known: Option<Head>,
    shop: Shop,
    dice: Dice,
}

/// What a load wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// How many events: as many as were asked for, and what the last command had more.
    pub events: u64,
    /// How many commands, refused ones too.
    pub commands: u64,
    /// How many of them were refused.
    pub refused: u64,
    /// How many orders were placed or taken over.
    pub orders: u64,
    /// How many wallets were opened.
    pub wallets: u64,
    /// How long it took.
    pub took: Duration,
}

impl Trade {
    /// A trade of that seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            batch: None,
            customers: CUSTOMERS,
            snapshots_every: SNAPSHOTS_EVERY,
            known: None,
            shop: Shop::new(DateTime::<Utc>::UNIX_EPOCH, CUSTOMERS),
            dice: Dice::new(seed),
        }
    }

    /// Batches of so many commands. Otherwise small books get some dozens of small batches, and
    /// large books batches as large as the writer's.
    #[must_use]
    pub fn in_batches_of(self, commands: usize) -> Self {
        Self { batch: Some(commands), ..self }
    }

    /// So many customers, of whom few buy much and many buy little; two thousand otherwise.
    #[must_use]
    pub fn among(self, customers: u64) -> Self {
        Self { customers, shop: Shop::new(DateTime::<Utc>::UNIX_EPOCH, customers), ..self }
    }

    /// A snapshot each time that a stream has grown by so many events. The ledger waits for a
    /// hundred, which few streams of a small book have.
    #[must_use]
    pub fn with_snapshots_every(self, events: u64) -> Self {
        Self { snapshots_every: events, ..self }
    }

    /// Appends that many more events to a book, which is created if it is not there. A book that
    /// another trade made is taken up as it stands.
    pub async fn load(&mut self, conn: &mut PgConnection, book: BookId, events: u64) -> Loaded {
        let begun = Instant::now();
        let head = self.take_up(conn, book).await;
        set_durability(conn, "off").await;
        let batch = self.batch.unwrap_or_else(|| {
            usize::try_from(events / 50).map_or(BATCH, |commands| commands.clamp(16, BATCH))
        });

        // The next batch is decided while the last one is written.
        let (send, mut batches) = mpsc::channel(2);
        let idle = Shop::new(DateTime::<Utc>::UNIX_EPOCH, 0);
        let mut shop = mem::replace(&mut self.shop, idle);
        let mut dice = self.dice.clone();
        let start = head.clone();
        let snapshots_every = self.snapshots_every;
        let trading = thread::spawn(move || {
            let recorder = |head: &Head, now| Recorder::new(head, now, snapshots_every);
            let head = trade(&mut shop, &mut dice, start, (events, batch), &recorder, &send);
            (shop, dice, head)
        });
        let mut tally = Tally::default();
        let mut before = head;
        while let Some(recorded) = batches.recv().await {
            write(conn, &before, &recorded).await;
            tally.commands += recorded.tally.commands;
            tally.refused += recorded.tally.refused;
            tally.events += recorded.tally.events;
            tally.orders += recorded.tally.orders;
            tally.wallets += recorded.tally.wallets;
            before = recorded.prepared.head_after;
        }
        let (shop, dice, head) = trading.join().expect("trading goes on");
        (self.shop, self.dice, self.known) = (shop, dice, Some(head));

        set_durability(conn, "on").await;
        let Tally { commands, refused, events, orders, wallets } = tally;
        Loaded { events, commands, refused, orders, wallets, took: begun.elapsed() }
    }

    /// Brings the shop to where the book stands.
    async fn take_up(&mut self, conn: &mut PgConnection, book: BookId) -> Head {
        let head = match read_head(conn, book).await {
            Err(HeadError::UnknownBook(_)) => {
                open(conn, book, self.seed).await;
                read_head(conn, book).await.expect("it was just made")
            }
            found => found.expect("the head can be read"),
        };
        let is_known = self.known.as_ref().is_some_and(|known| {
            known.uuid == head.uuid && known.position == head.position && known.hash == head.hash
        });
        if is_known {
            return head;
        }
        let position = u64::try_from(head.position.get()).expect("a position is not negative");
        self.shop = Shop::new(head.recorded_at, self.customers);
        self.dice = Dice::new(self.seed ^ position.wrapping_mul(0x9e37_79b9));
        let upcasters = upcasters();
        let mut after = eventstore::Position::ZERO;
        loop {
            let page = read::after(conn, book, after, PAGE).await.expect("the log can be read");
            let Some(last) = page.last() else { break };
            after = last.position;
            for recorded in &page {
                let (stream, event) = decode(recorded, &upcasters).expect("its events are ours");
                self.shop.evolve(stream, &event);
            }
        }
        self.shop.look_around();
        head
    }
}

/// Makes batches until there are enough events; answers the head after them.
fn trade(
    shop: &mut Shop,
    dice: &mut Dice,
    mut head: Head,
    (events, batch): (u64, usize),
    start: &dyn Fn(&Head, DateTime<Utc>) -> Recorder,
    send: &mpsc::Sender<Recorded>,
) -> Head {
    let mut left = events;
    while left > 0 {
        shop.now = head.recorded_at + BETWEEN_BATCHES;
        let mut batched = start(&head, shop.now);
        for _ in 0..batch {
            if batched.tally.events >= left {
                break;
            }
            let command = wish(shop, dice, head.position.get() == 0 && batched.tally.commands == 0);
            batched.record(shop, dice, command);
        }
        let recorded = batched.finish();
        left = left.saturating_sub(recorded.tally.events);
        head = recorded.prepared.head_after.clone();
        if send.blocking_send(recorded).is_err() {
            // Whoever writes them has failed, and says why.
            break;
        }
    }
    head
}

/// What somebody wants next.
fn wish(shop: &mut Shop, dice: &mut Dice, is_first: bool) -> Command {
    if is_first {
        // Else nothing would expire before many days of trade.
        return setting(Setting::BankTransferHours(12));
    }
    match dice.below(1_000) {
        0..25 => orders::blunder(shop, dice).unwrap_or_else(|| wallets::wish(shop, dice)),
        25..28 => setting(dice.one_of(&[
            Setting::ShortfallTolerance(form::iqd(500)),
            Setting::ShortfallTolerance(Money::zero(form::CURRENCY)),
            Setting::ReturnWindowDays(7),
            Setting::ReturnWindowDays(14),
        ])),
        28..38 => imports::wish(shop, dice),
        38..55 => wallets::suspense(shop, dice),
        55..170 => wallets::wish(shop, dice),
        170..300 => bank::wish(shop, dice),
        _ => orders::wish(shop, dice),
    }
}

fn setting(setting: Setting) -> Command {
    Command::ChangeSetting { setting, reason: form::because("as agreed") }
}

async fn write(conn: &mut PgConnection, before: &Head, recorded: &Recorded) {
    let views = &recorded.views;
    let bind = |call| views.bind(call, &Live::all());
    let appended = append(conn, &append_function(), before, &recorded.prepared, bind).await;
    assert_eq!(appended.expect("the batch can be written"), Appended::Ok, "somebody else writes");
    if !recorded.snapshots.is_empty() {
        snapshot::save(conn, before.book, &recorded.snapshots).await.expect("snapshots are saved");
    }
}

/// The same book for the same seed and number.
async fn open(conn: &mut PgConnection, book: BookId, seed: u64) {
    let new = NewBook {
        id: book,
        uuid: Uuid::from_u64_pair(seed, u64::from(book.0.unsigned_abs())),
        name: format!("trade {book}"),
        projections: projections(),
        created_at: DateTime::from_timestamp(1_787_000_000, 0).expect("it is a time"),
    };
    assert!(create_book(conn, new).await.expect("a book can be made"), "it is not there yet");
}

/// A test's book need not outlive the machine's power.
async fn set_durability(conn: &mut PgConnection, how: &str) {
    sqlx::query("select set_config('synchronous_commit', $1, false)")
        .bind(how)
        .execute(conn)
        .await
        .expect("a session may choose how durable it is");
}
