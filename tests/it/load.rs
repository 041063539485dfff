//! Clients that place and release orders for as long as they are let, and a record of what they
//! were told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::{PgConnection, Row as _};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::daftar::{Answer, Api, Installation, Reply, Ticket};

/// What each customer has at first. Above a million a second person would be needed.
const TOP_UP: u64 = 900_000;
/// This one has little, so that some orders are refused.
const TOP_UP_POOR: u64 = 500;
/// So often it orders at most: 600 commands of one principal may be refused a minute, and a fast service
/// would come to that.
const POOR_ORDERS_MAX: u32 = 500;
const AMOUNT_MAX: u64 = 40;
/// How long a service may take to come back, on a machine that builds something else meanwhile.
const BACK_WITHIN: Duration = Duration::from_mins(1);
const AGAIN_AFTER: Duration = Duration::from_millis(50);
/// How many clients ask again at once.
const SETTLED_AT_ONCE: usize = 32;

/// Whether the long counts are asked for.
pub(crate) fn is_full() -> bool {
    std::env::var_os("DAFTAR_FULL").is_some()
}

/// How many kills one book sees.
pub(crate) const KILLS_A_ROUND: u32 = 10;

/// How many books are killed about: 200 kills in the long run, 10 otherwise.
pub(crate) fn rounds() -> u32 {
    if is_full() { 20 } else { 1 }
}

/// The seed that is asked for, or a new one; printed, so that a failure can be had again.
pub(crate) fn seed() -> u64 {
    let asked = std::env::var_os("DAFTAR_SEED").and_then(|text| text.to_str()?.parse().ok());
    let seed = asked.unwrap_or_else(rand::random);
    println!("DAFTAR_SEED={seed}");
    seed
}

/// Customers with wallets, and the keys to act for them.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) client: String,
    pub(crate) finance: String,
    pub(crate) customers: Vec<String>,
    /// How often the poor one may still order, whoever asks.
    poor_orders: Arc<AtomicU32>,
}

/// A command that was sent, what it would take from a wallet, and what was answered at last.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) ticket: Ticket,
    customer: String,
    takes: u64,
    pub(crate) reply: Option<Reply>,
}

/// When a client stops.
#[derive(Debug, Clone)]
pub(crate) enum Until {
    /// The service is gone: what was under way stays unanswered.
    Unanswered,
    /// It is told to. Until then, what is unanswered is asked again.
    Told(Arc<AtomicU64>),
    Over(Instant),
}

impl Shop {
    /// Makes the keys and fills the wallets; the last customer's is nearly empty.
    pub(crate) async fn open(installation: &Installation, api: &Api, customers: u32) -> Self {
        Self::open_in("main", installation, api, customers).await
    }

    /// The same in another book.
    pub(crate) async fn open_in(
        book: &str,
        installation: &Installation,
        api: &Api,
        customers: u32,
    ) -> Self {
        let client = installation.key_of(book, "client", "storefront");
        let finance = installation.key_of(book, "finance", "zahra");
        let customers: Vec<String> =
            (1..=customers).map(|number| format!("customer-{number}")).collect();
        let poor_orders = Arc::new(AtomicU32::new(POOR_ORDERS_MAX));
        let shop = Self { client, finance, customers, poor_orders };
        for customer in &shop.customers {
            let amount = shop.top_up(customer);
            let reply = api.command(&Ticket::top_up(&shop.finance, customer, amount)).await;
            assert!(reply.is_accepted(), "{}", reply.body);
        }
        shop
    }

    fn top_up(&self, customer: &str) -> u64 {
        let is_poor = self.customers.last().is_some_and(|poor| poor == customer);
        if is_poor { TOP_UP_POOR } else { TOP_UP }
    }

    /// An order, or the release of one that was just placed.
    pub(crate) fn next(&self, random: &mut StdRng, last: Option<&Sent>) -> Sent {
        let key = format!("{:032x}", random.random::<u128>());
        if let Some(last) = last
            && last.takes > 0
            && let Some(reply) = last.reply.as_ref().filter(|reply| reply.is_accepted())
            && random.random_bool(0.3)
        {
            let order = reply.json()["order"]["id"].as_str().expect("it has an id").to_owned();
            let ticket = Ticket::release(&self.finance, key, &order);
            return Sent { ticket, customer: last.customer.clone(), takes: 0, reply: None };
        }
        // The poor one orders rarely: each refusal counts against the principal.
        let richer = self.customers.len() - 1;
        let is_poor = random.random_bool(0.05) && self.lets_the_poor_one_order();
        let index = if is_poor { richer } else { random.random_range(0..richer) };
        let customer = self.customers[index].clone();
        let takes = random.random_range(1..=AMOUNT_MAX);
        let ticket = Ticket::place(&self.client, key, &customer, takes);
        Sent { ticket, customer, takes, reply: None }
    }

