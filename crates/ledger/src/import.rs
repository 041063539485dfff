//! Takes over the old shop: each wallet and each order as one command, under an id that its row
//! always has.
//!
//! So an import that was stopped anywhere is finished by running it again, what is here already
//! stays as it is, and a row that says something else now is refused and reported. A book is taken
//! over from one old system: under another name its rows would have other ids and come over again.

use std::sync::Arc;

use domain::actor::{Actor, ActorKind, Role};
use domain::decide::Command;
use domain::id::{OrderId, PersonalDataId, Text};
use domain::{State, StreamKey};
use eventstore::BookId;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::ledger::Ledger;
use crate::load::{self, LoadError};
use crate::personal::{self, NewPersonal, PersonalError, Vault};
use crate::submission::{Decided, EventSummary, Provenance, Reply, Submission, SubmitError};

mod convert;
mod report;

use convert::{Taken, TakenOrder, TakenWallet};
pub use report::{Linked, OrderLine, Outcome, Refused, Report, Tally, WalletLine};

/// How many rows are under way at once: enough to fill the writer's batches.
const UNDER_WAY_MAX: usize = 64;
const PERSONAL_KIND: &str = "imported_order";

/// What to import, and as whom.
#[derive(Debug, Clone)]
pub struct Options {
    /// Names the old system for ever: ids are derived from it, and a book has one.
    pub source: String,
    /// The schema that holds the old tables.
    pub schema: String,
    /// Says what would happen, and changes nothing.
    pub dry_run: bool,
    pub actor: Actor,
}

