//! A book and an old shop side by side in one database, and what both views show afterwards.

use domain::actor::{Actor, ActorKind, Role};
use domain::decide::{Command, OrderedLine, PlaceOrder};
use domain::id::{Code, CustomerId, OrderId, Reason, Text};
use domain::money::{Currency, Money};
use domain::order::status::Method;
use domain::order::totals::{Percent, Quantity};
use eventstore::BookId;
use ledger::fix::{self, Applied, Decision, PlanRequest, StoredPlan};
use ledger::import::{self, ImportError, Options, Report};
use ledger::inconsistencies::{self, Inconsistency};
use ledger::personal::Vault;
use ledger::{Clock, Ledger, Provenance, Reply, Submission};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection};
use testkit::Database;
use uuid::Uuid;

pub(crate) const MISSING: &str = include_str!("../../../../data/legacy/missing.sql");
pub(crate) const MISLABELLED: &str = include_str!("../../../../data/legacy/mislabelled.sql");
pub(crate) const REPAIRED: &str = include_str!("../../../../data/legacy/repaired.sql");
pub(crate) const SETS: [&str; 3] = [MISSING, MISLABELLED, REPAIRED];
pub(crate) const BOOK: BookId = BookId(1);

pub(crate) struct World {
    pub(crate) ledger: Ledger,
    pub(crate) vault: Vault,
    database: Database,
}

/// Both views of one order: customer status, department status, payment status.
pub(crate) type Seen = (String, String, String);

impl World {
    /// An empty book, and the old shop with this in it.
    pub(crate) async fn with(data_set: &'static str) -> Self {
        let digest = Sha256::new();
        let digest = ledger::schema::migrations()
            .iter()
            .chain(eventstore::migrate::LOG)
            .fold(digest, |digest, step| digest.chain_update(step.sql));
        let key = format!("ledger_{}", &hex::encode(digest.finalize())[..16]);
        let database = Database::create_from(&key, async |url| {
            let mut conn = PgConnection::connect(url).await.unwrap();
            ledger::schema::migrate(&mut conn).await.unwrap();
            conn.close().await.unwrap();
        })
        .await;
        let mut conn = PgConnection::connect_with(&database.connect_options()).await.unwrap();
        sqlx::raw_sql(data_set).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        Self { ledger: open(&database).await, vault: Vault::new([7; 32]), database }
    }

    pub(crate) async fn imported(data_set: &'static str) -> Self {
        let world = Self::with(data_set).await;
        let report = world.import().await.unwrap();
        assert_eq!(report.refused, []);
        world
    }

    pub(crate) async fn source(&self) -> PgConnection {
        PgConnection::connect_with(&self.database.connect_options()).await.unwrap()
    }

    /// Changes something as the database's superuser.
    pub(crate) async fn run(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&mut self.source().await).await.unwrap();
    }

    pub(crate) async fn import(&self) -> Result<Report, ImportError> {
        self.import_with(&Options::of("old-shop")).await
    }

    pub(crate) async fn import_with(&self, options: &Options) -> Result<Report, ImportError> {
        let mut source = self.source().await;
        import::run(&self.ledger, &self.vault, &mut source, options, &mut |_| {}).await
    }

    pub(crate) async fn position(&self) -> i64 {
        self.ledger.head().await.unwrap().position.get()
    }

    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.source().await).await.unwrap()
    }

    pub(crate) async fn sum(&self, sql: &'static str) -> Decimal {
        let sum: Option<Decimal> =
            sqlx::query_scalar(sql).fetch_one(&mut self.source().await).await.unwrap();
        sum.unwrap_or_default().normalize()
    }

    /// The wallet of customer 94.
    pub(crate) async fn balance(&self) -> Decimal {
        self.sum("select balance from daftar.wallet_balances where customer_id = '94'").await
    }

    pub(crate) async fn seen(&self, number: &str) -> Seen {
        sqlx::query_as(
            "select c.status, m.current_status, c.payment_status
               from daftar.customer_orders as c
               join daftar.order_management as m using (book_id, generation, order_id)
              where c.number = $1",
        )
        .bind(number)
        .fetch_one(&mut self.source().await)
        .await
        .unwrap()
    }

    /// Chain, views, journal and every law hold, and debits equal credits.
    pub(crate) async fn must_verify(&self) {
        let report = projections::verify_now(self.ledger.pool(), BOOK).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.findings);
        for sums in &report.trial_balance {
            assert_eq!(sums.debits, sums.credits, "{}", sums.currency);
        }
        let trial_balance = "select sum(case side when 'debit' then amount else -amount end)
                               from daftar.journal_lines";
        assert_eq!(self.sum(trial_balance).await, Decimal::ZERO);
    }

    pub(crate) async fn inconsistencies(&self) -> Vec<Inconsistency> {
        inconsistencies::list(&self.ledger).await.unwrap()
    }

    /// The numbers in trouble, each with its classes.
    pub(crate) async fn trouble(&self) -> Vec<(String, Vec<String>)> {
        let found = self.inconsistencies().await;
        found.into_iter().map(|order| (order.number.to_string(), order.classes)).collect()
    }

    pub(crate) async fn plan(&self, decisions: Vec<Decision>) -> StoredPlan {
        fix::plan(&self.ledger, request(decisions), &person("layla")).await.unwrap()
    }

    pub(crate) async fn apply(&self, plan: &StoredPlan) -> Applied {
        fix::apply(&self.ledger, &plan.digest, &person("layla")).await.unwrap()
    }
}

