//! What is asked once under an Idempotency-Key and is no command of the log: done once, and
//! answered alike ever after.
//!
//! The reply is stored in the transaction of the change, so that a process that is killed leaves
//! both or none. What is asked twice at a time waits for the first, on whatever node.

use chrono::{DateTime, Utc};
use eventstore::BookId;
use sqlx::{PgConnection, Postgres, Transaction};

/// What a change beside the log is written through.
pub use sqlx::PgConnection as Conn;
use uuid::Uuid;

use crate::ledger::Ledger;
use crate::personal::{Sealed, Unsealable, Vault};

/// An operation's name, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Asking again under the same id gives the same answer.
    pub id: Uuid,
    /// A digest of what is asked; the same id for something else is refused.
    pub fingerprint: Vec<u8>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// An HTTP status.
    pub status: u16,
    /// What was made or changed: `key/<id>`.
    pub resource: Option<String>,
    /// The version that this has now.
    pub version: Option<i64>,
    /// A position of the book at which it is so.
    pub position: Option<i64>,
    /// A text that the caller can write the reply from again; none once it was kept long enough.
    pub text: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    #[error("this id was used for something else")]
    Mismatch,
    #[error("the stored reply cannot be read")]
    Sealed(#[from] Unsealable),
    #[error("the same is being done and takes long")]
    Busy,
    #[error("could not reach the database")]
    Database(#[from] sqlx::Error),
}

/// The server's code for whoever waited too long for another.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// Whether there is anything to do.
#[derive(Debug)]
pub enum Begun {
    /// It is to be done now.
    New(Operation),
    /// It was done earlier, and this was answered.
    Known(Reply),
}

/// An operation under way. Dropped, it has changed nothing.
pub struct Operation {
    book: BookId,
    tx: Transaction<'static, Postgres>,
    /// None for one that nobody can ask for again.
    name: Option<Name>,
    vault: Vault,
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Operation").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Begins an operation, or finds what was answered to it earlier.
pub async fn begin(
    ledger: &Ledger,
    vault: &Vault,
    name: Option<Name>,
) -> Result<Begun, OperationError> {
    let (book, now) = (ledger.book(), ledger.clock().now());
    let mut tx = ledger.pool().begin().await?;
    if let Some(name) = &name {
        sqlx::query(include_str!("operations/sql/allow_idleness.sql")).execute(&mut *tx).await?;
        sqlx::query(include_str!("operations/sql/limit_waiting.sql")).execute(&mut *tx).await?;
        if !insert(&mut tx, book, name, now).await? {
            let reply = find(&mut tx, vault, book, name).await?;
            tx.rollback().await?;
            return Ok(Begun::Known(reply));
        }
        let commands = eventstore::read::commands_by_ids(&mut tx, book, &[name.id]).await?;
        if !commands.is_empty() {
            return Err(OperationError::Mismatch);
        }
    }
    sqlx::query("savepoint work").execute(&mut *tx).await?;
    Ok(Begun::New(Operation { book, tx, name, vault: vault.clone() }))
}

impl Operation {
    /// What it changes is changed here.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Commits what was changed, and the reply with it.
    pub async fn commit(mut self, reply: &Reply) -> Result<(), OperationError> {
        self.keep(reply).await?;
        Ok(self.tx.commit().await?)
    }

    /// Takes back what was changed, and commits that it was refused.
    pub async fn refuse(mut self, reply: &Reply) -> Result<(), OperationError> {
        sqlx::query("rollback to savepoint work").execute(&mut *self.tx).await?;
        self.keep(reply).await?;
        Ok(self.tx.commit().await?)
    }

    async fn keep(&mut self, reply: &Reply) -> Result<(), OperationError> {
        let Some(name) = &self.name else { return Ok(()) };
        let text = reply.text.as_deref().unwrap_or_default();
        let sealed = self.vault.seal(&bound_to(self.book, name.id), text.as_bytes())?;
        sqlx::query(include_str!("operations/sql/answer_operation.sql"))
            .bind(self.book)
            .bind(name.id)
            .bind(i16::try_from(reply.status).unwrap_or(i16::MAX))
            .bind(&reply.resource)
            .bind(reply.version)
            .bind(reply.position)
            .bind(sealed.nonce)
            .bind(sealed.ciphertext)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    fingerprint: Vec<u8>,
    status: i16,
    resource: Option<String>,
    version: Option<i64>,
    position: Option<i64>,
    nonce: Option<Vec<u8>>,
    reply: Option<Vec<u8>>,
}

/// Claims the id; false if it was used before. Waits for whoever claims it at the same time.
async fn insert(
    conn: &mut PgConnection,
    book: BookId,
    name: &Name,
    now: DateTime<Utc>,
) -> Result<bool, OperationError> {
    let inserted = sqlx::query(include_str!("operations/sql/insert_operation.sql"))
        .bind(book)
        .bind(name.id)
        .bind(&name.fingerprint)
        .bind(now)
        .execute(conn)
        .await;
    match inserted {
        Ok(done) => Ok(done.rows_affected() == 1),
        Err(sqlx::Error::Database(error))
            if error.code().as_deref() == Some(LOCK_NOT_AVAILABLE) =>
        {
            Err(OperationError::Busy)
        }
        Err(error) => Err(error.into()),
    }
}

/// What was answered to it earlier.
async fn find(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    name: &Name,
) -> Result<Reply, OperationError> {
    let row: Row = sqlx::query_as(include_str!("operations/sql/read_operation.sql"))
        .bind(book)
        .bind(name.id)
        .fetch_one(conn)
        .await?;
    if row.fingerprint != name.fingerprint {
        return Err(OperationError::Mismatch);
    }
    let text = match row.nonce.zip(row.reply) {
        Some((nonce, ciphertext)) => {
            let plain = vault.open(&bound_to(book, name.id), &Sealed { nonce, ciphertext })?;
            Some(String::from_utf8(plain).map_err(|_| Unsealable)?)
        }
        None => None,
    };
    let status = u16::try_from(row.status).unwrap_or(500);
    let Row { resource, version, position, .. } = row;
    Ok(Reply { status, resource, version, position, text })
}

/// A reply moved to another row does not open.
fn bound_to(book: BookId, id: Uuid) -> String {
    format!("daftar operation {book} {id}")
}
