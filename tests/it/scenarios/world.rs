//! A shop under test: the service on a database of its own, everyone who works with it, and a
//! clock that stands still until it is moved.

mod actor;
mod cart;
mod gateway;
mod goods;
mod journal;
mod money;
mod order;
mod seen;
mod step;
mod walk;

pub(crate) use actor::{Actor, Transfer};
pub(crate) use cart::Cart;
pub(crate) use gateway::Gateway;
pub(crate) use order::Order;
pub(crate) use seen::{Booked, Seen};
pub(crate) use step::Step;

use gateway::Secret;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::actor::Role;
use eventstore::BookId;
use ledger::principals::{self, NewKey, NewPrincipal, PrincipalId, PrincipalKind};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use testkit::Database;

use crate::daftar::{Api, Installation, Service, migrated};

const BOOK: BookId = BookId::new(1);
/// When every scenario begins: a Monday, noon in Baghdad.
const BEGINS: &str = "2026-03-02T09:00:00Z";

/// How long the service may take to do by itself what is due.
const HAPPENS_WITHIN: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);

/// Everyone there is: role and name.
const PEOPLE: [(&str, &str); 7] = [
    ("client", "storefront"),
    ("finance", "zahra"),
    ("finance", "huda"),
    ("warehouse", "ali"),
    ("logistics", "omar"),
    ("auditor", "samir"),
    ("admin", "owner"),
];

/// What `daftar keys create` does for each of them, without a process for each.
async fn keys(database: &Database) -> BTreeMap<&'static str, String> {
    let database = ledger::database::Database::private(database.connect_options());
    let mut conn = database.connect().await.expect("the database takes connections");
    let now = BEGINS.parse().expect("it is a time");
    let mut keys = BTreeMap::new();
    for (role, name) in PEOPLE {
        let id = PrincipalId::new(name).expect("it is short");
        let role = Role::ALL.into_iter().find(|one| one.as_str() == role).expect("it is a role");
        let (kind, principal) = (PrincipalKind::Person, id.clone());
        let new = NewPrincipal { id, kind, role, department: None, owner: None };
        principals::create_principal(&mut conn, BOOK, &new, None, now).await.expect("it is new");
        let new = NewKey { principal, customers: None, expires_at: None };
        let random = rand::random();
        let key = principals::create_key(&mut conn, BOOK, &new, &random, None, now).await;
        keys.insert(name, key.expect("the principal is there").reveal());
    }
    keys
}

/// The shop. Its parts end in this order.
#[derive(Debug)]
pub(crate) struct World {
    services: Vec<Service>,
    nodes: Vec<Api>,
    keys: BTreeMap<&'static str, String>,
    gateway: Secret,
    log: tokio::sync::Mutex<PgConnection>,
    /// Up to here every event was expected by somebody.
    accounted: AtomicI64,
    commands: AtomicU64,
    time: AtomicI64,
    /// Each order as it was last seen, by id.
    orders: Mutex<BTreeMap<String, Order>>,
    installation: Installation,
    _database: Database,
}

impl World {
    /// A new shop with one node.
    pub(crate) async fn new(name: &str) -> Self {
        Self::with_nodes(name, 1).await
    }

    pub(crate) async fn with_nodes(name: &str, nodes: usize) -> Self {
        let database = migrated().await;
        let installation = Installation::at(&format!("scene-{name}"), database.url());
        installation.set_clock(BEGINS);
        Self::open(installation, database, nodes).await
    }

    /// A shop that took over the records of an old one.
    pub(crate) async fn taken_over(name: &str, old: &Database) -> Self {
        Self::taken_over_with_report(name, old).await.0
    }

    /// The same, with what the import said.
    pub(crate) async fn taken_over_with_report(name: &str, old: &Database) -> (Self, Value) {
        let database = migrated().await;
        let installation = Installation::at(&format!("scene-{name}"), database.url());
        installation.set_clock(BEGINS);
        installation.run(&["migrate"]);
        let report = installation.json(&["import", "legacy", "--from", &old.url()]);
        (Self::open(installation, database, 1).await, report)
    }