impl Options {
    /// The defaults: the tables in `public`, by the import itself.
    pub fn of(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            schema: "public".to_owned(),
            dry_run: false,
            actor: Actor {
                kind: ActorKind::System,
                id: Text::new("import").expect("a word is a text"),
                role: Role::Admin,
                department: None,
                on_behalf_of: None,
            },
        }
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    pub done: usize,
    pub total: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("could not read the old shop")]
    Legacy(#[from] legacy::Error),
    #[error("could not reach the book")]
    Database(#[from] sqlx::Error),
    #[error("could not read the book's settings")]
    Load(#[from] LoadError),
    #[error("the book holds {0} orders and no import was begun in it: import into a new book")]
    BookInUse(i64),
    #[error("the book is taken over from {bound}: {asked} would import its orders again")]
    OtherSource { bound: String, asked: String },
    #[error("the name of the source is not acceptable")]
    Source(#[from] domain::id::TextError),
    #[error("the import stopped; run it again and it goes on")]
    Submit(#[from] SubmitError),
    #[error("could not store personal data")]
    Personal(#[from] PersonalError),
}

/// Imports the old tables behind `source`; says afterwards what came over and what stays open.
pub async fn run(
    ledger: &Ledger,
    vault: &Vault,
    source: &mut PgConnection,
    options: &Options,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Report, ImportError> {
    // A name that fits into an old row's id.
    Text::<64>::new(options.source.as_str())?;
    let prefix = {
        let mut conn = ledger.pool().acquire().await?;
        may_import(&mut conn, ledger.book(), &options.source).await?;
        let state =
            load::state(&mut conn, ledger.book(), ledger.upcasters(), StreamKey::Settings).await?;
        match &*state {
            State::Settings(settings) => settings.number_prefix.as_str().to_owned(),
            State::Order(_)
            | State::Wallet(_)
            | State::Payment(_)
            | State::Suspense(_)
            | State::StatementLine(_)
            | State::ReceiptFile(_) => String::new(),
        }
    };
    let shop = legacy::read(source, &options.schema).await?;
    let links = legacy::link(&shop.claimants(), &shop.debits());
    let assessment = legacy::assess(&shop, &links);
    let taken = convert::convert(&options.source, &prefix, &shop, &links, &assessment);

    if !options.dry_run {
        claim(ledger, &options.source).await?;
    }
    let mut report = Report::new(options, &shop, &links, &assessment, &taken);
    let total = taken.wallets.len() + taken.orders.len();
    let mut done = 0;
    let import =
        Arc::new(Import { ledger: ledger.clone(), vault: vault.clone(), options: options.clone() });
    let Taken { wallets, orders, .. } = taken;
    // Wallets first: an order's money refers to them.
    let wallets = wallets.into_iter().map(Row::Wallet).collect();
    let orders = orders.into_iter().map(|order| Row::Order(Box::new(order))).collect();
    for rows in [wallets, orders] {
        import
            .all(rows, &mut |row, outcome| {
                report.add(row, outcome);
                done += 1;
                progress(Progress { done, total });
            })
            .await?;
    }
    report.finish();
    if !options.dry_run {
        sqlx::query(include_str!("sql/finish_import.sql"))
            .bind(ledger.book())
            .bind(ledger.clock().now())
            .execute(ledger.pool())
            .await?;
    }
    Ok(report)
}

/// Refuses another source than the one the book is bound to, and a book that is bound to none and
/// in use. Once an import has begun, orders of the book's own do not keep it from going on.
async fn may_import(
    conn: &mut PgConnection,
    book: BookId,
    source: &str,
) -> Result<(), ImportError> {
    let bound: Option<String> = sqlx::query_scalar(include_str!("sql/read_import.sql"))
        .bind(book)
        .fetch_optional(&mut *conn)
        .await?;
    match bound {
        Some(bound) if bound == source => return Ok(()),
        Some(bound) => return Err(ImportError::OtherSource { bound, asked: source.to_owned() }),
        None => {}
    }
    let orders: i64 =
        sqlx::query_scalar(include_str!("sql/count_orders.sql")).bind(book).fetch_one(conn).await?;
    if orders == 0 { Ok(()) } else { Err(ImportError::BookInUse(orders)) }
}

/// Binds the book to the source. Of two at once the first one counts.
async fn claim(ledger: &Ledger, source: &str) -> Result<(), ImportError> {
    let mut conn = ledger.pool().acquire().await?;
    sqlx::query(include_str!("sql/claim_import.sql"))
        .bind(ledger.book())
        .bind(source)
        .bind(ledger.clock().now())
        .execute(&mut *conn)
        .await?;
    may_import(&mut conn, ledger.book(), source).await
}

/// A row of the old shop on its way.
enum Row {
    Wallet(TakenWallet),
    Order(Box<TakenOrder>),
}

struct Import {
    ledger: Ledger,
    vault: Vault,
    options: Options,
}

impl Import {
    /// Imports rows, many at a time, so that the writer can commit them together.
    async fn all(
        self: &Arc<Self>,
        rows: Vec<Row>,
        answered: &mut (dyn FnMut(Row, Outcome) + Send),
    ) -> Result<(), ImportError> {
        let mut under_way = JoinSet::new();
        for row in rows {
            if under_way.len() >= UNDER_WAY_MAX {
                take_answer(&mut under_way, answered).await?;
            }
            let import = Arc::clone(self);
            under_way.spawn(async move {
                let outcome = import.one(&row).await?;
                Ok((row, outcome))
            });
        }
        while !under_way.is_empty() {
            take_answer(&mut under_way, answered).await?;
        }
        Ok(())
    }

    async fn one(&self, row: &Row) -> Result<Outcome, ImportError> {
        let submission = match row {
            Row::Wallet(wallet) => self.wallet(wallet),
            Row::Order(order) => {
                let mut imported = order.imported.clone();
                if let Some(text) = order.personal.as_deref().filter(|_| !self.options.dry_run) {
                    let mut conn = self.ledger.pool().acquire().await?;
                    let new = NewPersonal {
                        id: personal_id(order.order),
                        customer: &imported.customer,
                        stream: StreamKey::Order(order.order),
                        kind: PERSONAL_KIND,
                        content: text.as_bytes(),
                    };
                    let book = self.ledger.book();
                    let now = self.ledger.clock().now();
                    match personal::store(&mut conn, &self.vault, book, &new, now).await {
                        Ok(reference) => imported.personal = Some(reference),
                        Err(PersonalError::Differs(_)) => return Ok(Outcome::Changed),
                        Err(error) => return Err(error.into()),
                    }
                }
                self.order(order, imported)
            }
        };
        if self.options.dry_run {
            return self.dry_run(submission).await;
        }
        match self.ledger.submit(submission).await {
            Ok(answer) if answer.is_accepted() && answer.is_replayed => Ok(Outcome::There),
            Ok(answer) if answer.is_accepted() => Ok(Outcome::Imported),
            Ok(answer) => Ok(Outcome::Refused(detail(answer.body.as_deref()))),
            Err(SubmitError::Mismatch) => Ok(Outcome::Changed),
            Err(SubmitError::TooLarge) => Ok(Outcome::Refused("it is too large".to_owned())),
            Err(SubmitError::Failed(text)) => Ok(Outcome::Refused(text)),
            // Decided anew when it is run again.
            Err(error @ SubmitError::Quarantined { .. }) => Ok(Outcome::Refused(error.to_string())),
            Err(
                error @ (SubmitError::Overloaded
                | SubmitError::Stopping
                | SubmitError::Unavailable
                | SubmitError::Outdated(_)
                | SubmitError::Stopped { .. }
                | SubmitError::Misfit(_)),
            ) => Err(error.into()),
        }
    }

    async fn dry_run(&self, submission: Submission) -> Result<Outcome, ImportError> {
        let known = {
            let mut conn = self.ledger.pool().acquire().await?;
            let ids = [submission.command_id];
            eventstore::read::commands_by_ids(&mut conn, self.ledger.book(), &ids).await?
        };
        if let Some(known) = known.first() {
            let is_same = known.fingerprint == submission.fingerprint;
            return Ok(if is_same { Outcome::There } else { Outcome::Changed });
        }
        let (reply, _) = match self.ledger.dry_run(submission).await {
            Err(error @ SubmitError::Quarantined { .. }) => {
                return Ok(Outcome::Refused(error.to_string()));
            }
            answer => answer?,
        };
        Ok(if reply.status < 300 {
            Outcome::Imported
        } else {
            Outcome::Refused(detail(Some(&reply.body)))
        })
    }

    fn wallet(&self, wallet: &TakenWallet) -> Submission {
        let fingerprint = fingerprint(&(&wallet.customer, wallet.currency, &wallet.opening));
        let command = Command::ImportWallet {
            customer: wallet.customer.clone(),
            currency: wallet.currency,
            opening: wallet.opening.clone(),
        };
        self.submission(&wallet.row, fingerprint, vec![command])
    }

    fn order(&self, order: &TakenOrder, imported: domain::order::import::Imported) -> Submission {
        // Without the reference to personal data, whose own store refuses another content.
        let fingerprint = fingerprint(&order.imported);
        let imported = Box::new(imported);
        let mut commands = vec![Command::ImportOrder { order: order.order, imported }];
        commands.extend(order.then.clone());
        self.submission(&order.row, fingerprint, commands)
    }

    fn submission(&self, row: &str, fingerprint: Vec<u8>, commands: Vec<Command>) -> Submission {
        let name = format!("import\u{1f}{}\u{1f}{row}", self.options.source);
        Submission {
            command_id: Uuid::new_v5(&self.ledger.book_uuid(), name.as_bytes()),
            fingerprint,
            is_unrepeatable: false,
            keeps_refusal: true,
            commands,
            fresh: Vec::new(),
            expected: Vec::new(),
            provenance: Provenance::of(self.options.actor.clone()),
            render: Arc::new(render),
        }
    }
}

async fn take_answer(
    under_way: &mut JoinSet<Result<(Row, Outcome), ImportError>>,
    answered: &mut (dyn FnMut(Row, Outcome) + Send),
) -> Result<(), ImportError> {
    let Some(joined) = under_way.join_next().await else { return Ok(()) };
    let (row, outcome) = joined.map_err(|_| SubmitError::Stopping)??;
    answered(row, outcome);
    Ok(())
}

/// The id of what an imported order's rows hold of persons.
pub fn personal_id(order: OrderId) -> PersonalDataId {
    PersonalDataId::new(Uuid::new_v5(&order.uuid(), PERSONAL_KIND.as_bytes()))
}

fn fingerprint(content: &impl Serialize) -> Vec<u8> {
    let json = serde_json::to_vec(content).expect("what is stored in an event always makes JSON");
    Sha256::digest(json).to_vec()
}

#[derive(Serialize)]
struct Body {
    events: Vec<EventSummary>,
}

/// The reply kept with an imported row's command.
fn render(decided: &Decided<'_>) -> Reply {
    match decided {
        Decided::Accepted { changes, positions, .. } => {
            let positions = positions.iter().map(Some).chain(std::iter::repeat(None));
            let events = changes
                .iter()
                .zip(positions)
                .map(|(change, position)| EventSummary::of(change, position.copied()))
                .collect();
            let first = changes.first();
            Reply {
                status: 201,
                body: serde_json::to_string(&Body { events }).unwrap_or_default(),
                resource: first.map(|change| {
                    format!("{}/{}", change.stream.aggregate_type(), change.stream.aggregate_id())
                }),
                version: changes.last().map(|change| change.version),
            }
        }
        Decided::Refused(rejection) => Reply {
            status: 409,
            body: serde_json::json!({ "code": rejection.code(), "detail": rejection.to_string() })
                .to_string(),
            resource: None,
            version: None,
        },
    }
}

/// Why a stored refusal says no.
fn detail(body: Option<&str>) -> String {
    #[derive(serde::Deserialize)]
    struct Refusal {
        detail: String,
    }
    body.and_then(|body| serde_json::from_str::<Refusal>(body).ok())
        .map_or_else(|| "it was refused".to_owned(), |refusal| refusal.detail)
}