    fn lets_the_poor_one_order(&self) -> bool {
        let less = |left: u32| left.checked_sub(1);
        self.poor_orders.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    /// An order that can be paid, for a customer who is not the poor one.
    pub(crate) fn order(&self, random: &mut StdRng) -> Sent {
        let key = format!("{:032x}", random.random::<u128>());
        let customer = self.customers[random.random_range(0..self.customers.len() - 1)].clone();
        let takes = random.random_range(1..=AMOUNT_MAX);
        let ticket = Ticket::place(&self.client, key, &customer, takes);
        Sent { ticket, customer, takes, reply: None }
    }

    /// One client's work, all of which it answers for.
    async fn work(self: Arc<Self>, api: Api, seed: u64, until: Until) -> Vec<Sent> {
        let mut random = StdRng::seed_from_u64(seed);
        let mut sent: Vec<Sent> = Vec::new();
        while !until.is_over() {
            let mut next = self.next(&mut random, sent.last());
            next.reply = match &until {
                Until::Unanswered => once(&api, &next.ticket).await,
                Until::Told(_) | Until::Over(_) => Some(again(&api, &next.ticket).await),
            };
            let is_answered = next.reply.is_some();
            sent.push(next);
            if let Until::Told(count) = &until {
                count.fetch_add(1, Ordering::Relaxed);
            }
            if !is_answered {
                break;
            }
        }
        sent
    }

    /// Clients that work on a node, side by side.
    pub(crate) fn clients(
        &self,
        api: &Api,
        count: u64,
        seed: u64,
        until: &Until,
    ) -> JoinSet<Vec<Sent>> {
        let shop = Arc::new(self.clone());
        let mut clients = JoinSet::new();
        for client in 0..count {
            let seed = seed.wrapping_mul(1_000_003).wrapping_add(client);
            clients.spawn(Arc::clone(&shop).work(api.clone(), seed, until.clone()));
        }
        clients
    }

    /// Every wallet holds what its accepted orders have left of it.
    pub(crate) async fn assert_balances(&self, api: &Api, sent: &[Sent]) {
        let mut taken: BTreeMap<&str, u64> = BTreeMap::new();
        for one in sent.iter().filter(|one| one.is_accepted()) {
            *taken.entry(&one.customer).or_default() += one.takes;
        }
        for customer in &self.customers {
            let taken = taken.get(customer.as_str()).copied().unwrap_or_default();
            let left = self.top_up(customer) - taken;
            assert_eq!(api.balance(&self.client, customer).await, left.to_string(), "{customer}");
        }
    }
}

impl Until {
    /// A signal, and how to give it.
    pub(crate) fn told() -> (Self, Arc<AtomicU64>) {
        let answered = Arc::new(AtomicU64::new(0));
        (Self::Told(Arc::clone(&answered)), answered)
    }

    fn is_over(&self) -> bool {
        match self {
            Self::Unanswered => false,
            Self::Told(answered) => answered.load(Ordering::Relaxed) >= STOP,
            Self::Over(end) => Instant::now() >= *end,
        }
    }
}

/// Beyond every count of answers.
const STOP: u64 = 1 << 40;

/// Tells clients to stop.
pub(crate) fn stop(answered: &AtomicU64) {
    answered.fetch_add(STOP, Ordering::Relaxed);
}

impl Sent {
    /// The same command, as somebody has it who was told nothing.
    pub(crate) fn unanswered(&self) -> Self {
        Self { reply: None, ..self.clone() }
    }