async fn open(database: &Database) -> Ledger {
    let options = eventstore::connect::app_options(database.connect_options());
    let mut conn = PgConnection::connect_with(&options).await.unwrap();
    let book = eventstore::NewBook {
        id: BOOK,
        uuid: Uuid::from_u128(94),
        name: "main".to_owned(),
        projections: projections::projections(),
        created_at: Clock::system().now(),
    };
    assert!(eventstore::create_book(&mut conn, book).await.unwrap());
    conn.close().await.unwrap();
    Ledger::open(options, BOOK, Clock::system()).await.unwrap()
}

pub(crate) fn request(decisions: Vec<Decision>) -> PlanRequest {
    PlanRequest {
        orders: None,
        decisions,
        ticket: Code::new("SHOP-94").unwrap(),
        reason: Reason::new("put customer 94 right").unwrap(),
    }
}

/// What the owner of the shop decided about customer 94.
pub(crate) fn owners_decisions() -> Vec<Decision> {
    serde_json::from_str(include_str!("../../../../data/legacy/decisions-94.json")).unwrap()
}

pub(crate) fn person(id: &str) -> Actor {
    Actor {
        kind: ActorKind::Person,
        id: Text::new(id).unwrap(),
        role: Role::Admin,
        department: None,
        on_behalf_of: None,
    }
}

pub(crate) fn dinars(text: &str) -> Decimal {
    text.parse::<Decimal>().unwrap().normalize()
}

pub(crate) fn seen(customer: &str, management: &str, payment: &str) -> Seen {
    (customer.to_owned(), management.to_owned(), payment.to_owned())
}

pub(crate) fn trouble(number: &str, classes: &[&str]) -> (String, Vec<String>) {
    (number.to_owned(), classes.iter().map(|class| (*class).to_owned()).collect())
}

/// Runs one ordinary command.
pub(crate) async fn submit(world: &World, command: Command) {
    submit_all(world, vec![command]).await;
}

/// What two persons agreed to.
pub(crate) async fn submit_all(world: &World, commands: Vec<Command>) {
    let submission = Submission {
        command_id: Uuid::from_u128(1),
        fingerprint: Vec::new(),
        is_unrepeatable: false,
        keeps_refusal: true,
        commands,
        fresh: Vec::new(),
        expected: Vec::new(),
        provenance: Provenance {
            ticket: Code::new("T-1").ok(),
            approved_by: vec!["sami".to_owned()],
            ..Provenance::of(person("noor"))
        },
        render: std::sync::Arc::new(|decided| Reply {
            status: match decided {
                ledger::Decided::Accepted { .. } => 200,
                ledger::Decided::Refused(_) => 409,
            },
            body: "{}".to_owned(),
            resource: None,
            version: None,
        }),
    };
    assert!(world.ledger.submit(submission).await.unwrap().is_accepted());
}

/// Places an order of the book's own.
pub(crate) async fn place_an_order(world: &World) {
    let iqd = |text: &str| Money::parse(text, Currency::IQD).unwrap();
    let line = OrderedLine {
        sku: Text::new("CH-1").unwrap(),
        quantity: Quantity::new(Decimal::ONE).unwrap(),
        unit_price: iqd("10"),
    };
    let place = PlaceOrder {
        order: OrderId::new(Uuid::from_u128(77)),
        customer: CustomerId::new("94").unwrap(),
        method: Method::BankTransferGrace,
        remainder: None,
        wallet_part: None,
        lines: vec![line],
        discount: iqd("0"),
        delivery: iqd("0"),
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
        total: iqd("10"),
        recipient: None,
    };
    submit(world, Command::PlaceOrder(Box::new(place))).await;
}
