//! daftar as a library: commands go straight to the ledger.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use domain::StreamKey;
use domain::actor::{Actor, ActorKind, Role};
use domain::decide::Command;
use domain::id::{OrderId, PaymentId, Text};
use domain::payment::Kind;
use eventstore::BookId;
use futures::future::BoxFuture;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use ledger::database::Database;
use ledger::{Clock, Decided, Ledger, Provenance, Render, Reply, Submission};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::wish;
use crate::load::{Client, Done};
use crate::server::Server;
use crate::workload::{CUSTOMERS, Step, Steps, Workload};

pub(crate) const BOOK: BookId = BookId::new(1);
/// How many customers get their money at once.
const AT_ONCE: usize = 256;

pub(crate) struct Library {
    ledger: Ledger,
}

impl Library {
    /// With a book of its own.
    pub(crate) async fn start(server: &Server) -> Result<Self> {
        Ok(Self { ledger: open(server).await? })
    }

    /// With the book that is there, and with money for its customers.
    pub(crate) async fn of(server: &Server) -> Result<Self> {
        let library = Self::join(server).await?;
        fund(&library.ledger).await?;
        Ok(library)
    }

    /// One more node, with nothing in memory.
    pub(crate) async fn join(server: &Server) -> Result<Self> {
        let database = Database::private(server.options());
        Ok(Self { ledger: database.open(BOOK, Clock::system()).await? })
    }

    /// Brings a customer's wallet to so many events.
    pub(crate) async fn fill_wallet(&self, customer: u32, events: u32) -> Result<()> {
        // It was opened and topped up.
        let credits = (2..events).map(|_| self.credit(customer));
        stream::iter(credits).buffer_unordered(AT_ONCE).try_collect::<()>().await
    }

    /// One more event of a customer's wallet.
    pub(crate) async fn credit(&self, customer: u32) -> Result<()> {
        top_up(&self.ledger, customer, 1).await
    }

    pub(crate) fn client(&self, workload: Workload, number: u32) -> Shopper {
        Shopper {
            ledger: self.ledger.clone(),
            steps: Steps::new(workload, number),
            order: None,
            render: Arc::new(render),
            actor: actor(Role::Admin),
        }
    }

    pub(crate) async fn stop(self) {
        self.ledger.stop().await;
    }
}

/// A new book with customers whose wallets last.
pub(crate) async fn open(server: &Server) -> Result<Ledger> {
    let database = Database::private(server.options());
    let clock = Clock::system();
    database.migrate().await?;
    database.create_book(BOOK, "main", wish::id(), clock.now()).await?;
    let ledger = database.open(BOOK, clock).await?;
    fund(&ledger).await?;
    Ok(ledger)
}

/// Gives every customer money that lasts.
async fn fund(ledger: &Ledger) -> Result<()> {
    let funding = (0..CUSTOMERS).map(|number| top_up(ledger, number, wish::FUNDS));
    stream::iter(funding).buffer_unordered(AT_ONCE).try_collect().await
}

async fn top_up(ledger: &Ledger, customer: u32, sum: i64) -> Result<()> {
    let payment = PaymentId::new(wish::id());
    let command = Command::TopUpWallet {
        customer: wish::customer(customer)?,
        payment,
        kind: Kind::Cash { note: None },
        amount: wish::amount(sum)?,
    };
    let mut submission = submission(
        command,
        vec![StreamKey::Payment(payment)],
        Arc::new(render),
        actor(Role::Finance),
    );
    // More than one person may move: a second one agreed.
    submission.provenance.approved_by = vec!["owner".to_owned()];
    let answer = ledger.submit(submission).await?;
    ensure!(answer.is_accepted(), "a wallet was not topped up: {answer:?}");
    Ok(())
}

fn actor(role: Role) -> Actor {
    Actor {
        kind: ActorKind::Service,
        id: Text::new("storefront").expect("it is short"),
        role,
        department: None,
        on_behalf_of: None,
    }
}

fn render(decided: &Decided<'_>) -> Reply {
    let (status, body) = match decided {
        Decided::Accepted { changes, position, .. } => {
            (201, json!({ "events": changes.len(), "position": position.get() }))
        }
        Decided::Refused(rejection) => (409, json!({ "error": rejection.to_string() })),
    };
    Reply { status, body: body.to_string(), resource: None, version: None }
}

/// `fresh` are streams that nobody has heard of, since their ids were just made.
fn submission(command: Command, fresh: Vec<StreamKey>, render: Render, actor: Actor) -> Submission {
    let command_id = wish::id();
    Submission {
        command_id,
        fingerprint: Sha256::digest(command_id).to_vec(),
        is_unrepeatable: false,
        keeps_refusal: true,
        commands: vec![command],
        fresh,
        expected: Vec::new(),
        provenance: Provenance::of(actor),
        render,
    }
}

pub(crate) struct Shopper {
    ledger: Ledger,
    steps: Steps,
    order: Option<OrderId>,
    render: Render,
    actor: Actor,
}

impl Shopper {
    async fn step(&mut self) -> Result<Done> {
        let (step, counts) = self.steps.next();
        let (command, fresh, events) = match step {
            Step::Open { customer } => {
                let order = OrderId::new(wish::id());
                self.order = Some(order);
                let place = Command::PlaceOrder(Box::new(wish::place(order, customer)?));
                (place, vec![StreamKey::Order(order)], 3)
            }
            Step::Advance(stage) => {
                let order = self.order.context("an order was opened before")?;
                (wish::advance(order, stage), Vec::new(), 1)
            }
        };
        let (render, actor) = (Arc::clone(&self.render), self.actor.clone());
        let submission = submission(command, fresh, render, actor);
        let answer = self.ledger.submit(submission).await?;
        ensure!(answer.is_accepted(), "it was refused: {answer:?}");
        Ok(Done { events, counts })
    }
}

impl Client for Shopper {
    fn next(&mut self) -> BoxFuture<'_, Result<Done>> {
        Box::pin(self.step())
    }
}