    async fn open(installation: Installation, database: Database, nodes: usize) -> Self {
        let services: Vec<Service> = (0..nodes).map(|_| installation.serve()).collect();
        let nodes = services.iter().map(|service| Api::new(service.base())).collect();
        let keys = keys(&database).await;
        let mut log = PgConnection::connect_with(&database.connect_options())
            .await
            .expect("the database takes connections");
        let begun = journal::last_position(&mut log).await;
        Self {
            services,
            nodes,
            keys,
            gateway: Secret::agree(&installation),
            log: tokio::sync::Mutex::new(log),
            accounted: AtomicI64::new(begun),
            commands: AtomicU64::new(0),
            time: AtomicI64::new(unix_seconds(BEGINS)),
            orders: Mutex::default(),
            installation,
            _database: database,
        }
    }

    /// The shop's own server, acting for its customers.
    pub(crate) fn client(&self) -> Actor<'_> {
        self.actor("storefront")
    }

    pub(crate) fn finance(&self) -> Actor<'_> {
        self.actor("zahra")
    }

    /// Another person of the finance department.
    pub(crate) fn second_finance(&self) -> Actor<'_> {
        self.actor("huda")
    }

    pub(crate) fn warehouse(&self) -> Actor<'_> {
        self.actor("ali")
    }

    pub(crate) fn logistics(&self) -> Actor<'_> {
        self.actor("omar")
    }

    pub(crate) fn gateway(&self) -> Gateway<'_> {
        Gateway { world: self }
    }

    pub(crate) fn admin(&self) -> Actor<'_> {
        self.actor("owner")
    }

    fn actor(&self, name: &'static str) -> Actor<'_> {
        Actor::new(self, name)
    }

    /// The service reminds of what falls due soon, which changes nothing but that it did.
    pub(crate) async fn reminds_of(&self, order: &Order, views: &str, wallet: &str) -> Order {
        let reminded = Seen { events: "order reminded", views, journal: &[], wallet };
        Step::wait(self, order).then(reminded).await
    }

    /// A deadline fires by itself: what the service does to an order without being asked.
    pub(crate) fn deadline_of(&self, order: &Order) -> Step<'_> {
        Step::wait(self, order)
    }

    /// Moves the clock.
    pub(crate) fn time_is(&self, time: &str) {
        self.installation.set_clock(time);
        self.time.store(unix_seconds(time), Ordering::Relaxed);
    }

    /// One more node, for what is done to a node.
    pub(crate) fn another_node(&self) -> Service {
        self.installation.serve()
    }

    /// Where it is installed.
    pub(crate) fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Does to the tables what a statement says, as whom it says. The error is Postgres's.
    pub(crate) async fn by_hand(&self, sql: &str) -> Result<(), String> {
        let log = &mut *self.log.lock().await;
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *log).await;
        sqlx::raw_sql("rollback; reset role").execute(log).await.expect("the superuser may");
        done.map(|_| ()).map_err(|error| error.to_string())
    }

    /// The one text that a query of the tables finds.
    pub(crate) async fn text(&self, sql: &str) -> String {
        let log = &mut *self.log.lock().await;
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(log).await.expect("it is found")
    }

    /// How many events there are.
    pub(crate) async fn events_count(&self) -> i64 {
        journal::last_position(&mut *self.log.lock().await).await
    }

    /// A key of somebody that is limited to these customers.
    pub(crate) async fn key_for(&self, principal: &str, customers: &[&str]) -> String {
        let body = json!({ "principal": principal, "customers": customers });
        let ticket = self.admin().ticket("/api/admin/keys".to_owned(), body);
        let said = self.nodes[0].command(&ticket).await;
        said.json()["key"].as_str().expect("a key is shown once").to_owned()
    }

    /// An order as it is now.
    pub(crate) async fn seen(&self, id: &str) -> Order {
        let order = self.look_at(id).await;
        self.remember(&order);
        order
    }

    /// Nobody is at work until this time; then a node is that lets others fire deadlines.
    pub(crate) async fn is_left_until(&mut self, time: &str) {
        self.services.clear();
        for table in ["watches", "scrubs"] {
            let free = format!("update daftar.{table} set claim = null, claimed_until = null");
            self.by_hand(&free).await.expect("the superuser may");
        }
        self.time_is(time);
        let arguments = ["serve", "--no-deadlines", "--scrub-share", "100"];
        let service = Service::start(self.installation.daftar(&arguments));
        self.nodes = vec![Api::new(service.base())];
        self.services.push(service);
    }

    /// Waits until a query finds something.
    pub(crate) async fn comes_to(&self, sql: &str) -> bool {
        let begun = Instant::now();
        loop {
            let log = &mut *self.log.lock().await;
            let query = sqlx::query_scalar(AssertSqlSafe(format!("select exists ({sql})")));
            if query.fetch_one(log).await.expect("the tables can be read") {
                return true;
            }
            if begun.elapsed() > HAPPENS_WITHIN {
                return false;
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Moves the clock, and waits until the customer was reminded, which the service does by itself.
    pub(crate) async fn reminded(&self, order: &Order, time: &str) -> String {
        self.time_is(time);
        self.awaits(order, "reminded").await
    }

    /// Waits until an order's events end with this one, which the service does by itself; what else
    /// it does meanwhile is no matter.
    pub(crate) async fn awaits(&self, order: &Order, event: &str) -> String {
        let begun = Instant::now();
        loop {
            let events = self.settled(order).await;
            if events.ends_with(event) {
                self.accounts_for_everything().await;
                return events;
            }
            assert!(begun.elapsed() < HAPPENS_WITHIN, "{event} does not happen: {events}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Everything is as the log makes it; that more may have happened is no matter.
    pub(crate) fn is_verified(&self) {
        self.installation.assert_verified();
    }

    /// What the clock shows, in seconds since 1970.
    fn seconds(&self) -> i64 {
        self.time.load(Ordering::Relaxed)
    }

    /// What the receiver of an order is to tell at the door, as the customer reads it.
    pub(crate) async fn delivery_code(&self, order: &Order) -> String {
        let path = format!("/api/orders/{}/delivery-code", order.id);
        let said = self.nodes[0].get(self.key("storefront"), &path).await;
        let code = said["delivery_codes"][0]["code"].as_str();
        code.unwrap_or_else(|| panic!("{} has no code: {said:#}", order.number)).to_owned()
    }

    /// The one payment that an order received.
    pub(crate) async fn payment_of(&self, order: &Order) -> String {
        let said = self.read(&format!("/api/orders/{}", order.id)).await;
        let payment = said["order"]["receipts"][0]["payment"].as_str();
        payment.unwrap_or_else(|| panic!("{} was paid by a receipt", order.number)).to_owned()
    }

    /// The nodes, for those who do many things at once.
    pub(crate) fn nodes(&self) -> &[Api] {
        &self.nodes
    }

    pub(crate) fn key(&self, name: &str) -> &str {
        &self.keys[name]
    }

    /// Reads as the auditor, who reads everything.
    pub(crate) async fn read(&self, path: &str) -> Value {
        self.nodes[0].get(self.key("samir"), path).await
    }

    /// Everything is as the log makes it, and nothing happened that nobody expected.
    pub(crate) async fn ends(self) {
        let log = &mut *self.log.lock().await;
        let last = journal::last_position(log).await;
        let accounted = self.accounted.load(Ordering::Relaxed);
        assert_eq!(last, accounted, "something happened that the scenario does not tell");
        self.installation.assert_verified();
        drop(self.services);
    }

    /// What several did at once: all entries that nobody told of yet.
    pub(crate) async fn accounts_for_everything(&self) -> Vec<String> {
        let before = self.accounted.load(Ordering::Relaxed);
        let last = journal::last_position(&mut *self.log.lock().await).await;
        self.accounted.store(last, Ordering::Relaxed);
        self.journal_after(before).await
    }

    /// An order as it was last seen.
    fn known(&self, id: &str) -> Option<Order> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn remember(&self, order: &Order) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.insert(order.id.clone(), order.clone());
    }

    fn next_key(&self) -> String {
        format!("command {}", self.commands.fetch_add(1, Ordering::Relaxed))
    }
}

fn unix_seconds(time: &str) -> i64 {
    let time: DateTime<Utc> = time.parse().expect("scenarios write times as RFC 3339 does");
    time.timestamp()
}