    pub(crate) fn is_accepted(&self) -> bool {
        self.reply.as_ref().is_some_and(Reply::is_accepted)
    }
}

/// One attempt; none when it was not decided.
async fn once(api: &Api, ticket: &Ticket) -> Option<Reply> {
    match api.attempt(ticket).await {
        Answer::Decided(reply) => Some(checked(ticket, reply)),
        Answer::Unavailable(_) | Answer::Nothing(_) | Answer::Refused(_) => None,
    }
}

/// Asks under the same key until it is decided.
pub(crate) async fn again(api: &Api, ticket: &Ticket) -> Reply {
    let begun = Instant::now();
    loop {
        match api.attempt(ticket).await {
            Answer::Decided(reply) => return checked(ticket, reply),
            // Whoever may ask again says so with a 503; anything else would be a defect.
            Answer::Unavailable(reply) if reply.status != 503 => {
                panic!("{} answered {}: {}", ticket.path, reply.status, reply.body)
            }
            Answer::Unavailable(Reply { body: why, .. })
            | Answer::Nothing(why)
            | Answer::Refused(why) => {
                assert!(begun.elapsed() < BACK_WITHIN, "it does not come back: {why}");
            }
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

/// The load asks for nothing that could be refused for another reason than an empty wallet.
pub(crate) fn checked(ticket: &Ticket, reply: Reply) -> Reply {
    let is_refused = reply.status == 422 && reply.json()["code"] == "insufficient-funds";
    assert!(reply.is_accepted() || is_refused, "{}: {}", ticket.path, reply.body);
    reply
}

/// Settles what was left unanswered: asked twice under its key, it is answered twice alike.
pub(crate) async fn settle(api: &Api, sent: &mut [Sent]) -> usize {
    // A few at a time: all at once, they would be one more overload.
    let turns = Arc::new(Semaphore::new(SETTLED_AT_ONCE));
    let mut asking = JoinSet::new();
    for (index, one) in sent.iter().enumerate().filter(|(_, one)| one.reply.is_none()) {
        let (api, ticket, turns) = (api.clone(), one.ticket.clone(), Arc::clone(&turns));
        asking.spawn(async move {
            let _turn = turns.acquire().await.expect("nobody closes it");
            let first = again(&api, &ticket).await;
            let second = again(&api, &ticket).await;
            assert!(second.is_replayed, "{} was decided twice", ticket.path);
            assert_eq!((first.status, &first.body), (second.status, &second.body));
            (index, first)
        });
    }
    let settled = asking.join_all().await;
    let count = settled.len();
    for (index, reply) in settled {
        sent[index].reply = Some(reply);
    }
    count
}

/// What was answered is answered alike, word for word, and nothing is decided again.
pub(crate) async fn assert_remembered(api: &Api, sent: &[Sent]) {
    for one in sent {
        let told = one.reply.as_ref().expect("it was settled");
        let retold = again(api, &one.ticket).await;
        assert!(retold.is_replayed, "{} was forgotten: {}", one.ticket.path, told.body);
        assert_eq!((told.status, &told.body), (retold.status, &retold.body));
    }
}

/// The log after a position is exactly what the replies name: nothing lost, nothing twice, no hole.
/// Answers where it ends.
pub(crate) async fn assert_log(conn: &mut PgConnection, after: i64, sent: &[Sent]) -> i64 {
    assert_log_of(1, conn, after, sent).await
}

/// The same of another book.
pub(crate) async fn assert_log_of(
    book: i32,
    conn: &mut PgConnection,
    after: i64,
    sent: &[Sent],
) -> i64 {
    let mut told: BTreeMap<i64, String> = BTreeMap::new();
    for one in sent.iter().filter(|one| one.is_accepted()) {
        let reply = one.reply.as_ref().expect("it is accepted").json();
        for event in reply["events"].as_array().expect("a reply lists its events") {
            let position = event["position"].as_i64().expect("it is in the log");
            let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            let (stream, id, event_type) = (text("stream"), text("id"), text("type"));
            let named = format!("{stream} {id} {} {event_type}", event["version"]);
            let twice = told.insert(position, named);
            assert_eq!(twice, None, "two replies name the event at {position}");
        }
    }
    let rows = sqlx::query(
        "select position, aggregate_type, aggregate_id, sequence, event_type
         from events where book_id = $1 and position > $2 order by position",
    )
    .bind(book)
    .bind(after)
    .fetch_all(&mut *conn)
    .await
    .expect("the log can be read");
    let there: BTreeMap<i64, String> = rows
        .iter()
        .map(|row| {
            let text = |name: &str| row.get::<String, _>(name);
            let (stream, id, event_type) =
                (text("aggregate_type"), text("aggregate_id"), text("event_type"));
            let named = format!("{stream} {id} {} {event_type}", row.get::<i64, _>("sequence"));
            (row.get("position"), named)
        })
        .collect();
    let lost: Vec<_> = told.iter().filter(|(at, event)| there.get(at) != Some(event)).collect();
    assert!(lost.is_empty(), "acknowledged and not in the log: {lost:?}");
    let extra: Vec<_> = there.iter().filter(|(at, event)| told.get(at) != Some(event)).collect();
    assert!(extra.is_empty(), "in the log, and no reply names it: {extra:?}");
    let end = after + i64::try_from(there.len()).expect("so many fit");
    let head = there.last_key_value().map_or(after, |(position, _)| *position);
    assert_eq!(head, end, "the positions have a hole");
    end
}

/// Where the log ends.
pub(crate) async fn position(conn: &mut PgConnection) -> i64 {
    position_of(1, conn).await
}

/// The same of another book.
pub(crate) async fn position_of(book: i32, conn: &mut PgConnection) -> i64 {
    sqlx::query_scalar("select position from books where book_id = $1")
        .bind(book)
        .fetch_one(conn)
        .await
        .expect("the head can be read")
}
